import type { Event } from './events.ts'
import { type Change, illegal } from './lifecycle.ts'
import type { Millis, Transfer } from './model.ts'
import { tally } from './quorum.ts'
import { escalatedTo } from './stages-now.ts'

/** True while the current round waits for people: nobody said no, not enough said yes, nobody cancelled. */
export function isAsking(transfer: Transfer): boolean {
  const { status, round, cancel } = transfer
  if (status !== 'awaiting_approval' || !round || cancel) return false
  const { denied, reached } = tally(transfer)
  return !denied && !reached
}

/**
 * When the reminder and the escalation are due, each left out once it has been and where there is none. Both count from
 * the round's first delivered card; the reminder comes once a round, the escalation once.
 */
export function askingDue(transfer: Transfer): { reminded?: Millis; escalated?: Millis } {
  const { round, rule, escalated } = transfer
  const { remindAfter, escalate } = rule
  const from = round?.deliveredAt
  if (from === undefined || !isAsking(transfer)) return {}
  const isReminded = remindAfter === undefined || round?.remindedAt !== undefined
  const isEscalated = !escalate || escalated !== undefined || escalatedTo(transfer).length === 0
  return {
    ...(isReminded ? {} : { reminded: from + remindAfter }),
    ...(isEscalated ? {} : { escalated: from + escalate.after }),
  }
}

/** What the clocks of the asking state in the record; undefined: not one of theirs. */
export function applyAskingClocks(transfer: Transfer, event: Event): Change | undefined {
  if (event.type !== 'reminded' && event.type !== 'escalated') return undefined
  const { round, rule } = transfer
  const due = askingDue(transfer)[event.type]
  if (!round || due === undefined || event.at < due) throw illegal(transfer, event)
  const { have, need } = tally(transfer)
  if (event.type === 'reminded') {
    return { round: { ...round, remindedAt: event.at }, told: [{ kind: 'reminded', have, need }] }
  }
  const { after = 0 } = rule.escalate ?? {}
  return {
    escalated: { at: event.at, round: round.number },
    told: [{ kind: 'escalated', to: escalatedTo(transfer), after, have, need }],
  }
}
