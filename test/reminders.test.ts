import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type SlackMessage, type SlackSandbox, startSlackSandbox } from '../sandbox/slack/index.ts'
import { type Connections, createConnections } from '../src/queue/connection.ts'
import { createStore, type RedisStore } from '../src/queue/store.ts'
import { apply, applyAll, start } from '../src/transfer/apply.ts'
import type { Event } from '../src/transfer/events.ts'
import type { Rule, Transfer } from '../src/transfer/model.ts'
import type { Role } from '../src/transfer/ports.ts'
import type { ClockedChild } from './support/clocked-child.ts'
import { quietLog as log } from './support/quiet-log.ts'
import { startTestRedis, type TestRedis } from './support/redis.ts'
import { onceOf, requestedOf, transferOf } from './support/transfers.ts'
import { until } from './support/until.ts'

const childScript = resolve(import.meta.dirname, 'support/clocked-child.ts')
const hour = 3_600_000
const place = 'slack:T0SANDBOX/C0DBA'
const rio = 'slack:T0SANDBOX/U0RIO'
const rule: Rule = {
  name: 'production',
  when: { operation: [], database: [], storage: [] },
  requesters: ['anyone'],
  stages: [{ approvers: ['slack:T0SANDBOX/S0DBA'], need: 1 }],
  cards: [place],
  // Nothing is sent, and nothing asked of Azure, before the yes.
  gate: 'submission',
  onBypass: 'stop',
  unnamedConnections: 'wait',
  maxOpen: 100,
  remindAfter: 2 * hour,
  escalate: { after: 4 * hour, to: [rio] },
  expiry: 8 * hour,
}

let server: TestRedis
let connections: Connections
let store: RedisStore
let admin: Redis
let slack: SlackSandbox
let skip = 0
const children = new Set<ChildProcess>()

beforeAll(async () => {
  server = await startTestRedis()
})
beforeEach(async () => {
  skip = 0
  slack = await startSlackSandbox({ rateLimits: 'off', now })
  admin = new Redis({ path: server.path })
  await admin.flushall()
  connections = createConnections({ target: { path: server.path }, log })
  await connections.ready()
  store = createStore({ redis: connections.forWork, prefix: 'drawbridge', log })
  await store.ready()
})
afterEach(async () => {
  await killAll()
  await connections.close()
  admin.disconnect()
  await slack.close()
})
afterAll(() => server.stop())

describe('reminder, escalation and expiry', () => {
  test('come exactly once each, with two workers that are killed and started between and in the middle of each', async () => {
    await Promise.all([run(), run()])
    const ids = await Promise.all(Array.from({ length: 8 }, (_, index) => ask(`aaaa22${22 + index}`)))
    await Promise.all(ids.map(delivered))
    for (const [hours, is] of [
      [2, isReminded],
      [4, isEscalated],
      [8, isExpired],
    ] as const) {
      // In the store, and nowhere else: the next time of need is that of the clock that comes next.
      for (const id of ids) {
        const next = (await delivered(id)) + hours * hour
        await until(async () => (await due(id)) === next)
      }
      await restart()
      await jump(hours * hour)
      await until(async () => (await count(ids, is)) > 0)
      await restart()
      await until(async () => (await count(ids, is)) === ids.length, 30_000)
      await until(async () => (await admin.zcard('{drawbridge}:due:show')) === 0, 30_000)
    }
    for (const id of ids) {
      const kinds = await kindsOf(id)
      expect(kinds).toEqual(['requested', 'asked', 'card_delivered', 'reminded', 'escalated', 'ended'])
      expect(slotsOf(id)).toEqual([
        `card:1:${place}`,
        `card:1:${rio}`,
        `remind:1:${place}`,
        'reply:0',
        'reply:1',
        'reply:2',
        'reply:3',
        'root',
      ])
      expect(textOf(id, 'remind')).toContain('<!subteam^S0DBA>')
      expect(textOf(id, 'reply:3')).toContain('expired')
    }
  }, 120_000)

  test('come both at once after an outage that was longer than their times, and neither does when it was longer than all', async () => {
    await run()
    const late = await ask('aaaa2222')
    const later = await ask('aaaa2223', { expiry: 5 * hour })
    await Promise.all([late, later].map(delivered))
    await killAll()
    skip = 6 * hour
    await run()
    await until(async () => (await isEscalated(late)) && (await isExpired(later)))
    await until(() => slotsOf(late).includes(`remind:1:${place}`) && slotsOf(late).includes(`card:1:${rio}`))
    expect(await kindsOf(later)).toEqual(['requested', 'asked', 'card_delivered', 'ended'])
    expect(slotsOf(later).filter((slot) => slot.startsWith('remind'))).toEqual([])
  }, 60_000)
})

