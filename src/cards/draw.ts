import { createHash } from 'node:crypto'
import type { Millis, Principal, Transfer } from '../transfer/model.ts'
import { rootByDirectMessage } from '../transfer/outline.ts'
import type { Slot } from '../transfer/ports.ts'
import { approvalCard } from './approval-card.ts'
import { reminderView } from './asking-lines.ts'
import { replyView } from './reply-view.ts'
import { rootView } from './root-view.ts'
import type { View } from './view.ts'

/** A view with what tells whether it has to be drawn again; `quietHash` does not change with progress and elapsed time. */
export type DrawnView = { view: View; hash: string; quietHash: string }

/** What a message shows for this record at this time: pure, and the same for every chat. */
export function draw(
  transfer: Transfer,
  slot: Slot,
  at: Millis,
  { operators }: { operators: readonly Principal[] },
): DrawnView {
  if (slot.kind === 'root' || slot.kind === 'tell') {
    const how = { moved: slot.key === rootByDirectMessage, silent: slot.kind === 'tell' }
    return drawn(rootView(transfer, at, { quiet: false, ...how }), rootView(transfer, at, { quiet: true, ...how }))
  }
  const view = viewOf(transfer, slot, operators)
  return drawn(view, view)
}

function viewOf(
  transfer: Transfer,
  slot: Exclude<Slot, { kind: 'root' | 'tell' }>,
  operators: readonly Principal[],
): View {
  switch (slot.kind) {
    case 'card':
      return approvalCard(transfer, slot.round)
    case 'reminder':
      return reminderView(transfer, slot.mention, slot.link)
    case 'reply':
      return replyView(transfer, slot.index, operators)
  }
}

function drawn(view: View, quiet: View): DrawnView {
  return { view, hash: hashOf(view), quietHash: hashOf(quiet) }
}

function hashOf(view: View): string {
  return createHash('sha256').update(JSON.stringify(view)).digest('hex').slice(0, 32)
}
