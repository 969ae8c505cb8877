import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { digestOf, linkOf, noHead } from '../src/audit/entry.ts'
import { type Connections, createConnections } from '../src/queue/connection.ts'
import { LEASE_MS } from '../src/queue/lease-times.ts'
import { createStore, type RedisStore } from '../src/queue/store.ts'
import type { Transfer } from '../src/transfer/model.ts'
import type { ChatState, Lease } from '../src/transfer/ports.ts'
import { quietLog as log } from './support/quiet-log.ts'
import { startTestRedis, type TestRedis } from './support/redis.ts'
import { answerOf, askedAt, nextOf, onceOf, requestedOf, transferOf } from './support/transfers.ts'
import { until } from './support/until.ts'

const prefix = 'drawbridge'
const idle = {}
const chat: ChatState = { slots: { root: { state: 'posted', address: 'slack:T1/CHOME', at: 1, ref: 'slack:T1/C/1' } } }

let server: TestRedis
let connections: Connections
let store: RedisStore
let work: RedisStore
let admin: Redis

beforeAll(async () => {
  server = await startTestRedis()
})

beforeEach(async () => {
  admin = new Redis({ path: server.path })
  await admin.flushall()
  connections = createConnections({ target: { path: server.path }, log })
  await connections.ready()
  store = createStore({ redis: connections.forPeople, prefix, log })
  work = createStore({ redis: connections.forWork, prefix, log })
  await Promise.all([store.ready(), work.ready()])
})

afterEach(async () => {
  await connections.close()
  admin.disconnect()
})

afterAll(() => server.stop())

describe('list', () => {
  it('goes on after what is skipped, ends at the time that is asked for, and has a status by when it began', async () => {
    const ids = ['aaaa2222', 'bbbb2222', 'cccc2222']
    for (const [index, id] of ids.entries()) await create(transferOf(id, { at: askedAt + index, maxOpen: 9 }))
    const idsOf = async (...of: Parameters<RedisStore['list']>) =>
      (await store.list(...of)).map((each) => each.transfer.id)
    expect(await idsOf({ all: true }, 2)).toEqual(['cccc2222', 'bbbb2222'])
    expect(await idsOf({ all: true }, 2, { skip: 2 })).toEqual(['aaaa2222'])
    expect(await idsOf({ all: true }, 9, { since: askedAt + 1 })).toEqual(['cccc2222', 'bbbb2222'])
    for (const [index, id] of ids.entries()) {
      const stands = (await store.read(id))?.transfer ?? transferOf(id)
      await work.commit({ ...nextOf(stands, { status: 'failed', since: askedAt + 100 - index }), due: idle })
    }
    expect(await idsOf({ status: 'failed' }, 9)).toEqual(ids)
    expect(await idsOf({ openOf: transferOf('x').request.by }, 9)).toEqual([])
  })
})

