import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cancelAnswer, decisionAnswer, helpAnswer, recordedAnswer, settleAnswer } from '../src/cards/answers.ts'
import { approvalCard } from '../src/cards/approval-card.ts'
import { linesToBlocks, toBlockKit, toMrkdwn } from '../src/cards/block-kit.ts'
import { withdrawButton } from '../src/cards/click-buttons.ts'
import { draw } from '../src/cards/draw.ts'
import { faultSentence } from '../src/cards/fault-sentence.ts'
import { jobErrors, knownFaults } from '../src/cards/known-faults.ts'
import { listAnswer } from '../src/cards/list-answer.ts'
import { clip } from '../src/cards/phrases.ts'
import { duration, progressBar, size } from '../src/cards/quantities.ts'
import { replyView } from '../src/cards/reply-view.ts'
import { rootView } from '../src/cards/root-view.ts'
import { refusalCodes, refusalSentence, sentence } from '../src/cards/sentence.ts'
import { statusAnswer } from '../src/cards/status-answer.ts'
import { statusWords } from '../src/cards/status-words.ts'
import { readButtonValue, type View } from '../src/cards/view.ts'
import { whyAnswer } from '../src/cards/why-answer.ts'
import { PermanentError, Refusal, TransientError } from '../src/transfer/errors.ts'
import type {
  Connection,
  Decision,
  Ending,
  Fault,
  FinalStatus,
  Milestone,
  Request,
  Round,
  Rule,
  Status,
  Transfer,
} from '../src/transfer/model.ts'
import { workingStatuses } from '../src/transfer/model.ts'
import type { Slot } from '../src/transfer/ports.ts'
import type { Line } from '../src/transfer/text.ts'

const asked = Date.UTC(2026, 0, 2, 3, 4, 5)
const minute = 60_000
const requester = 'slack:T1/U1REQ'
const ana = 'slack:T1/U2ANA'
const ben = 'slack:T1/U3BEN'
const group = 'slack:T1/S4DBA'
const operator = 'slack:T1/U9OPS'
const fault: Fault = { code: 'InternalServerError', message: 'An unexpected error', status: 500, requestId: 'req-1' }
const digest = 'd'.repeat(32)
const hostile = '<!channel> <@U666> <https://evil.test|click> *bold* _it_ ~no~ `code` &amp; > x\n> quote'

const sql: Connection = {
  side: 'sql',
  id: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/prod-sql/privateEndpointConnections/PEC-Sql',
  name: 'PEC-Sql',
  privateEndpoint: '/subscriptions/ms/resourceGroups/x/providers/Microsoft.Network/privateEndpoints/pe-sql',
  state: 'Pending',
  named: true,
}
const storageSide: Connection = {
  side: 'storage',
  id: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/acct/privateEndpointConnections/PEC-Blob',
  name: 'PEC-Blob',
  privateEndpoint: '/subscriptions/ms/resourceGroups/x/providers/Microsoft.Network/privateEndpoints/pe-blob',
  state: 'Pending',
  named: true,
}

const every: { readonly [K in Milestone['kind']]: Extract<Milestone, { kind: K }> } = {
  rule_settled: { at: asked, kind: 'rule_settled', rule: 'small', size: 30 * 2 ** 30 },
  prepared: { at: asked, kind: 'prepared', made: true },
  submitted: { at: asked, kind: 'submitted', operation: 'op-1', adopted: false },
  unclear: { at: asked, kind: 'unclear', fault },
  asked: { at: asked, kind: 'asked', round: 1 },
  new_round: { at: asked, kind: 'new_round', round: 2, changed: ['connections', 'uri'] },
  decided: { at: asked, kind: 'decided', by: ana, verdict: 'approve', have: 1, need: 2 },
  question_asked: { at: asked, kind: 'question_asked', by: ana, text: 'why today?', until: asked + 60 * minute },
  withdrawn: { at: asked, kind: 'withdrawn', by: requester, reason: 'not needed' },
  cancel_asked: { at: asked, kind: 'cancel_asked', by: requester, reason: 'wrong one' },
  settled: { at: asked, kind: 'settled', by: operator, how: 'not-running' },
  settle_refused: {
    at: asked,
    kind: 'settle_refused',
    by: operator,
    code: 'operation_not_ours',
    facts: { operation: 'op-2' },
  },
  card_undeliverable: { at: asked, kind: 'card_undeliverable', address: 'slack:T1/C5', fault },
  reminded: { at: asked, kind: 'reminded', have: 1, need: 2 },
  escalated: { at: asked, kind: 'escalated', to: [operator], after: 14_400_000, have: 1, need: 2 },
  unnamed: { at: asked, kind: 'unnamed', candidates: [sql] },
  bypassed: { at: asked, kind: 'bypassed', side: 'sql', onBypass: 'stop' },
  half_approved: { at: asked, kind: 'half_approved', approved: 'sql', missing: 'storage', fault },
  running: { at: asked, kind: 'running' },
  stalled: { at: asked + 90 * minute, kind: 'stalled', since: asked, text: 'Running, Progress = 0 %', percent: 0 },
  closing: { at: asked, kind: 'closing', outcome: 'denied', cause: 'denied' },
  not_undone: { at: asked, kind: 'not_undone', what: 'cancel', fault },
  closing_slow: { at: asked, kind: 'closing_slow' },
  ended: { at: asked, kind: 'ended' },
  left_over: {
    at: asked,
    kind: 'left_over',
    outcomes: [{ side: 'sql', id: sql.id, name: sql.name, state: 'kept', fault }],
  },
  connections_changed: {
    at: asked,
    kind: 'connections_changed',
    changed: [{ side: 'sql', id: sql.id, name: sql.name, was: 'Rejected', now: 'Approved' }],
  },
}

