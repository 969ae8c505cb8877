import type { CallName } from './types.ts'
import type { RateLimitSetting, RateLimits, Window } from './use-types.ts'

const READS: readonly CallName[] = ['member', 'members', 'team', 'channels']

const REAL: RateLimits = {
  write: windows([7, 1], [8, 2], [60, 30], [1800, 3600]),
  read: windows([14, 1], [16, 2], [120, 30], [3600, 3600]),
  tenant: windows([50, 1]),
}
const GENEROUS: RateLimits = {
  write: windows([100, 1], [2000, 30]),
  read: windows([200, 1], [4000, 30]),
  tenant: windows([500, 1]),
}

/** Sliding windows for each conversation, and for the app in its tenant. */
export function createLimiter(now: () => number, setting: RateLimitSetting = 'generous') {
  const past = new Map<string, number[]>()
  let limits = pick(setting)

  /** Seconds to wait, or 0 when the call may pass; a call that may not pass counts nowhere. */
  function take(method: CallName, conversation: string): number {
    if (!limits) return 0
    const kind = READS.includes(method) ? 'read' : 'write'
    const rules: [key: string, limits: Window[]][] = [
      [`${kind} ${conversation}`, limits[kind]],
      ['tenant', limits.tenant],
    ]
    const wait = Math.max(...rules.map(([key, rule]) => waitFor(past.get(key) ?? [], rule, now())))
    if (wait > 0) return Math.max(1, Math.ceil(wait / 1000))
    for (const [key, rule] of rules) past.set(key, [...kept(past.get(key) ?? [], rule, now()), now()])
    return 0
  }

  return {
    take,
    set(next: RateLimitSetting) {
      limits = pick(next)
      past.clear()
    },
  }
}

/** Milliseconds until one more call fits into every window. */
function waitFor(times: number[], rule: Window[], at: number): number {
  const waits = rule.map(({ calls, seconds }) => {
    const oldest = times.filter((time) => time > at - seconds * 1000).at(-calls)
    return oldest === undefined ? 0 : oldest + seconds * 1000 - at
  })
  return Math.max(0, ...waits)
}

function kept(times: number[], rule: Window[], at: number): number[] {
  const longest = Math.max(...rule.map(({ seconds }) => seconds)) * 1000
  return times.filter((time) => time > at - longest)
}

function windows(...pairs: [calls: number, seconds: number][]): Window[] {
  return pairs.map(([calls, seconds]) => ({ calls, seconds }))
}

function pick(setting: RateLimitSetting): RateLimits | undefined {
  if (setting === 'off') return undefined
  if (setting === 'real') return REAL
  return setting === 'generous' ? GENEROUS : setting
}
