import type { Event } from '../transfer/events.ts'
import type { Millis, Transfer } from '../transfer/model.ts'
import type { Clocks, Polls } from '../transfer/policy.ts'
import type { Azure, Clock, Effect, HeldLease, MatchConnections, Store } from '../transfer/ports.ts'

/** What every step works with. */
export type Tools = {
  azure: Azure
  store: Store
  clock: Clock
  clocks: Clocks
  polls: Polls
  matchConnections: MatchConnections
  /** How long after an attempt to submit nothing is sent again: HTTP timeout and a margin. */
  resubmitAfter: Millis
  token(): string
  /** 0..1, spreads the polls. */
  random(): number
  log(fields: Readonly<Record<string, unknown>>, message: string): void
}

/** One transfer at one moment, held by the lease. */
export type Job = Tools & {
  transfer: Transfer
  effects: Readonly<Record<string, Effect>>
  lease: HeldLease
  now: Millis
}

export type EventBody = Event extends infer E ? (E extends { at: number } ? Omit<E, 'at'> : never) : never

/** What a step wants: events to commit, intents to store with them, what to do once they are stored, and when to look again. */
export type Move = {
  events?: readonly EventBody[]
  effects?: Readonly<Record<string, Effect | null>>
  due: Millis
  act?: () => Promise<void>
}

/** Reads, never writes; what it wants done is in the move. Throws `TransientError` to be called again later. */
export type Step = (job: Job) => Promise<Move>