describe('the button to withdraw', () => {
  test.each(Object.keys(statusWords) as Status[])('stands on the root while %s can still be stopped', (status) => {
    const transfer = transferAt(status)
    const open = (workingStatuses as readonly Status[]).includes(status) && status !== 'closing'
    expect(withdrawButton(transfer)).toEqual(
      open ? { id: 'withdraw', label: 'Withdraw…', value: 'k3v9x2mq' } : undefined,
    )
    expect(hasButtons(rootView(transfer, asked, { quiet: true }))).toBe(open)
    expect(hasButtons(rootView(transfer, asked, { quiet: true, silent: true }))).toBe(false)
    expect(withdrawButton({ ...transfer, cancel: { by: requester, at: asked } })).toBeUndefined()
    expect(withdrawButton({ ...transfer, request: { ...transfer.request, dryRun: true } })).toBeUndefined()
  })

  test('carries the transfer alone', () => {
    expect(readButtonValue('k3v9x2mq')).toEqual({ transfer: 'k3v9x2mq', digest: '' })
  })
})

describe('the root message', () => {
  test.each(Object.keys(statusWords) as Status[])(
    'has words for %s, who asked, from where to where, and the id',
    (status) => {
      const text = shown(rootView(transferAt(status), asked + minute, { quiet: false }))
      expect(text).toContain(statusWords[status].words)
      expect(text).toContain('<@U1REQ>')
      expect(text).toContain('`Orders`')
      expect(text).toContain('`prod-sql`')
      expect(text).toContain('`acct`')
      expect(text).toContain('`k3v9x2mq`')
      expect(text).not.toMatch(/undefined|!(?!date|subteam)/)
    },
  )

  test('shows a bar where Azure names a percentage and the words of Azure where not', () => {
    const running = transferAt('running')
    const bar = { ...running, progress: { text: 'Running, Progress = 40 %', percent: 40, at: asked } }
    expect(shown(rootView(bar, asked + 250_000, { quiet: false }))).toContain('████████░░░░░░░░░░░░ 40 %')
    const words = { ...running, progress: { text: 'Queued in <region>', at: asked } }
    const text = shown(rootView(words, asked + 250_000, { quiet: false }))
    expect(text).toContain('Azure says: `Queued in &lt;region&gt;`')
    expect(text).toContain('4 min 10 s')
  })

  test('tells what comes next: how many approvals and until when', () => {
    const waiting = { ...transferAt('awaiting_approval'), decisions: [decision(ana, 'approve')] }
    const text = shown(rootView(waiting, asked, { quiet: false }))
    expect(text).toContain('1 more approval')
    expect(text).toContain('<@U2ANA> said yes; 2 approvals needed')
    expect(text).toContain(`<!date^${(asked + 4 * 60 * minute) / 1000}^`)
  })

  test('tells an operator how to settle a start that is unclear', () => {
    const unclear = {
      ...transferAt('closing'),
      closing: { outcome: 'failed', cause: 'unclear', since: asked, undone: {} },
    } as const
    expect(shown(rootView(unclear, asked, { quiet: false }))).toContain('/drawbridge settle k3v9x2mq not-running')
  })

  test('says what could not be undone', () => {
    const undone = {
      cancel: { state: 'refused', at: asked, fault: { code: 'CannotCancelOperation', message: '' } },
    } as const
    const closing = { outcome: 'denied', cause: 'denied', since: asked, undone } as const
    expect(shown(rootView({ ...transferAt('closing'), closing }, asked, { quiet: false }))).toContain(
      'Azure would not cancel the job',
    )
  })

  test('ends with the address of the blob and how long it took', () => {
    const text = shown(rootView(ended('succeeded'), asked + 99 * minute, { quiet: false }))
    expect(text).toContain(`\`${requestOf().storage.uri}\``)
    expect(text).toContain('*Took*\n12 min')
  })

  test('says plainly that the data went out all the same', () => {
    const text = shown(rootView(ended('denied', { released: true }), asked, { quiet: false }))
    expect(text).toContain('🚨 *The data went out all the same*')
    expect(text).toContain('denied, but Azure completed the export')
    expect(text).not.toContain('without data')
  })

  test('names what is left over and where to remove it', () => {
    const text = shown(rootView(ended('failed', { fault, leftOver: [sql] }), asked, { quiet: false }))
    expect(text).toContain('`PEC-Sql` (Pending)')
    expect(text).toContain('<https://portal.azure.com/#resource/subscriptions/s/')
  })
})