describe('create', () => {
  it('keeps the record, both due times, the indexes and the audit', async () => {
    const transfer = transferOf('aaaa2222')
    expect(await create(transfer)).toEqual({ kind: 'created' })
    expect(await store.read('aaaa2222')).toEqual({ transfer, chat: { slots: {} }, chatVersion: 0, effects: {} })
    expect(await dueOf('advance', 'aaaa2222')).toBe(askedAt)
    expect(await dueOf('show', 'aaaa2222')).toBe(askedAt)
    for (const by of [{ requester: transfer.request.by }, { status: 'requested' }, { all: true }] as const) {
      expect((await store.list(by, 10)).map((each) => each.transfer.id)).toEqual(['aaaa2222'])
    }
    const said = {
      at: String(askedAt),
      kind: 'requested',
      transfer: 'aaaa2222',
      version: '1',
      by: transfer.request.by,
      event: JSON.stringify(requestedOf(transfer)[0]),
    }
    const digest = digestOf(said)
    const head = linkOf(noHead, digest, 1)
    expect(await store.audit(1, 10)).toEqual([{ ...said, n: '1', chain: 'aaaa2222', digest, head }])
    expect(await admin.hget('{drawbridge}:transfer:aaaa2222', 'head')).toBe(head)
  })

  it('answers a repeated delivery with the first answer and changes nothing', async () => {
    await create(transferOf('aaaa2222'), onceOf('trigger', soon(), 'first'))
    const again = await create(transferOf('bbbb2222'), onceOf('trigger', soon(), 'second'))
    expect(again).toEqual({ kind: 'repeat', answer: answerOf('first') })
    expect(await store.read('bbbb2222')).toBeUndefined()
    expect(await store.answered('trigger')).toEqual(answerOf('first'))
    expect(await store.audit(1, 10)).toHaveLength(1)
  })

  it('creates one transfer of twenty deliveries of the same command at once', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `aaaa22${22 + index}`)
    const results = await Promise.all(ids.map((id) => create(transferOf(id), onceOf('trigger', soon(), id))))
    const created = ids.filter((_, index) => results[index]?.kind === 'created')
    expect(created).toHaveLength(1)
    expect(results.filter(({ kind }) => kind === 'repeat')).toHaveLength(19)
    for (const result of results) {
      if (result.kind === 'repeat') expect(result.answer).toEqual(answerOf(created[0] ?? ''))
    }
  })

  it('keeps the answer for a day', async () => {
    await create(transferOf('aaaa2222'), onceOf('trigger', soon()))
    expect(await admin.pttl('{drawbridge}:idem:trigger')).toBeGreaterThan(86_390_000)
  })

  it('refuses a second open transfer of one database, whatever the case of its id', async () => {
    await create(transferOf('aaaa2222', { database: 'Orders' }))
    expect(await create(transferOf('bbbb2222', { database: 'ORDERS' }))).toEqual({ kind: 'guarded', by: 'aaaa2222' })
    expect(await store.read('bbbb2222')).toBeUndefined()
  })

  it('lets one of twenty win a database', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `aaaa22${22 + index}`)
    const results = await Promise.all(
      ids.map((id) => create(transferOf(id, { database: 'orders', by: `slack:T1/${id}` }))),
    )
    expect(results.filter(({ kind }) => kind === 'created')).toHaveLength(1)
    expect(results.filter(({ kind }) => kind === 'guarded')).toHaveLength(19)
  })

  it('refuses more open transfers of one person than the rule allows, also at once', async () => {
    const ids = ['aaaa2222', 'bbbb2222', 'cccc2222', 'dddd2222', 'eeee2222']
    const results = await Promise.all(ids.map((id) => create(transferOf(id, { maxOpen: 2 }))))
    expect(results.map(({ kind }) => kind).sort()).toEqual(['created', 'created', 'limit', 'limit', 'limit'])
    expect(await create(transferOf('ffff2222', { maxOpen: 2 }))).toEqual({ kind: 'limit', open: 2 })
    expect(await create(transferOf('gggg2222', { by: 'slack:T1/UOTHER', maxOpen: 2 }))).toEqual({ kind: 'created' })
  })

  it('counts a transfer as open until its final status', async () => {
    const first = transferOf('aaaa2222', { maxOpen: 1 })
    await create(first)
    const working = nextOf(first, { status: 'running' })
    await store.commit({ ...working, due: idle })
    expect(await create(transferOf('bbbb2222', { maxOpen: 1 }))).toMatchObject({ kind: 'limit' })
    await store.commit({ ...nextOf(working.next, { status: 'failed' }), due: idle })
    expect(await create(transferOf('bbbb2222', { maxOpen: 1 }))).toEqual({ kind: 'created' })
  })

  it('refuses an id that is taken', async () => {
    await create(transferOf('aaaa2222'))
    expect(await create(transferOf('aaaa2222', { database: 'other' }))).toEqual({ kind: 'taken' })
  })

  it('refuses what arrives too late', async () => {
    const result = await create(transferOf('aaaa2222'), onceOf('trigger', store.notAfter(-1_000)))
    expect(result).toEqual({ kind: 'late' })
    expect(await store.answered('trigger')).toBeUndefined()
    expect(await admin.keys('*')).toEqual([])
  })

  it('leaves no ghost when Redis hung and the person was told that it did not work', async () => {
    const once = onceOf('trigger', store.notAfter(1_000))
    const calls = await scriptCalls()
    server.stopProcess()
    try {
      await expect(create(transferOf('aaaa2222'), once)).rejects.toThrow('timed out')
    } finally {
      server.cont()
    }
    // The command that timed out was sent on this connection before: this answer comes after it ran.
    expect(await store.read('aaaa2222')).toBeUndefined()
    expect(await scriptCalls()).toBe(calls + 1)
    expect(await admin.keys('*')).toEqual([])
  })

  it('fails at once while Redis is away, and works again by itself', async () => {
    await server.kill()
    try {
      await until(() => connections.forPeople.status !== 'ready')
      const asked = performance.now()
      await expect(create(transferOf('aaaa2222'))).rejects.toThrow()
      expect(performance.now() - asked).toBeLessThan(1_000)
      expect(await connections.health()).toMatchObject({ ok: false, lossWindow: 'unknown' })
    } finally {
      await server.restart()
    }
    await until(() => connections.forPeople.status === 'ready')
    expect(await create(transferOf('aaaa2222'))).toEqual({ kind: 'created' })
  })
})

