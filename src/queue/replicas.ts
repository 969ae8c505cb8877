import type { Redis } from 'ioredis'
import { TransientError } from '../transfer/errors.ts'

const patienceMs = 1_000

/**
 * Resolves once a replica, where Redis has any, holds everything written so far. An intent that a failover could
 * forget must not be acted on: throws `TransientError` when no replica confirms within a second.
 */
export async function confirmByReplica(redis: Redis): Promise<void> {
  const replicas = Number(/connected_slaves:(\d+)/.exec(await redis.info('replication'))?.[1] ?? 0)
  if (replicas === 0 || (await redis.wait(1, patienceMs)) > 0) return
  throw new TransientError({ code: 'NotReplicated', message: 'No replica of Redis has confirmed the intent.' })
}
