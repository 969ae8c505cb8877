import type { Redis } from 'ioredis'
import type { Notes } from '../transfer/ports.ts'
import { hashTag } from './keys.ts'

/** Notes of one adapter in one hash of Redis, which all processes share. */
export function createNotes(options: { redis: Redis; prefix: string; name: string }): Notes {
  const { redis, prefix, name } = options
  const hash = `${hashTag(prefix)}:notes:${name}`
  return {
    read: async (key) => (await redis.hget(hash, key)) ?? undefined,
    write: async (key, text) => {
      await redis.hset(hash, key, text)
    },
  }
}
