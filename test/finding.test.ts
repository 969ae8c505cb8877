import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type SlackSandbox, startSlackSandbox } from '../sandbox/slack/index.ts'
import { createDirectories } from '../src/bot/directories.ts'
import { createHandlers } from '../src/bot/handlers.ts'
import type { Handlers } from '../src/bot/handlers-type.ts'
import { createSlackDirectory, type SlackDirectory } from '../src/bot/slack-directory.ts'
import { toHomeTab } from '../src/cards/home-kit.ts'
import { toMrkdwn } from '../src/cards/mrkdwn.ts'
import { type Connections, createConnections } from '../src/queue/connection.ts'
import { createStore, type RedisStore } from '../src/queue/store.ts'
import type { Milestone, Status, Transfer } from '../src/transfer/model.ts'
import type { Policy } from '../src/transfer/policy.ts'
import { quietLog as log } from './support/quiet-log.ts'
import { startTestRedis, type TestRedis } from './support/redis.ts'
import { askedAt, requestedOf, ruleOf, transferOf } from './support/transfers.ts'

const hour = 3_600_000
const account = (id: string): string => `slack:T0SANDBOX/${id}`
const dana = account('U0DANA')
const now = askedAt + 2_000 * hour
/** Many more than one question reads. */
const many = 1_300
const open = 200

let server: TestRedis
let connections: Connections
let store: RedisStore
let slack: SlackSandbox
let directory: SlackDirectory
let handlers: Handlers

beforeAll(async () => {
  ;[server, slack] = await Promise.all([startTestRedis(), startSlackSandbox({ rateLimits: 'real' })])
  connections = createConnections({ target: { path: server.path }, log })
  await connections.ready()
  store = createStore({ redis: connections.forPeople, prefix: 'drawbridge', log })
  await store.ready()
  await fill()
  directory = createSlackDirectory({
    slack: { team: slack.teamId, apiUrl: slack.apiUrl },
    botToken: slack.botToken,
    log,
  })
  handlers = handlersOver(directory)
}, 120_000)

afterAll(async () => {
  await connections.close()
  await Promise.all([server.stop(), slack.close()])
})

describe('a list, in a store of which a person may see little', () => {
  test('shows somebody their own transfer, however many newer ones there are of others', async () => {
    const text = await told('U0RIO', 'list mine')
    expect(text).toContain('rrrr2222')
    expect(text.split('\n')).toHaveLength(1)
  })

  test('says that it has not looked at all, and tells nothing of what it has looked at', async () => {
    const text = await told('U0RIO', 'list all')
    expect(text).toContain('Only the newest 1000 transfers were looked at; older ones are not shown.')
    expect(text).not.toMatch(/ended|There are more|Older ones are not shown\. Narrow/)
    expect(text).not.toContain('xx')
  })

  test('shows the auditor the newest, and that there are older ones', async () => {
    const lines = (await told('U0AUD', 'list all')).split('\n')
    expect(lines).toHaveLength(16)
    expect(lines.at(-1)).toContain('Older ones are not shown. Narrow it down')
  })

  test('without a word shows open ones first', async () => {
    const lines = (await told('U0AUD', 'list')).split('\n').slice(0, 15)
    expect(lines.filter((each) => each.includes('Waiting for approval'))).toHaveLength(15)
  })

  test('of one status is in the order in which they came to it, and goes back as far as it is asked to', async () => {
    const failed = await told('U0AUD', 'list failed')
    expect(failed.split('\n').map((each) => /\w{8}/.exec(each)?.[0])).toEqual(['ffff2223', 'ffff2222', 'gggg2223'])
    expect(await told('U0AUD', 'list failed --since 1900h')).toContain('ffff2223')
    expect(await told('U0AUD', 'list failed --since 1900h')).not.toContain('ffff2222')
  })

  test('of a database finds it by alias, by server and name, and by its resource id', async () => {
    const { id } = transferOf('x', { database: 'orders' }).request.database
    for (const name of ['orders', 'database ORDERS', 's/orders', `"${id}"`]) {
      const lines = (await told('U0DANA', `list ${name}`)).split('\n')
      expect(
        lines.map((each) => /\w{8}/.exec(each)?.[0]),
        name,
      ).toEqual(['gggg2224', 'gggg2223', 'gggg2222'])
    }
  })

  test('marks what waits for the asker', async () => {
    const mine = (await told('U0SAM', 'list pending')).split('\n').slice(0, 15)
    expect(mine.every((each) => each.endsWith('👉 waits for you'))).toBe(true)
    expect(await told('U0AUD', 'list pending')).not.toContain('👉')
  })

  test.each([
    ['U0STRANGER', 'list all'],
    ['U0STRANGER', 'list pending'],
    ['U0GUEST', 'list database orders'],
  ])('shows nothing to %s who asks for %s', async (by, typed) => {
    expect(await told(by, typed)).not.toMatch(/[a-z]{2,4}\d{4}/)
  })

  test.each([
    ['list runing', 'is no list and no database', 'Did you mean `running`?'],
    ['list ordrs', 'There is no database `ordrs`', 'Did you mean `orders`?'],
    ['list --since 7', '`7` says no time', '`--since 7d`'],
  ])('%s is refused with what may have been meant', async (typed, ...says) => {
    const text = await told('U0DANA', typed)
    for (const each of says) expect(text).toContain(each)
  })
})

