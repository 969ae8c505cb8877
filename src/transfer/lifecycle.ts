import type { Event } from './events.ts'
import { finalStatuses, type Milestone, type Status, type Transfer } from './model.ts'

/** A change of the record before version and chain are set. */
export type Change = Partial<Omit<Transfer, 'version' | 'head' | 'story'>> & { told?: readonly Told[] }
/** A milestone that still lacks its time. */
export type Told = Milestone extends infer M ? (M extends { at: number } ? Omit<M, 'at'> : never) : never

/** True for a status that nothing leaves. */
export function isFinal(status: Status): boolean {
  return (finalStatuses as readonly Status[]).includes(status)
}

/** True once a submit may have reached Azure: from then on every exit but Azure's own end goes through `closing`. */
export function mayHaveStarted(transfer: Transfer): boolean {
  return transfer.snapshot !== undefined || transfer.operation !== undefined
}

/** The error for an event that can't follow: a defect, never something a person did. */
export function illegal(transfer: Transfer, event: Event): Error {
  return new Error(`Transfer ${transfer.id} is ${transfer.status}: "${event.type}" cannot follow`)
}