describe('they stop', () => {
  test.each<[string, (transfer: Transfer) => Event]>([
    ['at the decision', decided],
    ['at the wish to cancel', ({ request }) => ({ at: now(), type: 'cancel_asked', by: request.by })],
  ])(
    '%s',
    async (_, event) => {
      await run()
      const id = await ask('aaaa2222')
      await delivered(id)
      await state(id, event)
      await until(async () => (await read(id)).ending !== undefined)
      expect(await due(id)).toBeUndefined()
      await jump(9 * hour)
      await until(async () => (await admin.zcard('{drawbridge}:due:show')) === 0)
      expect(await kindsOf(id)).not.toEqual(expect.arrayContaining(['reminded']))
      expect(slotsOf(id).filter((slot) => /^remind|U0RIO/.test(slot))).toEqual([])
    },
    60_000,
  )

  test('at a decision that comes between the fact and its message: what was not posted is not', async () => {
    await Promise.all([run(['advance']), run(['show'])])
    const id = await ask('aaaa2222')
    await delivered(id)
    await until(async () => (await admin.zcard('{drawbridge}:due:show')) === 0)
    await killAll()
    skip = 2 * hour
    await run(['advance'])
    await until(() => isReminded(id))
    await state(id, decided)
    await run(['show'])
    await until(async () => (await read(id)).ending !== undefined && slotsOf(id).includes('reply:3'))
    expect(slotsOf(id).filter((slot) => slot.startsWith('remind'))).toEqual([])
  }, 60_000)

  test('at a new round, and begin anew with its first card; the escalation does not come twice', async () => {
    await run()
    const id = await ask('aaaa2222')
    const first = await delivered(id)
    await jump(4 * hour)
    await until(() => isEscalated(id))
    await state(id, () => ({ at: now(), type: 'asked', changed: ['uri'] }))
    const second = await delivered(id)
    expect(second).toBeGreaterThan(first + 4 * hour)
    await until(async () => (await due(id)) === second + 2 * hour)
    await until(() => slotsOf(id).includes(`card:2:${rio}`))
    await jump(6 * hour + 60_000)
    await until(() => slotsOf(id).includes(`remind:2:${place}`))
    // Who was asked by the escalation is waited for like everybody else.
    await until(() => slotsOf(id).includes(`remind:2:${rio}`))
    await until(async () => (await due(id)) === second + 8 * hour)
    const kinds = await kindsOf(id)
    expect(kinds.filter((kind) => kind === 'reminded')).toHaveLength(2)
    expect(kinds.filter((kind) => kind === 'escalated')).toHaveLength(1)
  }, 60_000)
})

describe('a process that is killed', () => {
  test('between the fact and its messages: another one tells them, once', async () => {
    await Promise.all([run(['advance']), run(['show'])])
    const id = await ask('aaaa2222')
    await delivered(id)
    await until(async () => (await admin.zcard('{drawbridge}:due:show')) === 0)
    await killAll()
    skip = 4 * hour
    await Promise.all([run(['advance']), run(['advance'])])
    await until(() => isEscalated(id))
    await killAll()
    expect(slotsOf(id).filter((slot) => /^remind|U0RIO/.test(slot))).toEqual([])
    await Promise.all([run(), run()])
    await allTold(id)
  }, 60_000)

  test.each([
    ['before', `remind:1:${place}`],
    ['after', `remind:1:${place}`],
    ['before', `card:1:${rio}`],
    ['after', `card:1:${rio}`],
  ] as const)(
    '%s Slack took %s: another one finds what stands and posts what does not',
    async (phase, slot) => {
      const first = await run()
      const id = await ask('aaaa2222')
      await delivered(id)
      let died = 0
      slack.onRequest(async (moment) => {
        if (moment.phase !== phase || moment.method !== 'chat.postMessage' || died > 0) return
        if (!JSON.stringify(moment.args).includes(slot)) return
        died += 1
        await kill(first)
        // What nobody sent any more is not taken either.
        if (phase === 'before') slack.control.fault({ match: { method: 'chat.postMessage' }, action: 'reset' })
      })
      await jump(4 * hour)
      await until(() => died === 1 && first.signalCode !== null)
      await run()
      await allTold(id)
    },
    60_000,
  )

  async function allTold(id: string): Promise<void> {
    const once = [`card:1:${place}`, `card:1:${rio}`, `remind:1:${place}`, 'reply:0', 'reply:1', 'reply:2', 'root']
    await until(() => once.every((slot) => slotsOf(id).includes(slot)), 30_000)
    await until(async () => (await admin.zcard('{drawbridge}:due:show')) === 0, 30_000)
    expect(slotsOf(id)).toEqual(once)
    expect(await kindsOf(id)).toEqual(['requested', 'asked', 'card_delivered', 'reminded', 'escalated'])
  }
})

