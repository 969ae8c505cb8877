import type { Redis } from 'ioredis'
import type { Pace } from '../transfer/ports.ts'
import { hashTag } from './keys.ts'
import { takeTokens } from './lua/budget-script.ts'
import { runScript } from './lua/script.ts'

/** One token bucket a gate in Redis, for all processes together; `rate` in tokens a second. */
export function createPace({ redis, prefix }: { redis: Redis; prefix: string }): Pace {
  const tag = hashTag(prefix)
  return {
    take: async (gate, { rate, burst }) =>
      Number(await runScript(redis, takeTokens, tag, { bucket: gate, count: 1, rate, burst })),
  }
}
