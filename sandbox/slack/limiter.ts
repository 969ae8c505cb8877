import type { Method } from './answer.ts'
import type { RateLimits } from './use-types.ts'

const GENEROUS: RateLimits = { post: { perSecond: 50, burst: 100 }, tiers: { 1: 600, 2: 1200, 3: 3000, 4: 6000 } }
const REAL: RateLimits = { post: { perSecond: 1, burst: 3 }, tiers: { 1: 1, 2: 20, 3: 50, 4: 100 } }

/** Token buckets for each method, and for each channel that is posted to. */
export function createLimiter(now: () => number, setting: 'off' | 'generous' | 'real' | RateLimits = 'generous') {
  const buckets = new Map<string, { left: number; at: number }>()
  let limits = pick(setting)

  /** Seconds to wait, or 0 when the call may pass. */
  function take(method: string, tier: Method['tier'], channel: string): number {
    if (!limits || tier === 'none') return 0
    if (tier === 'post') return draw(`${method} ${channel}`, limits.post.perSecond / 1000, limits.post.burst)
    const perMinute = limits.tiers[tier]
    return draw(method, perMinute / 60_000, perMinute)
  }

  function draw(key: string, perMs: number, burst: number): number {
    const at = now()
    const bucket = buckets.get(key) ?? { left: burst, at }
    const left = Math.min(burst, bucket.left + (at - bucket.at) * perMs)
    const passes = left >= 1
    buckets.set(key, { left: passes ? left - 1 : left, at })
    return passes ? 0 : Math.max(1, Math.ceil((1 - left) / perMs / 1000))
  }

  return {
    take,
    set(next: 'off' | 'generous' | 'real' | RateLimits) {
      limits = pick(next)
      buckets.clear()
    },
  }
}

function pick(setting: 'off' | 'generous' | 'real' | RateLimits): RateLimits | undefined {
  if (setting === 'off') return undefined
  if (setting === 'real') return REAL
  return setting === 'generous' ? GENEROUS : setting
}