/* ---- the processes and their clock ---- */

function now(): number {
  return Date.now() + skip
}

async function run(roles: readonly Role[] = ['advance', 'show']): Promise<ChildProcess> {
  const { teamId: team, apiUrl, botToken } = slack
  const given: ClockedChild = { redis: server.path, slack: { team, apiUrl, botToken }, roles, skip }
  const child = fork(childScript, [JSON.stringify(given)], { stdio: 'inherit' })
  children.add(child)
  await once(child, 'message')
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  children.delete(child)
  const gone = once(child, 'exit')
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await gone
}

async function killAll(): Promise<void> {
  await Promise.all([...children].map(kill))
}

/** The oldest process dies and another one starts. */
async function restart(): Promise<void> {
  const [oldest] = children
  if (oldest) await kill(oldest)
  await run()
}

/** The clock of every process is this far ahead from now on. */
async function jump(ahead: number): Promise<void> {
  skip = ahead
  const heard = [...children].map(async (child) => {
    const said = once(child, 'message')
    child.send({ skip })
    await said
  })
  await Promise.all(heard)
}

/* ---- transfers ---- */

/** A transfer whose approvers are asked now. */
async function ask(id: string, change: Partial<Rule> = {}): Promise<string> {
  const at = now()
  const base = transferOf(id, { by: 'slack:T0SANDBOX/U0DANA', at })
  const request = { ...base.request, origin: { address: 'slack:T0SANDBOX/C0DATA' } }
  const [requested] = requestedOf({ ...base, request, rule: { ...rule, ...change } })
  if (requested?.type !== 'requested') throw new Error('nothing was requested')
  const asked: Event = { at, type: 'asked', changed: [] }
  const next = applyAll(start(requested), [asked])
  const due = { advance: 0, show: 0 }
  await store.create(next, [requested, asked], onceOf(id, store.notAfter(10_000)), due)
  return id
}

async function read(id: string): Promise<Transfer> {
  const stored = await store.read(id)
  if (!stored) throw new Error(`there is no ${id}`)
  return stored.transfer
}

/** When the first card of the current round was delivered, once it was. */
async function delivered(id: string): Promise<number> {
  let at: number | undefined
  await until(async () => {
    at = (await read(id)).round?.deliveredAt
    return at !== undefined
  })
  return at ?? 0
}

/** What a person says, as the bot commits it. */
async function state(id: string, make: (transfer: Transfer) => Event): Promise<void> {
  await until(async () => {
    const transfer = await read(id)
    const event = make(transfer)
    const next = apply(transfer, event)
    const due = { advance: 0, show: 0 }
    return (await store.commit({ next, events: [event], due })).kind === 'committed'
  })
}

function decided({ round }: Transfer): Event {
  const at = now()
  const by = 'slack:T0SANDBOX/U0SAM'
  return {
    ...{ at, type: 'decided' },
    decision: { by, at, verdict: 'deny', reason: 'no', digest: round?.digest ?? '', stages: [0] },
  }
}

const isReminded = async (id: string) => (await read(id)).round?.remindedAt !== undefined
const isEscalated = async (id: string) => (await read(id)).escalated !== undefined
const isExpired = async (id: string) => (await read(id)).ending?.outcome === 'expired'

async function count(ids: readonly string[], is: (id: string) => Promise<boolean>): Promise<number> {
  return (await Promise.all(ids.map(is))).filter(Boolean).length
}

async function due(id: string): Promise<number | undefined> {
  const score = await admin.zscore('{drawbridge}:due:advance', id)
  return score === null ? undefined : Number(score)
}

/** What the audit has of a transfer, in order. */
async function kindsOf(id: string): Promise<readonly (string | undefined)[]> {
  const lines = await store.audit(1, 1_000)
  // What became of messages has entries too, without a version of the record.
  return lines.filter(({ transfer, version }) => transfer === id && version !== undefined).map(({ kind }) => kind)
}

/* ---- what stands in Slack ---- */

function messagesOf(id: string): readonly { slot: string; message: SlackMessage }[] {
  return slack.state.messages.flatMap((message) => {
    const mark = message.metadata?.event_payload as { transfer?: string; slot?: string } | undefined
    return !message.deleted && mark?.transfer === id ? [{ slot: mark.slot ?? '', message }] : []
  })
}

/** The slots of all its messages, as often as they stand there. */
function slotsOf(id: string): readonly string[] {
  return messagesOf(id)
    .map(({ slot }) => slot)
    .sort()
}

function textOf(id: string, slot: string): string {
  return messagesOf(id).find((each) => each.slot.startsWith(slot))?.message.text ?? ''
}