describe('a history', () => {
  test('tells the last good export, and passes over one whose data went out after a no', async () => {
    const text = await told('U0DANA', 'history orders')
    expect(text).toContain('*Last good export* of `orders`')
    expect(text).toContain('Azure needed 4 min')
    expect(text).toContain('`https://backups.blob.core.windows.net/bacpacs/gggg2222.bacpac`')
    expect(text).toContain('Asked for by <@U0DANA>, approved by <@U0SAM>.')
    expect(text).toContain('`/drawbridge retry gggg2222` asks for it again')
    expect(text).toContain('The last export of this database took 4 min.')
    expect(text.indexOf('gggg2224')).toBeGreaterThan(text.indexOf('*Transfers*, newest first'))
  })

  test('of a database without one that they may see says how to ask', async () => {
    const none =
      'There is no transfer of `orders` that you can see. Ask for an export: `/export orders to &lt;storage&gt;`'
    expect(await told('U0RIO', 'history orders')).toContain(none)
    expect(await told('U0DANA', 'history customers')).toContain(none.replaceAll('orders', 'customers'))
  })
})

describe('the whole story', () => {
  test('of a long one is cut in the middle, with the number of what is left out', async () => {
    const text = await told('U0AUD', 'status ffff2222')
    expect(text.length).toBeLessThanOrEqual(3_900)
    const [, left] = /… (\d+) more, left out here; the thread tells them all …/.exec(text) ?? []
    expect(text.match(/\(<!|<!date/g)?.length).toBeGreaterThan(4)
    expect(Number(left)).toBeGreaterThan(20)
    expect(text).toContain('asks for this')
    expect(text.endsWith('.')).toBe(true)
  })
})

describe('what concerns a person now', () => {
  test('is all that waits for an approver, read with one look-up for each group, in time', async () => {
    const before = calls('usergroups.users.list')
    directory.onMembershipChange(account('S0DBA'))
    const began = performance.now()
    const home = await handlers.onHome(account('U0SAM'))
    const took = performance.now() - began
    expect(JSON.stringify(home.top)).toContain(`Waiting for you (${open})`)
    expect(home.cards).toHaveLength(5)
    expect(calls('usergroups.users.list') - before).toBe(1)
    expect(took).toBeLessThan(2_300)
    expect(toHomeTab(home).blocks.length).toBeLessThanOrEqual(100)
  })

  test('leaves out what they have said yes to, and what is being cancelled', async () => {
    const waiting = async (by: string) => JSON.stringify((await handlers.onHome(account(by))).top)
    expect(await waiting('U0SAM')).toContain(`Waiting for you (${open})`)
    expect(await waiting('U0LEE')).toContain(`Waiting for you (${open + 1})`)
  })

  test('is nothing of others for the requester, who cannot say yes', async () => {
    const { top, rest, cards } = await handlers.onHome(dana)
    expect({ top: JSON.stringify(top).includes('Nothing waits for you.'), cards }).toEqual({ top: true, cards: [] })
    expect(JSON.stringify(rest)).toContain('Asked for by you (10+)')
  })

  test.each([
    ['U0GUEST', 'Guests can neither ask nor decide'],
    ['U0STRANGER', 'Only members of this workspace'],
  ])('is a sentence for %s', async (by, says) => {
    const { top, cards, rest } = await handlers.onHome(by === 'U0STRANGER' ? `slack:T0OTHER/${by}` : account(by))
    expect(JSON.stringify(top)).toContain(says)
    expect({ cards, rest: rest.blocks }).toEqual({ cards: [], rest: [] })
  })

  test('is said to be unknown while groups cannot be read, and not to be nothing', async () => {
    const fault = slack.control.fault({
      match: { method: 'usergroups.users.list' },
      times: 'forever',
      action: { error: 'internal_error' },
    })
    directory.onMembershipChange(account('S0DBA'))
    const home = await handlers.onHome(account('U0SAM'))
    const list = await told('U0SAM', 'list pending')
    const mine = await told('U0SAM', 'list mine')
    fault.lift()
    expect(JSON.stringify(home.top)).toContain('Who is in which group cannot be read now')
    expect(JSON.stringify(home.rest)).toContain('Asked for by you')
    expect(list).toContain('Who is in which group cannot be read now')
    expect(mine).toContain('There is no transfer like that that you can see')
  })
})

let deliveries = 0

async function told(by: string, text: string): Promise<string> {
  deliveries += 1
  const person = by === 'U0STRANGER' ? `slack:T0OTHER/${by}` : account(by)
  const began = performance.now()
  const { lines } = await handlers.onCommand({
    delivery: `d${deliveries}`,
    by: person,
    text,
    origin: { address: person },
  })
  expect(performance.now() - began).toBeLessThan(2_600)
  return toMrkdwn(lines, 10_000)
}

function calls(method: string): number {
  return slack.state.calls.filter((each) => each.method === method).length
}

function handlersOver(known: SlackDirectory): Handlers {
  const orders = transferOf('x', { database: 'orders' }).request.database
  const customers = transferOf('x', { database: 'customers' }).request.database
  const rule = {
    ...ruleOf(10_000),
    stages: [{ approvers: [account('S0DBA')], need: 1 }],
    when: { operation: [], database: [], storage: [] },
  }
  const policy: Policy = {
    catalogue: { databases: [orders, customers], storage: [] },
    rules: [rule],
    operators: [account('U0OPS')],
    auditors: [account('U0AUD')],
    people: [],
  }
  const desk = {
    store,
    policy,
    directory: createDirectories({ slack: known }),
    clock: { now: () => now },
    hint: () => undefined,
    newId: () => 'nnnn2222',
    log: () => undefined,
  }
  return createHandlers(desk, known.onMembershipChange)
}

/** Ended ones of people whom nobody else sees, open ones of Dana's, and a few that the tests ask for. */
async function fill(): Promise<void> {
  const secret = { stages: [{ approvers: [account('U0LEE')], need: 1 }] }
  const dba = { stages: [{ approvers: [account('S0DBA')], need: 1 }] }
  await put(transferOf('rrrr2222', { by: account('U0RIO'), at: askedAt }), { status: 'cancelled', rule: secret })
  await put(transferOf('ffff2222', { by: dana, at: askedAt + 1 }), {
    status: 'failed',
    story: longStory(),
    rule: dba,
    since: askedAt + 50 * hour,
  })
  await put(transferOf('ffff2223', { by: dana, at: askedAt + 101 * hour }), {
    status: 'failed',
    rule: dba,
    since: askedAt + 102 * hour,
  })
  const took = { work: { took: 4 * 60_000 }, leftOver: [], nothingSent: false, at: askedAt + hour }
  const round = roundOf('a'.repeat(32))
  const yes = { by: account('U0SAM'), verdict: 'approve' as const, at: askedAt, digest: round.digest, stages: [0] }
  const exports: readonly (readonly [string, Change])[] = [
    ['gggg2222', { status: 'succeeded', ending: { ...took, outcome: 'succeeded' }, round, decisions: [yes] }],
    ['gggg2223', { status: 'failed', ending: { ...took, outcome: 'failed' } }],
    ['gggg2224', { status: 'denied', ending: { ...took, outcome: 'denied', released: true } }],
  ]
  for (const [id, change] of exports) {
    const at = askedAt + Number(id.slice(4))
    await put(transferOf(id, { by: dana, database: 'orders', at }), { ...change, rule: dba, since: askedAt + 10 })
  }
  const two = { stages: [{ approvers: [account('S0DBA')], need: 2 }] }
  const asked = { status: 'awaiting_approval' as const, rule: two }
  const cancel = { by: dana, at: now }
  await put(transferOf('yyyy2222', { by: dana }), { ...asked, round, decisions: [{ ...yes, digest: round.digest }] })
  await put(transferOf('yyyy2223', { by: dana }), { ...asked, round, cancel })
  const others = Array.from({ length: many }, (_, n) =>
    transferOf(idOf('xx', n), { by: account('U0LEE'), at: askedAt + 1_900 * hour + n }),
  )
  const waiting = Array.from({ length: open }, (_, n) =>
    transferOf(idOf('ww', n), { by: dana, at: askedAt + 150 * hour + n }),
  )
  await inBatches(others, (each) => put(each, { status: 'succeeded', rule: secret }))
  await inBatches(waiting, (each) =>
    put(each, { status: 'awaiting_approval', rule: dba, round: roundOf(each.id.padEnd(32, '0')) }),
  )
}

type Change = Partial<Omit<Transfer, 'rule' | 'status'>> & { rule?: Partial<Transfer['rule']>; status: Status }

/** Writes the record as it would stand after its story. */
async function put(base: Transfer, { rule, ...change }: Change): Promise<void> {
  const first = { ...base, rule: { ...base.rule, maxOpen: 10_000, ...rule } }
  const once = { delivery: first.id, answer: { ok: true, lines: [] }, notAfter: Number.MAX_SAFE_INTEGER }
  await store.create(first, requestedOf(first), once, {})
  const next = { ...first, since: first.request.at, ...change, version: 2 }
  await store.commit({ next, events: [{ at: now, type: 'card_delivered' }], due: {}, guard: 'free' })
}

async function inBatches<T>(all: readonly T[], work: (each: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += 100) await Promise.all(all.slice(at, at + 100).map(work))
}

function idOf(prefix: string, n: number): string {
  return `${prefix}${String(n).padStart(6, '0')}`
}

function roundOf(digest: string): NonNullable<Transfer['round']> {
  const material = {
    operation: 'export' as const,
    gate: 'endpoints' as const,
    database: 'd',
    storage: 's',
    uri: 'u',
    privateLink: true,
    rule: 'default',
    connections: [],
  }
  return { number: 1, digest, material, askedAt, deliveredAt: askedAt, expiresAt: now + hour }
}

function longStory(): readonly Milestone[] {
  return Array.from({ length: 60 }, (_, n) => ({
    at: askedAt + n,
    kind: 'new_round' as const,
    round: n + 2,
    changed: ['uri'],
  }))
}
