import type { Redis } from 'ioredis'
import { type Discovered, type Finder, type List, readLists, type SharedLists } from '../transfer/discovered.ts'
import type { Millis } from '../transfer/model.ts'
import type { Clock } from '../transfer/ports.ts'
import { hashTag } from './keys.ts'

type Place = { redis: Redis; prefix: string }

/** The lists in Redis: written as a whole, with a stamp that says whether there is anything new to read. */
export function createSharedLists({ redis, prefix }: Place): SharedLists {
  const { lists, stamp, turn } = keysOf(prefix)
  return {
    read: () => readShared(redis, lists),
    write: async (next) => {
      await redis.multi().set(lists, JSON.stringify(next)).incr(stamp).exec()
    },
    turn: async (holder, length) => {
      if ((await redis.set(turn, holder, 'PX', length, 'NX')) === 'OK') return true
      if ((await redis.get(turn)) !== holder) return false
      return (await redis.set(turn, holder, 'PX', length, 'XX')) === 'OK'
    },
  }
}

/** How long an answer is given without asking Redis again, and the longest that Redis is waited for, in milliseconds. */
const askEvery = 5_000
const longest = 500

/** What the shared lists hold, at most 5 s late. A Redis that is away or slow leaves what was known before. */
export function createFinder(options: Place & { blobSuffix: string; clock: Clock }): Finder {
  const { redis, prefix, blobSuffix, clock } = options
  const { lists, stamp } = keysOf(prefix)
  let known: { stamp: string; found: Discovered } | undefined
  let asked = -Infinity
  let flight: Promise<void> | undefined
  const look = async (): Promise<void> => {
    const newest = await redis.get(stamp)
    asked = clock.now()
    if (newest === null || newest === known?.stamp) return
    const read = await readShared(redis, lists)
    if (read) known = { stamp: newest, found: readLists(read, blobSuffix) }
  }
  return {
    known: async () => {
      if (clock.now() - asked >= askEvery) {
        flight ??= look()
          .catch(() => undefined)
          .finally(() => {
            flight = undefined
          })
        await Promise.race([flight, after(longest)])
      }
      return known?.found
    },
  }
}

function keysOf(prefix: string): { lists: string; stamp: string; turn: string } {
  const place = `${hashTag(prefix)}:discovered`
  return { lists: `${place}:lists`, stamp: `${place}:stamp`, turn: `${place}:turn` }
}

async function readShared(redis: Redis, key: string): Promise<readonly List[] | undefined> {
  const text = await redis.get(key)
  return text === null ? undefined : (JSON.parse(text) as readonly List[])
}

function after(ms: Millis): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  setTimeout(resolve, ms).unref()
  return promise
}
