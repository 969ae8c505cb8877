import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { errorLabel } from './log.ts'

/** What a crash of the machine that Redis runs on may lose of what was acknowledged; `unknown` where Redis will not tell. */
export type LossWindow = 'none' | 'up to 1 s' | 'everything' | 'unknown'

/** `why` is there when `ok` is false. */
export type Health = { ok: boolean; why?: string; lossWindow: LossWindow }

const patienceMs = 1_000

/** Asks for a PONG and for the durability settings, both together within a second. */
export async function readHealth(redis: Redis): Promise<Health> {
  const patience = new AbortController()
  try {
    return await Promise.race([ask(redis), tooSlow(patience.signal)])
  } catch (error) {
    const isGone = redis.status !== 'ready'
    return { ok: false, why: isGone ? 'Redis is not connected' : errorLabel(error), lossWindow: 'unknown' }
  } finally {
    patience.abort()
  }
}

async function ask(redis: Redis): Promise<Health> {
  const [, lossWindow] = await Promise.all([redis.ping(), readLossWindow(redis)])
  return { ok: true, lossWindow }
}

async function tooSlow(signal: AbortSignal): Promise<Health> {
  await delay(patienceMs, undefined, { signal }).catch(() => undefined)
  return { ok: false, why: 'Redis does not answer within a second', lossWindow: 'unknown' }
}

async function readLossWindow(redis: Redis): Promise<LossWindow> {
  try {
    const [appendonly, appendfsync] = [await setting(redis, 'appendonly'), await setting(redis, 'appendfsync')]
    if (appendonly === undefined || appendfsync === undefined) return 'unknown'
    if (appendonly !== 'yes' || appendfsync === 'no') return 'everything'
    return appendfsync === 'always' ? 'none' : 'up to 1 s'
  } catch {
    // Managed services forbid CONFIG.
    return 'unknown'
  }
}

async function setting(redis: Redis, name: string): Promise<string | undefined> {
  const reply = await redis.config('GET', name)
  return Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : undefined
}