describe('commit', () => {
  it('writes the next version with its index, effects, due times and audit', async () => {
    const transfer = await created('aaaa2222')
    const { next } = nextOf(nextOf(transfer).next, { status: 'submitting' })
    const effect = { token: 't1', at: 1, attempt: 1, noRepostBefore: 9 }
    const result = await store.commit({
      next,
      events: [
        { at: 5, type: 'cancel_asked', by: 'slack:T1/UASKER' },
        { at: 6, type: 'running' },
      ],
      due: { advance: 77, show: null },
      effects: { submit: effect },
    })
    expect(result).toEqual({ kind: 'committed' })
    expect(await store.read('aaaa2222')).toMatchObject({ transfer: next, effects: { submit: effect } })
    expect(await store.list({ status: 'requested' }, 10)).toEqual([])
    expect(await store.list({ status: 'submitting' }, 10)).toHaveLength(1)
    expect([await dueOf('advance', 'aaaa2222'), await dueOf('show', 'aaaa2222')]).toEqual([77, undefined])
    const [cancel, running] = await store.audit(2, 10)
    expect(cancel).toMatchObject({ n: '2', version: '2', kind: 'cancel_asked', by: 'slack:T1/UASKER' })
    expect(running).toMatchObject({ n: '3', version: '3', kind: 'running' })
    expect(running?.head).toBe(linkOf(cancel?.head ?? '', digestOf(running ?? {}), 3))
  })

  it('lets one of twenty concurrent commits win', async () => {
    const transfer = await created('aaaa2222')
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? store : work).commit({ ...nextOf(transfer, { since: index }), due: idle }),
      ),
    )
    expect(results.filter(({ kind }) => kind === 'committed')).toHaveLength(1)
    expect(results.filter(({ kind }) => kind === 'conflict')).toHaveLength(19)
    const winner = results.findIndex(({ kind }) => kind === 'committed')
    expect((await store.read('aaaa2222'))?.transfer).toMatchObject({ version: 2, since: winner })
    expect(await store.audit(1, 100)).toHaveLength(2)
  })

  it('writes nothing for a transfer that is not there, or of a newer schema', async () => {
    expect(await store.commit({ ...nextOf(transferOf('aaaa2222')), due: idle })).toEqual({ kind: 'conflict' })
    const transfer = await created('bbbb2222')
    await admin.hset('{drawbridge}:transfer:bbbb2222', 'schema', 2)
    expect(await store.commit({ ...nextOf(transfer), due: idle })).toEqual({ kind: 'conflict' })
    expect(await work.begin(leaseOf('bbbb2222'))).toBeUndefined()
  })

  it('counts a click once, also when it comes ten times at once', async () => {
    const transfer = await created('aaaa2222')
    const click = (text: string) =>
      store.commit({ ...nextOf(transfer), due: idle, once: onceOf('click', soon(), text) })
    const results = await Promise.all(Array.from({ length: 10 }, (_, index) => click(`answer ${index}`)))
    const first = results.findIndex(({ kind }) => kind === 'committed')
    const others = results.filter((_, index) => index !== first)
    expect(others).toEqual(Array(9).fill({ kind: 'repeat', answer: answerOf(`answer ${first}`) }))
    expect((await store.read('aaaa2222'))?.transfer.version).toBe(2)
  })

  it('refuses a click that arrives too late', async () => {
    const transfer = await created('aaaa2222')
    const once = onceOf('click', store.notAfter(-1_000))
    expect(await store.commit({ ...nextOf(transfer), due: idle, once })).toEqual({ kind: 'late' })
  })

  it('frees the database only when asked to, and only its own', async () => {
    const first = await created('aaaa2222', { database: 'orders' })
    const ended = nextOf(first, { status: 'failed' })
    await store.commit({ ...ended, due: idle })
    expect(await create(transferOf('bbbb2222', { database: 'orders' }))).toMatchObject({ kind: 'guarded' })
    const settled = nextOf(ended.next)
    await store.commit({ ...settled, due: idle, guard: 'free' })
    expect(await create(transferOf('bbbb2222', { database: 'orders' }))).toEqual({ kind: 'created' })
    await store.commit({ ...nextOf(settled.next), due: idle, guard: 'free' })
    expect(await create(transferOf('cccc2222', { database: 'orders' }))).toEqual({ kind: 'guarded', by: 'bbbb2222' })
  })

  it('takes effects out, and keeps the result of an intent that is written again', async () => {
    const transfer = await created('aaaa2222')
    const effect = { token: 't1', at: 1, attempt: 1 }
    const second = nextOf(transfer)
    await work.commit({ ...second, due: idle, effects: { submit: effect, 'approve:sql': effect } })
    await work.result('aaaa2222', 'submit', 't1', { kind: 'accepted', connections: [] }, 5)
    const third = nextOf(second.next)
    await work.commit({ ...third, due: idle, effects: { submit: effect, 'approve:sql': null } })
    expect((await store.read('aaaa2222'))?.effects).toEqual({
      submit: { ...effect, result: { kind: 'accepted', connections: [] } },
    })
    await work.commit({ ...nextOf(third.next), due: idle, effects: { submit: { ...effect, token: 't2' } } })
    expect((await store.read('aaaa2222'))?.effects).toEqual({ submit: { ...effect, token: 't2' } })
  })

  it('answers a call that the connection sent twice as it did the first time', async () => {
    const transfer = await created('aaaa2222')
    const input = { ...nextOf(transfer), due: idle }
    const proxied = twice(connections.forWork)
    expect(await createStore({ redis: proxied, prefix, log }).commit(input)).toEqual({ kind: 'committed' })
    expect(await work.commit(input)).toEqual({ kind: 'conflict' })
    expect(await store.audit(1, 10)).toHaveLength(2)
  })
})

