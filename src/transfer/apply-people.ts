import { cancelled, refusalOfStopped, withdrawn } from './cancel.ts'
import { Refusal } from './errors.ts'
import type { Event } from './events.ts'
import type { Change } from './lifecycle.ts'
import type { Decision, Question, Transfer } from './model.ts'
import { isSamePerson, knownAs, mayDecideOn, platformOf, type Somebody } from './people.ts'
import { asked } from './question.ts'
import { tally } from './quorum.ts'

/** What people do: they append facts and never set a working status. Undefined: not one of theirs. */
export function applyPeople(transfer: Transfer, event: Event): Change | undefined {
  switch (event.type) {
    case 'decided':
      return decided(knownNow(transfer, event.since), event.decision)
    case 'question_asked':
      refuseQuestion(transfer, event.question)
      return asked(transfer, event.question)
    case 'cancel_asked': {
      const { by, at, reason } = event
      return cancelled(transfer, { by, at, ...(reason === undefined ? {} : { reason }) })
    }
    case 'withdrawn':
      return withdrawn(transfer, event.withdrawal)
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
  const { round } = transfer
  refuseOutsider(transfer, decision)
  const { denied, approvals, reached } = tally(transfer)
  if (denied) throw new Refusal('already_decided', { by: denied.by, verdict: 'deny' })
  const last = approvals.at(-1)
  if (reached && last) throw new Refusal('already_decided', { by: last.by, verdict: 'approve' })
  if (transfer.ending?.outcome === 'expired' || transfer.closing?.outcome === 'expired') throw new Refusal('expired')
  if (transfer.cancel) throw refusalOfStopped(transfer.cancel)
  if (transfer.status !== 'awaiting_approval' || !round) throw new Refusal('not_open', { status: transfer.status })
  if (decision.digest !== round.digest) throw new Refusal('replaced_round', { round: String(round.number) })
  if (round.expiresAt !== undefined && decision.at >= round.expiresAt) throw new Refusal('expired')
  const mine = approvals.find((approval) => isSamePerson(approval, decision))
  if (mine && decision.verdict === 'approve') throw new Refusal('already_voted', { verdict: 'approve' })
}

/** Throws the refusal that this person's question gets now: who has no say has none, and when nothing is to be decided there is nothing to ask. */
export function refuseQuestion(transfer: Transfer, question: Omit<Question, 'text'>): void {
  const { round, status, cancel } = transfer
  refuseOutsider(transfer, question)
  if (cancel) throw refusalOfStopped(cancel)
  const { denied, reached } = tally(transfer)
  if (status !== 'awaiting_approval' || !round || denied || reached) throw new Refusal('not_asking', { status })
  if (question.digest !== round.digest) throw new Refusal('replaced_round', { round: String(round.number) })
  if (round.expiresAt !== undefined && question.at >= round.expiresAt) throw new Refusal('expired')
}

/** Refuses the requester, whoever would have to be declared first, and everybody who is no approver. */
function refuseOutsider({ request }: Transfer, person: Somebody & Pick<Decision, 'stages'>): void {
  if (isSamePerson(person, request)) throw new Refusal('own_request')
  if (!mayDecideOn(request, person)) {
    throw new Refusal('undeclared', { account: person.by, platform: platformOf(request.by) })
  }
  if (person.stages.length === 0) throw new Refusal('not_approver')
}

/** Two accounts that are one person's by now count once, whenever that was declared. */
function knownNow(transfer: Transfer, since: readonly Somebody[] = []): Transfer {
  return since.length === 0
    ? transfer
    : { ...transfer, decisions: transfer.decisions.map((each) => knownAs(each, since)) }
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
