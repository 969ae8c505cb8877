import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'bullmq'
import type { Clock, HeldLease, Role, Store } from '../transfer/ports.ts'
import type { Connections } from './connection.ts'
import { type Hold, holdLease } from './held-lease.ts'
import { createHints } from './hints.ts'
import { hashTag } from './keys.ts'
import { LEASE_MS } from './lease-times.ts'
import { errorLabel, type Log } from './log.ts'
import { startPump } from './pump.ts'

/** What a role does with one transfer; `tries` counts the begins since it last got anywhere. */
export type Handle = (lease: HeldLease, tries: number) => Promise<void>

export type WorkersOptions = {
  roles: readonly Role[]
  connections: Pick<Connections, 'forHints' | 'forWorkers'>
  prefix: string
  store: Store
  clock: Clock
  handle: Readonly<Partial<Record<Role, Handle>>>
  log: Log
  /** Transfers at a time, for each role. */
  concurrency?: number
}

const leastCloseMs = 1_000

/** Starts the worker and the pump of each role. `close` lets running handlers end for `graceMs`, then leaves their leases to run out. */
export function startWorkers(options: WorkersOptions): { close(graceMs: number): Promise<void> } {
  const { roles, store, clock, log } = options
  const hints = createHints(options)
  const desks = roles.map((role) => openDesk(role, options))
  const pumps = roles.map((role) => startPump({ role, store, clock, hint: hints.hint, log }))
  return {
    close: async (graceMs) => {
      const until = performance.now() + graceMs
      const left = () => Math.max(until - performance.now(), leastCloseMs)
      for (const desk of desks) desk.stop()
      await within(Promise.all([...pumps.map((pump) => pump.stop()), ...desks.map((desk) => desk.idle())]), graceMs)
      await within(Promise.all(desks.map((desk) => desk.close())), left())
      await within(hints.close(), leastCloseMs)
    },
  }
}

type Desk = { stop(): void; idle(): Promise<void>; close(): Promise<void> }

function openDesk(role: Role, options: WorkersOptions): Desk {
  const { log } = options
  const handle = options.handle[role]
  if (!handle) throw new Error(`No handler for the role ${role}`)
  const holds = new Set<Hold>()
  const running = new Set<Promise<void>>()
  let isStopping = false
  const worker = openWorker(role, options, async (id) => {
    // A hint that is not followed is a lost hint: the due set has it.
    if (isStopping) return
    const work = attend(role, id, handle, options, holds)
    running.add(work)
    await work.finally(() => running.delete(work))
  })
  worker.on('error', (error) => log.debug({ role, error: errorLabel(error) }, 'worker error'))
  return {
    stop: () => {
      isStopping = true
      worker.pause(true).catch(() => undefined)
    },
    idle: async () => {
      while (running.size > 0) await Promise.all(running)
    },
    close: async () => {
      for (const hold of holds) hold.abandon()
      // The second close of a worker answers with the first: it cannot be forced later. Without Redis it never ends.
      await worker.close(running.size > 0 || options.connections.forWorkers.status !== 'ready')
    },
  }
}

function openWorker(
  role: Role,
  { connections, prefix, concurrency = 20 }: WorkersOptions,
  work: (id: string) => Promise<void>,
): Worker {
  return new Worker(role, ({ data }: { data: { id: string } }) => work(data.id), {
    connection: connections.forWorkers,
    prefix: hashTag(prefix),
    concurrency,
    lockDuration: LEASE_MS,
    stalledInterval: 1_000,
    // The default fails a job for good after its second crash; what poisons is counted in the record.
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    // How long a worker looks away after an error of Redis; the default is 15 s.
    runRetryDelay: 1_000,
  })
}

/** One job: lease, handle, give back. Never throws: what was not done is still due. */
async function attend(
  role: Role,
  id: string,
  handle: Handle,
  { store, log }: Pick<WorkersOptions, 'store' | 'log'>,
  holds: Set<Hold>,
): Promise<void> {
  const lease = { role, id, owner: randomUUID() }
  let hold: Hold | undefined
  try {
    const sent = performance.now()
    const begun = await store.begin(lease)
    if (!begun) return
    hold = holdLease({ store, lease, sent, log })
    holds.add(hold)
    await handle(hold.lease, begun.tries)
  } catch (error) {
    log.error({ role, transfer: id, error: errorLabel(error) }, 'job failed, it stays due')
  } finally {
    if (hold) {
      holds.delete(hold)
      await hold.release().catch((error) => {
        log.debug({ role, transfer: id, error: errorLabel(error) }, 'lease could not be given back')
      })
    }
  }
}

async function within(work: Promise<unknown>, ms: number): Promise<void> {
  const patience = new AbortController()
  const wait = delay(ms, undefined, { signal: patience.signal }).catch(() => undefined)
  await Promise.race([work, wait]).finally(() => patience.abort())
}