describe('a lease', () => {
  it('is held by one owner at a time, and given back only by its owner', async () => {
    await created('aaaa2222')
    const [first, second] = [leaseOf('aaaa2222'), leaseOf('aaaa2222')]
    expect(await work.begin(first)).toEqual({ tries: 1 })
    expect(await work.begin(first)).toEqual({ tries: 1 })
    expect(await work.begin(second)).toBeUndefined()
    expect(await work.renew(second)).toBe(false)
    await work.finish(second)
    expect(await work.begin(second)).toBeUndefined()
    await work.finish(first)
    expect(await work.renew(first)).toBe(false)
    expect(await work.begin(second)).toEqual({ tries: 2 })
  })

  it('of one role does not hold up the other', async () => {
    await created('aaaa2222')
    expect(await work.begin(leaseOf('aaaa2222', 'advance'))).toBeDefined()
    expect(await work.begin(leaseOf('aaaa2222', 'show'))).toBeDefined()
  })

  it('is not given for a transfer that is not there', async () => {
    await admin.zadd('{drawbridge}:due:advance', 1, 'gone2222')
    expect(await work.begin(leaseOf('gone2222'))).toBeUndefined()
    expect(await dueOf('advance', 'gone2222')).toBeUndefined()
  })

  it('lasts five seconds of Redis time from the last renewal', async () => {
    await created('aaaa2222')
    const lease = leaseOf('aaaa2222')
    await work.begin(lease)
    const key = '{drawbridge}:transfer:aaaa2222'
    const left = async () => Number(await admin.hget(key, 'until:advance')) - store.notAfter(0)
    expect(await left()).toBeGreaterThan(LEASE_MS - 200)
    expect(await left()).toBeLessThan(LEASE_MS + 100)
    await admin.hincrby(key, 'until:advance', -3_000)
    expect(await work.renew(lease)).toBe(true)
    expect(await left()).toBeGreaterThan(LEASE_MS - 200)
  })

  it('that ran out can write nothing, even while nobody else took it', async () => {
    const transfer = await created('aaaa2222')
    const [advance, show] = [leaseOf('aaaa2222'), leaseOf('aaaa2222', 'show')]
    await work.begin(advance)
    await work.begin(show)
    await runOut('aaaa2222', 'advance')
    await runOut('aaaa2222', 'show')
    expect(await work.renew(advance)).toBe(false)
    expect(await work.commit({ ...nextOf(transfer), due: idle, lease: advance })).toEqual({ kind: 'lost' })
    expect(await work.park(advance, 1, { advance: 1 })).toBe(false)
    expect(await work.commitChat(show, 0, chat, 1, null)).toBe(false)
    expect(await dueOf('advance', 'aaaa2222')).toBe(askedAt)
    expect(await work.begin(leaseOf('aaaa2222'))).toEqual({ tries: 2 })
  })

  it('of another owner refuses the commit of the one before', async () => {
    const transfer = await created('aaaa2222')
    const [first, second] = [leaseOf('aaaa2222'), leaseOf('aaaa2222')]
    await work.begin(first)
    await runOut('aaaa2222', 'advance')
    await work.begin(second)
    expect(await work.commit({ ...nextOf(transfer), due: idle, lease: first })).toEqual({ kind: 'lost' })
    expect(await work.commit({ ...nextOf(transfer), due: idle, lease: second })).toEqual({ kind: 'committed' })
  })

  it('counts tries until somebody gets anywhere', async () => {
    const transfer = await created('aaaa2222')
    const turn = async (act: (lease: Lease) => Promise<unknown>) => {
      const lease = leaseOf('aaaa2222')
      const begun = await work.begin(lease)
      await act(lease)
      await work.finish(lease)
      return begun?.tries
    }
    expect(await turn(async () => undefined)).toBe(1)
    expect(await turn((lease) => work.park(lease, 1, { advance: 9 }, 'failed'))).toBe(2)
    expect(await turn((lease) => work.park(lease, 1, { advance: 9 }))).toBe(3)
    expect(await turn((lease) => work.commit({ ...nextOf(transfer), due: idle, lease }))).toBe(1)
    expect(await turn(async () => undefined)).toBe(1)
  })
})

