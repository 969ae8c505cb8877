import type { Redis } from 'ioredis'
import { TransientError } from '../transfer/errors.ts'
import type { Millis } from '../transfer/model.ts'
import { errorLabel, type Log } from './log.ts'

const sampleEveryMs = 10_000
const sampleLifeMs = 60_000
const closeMs = 50

/** An estimate of Redis TIME without a round trip; `ready` resolves once there is one. */
export type RedisClock = { ready: Promise<void>; now(): Millis }

type Sample = { at: Millis; taken: number; roundTrip: number }

/** Samples Redis TIME at every (re)connection and every 10 s until the connection ends; between samples the monotonic clock counts. */
export function createRedisClock(redis: Redis, log: Log): RedisClock {
  let last: Sample | undefined
  const first = Promise.withResolvers<void>()
  const sample = async (isNewServer: boolean) => {
    try {
      const next = await readTime(redis)
      if (isNewServer || !last || isBetter(next, last)) last = next
      first.resolve()
    } catch (error) {
      log.debug({ error: errorLabel(error) }, 'Redis TIME could not be read')
    }
  }
  const timer = setInterval(() => {
    if (redis.status === 'ready') sample(false)
  }, sampleEveryMs)
  timer.unref()
  // After a failover another machine tells the time.
  redis.on('ready', () => sample(true))
  redis.once('end', () => {
    clearInterval(timer)
    first.reject(notReady())
  })
  if (redis.status === 'ready') sample(true)
  first.promise.catch(() => undefined)
  return {
    ready: first.promise,
    now: () => {
      if (!last) throw notReady()
      return Math.floor(last.at + performance.now() - last.taken)
    },
  }
}

async function readTime(redis: Redis): Promise<Sample> {
  const sent = performance.now()
  const [seconds, micros] = await redis.time()
  const taken = performance.now()
  return {
    at: Number(seconds) * 1_000 + Number(micros) / 1_000 + (taken - sent) / 2,
    taken,
    roundTrip: taken - sent,
  }
}

/** A slow answer says little about the time: it counts only when the last good one is old. */
function isBetter(next: Sample, last: Sample): boolean {
  return next.roundTrip <= Math.max(closeMs, last.roundTrip) || next.taken - last.taken > sampleLifeMs
}

function notReady(): TransientError {
  return new TransientError({ code: 'RedisNotReady', message: 'The time of Redis is not known yet.' })
}
