import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { around, type Crash, type Outcome, type Round } from './support/crash-cases.ts'
import { gapsIn } from './support/crash-ending.ts'
import { killRound } from './support/crash-kill.ts'
import { type CrashWorld, startCrashWorld } from './support/crash-world.ts'
import { expectPickedUp } from './support/pick-up.ts'

/** Every message of an export and the edits that say something new, before and after the click. */
const early = around(
  'slack post root',
  'slack update root',
  'slack post card',
  'slack post reply:0',
  'slack post reply:1',
)
const afterClick = around(
  'slack update card decided',
  'slack post reply:2',
  'slack post reply:3',
  'slack post reply:4',
  'slack update root succeeded',
)

const closed = around('slack post root', 'slack post card', 'slack post reply:0').map(
  (crash): Crash => ({ ...crash, ...(crash.when === 'after' ? { copies: 'once' } : {}) }),
)

const outcomes = new Map<Crash, Outcome>()
let world: CrashWorld

beforeAll(async () => {
  world = await startCrashWorld({ transfers: early.length + afterClick.length + closed.length })
  await Promise.all([world.start('bot'), world.start('worker')])
  const play = (round: Pick<Round, 'crashes' | 'clicksTogether'>) => {
    const keys = world.keys.slice(outcomes.size)
    return killRound(world, { role: 'bot', keys, ...round }, (crash, outcome) => outcomes.set(crash, outcome))
  }
  await play({ crashes: early })
  await play({ crashes: afterClick, clicksTogether: true })
  const { state, control } = world.slack
  control.scopes(state.scopes.filter((scope) => !scope.endsWith(':history')))
  await play({ crashes: closed })
}, 180_000)

afterAll(() => world.close())

describe('a bot killed', () => {
  test.each([...early, ...afterClick])('$when $name repeats nothing where history can be read', (crash) => {
    expect(outcomes.get(crash)?.problems).toEqual([])
  })

  test.each(closed)('$when $name repeats at most that one message where it cannot', (crash) => {
    expect(outcomes.get(crash)?.problems).toEqual([])
  })

  test('is replaced within ten seconds, at every point', () => {
    const times = [...outcomes.values()].map(({ pickedUp }) => pickedUp ?? Number.NaN)
    expect(times.length).toBe(early.length + afterClick.length + closed.length)
    expect(times.filter(Number.isNaN)).toEqual([])
    expectPickedUp(times)
  })

  test('leaves the audit numbered without gaps', async () => {
    expect(await gapsIn(world)).toEqual([])
  })
})