describe('park', () => {
  it('moves the due times while the version is the one that was read', async () => {
    const transfer = await created('aaaa2222')
    const lease = leaseOf('aaaa2222')
    await work.begin(lease)
    expect(await work.park(lease, 1, { advance: 9_999, show: null })).toBe(true)
    expect([await dueOf('advance', 'aaaa2222'), await dueOf('show', 'aaaa2222')]).toEqual([9_999, undefined])
    await store.commit({ ...nextOf(transfer), due: { advance: 5 } })
    expect(await work.park(lease, 1, { advance: null })).toBe(false)
    expect(await dueOf('advance', 'aaaa2222')).toBe(5)
  })
})

describe('result', () => {
  it('is kept by its token after the version moved, and wakes advance', async () => {
    const second = nextOf(await created('aaaa2222'))
    const effects = { submit: { token: 't1', at: 1, attempt: 1 } }
    await work.commit({ ...second, due: { advance: 9_999 }, effects })
    await store.commit({ ...nextOf(second.next), due: {} })
    expect(await work.result('aaaa2222', 'submit', 't1', { list: [] }, 5)).toBe(true)
    expect((await store.read('aaaa2222'))?.effects.submit?.result).toEqual({ list: [] })
    expect(await dueOf('advance', 'aaaa2222')).toBe(0)
  })

  it('is refused for another token, an unknown slot and a second, different result', async () => {
    const effects = { submit: { token: 't1', at: 1, attempt: 1 } }
    await work.commit({ ...nextOf(await created('aaaa2222')), due: idle, effects })
    expect(await work.result('aaaa2222', 'submit', 'other', 1, 5)).toBe(false)
    expect(await work.result('aaaa2222', 'approve:sql', 't1', 1, 5)).toBe(false)
    expect(await work.result('gone2222', 'submit', 't1', 1, 5)).toBe(false)
    expect(await work.result('aaaa2222', 'submit', 't1', 1, 5)).toBe(true)
    expect(await work.result('aaaa2222', 'submit', 't1', 2, 5)).toBe(false)
    expect(await work.result('aaaa2222', 'submit', 't1', 1, 5)).toBe(true)
    expect((await store.read('aaaa2222'))?.effects.submit?.result).toBe(1)
  })

  it('of a worker that was paused is not buried by the park of its successor', async () => {
    const second = nextOf(await created('aaaa2222'))
    const [paused, successor] = [leaseOf('aaaa2222'), leaseOf('aaaa2222')]
    await work.begin(paused)
    const effects = { submit: { token: 't1', at: 1, attempt: 1 } }
    await work.commit({ ...second, due: { advance: 1 }, effects, lease: paused })
    await runOut('aaaa2222', 'advance')
    await work.begin(successor)
    await work.result('aaaa2222', 'submit', 't1', 'accepted', 5)
    expect(await work.park(successor, 2, { advance: 9_999 })).toBe(true)
    expect(await dueOf('advance', 'aaaa2222')).toBe(0)
    expect(await work.park(successor, 2, { advance: 9_999 })).toBe(true)
    expect(await dueOf('advance', 'aaaa2222')).toBe(9_999)
  })

  it('of the holder itself costs no extra turn', async () => {
    const second = nextOf(await created('aaaa2222'))
    const lease = leaseOf('aaaa2222')
    await work.begin(lease)
    const effects = { submit: { token: 't1', at: 1, attempt: 1 } }
    await work.commit({ ...second, due: { advance: 1 }, effects, lease })
    await work.result('aaaa2222', 'submit', 't1', 'accepted', 5)
    await work.park(lease, 2, { advance: 9_999 })
    expect(await dueOf('advance', 'aaaa2222')).toBe(9_999)
  })
})

