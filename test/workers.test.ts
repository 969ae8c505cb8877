import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Connections, createConnections } from '../src/queue/connection.ts'
import { createHints, type Hints } from '../src/queue/hints.ts'
import { FENCE_MS, LEASE_MS } from '../src/queue/lease-times.ts'
import { createStore, type RedisStore } from '../src/queue/store.ts'
import { type Handle, startWorkers } from '../src/queue/workers.ts'
import { quietLog as log } from './support/quiet-log.ts'
import { startTestRedis, type TestRedis } from './support/redis.ts'
import { nextOf, onceOf, requestedOf, transferOf } from './support/transfers.ts'
import { until } from './support/until.ts'

const prefix = 'drawbridge'
const clock = { now: Date.now }
const childScript = resolve(import.meta.dirname, 'support/worker-child.ts')
const never = 4_000_000_000_000

let server: TestRedis
let connections: Connections
let store: RedisStore
let hints: Hints
let admin: Redis
let closing: (() => Promise<void>)[]

beforeAll(async () => {
  server = await startTestRedis()
})

beforeEach(async () => {
  admin = new Redis({ path: server.path })
  await admin.flushall()
  connections = createConnections({ target: { path: server.path }, log })
  await connections.ready()
  store = createStore({ redis: connections.forWork, prefix, log })
  await store.ready()
  hints = createHints({ connections, prefix, log })
  closing = []
})

afterEach(async () => {
  for (const close of closing.reverse()) await close()
  await hints.close()
  await connections.close()
  admin.disconnect()
})

afterAll(() => server.stop())

describe('waking', () => {
  it('loses nothing in 600 rounds of two wakes against a handler that goes to sleep', { timeout: 60_000 }, async () => {
    const people = createStore({ redis: connections.forPeople, prefix, log })
    const ids = Array.from({ length: 12 }, (_, index) => `aaaa22${22 + index}`)
    const read = new Map<string, number>()
    const slept = new Map<string, number>()
    start({
      advance: async (lease) => {
        const version = (await store.read(lease.id))?.transfer.version ?? 0
        read.set(lease.id, version)
        await turns(version % 40)
        // Only what was parked has been seen to its end.
        if (await store.park(lease, version, { advance: never })) slept.set(lease.id, version)
      },
    })
    const hammer = async (id: string) => {
      let transfer = await create(id, never)
      const wake = async (isHinted: boolean) => {
        const { next, events } = nextOf(transfer)
        expect(await people.commit({ next, events, due: { advance: clock.now() } })).toEqual({ kind: 'committed' })
        transfer = next
        if (isHinted) hints.hint('advance', id)
      }
      for (let round = 0; round < 50; round++) {
        await wake(true)
        // Between the handler's look and its park is where a wake can be lost, most of all when its waker dies before the hint.
        while (round % 3 !== 0 && read.get(id) !== transfer.version) await turn()
        await turns((round * 7) % 40)
        await wake(round % 2 === 0)
        // A wake that is lost stays lost; one that is late on a busy machine is not.
        await until(() => slept.get(id) === transfer.version, 10_000)
      }
    }
    await Promise.all(ids.map(hammer))
    expect(hints.dropped()).toBe(0)
  })

  it('finds what is due by itself when no hint was ever sent', async () => {
    const handled: string[] = []
    start({ advance: parked(handled), show: async ({ id }) => void handled.push(`show ${id}`) })
    await create('aaaa2222', clock.now())
    await until(() => handled.includes('aaaa2222') && handled.includes('show aaaa2222'), 5_000)
  })

  it('wakes at once by a hint', async () => {
    const handled: string[] = []
    await create('aaaa2222', never)
    start({ advance: parked(handled) })
    hints.hint('advance', 'aaaa2222')
    await until(() => handled.length === 1)
    // Due is far away: nothing but the hint can have done it.
    expect(await admin.zscore('{drawbridge}:due:advance', 'aaaa2222')).toBe(String(never))
  })

  it('drops hints while Redis is away, and finds what was due after it', { timeout: 20_000 }, async () => {
    const handled: string[] = []
    await create('aaaa2222', clock.now() + 500)
    start({ advance: parked(handled) })
    await server.kill()
    try {
      await until(() => connections.forHints.status !== 'ready')
      hints.hint('advance', 'aaaa2222')
      await until(() => hints.dropped() === 1)
    } finally {
      await server.restart()
    }
    await until(() => handled.length > 0, 10_000)
  })
})

