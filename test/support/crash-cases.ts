import { meeting, play } from './crash.ts'
import type { Allowance } from './crash-ending.ts'
import type { CrashWorld } from './crash-world.ts'
import type { Moment, Point, Stop } from './moments.ts'

/** A point at which a process is killed or paused. */
export type Crash = Point &
  Allowance & {
    /** What the process had sent reaches the other side all the same, but only when another process has gone on. */
    late?: true
  }

/** How a case ended: what was wrong, and how many milliseconds passed until another process went on with it, if anything was left to do. */
export type Outcome = { problems: readonly string[]; pickedUp: number | undefined }

export type Heard = (crash: Crash, outcome: Outcome) => void

/** A transfer on its way to its point; `told` resolves when its story is over. */
export type Case = { crash: Crash; key: string; stop: Stop; told: Promise<string> }

/** Several transfers that one process is to have in hand at the same time. */
export type Round = {
  role: 'bot' | 'worker'
  crashes: readonly Crash[]
  keys: readonly string[]
  /** Everybody clicks at the same time, so that nothing is held for long that comes after the click. */
  clicksTogether?: boolean
  /** The pause lasts until another process has brought all of them to their end. */
  untilTold?: boolean
}

/** Both points around each of these. */
export function around(...names: readonly string[]): Crash[] {
  return names.flatMap((name): Crash[] => [before(name), after(name)])
}

export function before(name: string): Crash {
  return { name, when: 'before' }
}

export function after(name: string): Crash {
  return { name, when: 'after' }
}

/** Starts a transfer that will be held at its point. */
export function begin(world: CrashWorld, crash: Crash, key: string, mayClick?: () => Promise<void>): Case {
  return { crash, key, stop: world.watch.stopAt(key, crash), told: play(world, key, mayClick) }
}

/** Starts all transfers of a round and resolves when each is held at its point. */
export async function gather(world: CrashWorld, { crashes, keys, clicksTogether }: Round): Promise<readonly Case[]> {
  const mayClick = clicksTogether ? meeting(crashes.length) : undefined
  const all = crashes.map((crash, index) => ({ crash, key: keys[index] ?? '' }))
  const start = async (some: typeof all) => {
    const cases = some.map(({ crash, key }) => begin(world, crash, key, mayClick))
    await Promise.all(cases.map(arrival))
    return cases
  }
  // Chat is waited for 8 s: what comes first starts last, or it would be given up before the others are there.
  const isFirst = ({ crash }: (typeof all)[number]) => /^(slack|teams) (post|create|update) root$/.test(crash.name)
  return [...(await start(all.filter((each) => !isFirst(each)))), ...(await start(all.filter(isFirst)))]
}

/** The moment at which a transfer came to its point; it must come, or the test says which did not. */
export async function arrival({ crash, key, stop }: Case): Promise<Moment> {
  const patience = new AbortController()
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new Error(`${key} never came to: ${crash.when} ${crash.name}`)), 80_000)
    patience.signal.addEventListener('abort', () => clearTimeout(timer))
  })
  return Promise.race([stop.reached, late]).finally(() => patience.abort())
}