describe('the approval card', () => {
  const card = (change: Partial<Transfer> = {}, round = 1): View =>
    approvalCard({ ...transferAt('awaiting_approval'), ...change }, round)

  test('shows who asks, what moves, why, the connections, what a yes releases, who is needed and until when', () => {
    const text = shown(card())
    for (const each of [
      '<@U1REQ> asks for this',
      'GeneralPurpose, GP_Gen5_2, up to 250 GB, westeurope',
      'Reason: “monthly audit”',
      '• SQL server `prod-sql`: connection `PEC-Sql` from private endpoint `pe-sql`',
      '• storage account `acct`: connection `PEC-Blob` from private endpoint `pe-blob`',
      'A yes approves exactly these connections',
      'Needs 2 of <@U2ANA>, <!subteam^S4DBA>. Yes so far: nobody yet.',
      'Expires <!date^',
    ])
      expect(text).toContain(each)
    expect(toBlockKit(card()).text).toBe('Approval needed: export of orders to backups, asked for by <@U1REQ>.')
  })

  test('has buttons that carry the id and the digest alone, the one click first', () => {
    const actions = toBlockKit(card()).blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []))
    expect(actions.map((each) => (each.type === 'button' ? [each.action_id, each.style, each.value] : []))).toEqual([
      ['approve', 'primary', `k3v9x2mq:${digest}`],
      ['comment', undefined, `k3v9x2mq:${digest}`],
      ['question', undefined, `k3v9x2mq:${digest}`],
      ['deny', 'danger', `k3v9x2mq:${digest}`],
    ])
    expect(readButtonValue(`k3v9x2mq:${digest}`)).toEqual({ transfer: 'k3v9x2mq', digest })
    expect(readButtonValue('k3v9x2mq:<script>')).toBeUndefined()
  })

  test('has its one click confirmed where the rule says so', () => {
    const approveOf = (view: View) => {
      const all = toBlockKit(view).blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []))
      return all.find((each) => 'action_id' in each && each.action_id === 'approve')
    }
    expect(approveOf(card())).not.toHaveProperty('confirm')
    const { rule } = transferAt('awaiting_approval')
    const text = 'Your yes to the export of orders to backups counts as soon as you confirm it. Compare the card first.'
    expect(approveOf(card({ rule: { ...rule, confirm: true } }))).toMatchObject({ confirm: { text: { text } } })
  })

  test('shows what was asked while it waits, and no more once it is decided', () => {
    const known = { at: asked, digest, stages: [0], ruleVersion: 'abc' }
    const one = { questions: [{ by: ana, text: 'why *today*?', ...known }] }
    expect(shown(card(one))).toContain('❓ <@U2ANA> asked, ')
    const two = { questions: [...one.questions, { by: ben, text: 'who reads it?', ...known }] }
    expect(shown(card(two))).toContain('2 questions were asked, all in the request’s thread. The last: <@U3BEN> asked')
    expect(shown(card({ ...two, decisions: [decision(ana, 'deny', 'no')] }))).not.toContain('asked, all')
  })

  test('is told by why with what comes later, where its rule has it', () => {
    const transfer = transferAt('awaiting_approval')
    const rule: Rule = {
      ...transfer.rule,
      remindAfter: 120 * minute,
      escalate: { after: 240 * minute, to: [operator] },
    }
    const told = (each: Rule): string => {
      const reasons = { explanation: { rules: [], hidden: 0 }, asks: [{ rule: each, people: 2 }], today: each }
      return toMrkdwn(whyAnswer({ ...transfer, rule: each }, reasons))
    }
    expect(told(rule)).toContain('Who can still say yes after 2 h is reminded. After 4 h <@U9OPS> may decide too.')
    expect(told(transfer.rule)).not.toMatch(/reminded|may decide too/)
  })

  test('says whose comment is whose once several said yes', () => {
    const comments = [decision(ana, 'approve', 'as planned'), decision(ben, 'approve')]
    expect(shown(card({ decisions: comments }))).toContain('<@U2ANA>: “as planned”')
  })

  test('keeps its buttons and says who has said yes until it is enough', () => {
    const one = card({ decisions: [decision(ana, 'approve')] })
    expect(shown(one)).toContain('Yes so far: <@U2ANA>.')
    expect(hasButtons(one)).toBe(true)
  })

  test.each<[string, Partial<Transfer>, number, string]>([
    [
      'approved',
      { decisions: [decision(ana, 'approve'), decision(ben, 'approve')] },
      1,
      'Approved by <@U2ANA>, <@U3BEN>',
    ],
    ['denied', { decisions: [decision(ana, 'deny', 'not today')] }, 1, 'Denied by <@U2ANA>, '],
    ['denied with its reason', { decisions: [decision(ana, 'deny', 'not today')] }, 1, '“not today”'],
    ['cancelled', { cancel: { by: requester, at: asked, reason: 'wrong one' } }, 1, 'Cancelled by <@U1REQ>'],
    [
      'expired',
      { status: 'closing', closing: { outcome: 'expired', cause: 'expired', since: asked, undone: {} } },
      1,
      'Expired',
    ],
    [
      'bypassed',
      { status: 'closing', closing: { outcome: 'failed', cause: 'bypassed', since: asked, undone: {} } },
      1,
      'approved outside of Drawbridge',
    ],
    ['moved on', { status: 'running' }, 1, 'Running: there is nothing to decide any more'],
    ['replaced', { round: roundOf(2) }, 1, 'Replaced by round 2'],
  ])('keeps its body and has a sentence instead of buttons when %s', (_, change, round, expected) => {
    const view = card(change, round)
    expect(hasButtons(view)).toBe(false)
    expect(shown(view)).toContain(expected)
    expect(shown(view)).toContain('`Orders`')
  })

  test('says that nothing was sent when the click comes first', () => {
    const rule: Rule = { ...ruleOf(), gate: 'submission' }
    const text = shown(
      card({
        rule,
        round: { ...roundOf(1), material: { ...roundOf(1).material, gate: 'submission', connections: [] } },
      }),
    )
    expect(text).toContain('Nothing has been sent to Azure')
    expect(text).toContain('covers the connections of that one operation, and no others')
  })

  test('says that there is no private link', () => {
    const material = { ...roundOf(1).material, gate: 'submission', connections: [], privateLink: false } as const
    const text = shown(card({ request: { ...requestOf(), privateLink: false }, round: { ...roundOf(1), material } }))
    expect(text).toContain('*Without Private Link*')
    expect(text).toContain('Nothing has been sent to Azure')
  })

  test('says that Azure did not name the connections', () => {
    const { material } = roundOf(1)
    const connections = material.connections.map((each) => ({ ...each, named: false }))
    const text = shown(card({ round: { ...roundOf(1), material: { ...material, connections } } }))
    expect(text).toContain('Azure did not name the connections')
    expect(text).toContain('prod-sql in the portal>')
  })
})