describe('one transfer', () => {
  it('is never in two hands, however often its job is added', async () => {
    await create('aaaa2222', never)
    let inside = 0
    let most = 0
    let runs = 0
    const handle: Handle = async (lease) => {
      inside += 1
      most = Math.max(most, inside)
      await turns(200)
      inside -= 1
      runs += 1
      await store.park(lease, 1, { advance: never })
    }
    start({ advance: handle })
    start({ advance: handle })
    const queue = new Queue('advance', { connection: connections.forHints, prefix: '{drawbridge}' })
    closing.push(() => queue.close())
    await queue.addBulk(Array.from({ length: 100 }, () => ({ name: 'advance', data: { id: 'aaaa2222' } })))
    await until(async () => (await queue.getCompletedCount()) >= 100)
    await until(() => inside === 0)
    expect(most).toBe(1)
    expect(runs).toBeGreaterThan(0)
  })

  it('whose handler fails stays due, and the lease is given back', async () => {
    await create('aaaa2222', clock.now())
    const tries: number[] = []
    start({
      advance: async (lease, count) => {
        tries.push(count)
        if (tries.length < 2) throw new Error('no')
        await store.park(lease, 1, { advance: never })
      },
    })
    hints.hint('advance', 'aaaa2222')
    await until(() => tries.length === 2)
    expect(tries).toEqual([1, 2])
    await until(async () => (await admin.hget('{drawbridge}:transfer:aaaa2222', 'owner:advance')) === null)
  })

  it('may start nothing more when its lease could not be renewed for half of its time', async () => {
    await create('aaaa2222', clock.now())
    const refused = Promise.withResolvers<number>()
    start({
      advance: async (lease) => {
        const since = performance.now()
        lease.mayStart()
        server.stopProcess()
        try {
          await until(() => throws(lease.mayStart))
          refused.resolve(performance.now() - since)
        } finally {
          server.cont()
        }
        await store.park(lease, 1, { advance: never })
      },
    })
    const after = await refused.promise
    expect(after).toBeLessThan(FENCE_MS + 200)
    expect(after).toBeGreaterThan(FENCE_MS - 500)
  })

  it('is held as long as its handler takes', { timeout: 20_000 }, async () => {
    await create('aaaa2222', clock.now())
    let begins = 0
    const ended = Promise.withResolvers<boolean>()
    const handle: Handle = async (lease) => {
      begins += 1
      const since = performance.now()
      await until(() => performance.now() - since > LEASE_MS + 1_000)
      lease.mayStart()
      ended.resolve(await store.park(lease, 1, { advance: never }))
    }
    start({ advance: handle })
    start({ advance: handle })
    expect(await ended.promise).toBe(true)
    expect(begins).toBe(1)
  })
})

describe('a crash', () => {
  it('of a worker in the middle of a step: another takes it within 10 s', { timeout: 30_000 }, async () => {
    const child = await startChild()
    await create('aaaa2222', clock.now())
    await says(child, 'begun')
    const handled: string[] = []
    start({ advance: parked(handled) })
    await kill(child)
    const since = performance.now()
    await until(() => handled.length > 0)
    expect(performance.now() - since).toBeLessThan(10_000)
  })

  it('for the third time does not fail the job for good', { timeout: 60_000 }, async () => {
    await create('aaaa2222', clock.now())
    hints.hint('advance', 'aaaa2222')
    for (const _ of [1, 2, 3]) {
      const child = await startChild()
      await says(child, 'begun')
      await kill(child)
    }
    const handled: string[] = []
    start({ advance: parked(handled) })
    await until(() => handled.length > 0)
    expect(await admin.zcard('{drawbridge}:advance:failed')).toBe(0)
  })

  it('that was only a pause: the worker that comes back can write nothing', { timeout: 60_000 }, async () => {
    const child = await startChild()
    const transfer = await create('aaaa2222', clock.now())
    await says(child, 'begun')
    child.kill('SIGSTOP')
    const handled: string[] = []
    start({
      advance: async (lease) => {
        const { next, events } = nextOf(transfer)
        await store.commit({ next, events, due: { advance: never }, lease })
        handled.push(lease.id)
      },
    })
    await until(() => handled.length > 0)
    child.kill('SIGCONT')
    child.send('go')
    expect(await says(child, 'kind')).toEqual({ held: false, mayStart: false, kind: 'lost' })
    expect((await store.read('aaaa2222'))?.transfer.version).toBe(2)
  })

  it('of Redis in the middle of the work: all of it ends', { timeout: 60_000 }, async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `aaaa22${22 + index}`)
    for (const id of ids) await create(id, clock.now())
    const done = new Set<string>()
    start({
      advance: async (lease) => {
        const stored = await store.read(lease.id)
        if (!stored) return
        if (stored.transfer.version >= 10) {
          if (await store.park(lease, stored.transfer.version, { advance: null })) done.add(lease.id)
          return
        }
        await store.commit({ ...nextOf(stored.transfer), due: { advance: clock.now() }, lease })
      },
    })
    const pumped = (at: number) => until(async () => (await steps()) >= at)
    await pumped(60)
    await server.restart()
    await pumped(200)
    await server.restart()
    await until(() => done.size === ids.length, 30_000)
    const versions = (await store.list({ all: true }, 100)).map(({ transfer }) => transfer.version)
    expect(versions).toEqual(Array(40).fill(10))
    expect((await store.audit(1, 1_000)).map(({ n }) => Number(n))).toEqual(
      Array.from({ length: 400 }, (_, index) => index + 1),
    )
  })
})

