import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { around, before, type Crash, type Outcome } from './support/crash-cases.ts'
import { gapsIn } from './support/crash-ending.ts'
import { killRound } from './support/crash-kill.ts'
import { type CrashWorld, startCrashWorld } from './support/crash-world.ts'
import { expectPickedUp } from './support/pick-up.ts'

/** Every request that an export makes of Azure, by the status in which it is made. */
const requests = [
  ['requested', ['server', 'database', 'storage', 'container', 'usages', 'locks', 'permissions']],
  ['submitting', ['operations', 'pec-sql-list', 'pec-storage-list', 'listKeys', 'export']],
  ['awaiting_endpoints', ['result', 'pec-sql-list', 'pec-storage-list']],
  ['awaiting_approval', ['result', 'pec-sql-get', 'pec-storage-get']],
  ['approving', ['pec-sql-get', 'pec-storage-get', 'pec-sql-put', 'pec-storage-put']],
  ['running', ['result', 'async', 'pec-sql-get', 'pec-storage-get']],
] as const

// What becomes of an export that never arrived takes its time: it has a place among the commits.
const isLost = ({ name, when }: Crash) => when === 'before' && name.endsWith(': export')
const crashesIn = (...statuses: readonly string[]): Crash[] =>
  requests
    .filter(([status]) => statuses.includes(status))
    .flatMap(([status, names]) => around(...names.map((name) => `azure ${status}: ${name}`)))
    .filter((crash) => !isLost(crash))

const late: Crash = { ...before('azure submitting: export'), late: true }
const rounds: readonly (readonly Crash[])[] = [
  [...crashesIn('requested', 'submitting'), late],
  crashesIn('awaiting_endpoints', 'awaiting_approval'),
  crashesIn('approving', 'running'),
]

let world: CrashWorld
const outcomes = new Map<Crash, Outcome>()

beforeAll(async () => {
  world = await startCrashWorld({ transfers: rounds.flat().length, requestTimeout: '8s', resubmitAfter: '30s' })
  await Promise.all([world.start('bot'), world.start('worker')])
  for (const crashes of rounds) {
    const keys = world.keys.slice(outcomes.size)
    await killRound(world, { role: 'worker', crashes, keys }, (crash, outcome) => outcomes.set(crash, outcome))
  }
}, 180_000)

afterAll(() => world.close())

describe('a worker killed', () => {
  test.each(rounds.flat().filter((crash) => crash !== late))('$when $name', (crash) => {
    expect(outcomes.get(crash)?.problems).toEqual([])
  })

  test('while its export is on the wire: it arrives late, and no second one is sent', () => {
    expect(outcomes.get(late)?.problems).toEqual([])
  })

  test('is replaced within ten seconds, at every point', () => {
    const times = [...outcomes.values()].flatMap(({ pickedUp }) => pickedUp ?? [])
    expect(times.length).toBeGreaterThan(40)
    expectPickedUp(times)
  })

  test('leaves the audit numbered without gaps', async () => {
    expect(await gapsIn(world)).toEqual([])
  })

  test('at every request that an export makes of Azure', () => {
    const known = rounds.flat().map(({ name }) => name.replace(/.*: /, 'azure '))
    const made = world.watch.log.flatMap(({ names }) => names.filter((name) => /^azure \S+$/.test(name)))
    expect([...new Set(made)].sort()).toEqual([...new Set(known)].sort())
  })
})
