import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { after, around, before, type Crash, type Outcome } from './support/crash-cases.ts'
import { gapsIn } from './support/crash-ending.ts'
import { pauseOneByOne, pauseRound } from './support/crash-pause.ts'
import { type CrashWorld, startCrashWorld } from './support/crash-world.ts'
import { expectPickedUp } from './support/pick-up.ts'

const late = (name: string): Crash => ({ ...before(name), late: true })

const atAzure: readonly Crash[] = [
  after('azure submitting: operations'),
  after('azure submitting: listKeys'),
  ...around('azure submitting: export'),
  ...around('azure approving: pec-sql-put', 'azure approving: pec-storage-put'),
  after('azure running: async'),
]
const atSlack: readonly Crash[] = around('slack post root', 'slack post card', 'slack post reply:0')
/** Each line is played in a world of its own. */
const oneByOne: readonly (readonly Crash[])[] = [
  [late('redis create'), after('redis create'), late('redis commit decided'), after('redis commit decided')],
  [late('redis commit submit_intended'), after('redis commit submit_intended'), late('redis result submit')],
  [late('redis commit approve_intended'), after('redis commit approve_intended'), late('redis commit ended')],
  [
    late('redis commitChat root posting'),
    after('redis commitChat root posting'),
    { ...late('slack post card'), copies: 'withdrawn' },
    // The next edit would be of the card, drawn before the click that comes during the pause.
    { ...after('slack update root awaiting_approval'), nth: 2 },
  ],
]

const outcomes = new Map<Crash, Outcome>()
const worlds: CrashWorld[] = []

beforeAll(async () => {
  const [together, ...others] = await Promise.all([
    // What is held at Azure until all are at their points must not run out of time before.
    startCrashWorld({ transfers: atAzure.length + atSlack.length, requestTimeout: '30s' }),
    ...oneByOne.map(({ length }) => startCrashWorld({ transfers: length })),
  ])
  worlds.push(together, ...others)
  await Promise.all([
    together.start('bot'),
    together.start('worker'),
    ...others.flatMap((world) => [world.start('all'), world.start('all')]),
  ])
  const heard = (crash: Crash, outcome: Outcome) => void outcomes.set(crash, outcome)
  const inRounds = async () => {
    await pauseRound(together, { role: 'worker', crashes: atAzure, keys: together.keys, untilTold: true }, heard)
    await pauseRound(together, { role: 'bot', crashes: atSlack, keys: together.keys.slice(atAzure.length) }, heard)
  }
  await Promise.all([inRounds(), ...others.map((world, lane) => pauseOneByOne(world, oneByOne[lane] ?? [], heard))])
}, 180_000)

afterAll(async () => {
  await Promise.all(worlds.map((each) => each.close()))
})

describe('a pause longer than the lease', () => {
  test.each([...atAzure, ...atSlack, ...oneByOne.flat()])('$when $name', (crash) => {
    expect(outcomes.get(crash)?.problems).toEqual([])
  })

  test('holds nothing up for more than ten seconds', () => {
    expectPickedUp([...outcomes.values()].map(({ pickedUp = 0 }) => pickedUp))
  })

  test('leaves the audit numbered without gaps', async () => {
    expect(await Promise.all(worlds.map(gapsIn))).toEqual(worlds.map(() => []))
  })
})
