import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { after, before, type Crash, type Outcome } from './support/crash-cases.ts'
import { gapsIn } from './support/crash-ending.ts'
import { killOneByOne } from './support/crash-kill.ts'
import { type CrashWorld, startCrashWorld } from './support/crash-world.ts'
import { expectPickedUp } from './support/pick-up.ts'

/**
 * Around what people, the worker and the bot write, where a kill at Azure's or Slack's requests leaves something
 * else behind; each line is played in a world of its own.
 */
const lanes: readonly (readonly Crash[])[] = [
  [before('redis create'), after('redis create'), before('redis commit decided'), after('redis commit decided')],
  [
    after('redis commit submit_intended'),
    // It never arrived, so another one is sent: after the time in which it still might have.
    { ...before('azure submitting: export'), posts: 2 },
    before('redis result submit'),
    after('redis result submit'),
    after('redis result approve:storage'),
  ],
  [
    before('redis commit ended'),
    after('redis commit ended'),
    before('redis finish advance'),
    after('redis begin show'),
  ],
  [
    before('redis commit card_delivered'),
    after('redis commit card_delivered'),
    before('redis commitChat all drawn'),
    before('redis finish show'),
  ],
]

const outcomes = new Map<Crash, Outcome>()
const worlds: CrashWorld[] = []

beforeAll(async () => {
  for (const crashes of lanes) worlds.push(await startCrashWorld({ transfers: crashes.length }))
  await Promise.all(worlds.flatMap((world) => [world.start('all'), world.start('all')]))
  await Promise.all(
    worlds.map((world, lane) => {
      return killOneByOne(world, lanes[lane] ?? [], (crash, outcome) => outcomes.set(crash, outcome))
    }),
  )
}, 180_000)

afterAll(async () => {
  await Promise.all(worlds.map((world) => world.close()))
})

describe('Drawbridge killed', () => {
  test.each(lanes.flat())('$when $name', (crash) => {
    expect(outcomes.get(crash)?.problems).toEqual([])
  })

  test('is replaced within ten seconds, at every point', () => {
    const times = [...outcomes.values()].flatMap(({ pickedUp }) => pickedUp ?? [])
    expect(times.length).toBeGreaterThan(12)
    expectPickedUp(times)
  })

  test('leaves the audit numbered without gaps', async () => {
    expect(await Promise.all(worlds.map(gapsIn))).toEqual(worlds.map(() => []))
  })
})
