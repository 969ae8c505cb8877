import type { Event } from './events.ts'
import { type Change, illegal } from './lifecycle.ts'
import type { Millis, Transfer } from './model.ts'

/** How long the same took before: the median of the last `of` successful ones, in milliseconds; no `took` where there was none. */
export type Usual = { of: number; took?: Millis }

/** The most that are looked at: what was long ago says little. */
const most = 5

/** What earlier transfers, newest first, say about how long this one takes: the same operation on the same database that succeeded, in the time that Azure needed. */
export function usualOf({ id, request }: Transfer, past: readonly Transfer[]): Usual {
  const same = (other: Transfer): boolean =>
    other.id !== id &&
    other.status === 'succeeded' &&
    other.request.operation === request.operation &&
    other.request.database.id.toLowerCase() === request.database.id.toLowerCase()
  const times = past.flatMap((other) => (same(other) ? (other.ending?.work?.took ?? []) : [])).slice(0, most)
  const took = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]
  return { of: times.length, ...(took === undefined ? {} : { took }) }
}

/** What is usual, read once while it runs. Undefined: not this event. */
export function applyUsual(transfer: Transfer, event: Event): Change | undefined {
  if (event.type !== 'usual_read') return undefined
  if (transfer.status !== 'running' || transfer.usual) throw illegal(transfer, event)
  return { usual: event.usual }
}
