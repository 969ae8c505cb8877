import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toMrkdwn } from '../src/cards/mrkdwn.ts'
import { refusalCodes, refusalSentence } from '../src/cards/sentence.ts'
import type { Event } from '../src/transfer/events.ts'
import type { Transfer, Verdict } from '../src/transfer/model.ts'
import type { Answer } from '../src/transfer/ports.ts'
import { elsewhere, of, type RefusalWorld, startRefusalWorld } from './support/refusal-world.ts'
import { until } from './support/until.ts'

/** Said by the worker, once Azure was asked: an event `refused` (or `settle_refused`) of the record, which is its entry. */
const ofWorker = [
  ...[
    'preflight',
    'database_busy',
    'server_not_found',
    'account_not_found',
    'container_not_found',
    'database_not_found',
  ],
  ...['target_not_found', 'database_not_online', 'region_not_possible', 'tier_not_possible', 'size_not_possible'],
  ...['redundancy_not_possible', 'crowded', 'operation_not_found', 'operation_not_ours'],
]
/** Only mean that the next try is looked at anew; what the store cannot write it cannot tell either. */
const passing = ['try_again', 'groups_unread', 'home_unread', 'store_down', 'store_unsure']

const id = 'k3v9x2mq'
const bacpac = 'backups/bacpacs/x.bacpac'
const foreign = '/subscriptions/s9/resourceGroups/rg/providers/Microsoft.Sql/servers/sql-prod/databases/orders'
const x = (count: number): string => 'x'.repeat(count)

/** What Dana types, unless somebody else does. */
const typed: readonly (readonly [code: string, text: string, by?: string])[] = [
  ['empty', ''],
  ['too_long', `export ${x(4_000)}`],
  ['unknown_verb', 'exprot orders to backups'],
  ['missing_to', 'export orders'],
  ['missing_database', 'export to backups'],
  ['missing_storage', 'export orders to'],
  ['missing_source', 'import to orders'],
  ['missing_target', `import ${bacpac} to`],
  ['missing_blob', 'import backups to orders'],
  ['name_with_spaces', 'export my orders to backups'],
  ['unexpected_word', 'export orders to backups now'],
  ['reason_too_long', `export orders to backups --reason "${x(501)}"`],
  [
    'secret_in_text',
    'export orders to backups --reason "?sv=2024-01-01&sig=AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfG%3D"',
  ],
  ['missing_id', 'status'],
  ['bad_id', 'status nope'],
  ['missing_settlement', `settle ${id}`],
  ['missing_operation', `settle ${id} running`],
  ['bad_operation', `settle ${id} running nope`],
  ['unknown_list_word', 'list runing'],
  ['unknown_list_flag', 'list --nope'],
  ['list_twice', 'list mine pending'],
  ['missing_list_database', 'list database'],
  ['bad_since', 'list --since nope'],
  ['missing_history', 'history'],
  ['unknown_flag', 'export orders to backups --blub x'],
  ['flag_without_value', 'export orders to backups --blob'],
  ['flag_with_value', `import ${bacpac} to sql-prod/new --create=yes`],
  ['flag_of_import', 'export orders to backups --create'],
  ['flag_of_export', `import ${bacpac} to orders --blob y`],
  ['flag_needs_create', `import ${bacpac} to orders --edition Standard`],
  ['flag_twice', 'export orders to backups --blob a --blob b'],
  ['blob_twice', 'export orders to backups/bacpacs/a --blob b'],
  ['bad_size', `import ${bacpac} to sql-prod/new --create --max-size huge`],
  ['bad_redundancy', `import ${bacpac} to sql-prod/new --create --redundancy Most`],
  ['bad_collation', `import ${bacpac} to sql-prod/new --create --collation "a b"`],
  ['ambiguous_database', 'export twin to backups'],
  ['ambiguous_storage', 'export orders to stdouble'],
  ['unknown_database', 'export nothing to backups'],
  ['unknown_storage', 'export orders to nowhere'],
  ['unknown_server', `import ${bacpac} to nowhere/new --create`],
  ['target_needs_server', `import ${bacpac} to new --create`],
  ['bad_database_name', `import ${bacpac} to "sql-prod/a:b" --create`],
  ['database_reserved', `import ${bacpac} to sql-prod/master --create`],
  ['bad_resource_id', 'export "/subscriptions/s1/nonsense" to backups'],
  ['foreign_subscription', `export "${foreign}" to backups`],
  ['missing_container', 'export orders to plain'],
  ['bad_container', 'export orders to backups/$logs'],
  ['bad_blob', 'export orders to backups --blob a//b'],
  ['not_a_bacpac', 'import backups/bacpacs/x.zip to orders'],
  ['blob_too_long', `export orders to backups --blob ${x(120)}`],
  ['uri_too_long', `import backups/bacpacs/${x(120)}.bacpac to orders`],
  ['no_login', 'export nologin to backups'],
  ['no_rule', 'export norule to backups'],
  ['not_requester', 'export closed to backups'],
  ['no_approvers', 'export nobody to backups'],
  ['limit', 'export limited to backups'],
  ['guest', 'export orders to backups', 'U0GUEST'],
  ['stranger', 'export orders to backups', 'U0STRANGER'],
  ['deactivated', 'export orders to backups', 'U0RIO'],
]