describe('commitChat', () => {
  it('saves what chat shows in a version of its own and takes the transfer out when all is drawn', async () => {
    const transfer = await created('aaaa2222')
    const lease = leaseOf('aaaa2222', 'show')
    await work.begin(lease)
    expect(await work.commitChat(lease, 0, chat, 1, 5)).toBe(true)
    expect(await dueOf('show', 'aaaa2222')).toBe(5)
    expect(await work.commitChat(lease, 0, { slots: {} }, 1, 5)).toBe(false)
    expect(await work.commitChat(lease, 1, chat, 1, null)).toBe(true)
    expect(await store.read('aaaa2222')).toEqual({ transfer, chat, chatVersion: 2, effects: {} })
    expect(await dueOf('show', 'aaaa2222')).toBeUndefined()
  })

  it('keeps the transfer due when its version moved meanwhile', async () => {
    const transfer = await created('aaaa2222')
    const lease = leaseOf('aaaa2222', 'show')
    await work.begin(lease)
    await store.commit({ ...nextOf(transfer), due: { show: askedAt } })
    expect(await work.commitChat(lease, 0, chat, 1, null)).toBe(true)
    expect(await dueOf('show', 'aaaa2222')).toBe(0)
    expect(await work.commitChat(lease, 1, chat, 1, 9_999)).toBe(true)
    expect(await dueOf('show', 'aaaa2222')).toBe(0)
    expect(await work.commitChat(lease, 2, chat, 2, null)).toBe(true)
    expect(await dueOf('show', 'aaaa2222')).toBeUndefined()
  })
})

describe('claim', () => {
  it('takes what is due, the longest due first, and pushes it by the lease', async () => {
    for (const [index, id] of ['aaaa2222', 'bbbb2222', 'cccc2222'].entries()) await created(id, { at: askedAt + index })
    expect(await work.claim('advance', askedAt - 1, 10)).toEqual([])
    expect(await work.claim('advance', askedAt + 1, 1)).toEqual(['aaaa2222'])
    expect(await work.claim('advance', askedAt + 1, 10)).toEqual(['bbbb2222'])
    expect(await work.claim('advance', askedAt + 1, 10)).toEqual([])
    expect(await dueOf('advance', 'aaaa2222')).toBe(askedAt + 1 + LEASE_MS)
    expect(await work.claim('show', askedAt + 9, 10)).toHaveLength(3)
    expect(await work.claim('advance', askedAt + 1 + LEASE_MS, 10)).toEqual(['cccc2222', 'aaaa2222', 'bbbb2222'])
  })
})