describe('the replies', () => {
  test.each(Object.values(every).map((each) => [each.kind, each] as const))(
    'have a sentence for %s',
    (_, milestone) => {
      const view = replyView({ ...ended('succeeded'), story: [milestone] }, 0, [operator])
      const text = shown(view)
      expect(text.length).toBeGreaterThan(20)
      expect(text).not.toMatch(/undefined|NaN|!(?!date|subteam)/)
      expect(toBlockKit(view).text).toMatch(/^Export of orders to backups: ./)
    },
  )

  test('mention the requester at the end', () => {
    expect(shown(replyView({ ...ended('succeeded'), story: [every.ended] }, 0, [operator]))).toContain(
      '✅ <@U1REQ>, the export of orders to backups has finished, after 12 min.',
    )
  })

  test('mention approvers and operators when something got around them', () => {
    const released = { ...ended('denied', { released: true }), story: [every.ended] }
    for (const view of [
      replyView(released, 0, [operator]),
      replyView({ ...released, story: [every.bypassed] }, 0, [operator]),
    ]) {
      for (const each of ['<@U2ANA>', '<!subteam^S4DBA>', '<@U9OPS>']) expect(shown(view)).toContain(each)
    }
  })

  test('do not fail on a part of the story that is missing', () => {
    expect(shown(replyView({ ...ended('succeeded'), story: [] }, 3, []))).toContain('not there yet')
  })
})

