import { armError } from './answers.ts'
import type { Answer, World } from './world.ts'

type Bucket = { left: number; at: number }

/** What is left of ARM's budgets after a request, and the refusal when there was nothing left. */
export type Limits = { take(method: string, world: World): { headers: Record<string, string>; refused?: Answer } }

const sizes = {
  reads: { size: 250, refill: 25 },
  writes: { size: 200, refill: 10 },
  deletes: { size: 200, refill: 10 },
}

/** Token buckets as ARM keeps them for one subscription and principal: reads, writes and deletes apart. */
export function makeLimits(): Limits {
  const buckets = new Map<string, Bucket>()
  return {
    take(method, world) {
      const kind = method === 'GET' ? 'reads' : method === 'DELETE' ? 'deletes' : 'writes'
      const { size, refill } = sizes[kind]
      const bucket = buckets.get(kind) ?? { left: size, at: Date.now() }
      const left = Math.min(size, bucket.left + ((Date.now() - bucket.at) / 1000) * refill)
      const empty = left < 1
      buckets.set(kind, { left: empty ? left : left - 1, at: Date.now() })
      const name = `x-ms-ratelimit-remaining-subscription-${kind}`
      const headers = { [name]: String(Math.max(0, Math.floor(left - 1))) }
      if (!empty || !world.options.enforceRateLimits) return { headers }
      const message = `Number of ${kind} requests for the subscription exceeded the limit. Please try again after '1' seconds.`
      const refused = armError(429, 'SubscriptionRequestsThrottled', message)
      return { headers, refused: { ...refused, headers: { 'retry-after': '1' } } }
    },
  }
}