describe('close', () => {
  it('lets running steps end and takes no more', async () => {
    const ids = Array.from({ length: 10 }, (_, index) => `aaaa22${22 + index}`)
    for (const id of ids) await create(id, clock.now())
    const go = Promise.withResolvers<void>()
    let begins = 0
    let ends = 0
    const workers = startWorkers({
      ...common(),
      concurrency: 4,
      handle: {
        advance: async (lease) => {
          begins += 1
          await go.promise
          await store.park(lease, 1, { advance: never })
          ends += 1
        },
      },
      roles: ['advance'],
    })
    await until(() => begins === 4)
    const closed = workers.close(10_000)
    go.resolve()
    await closed
    expect([begins, ends]).toEqual([4, 4])
    for (const id of ids) expect(await admin.hget(`{drawbridge}:transfer:${id}`, 'owner:advance')).toBeNull()
    expect(await admin.llen('{drawbridge}:advance:active')).toBe(0)
    expect(await admin.zcount('{drawbridge}:due:advance', 0, never - 1)).toBe(6)
  })

  it('does not wait for a handler that never ends, and lets it start nothing more', async () => {
    await create('aaaa2222', clock.now())
    const held = Promise.withResolvers<() => void>()
    const go = Promise.withResolvers<void>()
    const workers = startWorkers({
      ...common(),
      handle: {
        advance: async (lease) => {
          held.resolve(lease.mayStart)
          await go.promise
        },
      },
      roles: ['advance'],
    })
    const mayStart = await held.promise
    mayStart()
    const since = performance.now()
    await workers.close(300)
    expect(performance.now() - since).toBeLessThan(2_000)
    expect(throws(mayStart)).toBe(true)
    go.resolve()
  })

  it('ends although Redis hangs', async () => {
    const workers = startWorkers({ ...common(), handle: { advance: async () => undefined }, roles: ['advance'] })
    await until(async () => (await admin.keys('{drawbridge}:advance:*')).length > 0)
    server.stopProcess()
    try {
      const since = performance.now()
      await workers.close(500)
      expect(performance.now() - since).toBeLessThan(4_000)
    } finally {
      server.cont()
    }
  })
})

function common() {
  return { connections, prefix, store, clock, log }
}

function start(handle: Partial<Record<'advance' | 'show', Handle>>): void {
  const roles = (['advance', 'show'] as const).filter((role) => handle[role])
  const workers = startWorkers({ ...common(), roles, handle })
  closing.push(() => workers.close(5_000))
}

/** Notes what it was called for, and sleeps for good. */
function parked(handled: string[]): Handle {
  return async (lease) => {
    await store.park(lease, 1, { advance: never })
    handled.push(lease.id)
  }
}

async function create(id: string, advance: number) {
  const transfer = transferOf(id, { by: `slack:T1/${id}` })
  const due = { advance, show: advance }
  const result = await store.create(transfer, requestedOf(transfer), onceOf(id, store.notAfter(5_000)), due)
  expect(result).toEqual({ kind: 'created' })
  return transfer
}

async function steps(): Promise<number> {
  return Number(await admin.get('{drawbridge}:audit:count').catch(() => 0))
}

async function turns(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await turn()
}

function throws(act: () => void): boolean {
  try {
    act()
    return false
  } catch {
    return true
  }
}

const said = new WeakMap<ChildProcess, object[]>()

async function startChild(): Promise<ChildProcess> {
  const child = fork(childScript, [server.path], { stdio: 'inherit' })
  closing.push(() => kill(child))
  const messages: object[] = []
  said.set(child, messages)
  child.on('message', (message: object) => messages.push(message))
  await says(child, 'started')
  return child
}

/** What the child says under a key, now or earlier. */
async function says(child: ChildProcess, key: 'started' | 'begun' | 'kind'): Promise<object> {
  let message: object | undefined
  await until(() => {
    message = said.get(child)?.find((each) => key in each)
    return message !== undefined
  })
  return message ?? {}
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