let world: RefusalWorld
let deliveries = 0
beforeAll(async () => {
  world = await startRefusalWorld()
})
afterAll(() => world.close())

type Act = { code: string; by?: string; kind?: string; act(by: string): Promise<{ answer: Answer; transfer?: string }> }

const acts: readonly Act[] = [
  ...typed.map(
    ([code, text, by]): Act => ({
      code,
      ...(by ? { by } : {}),
      act: async (who) => ({ answer: await say(who, text) }),
    }),
  ),
  {
    code: 'guarded',
    act: async (by) => {
      await say(by, 'export busy to backups')
      return { answer: await say(by, 'export busy to backups') }
    },
  },
  {
    code: 'unknown_transfer',
    by: 'U0GUEST',
    act: (by) => onRecord([], (transfer) => say(by, `status ${transfer.id}`)),
  },
  { code: 'not_canceller', by: 'U0AUD', act: (by) => onRecord([], (transfer) => say(by, `cancel ${transfer.id}`)) },
  {
    code: 'not_operator',
    by: 'U0AUD',
    act: (by) => onRecord([], (transfer) => say(by, `settle ${transfer.id} not-running`)),
  },
  {
    code: 'not_settleable',
    by: 'U0OPS',
    act: (by) => onRecord([], (transfer) => say(by, `settle ${transfer.id} not-running`)),
  },
  { code: 'not_withdrawer', by: 'U0SAM', act: (by) => onRecord([], (transfer) => say(by, `withdraw ${transfer.id}`)) },
  { code: 'not_stoppable', act: (by) => onRecord([refused], (transfer) => say(by, `cancel ${transfer.id}`)) },
  {
    code: 'already_cancelled',
    act: (by) =>
      onRecord([{ type: 'cancel_asked', at: 1, by: of('U0SAM') }], (transfer) => say(by, `cancel ${transfer.id}`)),
  },
  {
    code: 'already_withdrawn',
    act: (by) =>
      onRecord([], async (transfer) => {
        await say(by, `withdraw ${transfer.id}`)
        return say(by, `cancel ${transfer.id}`)
      }),
  },
  {
    code: 'field_too_long',
    kind: 'form',
    act: async (by) => ({ answer: await fillIn(by, { database: x(2_000), storage: 'backups' }) }),
  },
  ...[
    ['no_rule_today', 'unmatched'],
    ['not_approver_today', 'nobody'],
  ].map(
    ([code = '', database = '']): Act => ({
      code,
      by: 'U0SAM',
      kind: 'decision',
      act: (by) => onRecord(asked(), (transfer) => decide(transfer, by), { database }),
    }),
  ),
  click('own_request', 'U0DANA'),
  click('not_approver', 'U0AUD'),
  click('guest', 'U0GUEST'),
  {
    code: 'undeclared',
    by: 'U0SAM',
    kind: 'decision',
    act: (by) => onRecord(asked(), (transfer) => decide(transfer, by), { by: elsewhere }),
  },
  {
    code: 'reason_required',
    by: 'U0SAM',
    kind: 'decision',
    act: (by) => onRecord(asked(), (transfer) => decide(transfer, by, 'deny')),
  },
  {
    code: 'replaced_round',
    by: 'U0SAM',
    kind: 'decision',
    act: (by) => onRecord(asked(), (transfer) => decide(transfer, by, 'approve', 'older')),
  },
  {
    code: 'not_open',
    by: 'U0SAM',
    kind: 'decision',
    act: (by) => onRecord([refused], (transfer) => decide(transfer, by)),
  },
  {
    code: 'expired',
    by: 'U0SAM',
    kind: 'decision',
    act: (by) => onRecord(asked(1), (transfer) => decide(transfer, by)),
  },
  { code: 'already_decided', by: 'U0SAM', kind: 'decision', act: (by) => decided(by, ['U0LEE'], 1) },
  { code: 'already_voted', by: 'U0SAM', kind: 'decision', act: (by) => decided(by, ['U0SAM'], 2) },
  { code: 'stage_full', by: 'U0SAM', kind: 'decision', act: (by) => stageFull(by) },
  {
    code: 'not_asking',
    by: 'U0SAM',
    kind: 'question',
    act: (by) => onRecord([refused], (transfer) => question(transfer, by, 'Why?')),
  },
  {
    code: 'question_required',
    by: 'U0SAM',
    kind: 'question',
    act: (by) => onRecord(asked(), (transfer) => question(transfer, by, ' ')),
  },
  {
    code: 'question_too_long',
    by: 'U0SAM',
    kind: 'question',
    act: (by) => onRecord(asked(), (transfer) => question(transfer, by, x(501))),
  },
  {
    code: 'too_many_questions',
    by: 'U0SAM',
    kind: 'question',
    act: (by) =>
      onRecord(asked(), async (transfer) => {
        for (let each = 0; each < 20; each += 1) await question(transfer, by, 'Why?')
        return question(transfer, by, 'And?')
      }),
  },
]

