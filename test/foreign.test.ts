import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection, Side } from '../sandbox/azure/index.ts'
import { type CaseRule, casesWorld } from './support/cases.ts'
import { approve, ask, cardOf, connectionsOf, deny, jobOf, reply, statesOf, thread, told } from './support/story.ts'
import { idIn, messagesOf, startWorld, textOf, type World } from './support/world.ts'

/** Somebody else's endpoint asks for a connection to the case's server or account. */
function addForeign(world: World, name: string, side: Side, privateEndpoint: string): Connection {
  const job = world.azure.state.operations.find(({ database }) => database === name)
  const parent = (side === 'sql' ? job?.server : job?.account) ?? ''
  return world.azure.changeConnection({ action: 'add', side, parent, privateEndpoint })
}

/** Does it when Azure has taken the case's job, before anybody hears of that. */
function atSubmit(world: World, name: string, act: () => void): void {
  const stop = world.azure.onRequest((event) => {
    if (event.name !== 'export' || event.when === 'before' || !event.path.includes(`/${name}/`)) return undefined
    stop()
    act()
    return undefined
  })
}

/** Nobody has decided about any of these connections. */
function expectUntouched(world: World, foreign: readonly (Connection | undefined)[]): void {
  for (const each of foreign) {
    expect(world.azure.state.connections.find(({ id }) => id === each?.id)?.status).toBe('Pending')
    expect(world.azure.state.requests.filter(({ method, path }) => method === 'PUT' && path === each?.id)).toEqual([])
  }
}

describe('where Azure names the connections of a job', () => {
  const cases: Record<string, CaseRule> = { 'alone-sql': {}, 'alone-storage': {} }
  let world: World
  beforeAll(async () => {
    world = await startWorld(
      casesWorld(cases, {
        azure: { timings: { firstConnectionMs: 500, secondConnectionMs: 700, jobMs: 200 } },
        config: (config) => {
          for (const rule of config.rules) rule.maxOpen = 100
        },
      }),
    )
    await world.start('all')
  })
  afterAll(() => world.close())

  test.concurrent.for([
    ['sql', 'ImportExportPrivateLink_SQL-5742a9bc01de'],
    ['storage', 'ImportExportPrivateLink_Storage-5742a9bc01de'],
  ] as const)(
    'a foreign one that appears alone (%s) before ours is never approved, whatever it is called',
    async ([side, disguise]) => {
      const name = `alone-${side}`
      const foreign: Connection[] = []
      atSubmit(world, name, () => {
        for (const endpoint of ['pe-elsewhere', disguise]) foreign.push(addForeign(world, name, side, endpoint))
      })
      const id = await ask(world, name)
      const card = await cardOf(world, id)
      const ours = connectionsOf(world, await jobOf(world, name))
      expect(foreign).toHaveLength(2)
      for (const each of foreign) expect(each.createdAt).toBeLessThan(ours[side]?.createdAt ?? 0)
      for (const each of foreign) expect(textOf(card)).not.toContain(each.name)
      for (const each of [ours.sql, ours.storage]) expect(textOf(card)).toContain(each?.name)
      await approve(world, card)
      await reply(world, id, 'has finished')
      expectUntouched(world, foreign)
    },
  )

  test.concurrent('two transfers on one server at once get their own pair each, and nobody else’s', async () => {
    const standing = world.azure.state.connections.filter(({ operationId }) => operationId === null)
    const asked = ['orders', 'customers'].map((name) => told(world, 'U0DANA', `${name} to backups`, '/export'))
    const [orders = '', customers = ''] = (await Promise.all(asked)).map(idIn)
    const [card, other] = await Promise.all([cardOf(world, orders), cardOf(world, customers)])
    const [job, held] = await Promise.all([jobOf(world, 'orders'), jobOf(world, 'customers')])
    expect(job.server).toBe(held.server)
    const [mine, theirs] = [connectionsOf(world, job), connectionsOf(world, held)]
    for (const side of ['sql', 'storage'] as const) {
      expect(textOf(card)).toContain(mine[side]?.name)
      expect(textOf(card)).not.toContain(theirs[side]?.name)
      expect(textOf(other)).toContain(theirs[side]?.name)
    }
    await approve(world, card)
    await reply(world, orders, 'has finished')
    expect(statesOf(world, held)).toEqual(['Pending', 'Pending'])
    expect(held.phase).toBe('hold')
    await deny(world, other, 'not this one')
    await reply(world, customers, 'was denied')
    const puts = world.azure.state.requests.filter(({ method }) => method === 'PUT')
    const decided = (verdict: string) =>
      new Set(puts.flatMap(({ path, requestBody }) => (JSON.stringify(requestBody).includes(verdict) ? [path] : [])))
    for (const side of ['sql', 'storage'] as const) {
      expect(decided('Approved')).toContain(mine[side]?.id)
      expect(decided('Rejected')).not.toContain(mine[side]?.id)
      expect(decided('Approved')).not.toContain(theirs[side]?.id)
    }
    expectUntouched(world, standing)
  })
})

