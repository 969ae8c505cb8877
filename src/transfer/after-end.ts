import type { Event } from './events.ts'
import { toRemove } from './left-over.ts'
import { type Change, illegal } from './lifecycle.ts'
import type { Connection, Side, Transfer } from './model.ts'

/** A connection of ours that is in another state than the end told. */
export type Changed = { side: Side; id: string; name: string; was: Connection['state']; now: Connection['state'] }

/**
 * The connections that are still looked at after the end: those that the end listed, unless they are to be removed, are gone,
 * proved to be none of ours, or have changed already.
 */
export function toWatch(transfer: Transfer): readonly Connection[] {
  const { ending, leftOver = [], afterEnd = [] } = transfer
  if (!ending) return []
  const settled = leftOver.filter(({ state, fault }) => state !== 'kept' || fault?.code === 'ForeignConnection')
  const done = new Set([...toRemove(transfer), ...settled, ...afterEnd].map(({ id }) => id.toLowerCase()))
  return ending.leftOver.filter(({ id }) => !done.has(id.toLowerCase()))
}

/** A connection that changed after the end, each once. Undefined: not this event. Throws for one that was not looked at. */
export function applyChanged(transfer: Transfer, event: Event): Change | undefined {
  if (event.type !== 'connections_changed') return undefined
  const { changed, quiet } = event
  const open = new Set(toWatch(transfer).map(({ id }) => id.toLowerCase()))
  if (changed.length === 0 || !changed.every(({ id }) => open.delete(id.toLowerCase()))) throw illegal(transfer, event)
  return {
    afterEnd: [...(transfer.afterEnd ?? []), ...changed],
    ...(quiet ? {} : { told: [{ kind: 'connections_changed', changed }] }),
  }
}
