import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection, Side } from '../sandbox/azure/types.ts'
import { armFor, type CaseRule, casesWorld } from './support/cases.ts'
import {
  approve,
  ask,
  cardOf,
  connectionsOf,
  deny,
  eventually,
  inStatus,
  jobOf,
  recordOf,
  reply,
  thread,
  told,
  withRedis,
} from './support/story.ts'
import { startWorld, textOf, type World } from './support/world.ts'

/** Until then what Azure clears up is only noted; then it is looked at every half of the time since the end. */
const quietFor = 4_000
const watchedFor = 16_000
const cases: Record<string, CaseRule> = {
  bypassed: {},
  removed: {},
  cleared: {},
  unread: {},
  over: {},
  half: {},
  crashed: {},
}

let world: World
beforeAll(async () => {
  world = await startWorld(
    casesWorld(cases, {
      azure: {
        timings: { firstConnectionMs: 50, secondConnectionMs: 100, jobMs: 120_000 },
        options: { connectionsAfterJob: 'stay', rejectedJob: 'holds' },
      },
      config: (config) => {
        config.polls = { ...config.polls, approval: `${quietFor}ms` }
        config.clocks = { ...config.clocks, afterEnd: `${watchedFor}ms` }
      },
    }),
  )
  await Promise.all([world.start('bot'), world.start('worker')])
})
afterAll(() => world.close())

type Left = { id: string; endedAt: number; left: Record<Side, Connection> }

/** A transfer that was denied; Azure still lists its rejected connections. */
async function denied(name: string): Promise<Left> {
  const id = await ask(world, name)
  await deny(world, await cardOf(world, id), 'no')
  return ended(name, id, 'denied')
}

/** An export that went well; Azure still lists its approved connections. */
async function finished(name: string): Promise<Left> {
  const id = await ask(world, name)
  await approve(world, await cardOf(world, id))
  await inStatus(world, id, 'running')
  world.azure.changeOperation({ action: 'complete', id: (await jobOf(world, name)).id })
  return ended(name, id, 'succeeded')
}

async function ended(name: string, id: string, status: string): Promise<Left> {
  const { transfer } = await inStatus(world, id, status)
  const left = connectionsOf(world, await jobOf(world, name)) as Record<Side, Connection>
  expect(transfer.ending?.leftOver).toHaveLength(2)
  return { id, endedAt: transfer.ending?.at ?? 0, left }
}

const change = (action: 'approve' | 'remove', { id }: Connection) => world.azure.changeConnection({ action, id })
const readsOf = ({ id }: Connection) =>
  world.azure.state.requests.filter(({ method, path }) => method === 'GET' && path.toLowerCase() === id.toLowerCase())
const past = (at: number) => eventually(() => Date.now() > at)
const isDue = (id: string) =>
  withRedis(world, async (redis) => (await redis.zscore('{drawbridge}:due:advance', id)) !== null)
const replies = (id: string, says: string) => thread(world, id).filter((text) => text.includes(says))

describe.concurrent('a connection that was left at the end', () => {
  test('and that somebody approves then is an alarm, once, in the thread and where the end is told', async () => {
    const { id, left } = await denied('bypassed')
    change('approve', left.sql)
    const said = textOf(await reply(world, id, '🚨 Somebody approved its connection on the SQL server'))
    for (const part of [left.sql.name, 'it was Rejected', 'not through Drawbridge', '<@U0DANA>, <@U0OPS>: find out']) {
      expect(said).toContain(part)
    }
    expect(said).not.toContain('storage account')
    await eventually(async () => textOf(await reply(world, id, 'was denied')).includes('is Approved since the end'))
    await eventually(async () => !(await isDue(id)))
    expect(replies(id, '🚨')).toHaveLength(1)
    expect((await recordOf(world, id))?.transfer).toMatchObject({
      status: 'denied',
      afterEnd: [{ side: 'sql', was: 'Rejected', now: 'Approved' }],
    })
  })

  test('and goes later is told in calm words, both in one reply', async () => {
    const { id, endedAt, left } = await finished('removed')
    await past(endedAt + quietFor)
    for (const each of [left.sql, left.storage]) change('remove', each)
    const said = textOf(await reply(world, id, '🧽 Its connection on the SQL server'))
    expect(said).toContain('🧽 Its connection on the storage account')
    expect(said).toContain('Nothing is to be done')
    expect(said).not.toMatch(/<@U0OPS>|🚨/)
    await eventually(async () => !(await isDue(id)))
    expect(replies(id, '🧽')).toHaveLength(1)
  })

  test('and is cleared up by Azure at once is only noted', async () => {
    const { id, left } = await finished('cleared')
    for (const each of [left.sql, left.storage]) change('remove', each)
    await eventually(async () => (await recordOf(world, id))?.transfer.afterEnd?.length === 2)
    await eventually(async () => textOf(await reply(world, id, 'has finished')).includes('is gone since'))
    expect(await isDue(id)).toBe(false)
    expect(replies(id, '🧽')).toEqual([])
  })

  test('and cannot be read is looked at again, without a word', async () => {
    const { id, left } = await denied('unread')
    const fault = armFor(world, 'unread', { name: 'pec-sql-get', code: 'TooManyRequests' })
    await eventually(() => fault.hits > 0)
    fault.lift()
    change('approve', left.sql)
    await reply(world, id, '🚨 Somebody approved its connection on the SQL server')
  })

  test('and that Drawbridge itself approved and rejected is no news, also when the end could not read it', async () => {
    const forbidden = armFor(world, 'half', { name: 'pec-storage-put', code: 'LinkedAuthorizationFailed' })
    const id = await ask(world, 'half')
    await approve(world, await cardOf(world, id))
    const job = await jobOf(world, 'half')
    await eventually(() => connectionsOf(world, job).sql?.status === 'Approved')
    const unread = armFor(world, 'half', { name: 'pec-sql-get', code: 'TooManyRequests' })
    forbidden.lift()
    expect(await told(world, 'U0DANA', `cancel ${id}`)).toContain('is recorded')
    const { transfer } = await inStatus(world, id, 'cancelled')
    expect(transfer.ending?.leftOver).toMatchObject([{ side: 'sql', state: 'Pending' }, { side: 'storage' }])
    unread.lift()
    await eventually(async () => !(await isDue(id)))
    const looks = readsOf(connectionsOf(world, job).sql as Connection).filter(({ at }) => at > transfer.since)
    expect(looks.filter(({ status }) => status === 200).length).toBeGreaterThan(0)
    expect(replies(id, 'after the end')).toEqual([])
    expect((await recordOf(world, id))?.transfer).not.toHaveProperty('afterEnd')
  })

  test('is looked at a few times, and no more once the time is over', async () => {
    const { id, endedAt, left } = await denied('over')
    await eventually(async () => !(await isDue(id)))
    expect(Date.now()).toBeGreaterThanOrEqual(endedAt + watchedFor)
    const looks = readsOf(left.sql).filter(({ at }) => at > endedAt)
    expect(looks.length).toBeGreaterThanOrEqual(2)
    expect(looks.length).toBeLessThanOrEqual(6)
    expect((await recordOf(world, id))?.transfer).not.toHaveProperty('afterEnd')
  })
})

test('a change that comes while nobody works is told by the next process, once', async () => {
  const { id, left } = await denied('crashed')
  await world.running.find(({ role, exited }) => role === 'worker' && !exited())?.kill()
  change('approve', left.storage)
  await world.start('worker')
  await reply(world, id, '🚨 Somebody approved its connection on the storage account')
  await eventually(async () => !(await isDue(id)))
  expect(replies(id, '🚨')).toHaveLength(1)
})