describe('where Azure names nothing', () => {
  const cases: Record<string, CaseRule> = {
    waits: {},
    asks: { unnamedConnections: 'ask' },
    doubtful: { unnamedConnections: 'ask' },
    named: { unnamedConnections: 'ask' },
  }
  let world: World
  beforeAll(async () => {
    world = await startWorld(
      casesWorld(cases, {
        azure: {
          timings: { firstConnectionMs: 50, secondConnectionMs: 100, jobMs: 200 },
          options: { resultNames: false, connectionsAfterJob: 'stay' },
        },
        config: (config) => {
          config.clocks = { ...config.clocks, awaitingEndpoints: '5s' }
          config.polls = { ...config.polls, most: '400ms' }
        },
      }),
    )
    await world.start('all')
  })
  afterAll(() => world.close())

  test.concurrent('approves nothing: people see the candidates and what to do, and it ends by its clock', async () => {
    const id = await ask(world, 'waits')
    const candidates = textOf(await reply(world, id, 'does not say which connections belong'))
    const job = await jobOf(world, 'waits')
    const { sql, storage } = connectionsOf(world, job)
    for (const said of [sql?.name, storage?.name, 'none is approved', 'portal']) expect(candidates).toContain(said)
    const end = textOf(await reply(world, id, 'has failed'))
    expect(end).toContain('did not create and name both connections in time')
    expect(messagesOf(world.slack, id, 'card')).toEqual([])
    expectUntouched(world, [sql, storage])
    expect(job.phase).toBe('cancelled')
  })

  test.concurrent('a rule may let approvers release exactly the two on the card', async () => {
    const id = await ask(world, 'asks')
    const card = await cardOf(world, id)
    const job = await jobOf(world, 'asks')
    const { sql, storage } = connectionsOf(world, job)
    for (const said of [sql?.name, storage?.name, 'did not name']) expect(textOf(card)).toContain(said)
    const late = addForeign(world, 'asks', 'sql', 'ImportExportPrivateLink_SQL-5742a9bc01de')
    await approve(world, card)
    await reply(world, id, 'has finished')
    expect(statesOf(world, job)).toEqual(['Approved', 'Approved'])
    expectUntouched(world, [late])
  })

  test.concurrent('and nothing at all when there are two that it could be', async () => {
    const foreign: Connection[] = []
    const endpoint = 'ImportExportPrivateLink_Storage-5742a9bc01de'
    atSubmit(world, 'doubtful', () => void foreign.push(addForeign(world, 'doubtful', 'storage', endpoint)))
    const id = await ask(world, 'doubtful')
    const end = textOf(await reply(world, id, 'has failed'))
    expect(end).toContain('did not create and name both connections in time')
    expect(messagesOf(world.slack, id, 'card')).toEqual([])
    expect(thread(world, id).join()).toContain(foreign[0]?.name)
    const { sql, storage } = connectionsOf(world, await jobOf(world, 'doubtful'))
    expectUntouched(world, [sql, storage, ...foreign])
  })

  test('a yes to what was not named is void once Azure names it', async () => {
    const id = await ask(world, 'named')
    const first = await cardOf(world, id)
    world.azure.setOptions({ resultNames: true })
    await reply(world, id, 'asked anew in round 2')
    expect(await approve(world, first, 'U0SAM', 0)).toContain('The facts on this card have changed')
    const second = await cardOf(world, id)
    expect(textOf(second)).not.toContain('did not name')
    await approve(world, second)
    await reply(world, id, 'has finished')
  })
})
