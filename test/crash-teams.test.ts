import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { after, around, before, type Crash, type Outcome, type Round } from './support/crash-cases.ts'
import { gapsIn } from './support/crash-ending.ts'
import { killOneByOne, killRound } from './support/crash-kill.ts'
import { pauseOneByOne } from './support/crash-pause.ts'
import { type CrashWorld, startCrashWorld } from './support/crash-world.ts'
import { expectPickedUp } from './support/pick-up.ts'
import { until } from './support/until.ts'

/** Teams shows nobody its history: what was posted by a process that never heard so is posted once more. */
const posted = (name: string): Crash => ({ ...after(name), copies: 'once' })
const post = (name: string): readonly Crash[] => [before(name), posted(name)]
const withdrawn = (crash: Crash): Crash => ({ ...crash, copies: 'withdrawn' })
const late = (name: string): Crash => ({ ...before(name), late: true })
/** The first time is for the look at the card, by another process. */
const atClick = (crash: Crash): Crash => ({ ...crash, nth: 2 })

/** In the hands of one bot that dies, and the next one dies as it asks for its first token. */
const early = [...post('teams create root'), ...post('teams create card'), ...post('teams send reply:0')]
const afterClick = [
  ...around('teams update card decided'),
  ...post('teams send reply:3'),
  after('teams update root succeeded'),
]
/** Each line in a world of its own. */
const killed: readonly (readonly Crash[])[] = [
  [atClick(before('teams member sam')), before('redis commit decided')],
  [after('redis commit decided'), after('redis commitChat root posting')],
]
const paused: readonly (readonly Crash[])[] = [
  [late('redis commit decided'), withdrawn(after('teams create card'))],
  [atClick(after('teams member sam')), withdrawn(late('teams create root'))],
]

const outcomes = new Map<Crash, Outcome>()
const heard = (crash: Crash, outcome: Outcome) => void outcomes.set(crash, outcome)
const worlds: CrashWorld[] = []

beforeAll(async () => {
  const open = (transfers: number) => startCrashWorld({ chats: 'teams', transfers })
  const rounds = { role: 'bot', crashes: early } as const
  const [together, ...others] = await Promise.all([
    open(early.length + afterClick.length),
    ...[...killed, ...paused].map(({ length }) => open(length)),
  ])
  worlds.push(together, ...others)
  await Promise.all([
    ...[together.start('bot'), together.start('worker')],
    ...others.flatMap((world) => [world.start('all'), world.start('all')]),
  ])
  const inRounds = async () => {
    await killTwice(together, { ...rounds, keys: together.keys })
    const keys = together.keys.slice(early.length)
    await killRound(together, { ...rounds, crashes: afterClick, keys, clicksTogether: true }, heard)
  }
  const dying = others.slice(0, killed.length)
  const sleeping = others.slice(killed.length)
  await Promise.all([
    inRounds(),
    ...dying.map((world, lane) => killOneByOne(world, killed[lane] ?? [], heard)),
    ...sleeping.map((world, lane) => pauseOneByOne(world, paused[lane] ?? [], heard)),
  ])
}, 180_000)

afterAll(async () => {
  await Promise.all(worlds.map((world) => world.close()))
})

/** The round, and then whoever takes over, with its first token still on the way. */
async function killTwice(world: CrashWorld, round: Round): Promise<void> {
  const first = world.only('bot')
  const again = async () => {
    const { reached, go } = world.watch.stopAt('token', before('teams token'))
    await reached
    await world.only('bot').kill()
    go('drop')
    await world.start('bot')
  }
  const isOver = killRound(world, round, heard)
  await until(() => first.exited(), 60_000)
  await Promise.all([again(), isOver])
}

describe('Drawbridge in Teams, killed', () => {
  test.each([...early, ...afterClick, ...killed.flat()])('$when $name', (crash) => {
    expect(outcomes.get(crash)?.problems).toEqual([])
  })
})

describe('Drawbridge in Teams, paused for longer than the lease', () => {
  test.each(paused.flat())('$when $name', (crash) => {
    expect(outcomes.get(crash)?.problems).toEqual([])
  })
})

test('goes on within ten seconds, at every point', () => {
  expectPickedUp([...outcomes.values()].map(({ pickedUp = 0 }) => pickedUp))
})

test('leaves the audit numbered without gaps', async () => {
  expect(await Promise.all(worlds.map(gapsIn))).toEqual(worlds.map(() => []))
})
