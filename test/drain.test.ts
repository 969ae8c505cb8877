import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { casesWorld } from './support/cases.ts'
import { approve, ask, cardOf, eventually, inStatus, reply } from './support/story.ts'
import { startWorld, type World } from './support/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld(
    casesWorld({ submitting: {}, running: {}, hung: {} }, { azure: { timings: { jobMs: 2_500 } } }),
  )
  await world.start('all')
})
afterAll(() => world.close())

describe('SIGTERM', () => {
  const term = async () => {
    const began = performance.now()
    expect(await world.running.at(-1)?.term()).toBe(0)
    expect(performance.now() - began).toBeLessThan(10_000)
  }

  test('drains while Azure has one submit in hand and copies for another, and the next process goes on', async () => {
    const copied = await ask(world, 'running')
    await approve(world, await cardOf(world, copied))
    world.azure.arm({ name: 'export', path: /sql-submitting/, action: { kind: 'hang', ms: 1_000 } })
    const submitted = await ask(world, 'submitting')
    await inStatus(world, copied, 'running')
    await eventually(() => world.azure.faults().some(({ name, hits }) => name === 'export' && hits > 0))
    await term()
    await world.start('all')
    await approve(world, await cardOf(world, submitted))
    await Promise.all([reply(world, copied, 'has finished'), reply(world, submitted, 'has finished')])
    expect(world.azure.state.requests.filter(({ name }) => name === 'export')).toHaveLength(2)
    expect(world.azure.state.operations.map(({ phase }) => phase)).toEqual(['completed', 'completed'])
  })

  test('ends in time while Redis hangs, and the next process goes on', async () => {
    const id = await ask(world, 'hung')
    const card = await cardOf(world, id)
    world.redis.stopProcess()
    await term()
    world.redis.cont()
    await world.start('all')
    await approve(world, card)
    await reply(world, id, 'has finished')
  })
})
