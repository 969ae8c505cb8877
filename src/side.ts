import type { Logger } from 'pino'
import type { Listener } from './bot/server.ts'
import type { Config } from './config/config.ts'
import type { Connections } from './queue/connection.ts'
import type { HeldLease, Hint, Role, Store } from './transfer/ports.ts'

/** One part of what makes this process ready; the reason holds no secrets. */
export type Part = { reason?: string; ok: boolean }

/** One turn of work on a transfer that is held by a lease. */
export type Handle = (lease: HeldLease, tries: number) => Promise<void>

/** What a role adds to the process. */
export type Side = {
  handle: Partial<Record<Role, Handle>>
  routes?: Record<string, Listener | undefined>
  start?(): Promise<void>
  stop?(): Promise<void>
  /** After the last step: nothing of it is under way any more. */
  close?(): void
  ready?(): Readonly<Record<string, Part>>
}

/** What every side is made from. */
export type Base = { config: Config; log: Logger; connections: Connections; hint: Hint; work: Store }

/** The time of the domain. */
export const clock = { now: () => Date.now() }
