import { setTimeout as delay } from 'node:timers/promises'
import { nextProgress } from './crash.ts'
import { arrival, begin, type Case, type Crash, gather, type Heard, type Round } from './crash-cases.ts'
import { problemsOf } from './crash-ending.ts'
import type { CrashWorld } from './crash-world.ts'
import type { Moment } from './moments.ts'
import { until } from './until.ts'
import type { Running } from './world.ts'

/** A lease is 5 s. */
const pauseMs = 6_000

/** The one process of the role is paused with all of these transfers in its hands, each at its point, while another one takes over. */
export async function pauseRound(world: CrashWorld, round: Round, heard: Heard): Promise<void> {
  const victim = world.only(round.role)
  const cases = await gather(world, round)
  const successor = world.start(round.role).then(() => performance.now())
  const { untilTold = false } = round
  await pauseAt(world, round.role, { victim, cases, ready: successor, untilTold }, heard)
}

/** One transfer after the other, in the hands of the two processes that run and do everything; the one that comes to its point is paused. */
export async function pauseOneByOne(world: CrashWorld, crashes: readonly Crash[], heard: Heard): Promise<void> {
  for (const [index, crash] of crashes.entries()) {
    const each = begin(world, crash, world.keys[index] ?? '')
    const victim = world.at(await arrival(each))
    await pauseAt(world, 'all', { victim, cases: [each], ready: Promise.resolve(0) }, heard)
  }
}

type Paused = { victim: Running; cases: readonly Case[]; ready: Promise<number>; untilTold?: boolean }

async function pauseAt(
  world: CrashWorld,
  role: Running['role'],
  { victim, cases, ready, untilTold = false }: Paused,
  heard: Heard,
): Promise<void> {
  const at = performance.now()
  victim.pause()
  world.deliverPast(victim)
  for (const { crash, stop } of cases) if (!crash.late) stop.go('pass')
  const next = (key: string) => nextProgress(world, key, role, at, victim)
  await Promise.all([delay(pauseMs), ...cases.map(({ key }) => until(() => next(key) !== undefined, 30_000, 50))])
  if (untilTold) await Promise.all(cases.map(({ told }) => told))
  victim.resume()
  const woken = performance.now()
  for (const { stop } of cases) stop.go('pass')
  for (const each of cases) {
    const id = await each.told
    await until(() => isDone(world, each, victim, woken), 60_000, 50).catch(() => {
      const last = world.watch.log.filter((moment) => moment.key === each.key && world.isProcess(moment.by, victim))
      const shown = last.slice(-12).map(({ when, names, at }) => `${Math.round(at - woken)} ms ${when} ${names[0]}`)
      throw new Error(
        `The process that was paused ${each.crash.when} ${each.crash.name} never came to an end with it: ${shown.join('; ')}`,
      )
    })
    // A result that comes late wakes the transfer once more.
    await until(() => world.isAtRest(id), 30_000, 50)
  }
  for (const { crash, key } of cases) {
    const since = Math.max(at, await ready)
    const pickedUp = Math.max(0, Math.round((next(key) ?? Number.NaN) - since))
    heard(crash, { problems: await problemsOf(world, key, { ...crash, ...copies(crash, woken - at) }), pickedUp })
  }
}

/** A process that was away for longer than it waits for chat (8 s) never hears which message is its own. */
function copies(crash: Crash, away: number): Pick<Crash, 'copies'> {
  return crash.copies === 'withdrawn' && away > 7_000 ? { copies: 'once' } : {}
}

/** True once the process that woke up has heard the answer that it was paused for and has given its lease back. */
function isDone({ watch, isProcess }: CrashWorld, { key, crash }: Case, victim: Running, woken: number): boolean {
  const its = watch.log.filter((moment) => moment.key === key && isProcess(moment.by, victim))
  if (/redis (create|commit decided)/.test(crash.name)) {
    const heard = ({ names, when, at }: Moment) => names.includes(crash.name) && when === 'after' && at > woken
    return crash.when === 'after' || its.some(heard)
  }
  // Nothing of the transfer was in the hands of whoever looked somebody up for a click.
  if (crash.name.startsWith('teams member ')) return true
  // What a person said meanwhile is written by the same process without a lease.
  const last = its.findLast(({ names }) => !/^redis (begin|renew|create|commit decided)/.test(names[0] ?? ''))
  return last?.when === 'after' && last.names[0]?.startsWith('redis finish ') === true && last.at > woken
}