describe('each refusal of something that a person does has one entry in the audit, with who, when and why', () => {
  test.each(acts.map((act) => [act.code, act] as const))(
    '%s',
    async (code, { by = 'U0DANA', kind = 'command', act }) => {
      const before = (await world.audit()).length
      const since = Date.now()
      const { answer, transfer } = await act(of(by))
      expect(answer.ok).toBe(false)
      const read = async () =>
        (await world.audit()).slice(before).filter(({ kind: each = '' }) => each.endsWith('_refused'))
      await until(async () => (await read()).length > 0)
      const entries = await read()
      const facts = entries.map(({ event = '{}' }) => (JSON.parse(event) as { code?: string }).code)
      expect(facts).toEqual([code])
      const [entry] = entries
      expect(entry).toMatchObject({ kind: `${kind}_refused`, by: of(by) })
      expect(Number(entry?.at)).toBeGreaterThanOrEqual(since)
      if (kind !== 'command' && kind !== 'form') expect(entry?.transfer).toBe(transfer)
      const [words = ''] = toMrkdwn(answer.lines).split('\n')
      expect(words.length).toBeGreaterThan(25)
    },
  )

  test('a delivery that comes again is answered the same and has no second entry', async () => {
    const again = {
      delivery: 'the-same',
      by: of('U0DANA'),
      text: 'export norule to backups',
      origin: { address: of('C0DATA') },
    }
    const before = (await world.audit()).length
    const answers = [await world.handlers.onCommand(again), await world.handlers.onCommand(again)]
    expect(answers[1]).toEqual(answers[0])
    expect((await world.audit()).length).toBe(before + 1)
  })

  test('each refusal that the worker says is an event of its record, and with it one entry', async () => {
    for (const code of ofWorker) {
      const before = (await world.audit()).length
      const transfer = await world.record([{ type: 'refused', at: 1, code, facts: {} }])
      const entries = (await world.audit()).slice(before).filter(({ kind }) => kind === 'refused')
      expect(entries.map((each) => [each.transfer, JSON.parse(each.event ?? '{}').code])).toEqual([[transfer.id, code]])
    }
  })

  test('no refusal is left out here', () => {
    const all = thrown()
    expect(all.length).toBeGreaterThan(70)
    const known = new Set([...acts.map(({ code }) => code), ...ofWorker, ...passing])
    expect(all.filter((code) => !known.has(code))).toEqual([])
  })
})

