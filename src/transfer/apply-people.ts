import { Refusal } from './errors.ts'
import type { Event } from './events.ts'
import { type Change, isFinal } from './lifecycle.ts'
import type { Decision, Transfer } from './model.ts'
import { isSamePerson, mayDecideOn, platformOf } from './people.ts'
import { tally } from './quorum.ts'

/** What people do: they append facts and never set a working status. Undefined: not one of theirs. */
export function applyPeople(transfer: Transfer, event: Event): Change | undefined {
  switch (event.type) {
    case 'decided':
      return decided(transfer, event.decision)
    case 'cancel_asked': {
      if (transfer.status === 'closing' || isFinal(transfer.status)) {
        throw new Refusal('not_open', { status: transfer.status })
      }
      if (transfer.cancel) throw new Refusal('already_cancelled', { by: transfer.cancel.by })
      const { by, at, reason } = event
      const why = reason === undefined ? {} : { reason }
      return { cancel: { by, at, ...why }, told: [{ kind: 'cancel_asked', by, ...why }] }
    }
    case 'settled': {
      if (!isUnclear(transfer)) throw new Refusal('not_settleable', { status: transfer.status })
      const { by, at, running } = event
      const which = running === undefined ? {} : { running }
      return { settled: { by, at, ...which }, told: [{ kind: 'settled', by, how: running ?? 'not-running' }] }
    }
    default:
      return undefined
  }
}

/** True while nobody knows whether the submit started a job, and an operator may say so. */
export function isUnclear(transfer: Transfer): boolean {
  return transfer.status === 'closing' && transfer.closing?.cause === 'unclear' && !transfer.operation
}

/** Throws the refusal that this person's click gets now; the order is what is kindest to read. */
export function refuseDecision(transfer: Transfer, decision: Decision): void {
  const { round, request } = transfer
  if (isSamePerson(decision, request)) throw new Refusal('own_request')
  if (!mayDecideOn(request, decision)) {
    throw new Refusal('undeclared', { account: decision.by, platform: platformOf(request.by) })
  }
  if (decision.stages.length === 0) throw new Refusal('not_approver')
  const { denied, approvals, reached } = tally(transfer)
  if (denied) throw new Refusal('already_decided', { by: denied.by, verdict: 'deny' })
  const last = approvals.at(-1)
  if (reached && last) throw new Refusal('already_decided', { by: last.by, verdict: 'approve' })
  if (transfer.ending?.outcome === 'expired' || transfer.closing?.outcome === 'expired') throw new Refusal('expired')
  if (transfer.status !== 'awaiting_approval' || !round) throw new Refusal('not_open', { status: transfer.status })
  if (transfer.cancel) throw new Refusal('already_cancelled', { by: transfer.cancel.by })
  if (decision.digest !== round.digest) throw new Refusal('replaced_round', { round: String(round.number) })
  if (round.expiresAt !== undefined && decision.at >= round.expiresAt) throw new Refusal('expired')
  const mine = approvals.find((approval) => isSamePerson(approval, decision))
  if (mine && decision.verdict === 'approve') throw new Refusal('already_voted', { verdict: 'approve' })
}

function decided(transfer: Transfer, decision: Decision): Change {
  refuseDecision(transfer, decision)
  const { by, verdict, reason } = decision
  const decisions = [...transfer.decisions, decision]
  const { have, need } = tally({ ...transfer, decisions })
  const had = tally(transfer)
  // A vote that fills no seat (an approver of a stage that is already full) would be told as progress that is none.
  if (verdict === 'approve' && have === had.have) throw new Refusal('stage_full')
  const why = reason === undefined ? {} : { reason }
  return { decisions, told: [{ kind: 'decided', by, verdict, have, need, ...why }] }
}
