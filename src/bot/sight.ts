import { apply } from '../transfer/apply.ts'
import { Refusal } from '../transfer/errors.ts'
import type { Person, Transfer } from '../transfer/model.ts'
import { declaredSince, isSamePerson, personBehind } from '../transfer/people.ts'
import { type Desk, maySee, viewersOf } from './desk.ts'
import { stagesOf } from './standing.ts'

/** What one person may see, and what waits for them; who is in a group is asked once for all transfers. Throws `groups_unread`. */
export type Sight = {
  isOwn(transfer: Transfer): boolean
  maySee(transfer: Transfer): Promise<boolean>
  /** True while a yes of this person would count now. */
  waitsForMe(transfer: Transfer): Promise<boolean>
}

/** The sight of one person, for one answer. */
export function createSight(desk: Desk, by: Person): Sight {
  const who = personBehind(desk.policy.people, by)
  const known = new Map<string, Promise<boolean>>()
  const isOwn = ({ request }: Transfer): boolean => isSamePerson(request, who)
  return {
    isOwn,
    async maySee(transfer) {
      if (isOwn(transfer)) return true
      // Transfers of other people are alike in who may see them.
      const key = JSON.stringify(viewersOf(transfer))
      const asked = known.get(key) ?? readable(maySee(desk, transfer, by))
      known.set(key, asked)
      return asked
    },
    async waitsForMe(transfer) {
      const { round, status } = transfer
      if (status !== 'awaiting_approval' || !round || isOwn(transfer)) return false
      const stages = await readable(stagesOf(desk, transfer, by))
      const at = desk.clock.now()
      const decision = { ...who, at, stages, verdict: 'approve' as const, digest: round.digest }
      const since = declaredSince(desk.policy.people, transfer.decisions)
      return wouldCount(() => apply(transfer, { type: 'decided', at, decision, since }))
    },
  }
}

/** The same check as for the click itself. */
function wouldCount(decide: () => unknown): boolean {
  try {
    decide()
    return true
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}

async function readable<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof Refusal && error.code === 'try_again') throw new Refusal('groups_unread')
    throw error
  }
}