describe('heal', () => {
  it('makes a working transfer due that nothing would wake, and leaves the others alone', async () => {
    await create(transferOf('aaaa2222'))
    const other = transferOf('bbbb3333')
    await create({ ...other, request: { ...other.request, database: { ...other.request.database, id: '/another' } } })
    await admin.zrem('{drawbridge}:due:advance', 'aaaa2222')
    expect(await work.heal()).toEqual(['aaaa2222'])
    expect(await dueOf('advance', 'aaaa2222')).toBe(0)
    expect(await dueOf('advance', 'bbbb3333')).toBe(askedAt)
    expect(await work.heal()).toEqual([])
  })
})

describe('remember, list and audit', () => {
  it('keeps a refusal with its line, once', async () => {
    const notice = { at: 7, kind: 'refused', by: 'slack:T1/UASKER', facts: { code: 'no_rule' } }
    expect(await store.remember(onceOf('trigger', soon(), 'no'), notice)).toEqual({ kind: 'kept' })
    const again = await store.remember(onceOf('trigger', soon(), 'again'), notice)
    expect(again).toEqual({ kind: 'repeat', answer: answerOf('no') })
    expect(await store.remember(onceOf('other', store.notAfter(-1_000)), notice)).toEqual({ kind: 'late' })
    const said = { at: '7', kind: 'refused', by: 'slack:T1/UASKER', event: '{"code":"no_rule"}' }
    const digest = digestOf(said)
    expect(await store.audit(0, 10)).toEqual([
      { ...said, n: '1', chain: 'service', digest, head: linkOf(noHead, digest, 1) },
    ])
  })

  it('lists the newest first, as many as asked for', async () => {
    for (const [index, id] of ['aaaa2222', 'bbbb2222', 'cccc2222'].entries()) await created(id, { at: askedAt + index })
    const ids = async (most: number) => (await store.list({ all: true }, most)).map((each) => each.transfer.id)
    expect(await ids(2)).toEqual(['cccc2222', 'bbbb2222'])
    expect(await ids(9)).toEqual(['cccc2222', 'bbbb2222', 'aaaa2222'])
    expect(await store.list({ requester: 'slack:T1/UOTHER' }, 9)).toEqual([])
  })

  it('numbers the audit without gaps, refused calls included', async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `aaaa22${22 + index}`)
    await Promise.all(ids.map((id) => create(transferOf(id, { by: `slack:T1/${id}` }))))
    await Promise.all(
      ids.flatMap((id) => [
        store.commit({ ...nextOf(transferOf(id)), due: idle }),
        work.commit({ ...nextOf(transferOf(id)), due: idle }),
        create(transferOf(id, { by: 'slack:T1/UOTHER' })),
        store.remember(onceOf(`refused ${id}`, soon()), { at: 1, kind: 'refused', facts: {} }),
      ]),
    )
    const lines = await store.audit(1, 1_000)
    expect(lines.map(({ n }) => Number(n))).toEqual(Array.from({ length: 36 }, (_, index) => index + 1))
    expect((await store.audit(35, 1_000)).map(({ n }) => n)).toEqual(['35', '36'])
    expect((await store.audit(3, 2)).map(({ n }) => n)).toEqual(['3', '4'])
  })
})

