import { nextProgress } from './crash.ts'
import type { Crash } from './crash-cases.ts'
import { arrival, begin, type Case, gather, type Heard, type Outcome, type Round } from './crash-cases.ts'
import { problemsOf } from './crash-ending.ts'
import type { CrashWorld } from './crash-world.ts'
import { until } from './until.ts'
import type { Running } from './world.ts'

/** The one process of the role dies with all of these transfers in its hands, each at its point, and another one takes over. */
export async function killRound(world: CrashWorld, round: Round, heard: Heard): Promise<void> {
  const victim = world.only(round.role)
  const cases = await gather(world, round)
  const at = performance.now()
  await victim.kill()
  const gone = performance.now()
  // How long a process takes to start says nothing about how soon it goes on.
  const successor = world.start(round.role).then(() => performance.now())
  for (const each of cases) {
    if (each.crash.late) arriveLate(world, each, gone)
    else each.stop.go('drop')
  }
  const ready = Math.max(at, await successor)
  for (const each of cases) heard(each.crash, await outcomeOf(world, each, round.role, { at: ready, gone }))
}

/** One transfer after the other, in the hands of the two processes that run and do everything; the one that comes to its point is killed. */
export async function killOneByOne(world: CrashWorld, crashes: readonly Crash[], heard: Heard): Promise<void> {
  for (const [index, crash] of crashes.entries()) {
    const each = begin(world, crash, world.keys[index] ?? '')
    const victim = world.at(await arrival(each))
    const at = performance.now()
    await victim.kill()
    const gone = performance.now()
    each.stop.go('drop')
    world.deliverPast(victim)
    const isLast = index === crashes.length - 1
    const [outcome] = await Promise.all([
      outcomeOf(world, each, 'all', { at, gone }),
      isLast ? undefined : world.start('all'),
    ])
    heard(crash, outcome)
  }
}

async function outcomeOf(
  world: CrashWorld,
  { crash, key, told }: Case,
  role: Running['role'],
  /** Since when somebody else could go on with it, and since when nothing can come from the one that died. */
  { at, gone }: { at: number; gone: number },
): Promise<Outcome> {
  await told
  const next = nextProgress(world, key, role, gone)
  return {
    problems: await problemsOf(world, key, crash),
    pickedUp: next === undefined ? undefined : Math.max(0, Math.round(next - at)),
  }
}

/** Once the successor has looked twice and seen nothing, or has sent one of its own. */
function arriveLate({ watch }: CrashWorld, { key, stop }: Case, since: number): void {
  const heard = (name: string, when: 'before' | 'after') =>
    watch.log.filter(
      (moment) => moment.at > since && moment.key === key && moment.when === when && moment.names.includes(name),
    ).length
  const looked = () => heard('azure operations', 'after') >= 2 || heard('azure export', 'before') > 0
  until(looked, 40_000).then(
    () => stop.go('pass'),
    () => stop.go('drop'),
  )
}