describe('the sentences of the refusals', () => {
  const facts = { id: 'k3v9x2mq', name: 'N1', by: of('U0SAM'), status: 'running', verb: 'export', rule: 'main' }
  /** These two say the same so that nobody learns what there is. */
  const codes = refusalCodes.filter((code) => code !== 'not_visible')

  test('differ, with facts and without', () => {
    for (const given of [{}, facts]) {
      const said = codes.map((code) => toMrkdwn(refusalSentence(code, given)))
      expect(said.filter((each, index) => said.indexOf(each) !== index)).toEqual([])
    }
  })

  test.each(codes)('%s names the next act', (code) => {
    expect(toMrkdwn(refusalSentence(code, facts))).toMatch(nextAct)
  })
})

/** What one can do, or why nothing is left to be done. */
const nextAct =
  /\b(ask|asks|write|wait|decide|name|try again|add|leave|correct|shorten|use|take|check|choose|make|create|possible|stand in quotes|stands in quotes|the thread tells|deny|shows|say|needs a value|send|press|nothing is left|can stop it)\b/i

/** Every code that the source can throw. */
function thrown(): readonly string[] {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const codes = sources.flatMap((file) => {
    const text = readFileSync(join('src', file), 'utf8')
    return [
      ...[...text.matchAll(/new Refusal\(\s*'([a-z_]+)'/g)],
      ...[...text.matchAll(/(?:refusal|type: 'refused', code): '([a-z_]+)'/g)],
    ].map((match) => match[1] ?? '')
  })
  return [...new Set(codes)]
}

const refused: Event = { type: 'refused', at: 1, code: 'preflight', facts: {} }
const plan = {
  ...{ at: 1, location: 'westeurope', serverHost: 'h', edition: 'Standard', objective: 'S3', databaseStatus: 'Online' },
  ...{ accountSku: 'Standard_LRS', accountKind: 'StorageV2', uri: 'https://stbackups.blob.core.windows.net/bacpacs/x' },
}

/** To a card that was delivered then. */
function asked(delivered = Date.now()): readonly Event[] {
  return [
    { type: 'planned', at: 1, plan },
    { type: 'asked', at: 1, changed: [] },
    { type: 'card_delivered', at: delivered },
  ]
}

async function onRecord(
  events: readonly Event[],
  act: (transfer: Transfer) => Promise<Answer>,
  change: { by?: string; database?: string } = {},
): Promise<{ answer: Answer; transfer: string }> {
  const transfer = await world.record(events, change)
  return { answer: await act(transfer), transfer: transfer.id }
}

function click(code: string, by: string): Act {
  return { code, by, kind: 'decision', act: (who) => onRecord(asked(), (transfer) => decide(transfer, who)) }
}

async function decided(by: string, first: readonly string[], need: number) {
  const transfer = await world.record(asked(), { rule: { stages: [{ approvers: [of('S0DBA')], need }] } })
  for (const each of first) await decide(transfer, of(each))
  return { answer: await decide(transfer, by), transfer: transfer.id }
}

async function stageFull(by: string) {
  const stages = [
    { approvers: [of('S0DBA')], need: 1 },
    { approvers: [of('U0AUD')], need: 1 },
  ]
  const transfer = await world.record(asked(), { rule: { stages } })
  await decide(transfer, of('U0LEE'))
  return { answer: await decide(transfer, by), transfer: transfer.id }
}

function say(by: string, text: string): Promise<Answer> {
  deliveries += 1
  return world.handlers.onCommand({ delivery: `say-${deliveries}`, by, text, origin: { address: of('C0DATA') } })
}

function fillIn(by: string, texts: { database: string; storage: string }): Promise<Answer> {
  deliveries += 1
  const delivery = `form-${deliveries}`
  const filled = { operation: 'export', texts, on: [] } as const
  return world.handlers.onForm({ delivery, attempt: `${delivery}-1`, by, filled, origin: { address: of('C0DATA') } })
}

function decide(
  { id: transfer, round }: Transfer,
  by: string,
  verdict: Verdict = 'approve',
  digest = round?.digest ?? '',
) {
  deliveries += 1
  return world.handlers.onDecision({ delivery: `click-${deliveries}`, by, transfer, digest, verdict })
}

function question({ id: transfer, round }: Transfer, by: string, text: string): Promise<Answer> {
  deliveries += 1
  return world.handlers.onQuestion({ delivery: `ask-${deliveries}`, by, transfer, digest: round?.digest ?? '', text })
}
