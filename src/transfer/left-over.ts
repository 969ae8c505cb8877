import type { Event } from './events.ts'
import { type Change, illegal } from './lifecycle.ts'
import type { Connection, Fault, Side, Transfer } from './model.ts'

/**
 * What became of a connection that was still there at the end: `removed` by Drawbridge, `gone` by itself, or `kept` as it
 * could or might not be removed, with the reason.
 */
export type LeftOver = { side: Side; id: string; name: string; state: 'removed' | 'gone' | 'kept'; fault?: Fault }

/**
 * The connections that Drawbridge has still to remove after the end: the rule says so, and Azure's own result had named
 * each as one of this operation. One that only people took for ours stays.
 */
export function toRemove({ rule, ending, leftOver = [] }: Transfer): readonly Connection[] {
  if (rule.leftOver !== 'remove' || !ending) return []
  const settled = new Set(leftOver.map(({ id }) => id.toLowerCase()))
  return ending.leftOver.filter(({ named, id }) => named && !settled.has(id.toLowerCase()))
}

/** What may still be stated once a transfer has ended. Undefined: not one of these events. Throws for a connection that was not to be removed. */
export function applyAfterEnd(transfer: Transfer, event: Event): Change | undefined {
  if (event.type !== 'left_over') return undefined
  const open = new Set(toRemove(transfer).map(({ id }) => id.toLowerCase()))
  const { outcomes } = event
  if (outcomes.length === 0 || !outcomes.every(({ id }) => open.delete(id.toLowerCase()))) {
    throw illegal(transfer, event)
  }
  return { leftOver: [...(transfer.leftOver ?? []), ...outcomes], told: [{ kind: 'left_over', outcomes }] }
}
