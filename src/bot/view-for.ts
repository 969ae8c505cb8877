import { approvalCard } from '../cards/approval-card.ts'
import type { View } from '../cards/view.ts'
import type { Address, Person } from '../transfer/model.ts'
import { isSamePerson, personBehind } from '../transfer/people.ts'
import { type Desk, maySee, readTransfer } from './desk.ts'
import { stagesOf } from './standing.ts'

/**
 * The card of a round as it stands, and whether this person gets its buttons: an approver does, also one who would have to
 * be declared first, as the click tells them how. Undefined when there is no card that they may see there.
 */
export async function viewFor(
  desk: Desk,
  { by, address, transfer: id, round }: { by: Person; address: Address; transfer: string; round: number },
): Promise<{ view: View; mayDecide: boolean } | undefined> {
  const { transfer, chat } = await readTransfer(desk, id)
  if (!transfer.round || round < 1 || round > transfer.round.number) return undefined
  // A place that is told silently has no card, and what a card shows is not for it.
  const standsThere = Object.entries(chat.slots).some(
    ([key, slot]) => !key.startsWith('tell:') && slot.address === address,
  )
  if (!standsThere && !(await maySee(desk, transfer, by))) return undefined
  const who = personBehind(desk.policy.people, by)
  const { request } = transfer
  const mayDecide = !isSamePerson(request, who) && (await stagesOf(desk, transfer, by)).length > 0
  return { view: approvalCard(transfer, round), mayDecide }
}
