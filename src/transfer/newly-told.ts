import type { Transfer } from './model.ts'
import type { ChatSlot, ChatState, Notice } from './store-port.ts'

/**
 * The audit's lines of what people got to see between two states of what chat shows: a message that was posted, edited so
 * that it reads differently, or given up. `hash` and `version` (of the record) make the words that it showed drawable
 * again; an edit that only tells progress has no line.
 */
export function newlyTold(
  before: ChatState,
  after: ChatState,
  { id, version }: Pick<Transfer, 'id' | 'version'>,
): readonly Notice[] {
  return Object.entries(after.slots).flatMap(([key, slot]): readonly Notice[] => {
    const how = changeOf(before.slots[key], slot)
    if (how === undefined) return []
    const { address, ref, hash, problem, drawnAt, at } = slot
    const facts = {
      ...{ how, slot: key, address },
      ...(ref === undefined ? {} : { ref }),
      ...(hash === undefined ? {} : { hash, drawn: String(slot.version ?? version) }),
      ...(problem === undefined ? {} : { problem }),
    }
    return [{ at: drawnAt ?? at, kind: 'message', transfer: id, facts }]
  })
}

function changeOf(before: ChatSlot | undefined, after: ChatSlot): 'posted' | 'edited' | 'closed' | undefined {
  if (after.state === 'closed') return before?.state === 'closed' ? undefined : 'closed'
  if (after.state !== 'posted') return undefined
  if (before?.state !== 'posted') return 'posted'
  return before.quietHash === after.quietHash ? undefined : 'edited'
}