describe('the scripts', () => {
  it('work after Redis has forgotten them', async () => {
    await created('aaaa2222')
    await admin.script('FLUSH')
    expect(await create(transferOf('bbbb2222'))).toEqual({ kind: 'created' })
  })

  it('touch only keys of their tag', async () => {
    const transfer = await created('aaaa2222')
    const lease = leaseOf('aaaa2222', 'show')
    await work.begin(lease)
    const effects = { submit: { token: 't1', at: 1, attempt: 1 } }
    await work.commit({ ...nextOf(transfer, { status: 'running' }), due: { advance: 1 }, effects, lease })
    await work.result('aaaa2222', 'submit', 't1', 1, 5)
    await work.commitChat(lease, 0, chat, 2, 1)
    await work.claim('show', askedAt, 5)
    const keys = await admin.keys('*')
    expect(keys.length).toBeGreaterThan(10)
    expect(keys.filter((key) => !key.startsWith('{drawbridge}:'))).toEqual([])
  })

  it('change nothing when Redis has no memory left', async () => {
    const transfer = await created('aaaa2222')
    const before = await admin.hgetall('{drawbridge}:transfer:aaaa2222')
    await admin.config('SET', 'maxmemory', '1')
    try {
      await expect(store.commit({ ...nextOf(transfer), due: { show: null }, guard: 'free' })).rejects.toThrow('OOM')
      await expect(create(transferOf('bbbb2222'))).rejects.toThrow('OOM')
    } finally {
      await admin.config('SET', 'maxmemory', '0')
    }
    expect(await admin.hgetall('{drawbridge}:transfer:aaaa2222')).toEqual(before)
    expect(await dueOf('show', 'aaaa2222')).toBe(askedAt)
    expect(await store.audit(1, 10)).toHaveLength(1)
  })
})

describe('health', () => {
  it('tells what a crash may lose', async () => {
    expect(await connections.health()).toEqual({ ok: true, lossWindow: 'none' })
    await admin.config('SET', 'appendfsync', 'everysec')
    expect(await connections.health()).toEqual({ ok: true, lossWindow: 'up to 1 s' })
    await admin.config('SET', 'appendonly', 'no')
    expect(await connections.health()).toEqual({ ok: true, lossWindow: 'everything' })
    await admin.config('SET', 'appendonly', 'yes')
    await admin.config('SET', 'appendfsync', 'always')
  })

  it('does not know where CONFIG is forbidden', async () => {
    await admin.call('ACL', 'SETUSER', 'default', '-config')
    expect(await connections.health()).toEqual({ ok: true, lossWindow: 'unknown' })
    await admin.call('ACL', 'SETUSER', 'default', '+@all')
  })

  it('says within a second that Redis hangs', async () => {
    server.stopProcess()
    try {
      const asked = performance.now()
      expect(await connections.health()).toMatchObject({ ok: false, lossWindow: 'unknown' })
      expect(performance.now() - asked).toBeLessThan(1_200)
    } finally {
      server.cont()
    }
    await until(async () => (await connections.health()).ok)
  })
})

function create(transfer: Transfer, once = onceOf(crypto.randomUUID(), soon())) {
  const due = { advance: transfer.request.at, show: transfer.request.at }
  return store.create(transfer, requestedOf(transfer), once, due)
}

async function created(id: string, options: Parameters<typeof transferOf>[1] = {}): Promise<Transfer> {
  const transfer = transferOf(id, options)
  expect(await create(transfer)).toEqual({ kind: 'created' })
  return transfer
}

function soon(): number {
  return store.notAfter(2_000)
}

function leaseOf(id: string, role: Lease['role'] = 'advance'): Lease {
  return { id, role, owner: crypto.randomUUID() }
}

async function dueOf(role: Lease['role'], id: string): Promise<number | undefined> {
  const score = await admin.zscore(`{drawbridge}:due:${role}`, id)
  return score === null ? undefined : Number(score)
}

/** The lease's time is over, without waiting for it. */
async function runOut(id: string, role: Lease['role']): Promise<void> {
  await admin.hincrby(`{drawbridge}:transfer:${id}`, `until:${role}`, -LEASE_MS - 1)
}

async function scriptCalls(): Promise<number> {
  const stats = await admin.info('commandstats')
  return [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0)
}

/** The same connection, but every script is run twice and only the second reply is seen, as after a lost reply. */
function twice(redis: Redis): Redis {
  return new Proxy(redis, {
    get: (target, name) => {
      const value = Reflect.get(target, name, target) as unknown
      if (typeof value !== 'function') return value
      if (name !== 'evalsha' && name !== 'eval') return value.bind(target)
      return async (...args: unknown[]) => {
        await value.apply(target, args)
        return value.apply(target, args)
      }
    },
  })
}
