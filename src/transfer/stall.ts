import type { Event } from './events.ts'
import { type Change, illegal } from './lifecycle.ts'
import type { Millis, Transfer } from './model.ts'

/** How a running job stands: since when Azure has said the same of it, and what. */
export type Standing = { since: Millis; text: string; percent?: number }

/** A standstill that was told; `since` names the phase, so that each is told once. */
export type Stall = { since: Millis; at: Millis }

/** What a rule of an older record means, in milliseconds. */
const usual = { stuckAfter: 3_600_000, silentAfter: 3 * 3_600_000 }

/** How a running job stands; undefined while none runs or Azure has said nothing yet. */
export function standingOf({ status, since, progress }: Transfer): Standing | undefined {
  if (status !== 'running' || !progress) return undefined
  const { at, text, percent } = progress
  // What was said while it waited for its approval does not count as standing still.
  return { since: Math.max(since, at), text, ...(percent === undefined ? {} : { percent }) }
}

/**
 * When this phase of a running job has to be told as a standstill, unless Azure says something else before: at 0, 1 and 100 %,
 * and without a percentage, after the rule's `stuckAfter`; in between after `silentAfter`. Undefined once it was told.
 */
export function stallDue(transfer: Transfer): Millis | undefined {
  const standing = standingOf(transfer)
  if (!standing || transfer.stall?.since === standing.since) return undefined
  const { stuckAfter = usual.stuckAfter, silentAfter = usual.silentAfter } = transfer.rule
  return standing.since + (isEdge(standing.percent) ? stuckAfter : silentAfter)
}

/** The job stands still and that was told. */
export function isStalled(transfer: Transfer): boolean {
  const standing = standingOf(transfer)
  return standing !== undefined && transfer.stall?.since === standing.since
}

/** The telling of a standstill. Undefined: not this event. Throws before its time, and the second time in a phase. */
export function applyStall(transfer: Transfer, event: Event): Change | undefined {
  if (event.type !== 'stalled') return undefined
  const due = stallDue(transfer)
  const standing = standingOf(transfer)
  if (due === undefined || !standing || event.at < due) throw illegal(transfer, event)
  return { stall: { since: standing.since, at: event.at }, told: [{ kind: 'stalled', ...standing }] }
}

/** Where jobs are known to hang: not begun, hardly begun, or all done but the end. */
function isEdge(percent: number | undefined): boolean {
  return percent === undefined || percent <= 1 || percent >= 100
}