describe('sentences', () => {
  test.each(refusalCodes)('%s has one, with facts and without', (code) => {
    const facts = Object.fromEntries(
      [
        'verb',
        'database',
        'storage',
        'name',
        'id',
        'suggestion',
        'flag',
        'status',
        'by',
        'round',
        'rule',
        'open',
        'known',
      ].map((name) => [name, name === 'by' ? ana : 'X1']),
    )
    for (const each of [refusalSentence(code), refusalSentence(code, facts)]) {
      const text = toMrkdwn(each)
      expect(text.length).toBeGreaterThan(25)
      expect(text).not.toMatch(/undefined|NaN|!|\s\s|\.\./)
    }
  })

  test('every refusal that the source throws has one of its own', () => {
    const codes = sources('src').flatMap((text) => [
      ...[...text.matchAll(/new Refusal\(\s*'([a-z_]+)'/g)].map((match) => match[1] ?? ''),
      ...[...text.matchAll(/(?:refusal|type: 'refused', code): '([a-z_]+)'/g)].map((match) => match[1] ?? ''),
    ])
    expect(codes.length).toBeGreaterThan(20)
    expect(codes.filter((code) => !refusalCodes.includes(code))).toEqual([])
  })

  test.each([
    [new Refusal('missing_to', { verb: 'export', from: 'orders' }), '/export orders to &lt;storage&gt;'],
    [new Refusal('unknown_flag', { flag: '--blub', suggestion: '--blob' }), 'Did you mean `--blob`?'],
    [new Refusal('guarded', { id: 'k3v9x2mq', link: 'https://s.test/p1' }), '<https://s.test/p1|k3v9x2mq>'],
    [new Refusal('already_decided', { by: ana, verdict: 'deny' }), '<@U2ANA> said no'],
    [new Refusal('own_request'), 'your own request'],
    [new Refusal('not_open', { status: 'running' }), '“running”'],
    [new Refusal('no_such_code'), 'refused (`no_such_code`)'],
    [new Refusal('toString'), 'refused (`toString`)'],
    [new TransientError({ code: 'ratelimited', message: 'secret?' }), 'Try again in a minute'],
    [new PermanentError({ code: 'BlobAlreadyExist', message: '' }), 'already there'],
    [new Error('AccountKey=xyz'), 'Something went wrong inside Drawbridge'],
    [undefined, 'Something went wrong inside Drawbridge'],
  ])('%s → %s', (error, expected) => {
    expect(toMrkdwn(sentence(error))).toContain(expected)
    expect(toMrkdwn(sentence(error))).not.toMatch(/xyz|secret/)
  })

  test('a transfer that may not be seen reads as one that does not exist', () => {
    const facts = { id: 'k3v9x2mq' }
    expect(refusalSentence('not_visible', facts)).toEqual(refusalSentence('unknown_transfer', facts))
  })
})

describe('faults of Azure', () => {
  test.each(Object.keys(knownFaults))('%s is a sentence that ends', (code) => {
    const text = toMrkdwn(faultSentence({ code, message: 'm', requestId: 'req-1' }))
    expect(text).toMatch(/\.$/)
    expect(text).not.toMatch(/\.\.|undefined/)
  })

  test.each([
    [
      'AuthorizationFailed',
      "The client 'x' does not have authorization to perform action 'Microsoft.Sql/servers/databases/export/action' over scope '/subscriptions/s' or the scope is invalid.",
      '`Microsoft.Sql/servers/databases/export/action` on `/subscriptions/s`',
    ],
    [
      'LinkedAuthorizationFailed',
      "permission to perform action(s) 'Microsoft.Sql/x/PrivateEndpointConnectionsApproval/action' on the linked scope(s)",
      'PrivateEndpointConnectionsApproval/action`',
    ],
    [
      'Forbidden',
      'No. (Drawbridge needs Microsoft.Storage/storageAccounts/listKeys/action.)',
      '`Microsoft.Storage/storageAccounts/listKeys/action`',
    ],
    ['AuthorizationFailed', 'no', 'may not do this'],
    ['ImportExportJobError', "failed due to 'Login failed for user sa'", 'SQL login was refused'],
    ['ImportExportJobError', 'Azure Active Directory only authentication is enabled', 'Entra logins only'],
    [
      'ImportExportJobError',
      'error trying to access Azure Storage 10.0.0.0:443',
      'could not reach the storage account',
    ],
    ['ImportExportJobError', "'Origin.xml' is missing from the dacpac package", 'not a complete BACPAC'],
    ['ImportExportJobError', 'Error SQL71562: unresolved reference', 'refers to objects that are not in it'],
    ['ImportExportJobError', 'There is not enough space on the disk', 'ran out of disk'],
    [
      'ImportExportJobError',
      "Cannot open server 'sql-prod' requested by the login. Client is not allowed to access the server.",
      'firewall kept the job out. Use Private Link',
    ],
    ['ImportExportJobError', '(404) Not Found. The specified blob does not exist.', 'The blob is not there'],
    ['ImportExportJobError', 'it contains one or more user objects', 'The database was not empty'],
    ['ImportExportJobError', "'orders' has reached its size quota", 'does not fit into the database'],
    [
      'ImportExportJobError',
      'something new.',
      'Azure reports `ImportExportJobError`: something new (request id `req-1`).',
    ],
    ['Teapot', 'short <and> stout', 'Azure reports `Teapot`: short &lt;and&gt; stout (request id `req-1`).'],
  ])('%s: %s', (code, message, expected) => {
    const status = code === 'Forbidden' ? { status: 403 } : {}
    expect(toMrkdwn(faultSentence({ code, message, requestId: 'req-1', ...status }))).toContain(expected)
  })

  test('every error of a job is told apart by its text', () => {
    expect(new Set(jobErrors.map(({ says }) => says)).size).toBe(jobErrors.length)
  })
})

describe('answers', () => {
  test('show every form, and what may be named', () => {
    const { database, storage } = requestOf()
    const text = toMrkdwn(helpAnswer({ databases: [database], storage: [{ ...storage, endpoint: 'https://acct' }] }))
    for (const verb of ['export', 'status', 'list', 'cancel', 'settle', 'help']) expect(text).toContain(verb)
    expect(text).toContain('Databases: orders.')
    expect(toMrkdwn(helpAnswer(undefined, 'cancel'))).toBe(
      '`/drawbridge cancel &lt;id&gt; [reason]` stops a transfer and undoes what can be undone',
    )
  })

  test('count what a yes is worth, and take it back', () => {
    const waiting = transferAt('awaiting_approval')
    const one = { ...waiting, decisions: [decision(ana, 'approve')] }
    const two = { ...waiting, decisions: [decision(ana, 'approve'), decision(ben, 'approve')] }
    const back = { ...waiting, decisions: [decision(ana, 'approve'), decision(ana, 'deny')] }
    expect(toMrkdwn(decisionAnswer(one, 'approve'))).toContain('(1 of 2)')
    expect(toMrkdwn(decisionAnswer(two, 'approve'))).toContain('That is enough')
    expect(toMrkdwn(decisionAnswer(back, 'deny'))).toContain('Your yes is taken back')
    expect(toMrkdwn(decisionAnswer({ ...waiting, decisions: [decision(ana, 'deny')] }, 'deny'))).toMatch(
      /^Your no is recorded/,
    )
  })

  test('tell status, list, cancel and settle', () => {
    const transfer = transferAt('running')
    const slots = { root: { state: 'posted' as const, address: ana, at: asked, link: 'https://s.test/p1' } }
    expect(toMrkdwn(statusAnswer({ transfer, chat: { slots } }, asked + minute))).toContain(
      '<https://s.test/p1|k3v9x2mq>',
    )
    const looked = { at: asked + minute, asked: { kind: 'list' as const }, waiting: [], read: 1_000 }
    const found = { found: [{ transfer }], more: true, unread: false }
    expect(toMrkdwn(listAnswer(found, looked))).toMatch(/Running\*, 1 min, asked for by .*\nOlder ones are not shown/)
    expect(toMrkdwn(listAnswer({ found: [], more: false, unread: false }, looked))).toContain('no transfer')
    expect(toMrkdwn(recordedAnswer(transfer))).toContain('Recorded as `k3v9x2mq`')
    expect(toMrkdwn(cancelAnswer(transferAt('requested')))).toContain('Nothing has been sent')
    expect(toMrkdwn(cancelAnswer({ ...transfer, snapshot: [] }))).toContain('watched until it is over')
    expect(toMrkdwn(settleAnswer({ ...transfer, settled: { by: operator, at: asked } }))).toContain('no job')
    expect(toMrkdwn(settleAnswer({ ...transfer, settled: { by: operator, at: asked, running: 'op-1' } }))).toContain(
      '`op-1`',
    )
  })
})

describe('text of people', () => {
  const attacked = (): Transfer => {
    const request = requestOf()
    const database = { ...request.database, alias: hostile, database: hostile, server: hostile }
    const storage = { ...request.storage, alias: hostile, blob: hostile, container: hostile, uri: hostile }
    const base = ended('failed', {
      fault: { code: hostile, message: hostile, requestId: hostile },
      leftOver: [{ ...sql, name: hostile }],
    })
    const decisions = [decision(ana, 'deny', hostile)]
    const { plan: _, ...rest } = base
    return {
      ...rest,
      decisions,
      request: { ...request, database, storage, reason: hostile },
      story: Object.values(every),
    }
  }

  test('forms no mention, no link and no markup, wherever it is shown', () => {
    const transfer = attacked()
    const views = [
      rootView(transfer, asked, { quiet: false }),
      approvalCard(transfer, 1),
      ...transfer.story.map((_, index) => replyView(transfer, index, [])),
    ]
    for (const view of views) {
      const { text, blocks } = toBlockKit(view)
      const markup = [text, ...blocks.flatMap(mrkdwnOf)].join('\n')
      expect(markup).not.toMatch(/<!channel|<@U666|<https:\/\/evil|&amp;lt;/)
      expect(
        text.replace(
          /<@U(1REQ|2ANA|9OPS)>|<!date[^<>]*>|<#C5>|<!subteam\^S4DBA>|<https:..portal.azure.com.[^<>]*>/g,
          '',
        ),
      ).not.toMatch(/[<>]/)
    }
  })

  test('is neutralized in every kind of piece', () => {
    expect(toMrkdwn([[hostile]])).toBe(
      '&lt;!channel&gt; &lt;@U666&gt; &lt;https://evil.test|click&gt; ∗bold∗ ˍitˍ ∼no∼ ´code´ &amp;amp; &gt; x &gt; quote',
    )
    expect(toMrkdwn([[{ code: 'a`b`<x>' }]])).toBe('`a´b´&lt;x&gt;`')
    expect(toMrkdwn([[{ bold: 'a*b*\nc' }]])).toBe('*a∗b∗ c*')
    expect(toMrkdwn([['> not a quote']])).toBe('› not a quote')
    expect(toMrkdwn([['snake_case_name']])).toBe('snake_case_name')
    expect(toMrkdwn([[{ link: 'https://x.test/?a=1&b=2', label: 'a|b>c' }]])).toBe(
      '<https://x.test/?a=1&amp;b=2|a¦b&gt;c>',
    )
    expect(toMrkdwn([[{ link: 'javascript:alert(1)', label: 'here' }]])).toBe('here')
    expect(toMrkdwn([[{ link: 'https://x.test/|y> <!channel>', label: 'here' }]])).toBe('here')
    expect(toMrkdwn([[{ mention: 'slack:T1/U1> <!channel>' }]])).toBe('`slack:T1/U1&gt; &lt;!channel&gt;`')
  })

  test('is cut between whole pieces', () => {
    fc.assert(
      fc.property(fc.array(pieces(), { maxLength: 12 }), fc.integer({ min: 1, max: 120 }), (line, limit) => {
        const text = toMrkdwn([line, line], limit)
        expect(text.length).toBeLessThanOrEqual(limit)
        // Every < opens something whole, and every & begins an entity.
        expect(text.replace(/<[^<>]*>/g, '')).not.toMatch(/[<>]/)
        expect(text.replace(/&(amp|lt|gt);/g, '')).not.toContain('&')
        expect((text.match(/`/g) ?? []).length % 2).toBe(0)
      }),
    )
  })
})

describe('places, people and times in Slack', () => {
  test.each<[Line, string]>([
    [[{ mention: 'slack:T1/W7' }], '<@W7>'],
    [[{ mention: 'slack:T1/S7' }], '<!subteam^S7>'],
    [[{ mention: 'teams:t/abc' }], '`teams:t/abc`'],
    [[{ place: 'slack:T1/C7' }], '<#C7>'],
    [[{ place: 'slack:T1/U7' }], '<@U7>'],
    [[{ place: 'slack:T1/D7' }], 'a direct message'],
    [[{ time: asked }], `<!date^${asked / 1000}^{date_short_pretty} {time}|2026-01-02 03:04 UTC>`],
    [[{ time: Number.NaN }], 'an unknown time'],
  ])('%j is %s', (line, expected) => {
    expect(toMrkdwn([line])).toBe(expected)
  })
})

describe('limits of Slack', () => {
  test('hold for whatever comes', () => {
    const huge = '<&*`'.repeat(20_000)
    const line: Line = [huge, { code: huge }, { bold: huge }]
    const facts = Array.from({ length: 45 }, () => ({ label: huge, value: line }))
    const lines = Array.from({ length: 40 }, () => line)
    const many = Array.from({ length: 80 }, () => ({ kind: 'lines', lines }) as const)
    const value = 'x'.repeat(5000)
    const view: View = {
      text: line,
      blocks: [
        { kind: 'title', text: huge },
        { kind: 'facts', facts },
        ...many,
        { kind: 'divider' },
        { kind: 'note', line },
        { kind: 'actions', buttons: [{ id: 'deny', label: huge, style: 'danger', value }] },
      ],
    }
    const { text, blocks } = toBlockKit(view)
    expect(text.length).toBeLessThanOrEqual(3000)
    expect(blocks).toHaveLength(50)
    for (const block of blocks) checkLimits(block)
    expect(blocks.some((block) => block.type === 'actions')).toBe(true)
  })

  test('hold for real views with long names', () => {
    const request = requestOf()
    const long = 'n<'.repeat(64)
    const people = Array.from({ length: 300 }, (_, index) => `slack:T1/U${index}`)
    const stages = Array.from({ length: 9 }, () => ({ approvers: people, need: 1 }))
    const transfer: Transfer = {
      ...transferAt('awaiting_approval'),
      request: { ...request, reason: '&'.repeat(500), database: { ...request.database, alias: long, database: long } },
      rule: { ...ruleOf(), stages },
    }
    for (const view of [rootView(transfer, asked, { quiet: false }), approvalCard(transfer, 1)]) {
      for (const block of toBlockKit(view).blocks) checkLimits(block)
    }
    expect(linesToBlocks([])).toEqual([])
  })
})

describe('a drawing', () => {
  const root: Slot = { key: 'root', kind: 'root' }
  const options = { operators: [operator] }

  test('has a quiet hash that neither progress nor time changes', () => {
    const running = transferAt('running')
    const later = { ...running, progress: { text: 'Running, Progress = 40 %', percent: 40, at: asked } }
    const first = draw(running, root, asked + minute, options)
    const second = draw(later, root, asked + 2 * minute, options)
    expect(second.hash).not.toBe(first.hash)
    expect(second.quietHash).toBe(first.quietHash)
    expect(draw(transferAt('closing'), root, asked, options).quietHash).not.toBe(first.quietHash)
  })

  test('does not change by itself: cards, replies and the root of what has ended', () => {
    const done = { ...ended('succeeded'), story: [every.decided, every.ended] }
    const slots: readonly Slot[] = [
      root,
      { key: 'c', kind: 'card', address: 'slack:T1/C5', round: 1 },
      { key: 'r', kind: 'reply', index: 1 },
    ]
    for (const slot of slots) {
      expect(draw(done, slot, asked, options)).toEqual(draw(done, slot, asked + 99 * minute, options))
    }
  })
})

describe('numbers', () => {
  test.each([
    [-5, '0 s'],
    [42_000, '42 s'],
    [250_000, '4 min 10 s'],
    [240_000, '4 min'],
    [7_500_000, '2 h 5 min'],
    [273_600_000, '3 d 4 h'],
  ])('%i ms is %s', (ms, expected) => {
    expect(duration(ms)).toBe(expected)
  })

  test('sizes and bars', () => {
    expect([size(0), size(1536), size(268_435_456_000), size(1.5 * 1024 ** 4)]).toEqual([
      '0 B',
      '1.5 KB',
      '250 GB',
      '1.5 TB',
    ])
    expect(progressBar(-1)).toBe(`${'░'.repeat(20)} 0 %`)
    expect(progressBar(250)).toBe(`${'█'.repeat(20)} 100 %`)
    expect(clip('😀😀😀', 2)).toBe('😀…')
  })
})

function requestOf(): Request {
  const group = '/subscriptions/s/resourceGroups/g/providers'
  const account = `${group}/Microsoft.Storage/storageAccounts/acct`
  const blob = 'Orders-20260102-030405-k3v9x2mq.bacpac'
  return {
    operation: 'export',
    database: {
      alias: 'orders',
      id: `${group}/Microsoft.Sql/servers/prod-sql/databases/Orders`,
      subscription: 's',
      resourceGroup: 'g',
      server: 'prod-sql',
      database: 'Orders',
    },
    storage: {
      alias: 'backups',
      id: account,
      subscription: 's',
      resourceGroup: 'g',
      account: 'acct',
      container: 'nightly',
      blob,
      uri: `https://acct.blob.core.windows.net/nightly/${blob}`,
    },
    privateLink: true,
    reason: 'monthly audit',
    by: requester,
    at: asked,
    origin: { address: 'slack:T1/C5' },
  }
}

function ruleOf(): Rule {
  return {
    name: 'production',
    when: { operation: ['export'], database: ['*'], storage: ['*'] },
    requesters: ['anyone'],
    stages: [{ approvers: [ana, group], need: 2 }],
    cards: ['slack:T1/C6'],
    expiry: 4 * 60 * minute,
    gate: 'endpoints',
    onBypass: 'stop',
    unnamedConnections: 'wait',
    maxOpen: 3,
  }
}

function roundOf(number: number): Round {
  const { database, storage } = requestOf()
  const connections = [sql, storageSide].map(({ side, id, privateEndpoint, named }) => {
    return { side, id: id.toLowerCase(), privateEndpoint: privateEndpoint.toLowerCase(), named }
  })
  const material = {
    operation: 'export',
    gate: 'endpoints',
    database: database.id,
    storage: storage.id,
    uri: storage.uri,
    privateLink: true,
    rule: 'production',
    connections,
  } as const
  return { number, digest, material, askedAt: asked, deliveredAt: asked, expiresAt: asked + 4 * 60 * minute }
}

function decision(by: string, verdict: 'approve' | 'deny', reason?: string): Decision {
  return { by, verdict, at: asked + minute, digest, stages: [0], ...(reason === undefined ? {} : { reason }) }
}

function transferAt(status: Status): Transfer {
  const plan = {
    at: asked,
    location: 'westeurope',
    serverHost: 'prod-sql.database.windows.net',
    edition: 'GeneralPurpose',
    objective: 'GP_Gen5_2',
    maxSizeBytes: 268_435_456_000,
    databaseStatus: 'Online',
    accountSku: 'Standard_LRS',
    accountKind: 'StorageV2',
    uri: requestOf().storage.uri,
  }
  const early = status === 'requested' || status === 'submitting' || status === 'refused'
  return {
    schema: 1,
    id: 'k3v9x2mq',
    version: 7,
    status,
    since: asked,
    request: requestOf(),
    rule: ruleOf(),
    plan,
    connections: { sql, storage: storageSide },
    ...(early ? {} : { round: roundOf(1) }),
    decisions: [],
    ...(status === 'closing'
      ? { closing: { outcome: 'cancelled', cause: 'cancelled', since: asked, undone: {} } }
      : {}),
    ...(isEnd(status) ? { ending: endingOf(status) } : {}),
    story: [],
  }
}

function isEnd(status: Status): status is FinalStatus {
  return ['refused', 'succeeded', 'failed', 'denied', 'expired', 'cancelled'].includes(status)
}

function endingOf(outcome: FinalStatus): Ending {
  const refusal = outcome === 'refused' ? { refusal: { code: 'database_not_found', facts: { name: 'Orders' } } } : {}
  return { outcome, at: asked + 12 * minute, leftOver: [], nothingSent: false, ...refusal }
}

function ended(outcome: FinalStatus, change: Partial<Ending> = {}): Transfer {
  return { ...transferAt(outcome), ending: { ...endingOf(outcome), ...change } }
}

/** All that a person reads of a view, as Slack gets it. */
function shown(view: View): string {
  return toBlockKit(view)
    .blocks.flatMap((block) => [...mrkdwnOf(block), ...(block.type === 'header' ? [block.text.text] : [])])
    .join('\n')
}

function hasButtons(view: View): boolean {
  return view.blocks.some((block) => block.kind === 'actions')
}

type Sent = ReturnType<typeof toBlockKit>['blocks'][number]

function mrkdwnOf(block: Sent): readonly string[] {
  if (block.type === 'section')
    return [...(block.text ? [block.text.text] : []), ...(block.fields ?? []).map((field) => field.text)]
  if (block.type === 'context') return block.elements.flatMap((each) => ('text' in each ? [each.text] : []))
  return []
}

function checkLimits(block: Sent): void {
  switch (block.type) {
    case 'header':
      expect(block.text.text.length).toBeLessThanOrEqual(150)
      break
    case 'section':
      expect(block.text?.text.length ?? 1).toBeGreaterThan(0)
      expect(block.text?.text.length ?? 0).toBeLessThanOrEqual(3000)
      expect(block.fields?.length ?? 0).toBeLessThanOrEqual(10)
      for (const field of block.fields ?? []) expect(field.text.length).toBeLessThanOrEqual(2000)
      break
    case 'actions':
      for (const each of block.elements) {
        if (each.type !== 'button') throw new Error(`Unexpected element ${each.type}`)
        expect(each.text.text.length).toBeLessThanOrEqual(75)
        expect(each.value?.length ?? 0).toBeLessThanOrEqual(2000)
      }
      break
    case 'context':
      expect(block.elements.length).toBeLessThanOrEqual(10)
      break
    default:
      expect(block.type).toBe('divider')
  }
}

function pieces(): fc.Arbitrary<Line[number]> {
  const text = fc.string({ unit: fc.constantFrom('a', '<', '>', '&', '*', '`', '_', '|', '\n', '😀', ' ') })
  return fc.oneof(
    text,
    text.map((bold) => ({ bold })),
    text.map((code) => ({ code })),
    fc.constantFrom(
      { mention: ana },
      { mention: group },
      { place: 'slack:T1/C5' },
      { time: asked },
      { link: 'https://x.test/?a&b', label: 'x>' },
    ),
  )
}

function sources(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
}
