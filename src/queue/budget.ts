import type { Redis } from 'ioredis'
import type { Budget } from '../transfer/ports.ts'
import { hashTag } from './keys.ts'
import { takeTokens } from './lua/budget-script.ts'
import { runScript } from './lua/script.ts'

/**
 * What Azure Resource Manager grants one principal in one subscription and region, as documented: reads 25/s over a
 * bucket of 250, writes 10/s over 200; and the storage provider: lists 100 in 5 minutes.
 */
export const limits = {
  read: { rate: 25, burst: 250 },
  write: { rate: 10, burst: 200 },
  storage_list: { rate: 1 / 3, burst: 100 },
} as const

/** The budget of all workers together: one bucket for each subscription and kind, in Redis and by its time; `percent` of the limits. */
export function createBudget(options: { redis: Redis; prefix: string; percent: number }): Budget {
  const { redis, prefix, percent } = options
  const tag = hashTag(prefix)
  return {
    take: async (subscription, kind, count) => {
      const bucket = `${subscription.toLowerCase()}:${kind}`
      const [rate, burst] = [(limits[kind].rate * percent) / 100, Math.max((limits[kind].burst * percent) / 100, count)]
      return Number(await runScript(redis, takeTokens, tag, { bucket, count, rate, burst }))
    },
  }
}
