import { Queue } from 'bullmq'
import type { Hint, Role } from '../transfer/ports.ts'
import type { Connections } from './connection.ts'
import { hashTag } from './keys.ts'
import { errorLabel, type Log } from './log.ts'

/** `dropped` counts the hints that did not reach Redis: harmless, the due sets have them. */
export type Hints = { hint: Hint; dropped(): number; close(): Promise<void> }

type Queues = Readonly<Record<Role, Queue>>

const kept = { count: 1_000 }

/** The queues that wake workers at once. A hint is dropped while Redis is away; nobody ever waits for one. */
export function createHints(options: { connections: Pick<Connections, 'forHints'>; prefix: string; log: Log }): Hints {
  const { connections, prefix, log } = options
  let queues: Promise<Queues> | undefined
  let isClosed = false
  let dropped = 0
  const add = async (role: Role, id: string) => {
    // A queue that is built before its socket is ready, or while it breaks, stays broken for ever.
    if (isClosed || connections.forHints.status !== 'ready') throw new Error('not connected')
    queues ??= openQueues(options).catch((error) => {
      queues = undefined
      throw error
    })
    const queue = (await queues)[role]
    // Never delayed: moving a delayed job loses wakes. Deduplicated, with one more run if it is running now.
    const deduplication = { id, keepLastIfActive: true }
    await queue.add(role, { id }, { deduplication, removeOnComplete: kept, removeOnFail: kept })
  }
  return {
    hint: (role, id) => {
      add(role, id).catch((error) => {
        dropped += 1
        log.debug({ role, transfer: id, error: errorLabel(error), prefix }, 'hint dropped')
      })
    },
    dropped: () => dropped,
    close: async () => {
      isClosed = true
      const open = await queues?.catch(() => undefined)
      await Promise.all(Object.values(open ?? {}).map((queue) => queue.close().catch(() => undefined)))
    },
  }
}

async function openQueues({ connections, prefix, log }: Parameters<typeof createHints>[0]): Promise<Queues> {
  const open = (role: Role) => {
    const queue = new Queue(role, {
      connection: connections.forHints,
      prefix: hashTag(prefix),
      streams: { events: { maxLen: 1_000 } },
    })
    queue.on('error', (error) => log.debug({ role, error: errorLabel(error) }, 'queue error'))
    return queue
  }
  const queues = { advance: open('advance'), show: open('show') }
  try {
    await Promise.all(Object.values(queues).map((queue) => queue.waitUntilReady()))
    return queues
  } catch (error) {
    await Promise.all(Object.values(queues).map((queue) => queue.close().catch(() => undefined)))
    throw error
  }
}
