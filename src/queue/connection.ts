import { once } from 'node:events'
import { Redis, type RedisOptions } from 'ioredis'
import { errorLabel, type Log } from './log.ts'
import { type Health, readHealth } from './redis-health.ts'

/** A unix socket, or `redis://` and `rediss://` (TLS). */
export type RedisTarget = { path: string } | { url: string }

/** The connections of one process, by what a hung or missing Redis may do to their users. */
export type Connections = {
  /** The acknowledgement path: refuses at once while Redis is away, and after 1.5 s when it hangs. */
  forPeople: Redis
  /** As fast to fail, apart, so that a hint never stands before an acknowledgement. */
  forHints: Redis
  /** Steps: waits for a lost Redis, but gives up each call after 5 s: its lease is over by then. */
  forWork: Redis
  /** BullMQ's, which has to wait for ever; workers duplicate it for their blocking call. */
  forWorkers: Redis
  /** Resolves when all of them can be used; build queues and workers only then. Rejects when closed before. */
  ready(): Promise<void>
  /** Whether Redis answers within a second, and how much of what it acknowledged a crash of its machine may lose. */
  health(): Promise<Health>
  /** Ends all connections; what is under way fails. */
  close(): Promise<void>
}

// A command that timed out here is not taken back: Redis runs it once it can. What comes from people carries a
// not-after time for that, what comes from workers a lease and a version.
const failFast = {
  enableOfflineQueue: false,
  commandTimeout: 1_500,
  connectTimeout: 2_000,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  retryStrategy: (times: number) => Math.min(50 * times, 500),
} satisfies RedisOptions

const patient = {
  maxRetriesPerRequest: null,
  connectTimeout: 5_000,
  // A connection whose other end has vanished says nothing for ever; BullMQ's longest silence is 10 s.
  socketTimeout: 20_000,
  retryStrategy: (times: number) => Math.min(50 * times, 1_000),
} satisfies RedisOptions

type Options = typeof failFast | (typeof patient & { commandTimeout?: number })

/** Opens the connections; they go on connecting until `close`. */
export function createConnections({ target, log }: { target: RedisTarget; log: Log }): Connections {
  const open = (name: string, options: Options) => connect(target, name, options, log)
  const forPeople = open('people', failFast)
  const forHints = open('hints', failFast)
  const forWork = open('work', { ...patient, commandTimeout: 5_000 })
  const forWorkers = open('workers', patient)
  const all = [forPeople, forHints, forWork, forWorkers]
  return {
    forPeople,
    forHints,
    forWork,
    forWorkers,
    ready: async () => {
      await Promise.all(all.map(whenReady))
    },
    health: () => readHealth(forPeople),
    close: async () => {
      await Promise.all(all.map(end))
    },
  }
}

function connect(target: RedisTarget, name: string, options: Options, log: Log): Redis {
  const full = {
    ...options,
    connectionName: `drawbridge-${name}`,
    disconnectTimeout: 500,
    // After a failover the old primary takes no writes: look for the new one.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  }
  const redis = 'url' in target ? new Redis(target.url, full) : new Redis({ ...full, path: target.path })
  let isUp = false
  redis.on('error', (error) => log.debug({ connection: name, error: errorLabel(error) }, 'Redis connection failed'))
  redis.on('ready', () => {
    isUp = true
    log.info({ connection: name }, 'Redis is ready')
  })
  redis.on('close', () => {
    if (isUp) log.warn({ connection: name }, 'Redis connection closed')
    isUp = false
  })
  return redis
}

function whenReady(redis: Redis): Promise<void> {
  if (redis.status === 'ready') return Promise.resolve()
  return new Promise((resolve, reject) => {
    const closed = () => reject(new Error('The connection to Redis was closed.'))
    if (redis.status === 'end') return closed()
    redis.once('end', closed)
    redis.once('ready', () => {
      redis.off('end', closed)
      resolve()
    })
  })
}

async function end(redis: Redis): Promise<void> {
  if (redis.status === 'end') return
  // Between two attempts to connect there is no socket whose close could be waited for.
  if (redis.status === 'reconnecting') return redis.disconnect()
  const ended = once(redis, 'end')
  redis.disconnect()
  await ended
}
