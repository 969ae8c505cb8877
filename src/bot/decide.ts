import { cancelAnswer, decisionAnswer, settleAnswer } from '../cards/answers.ts'
import { refuseDecision } from '../transfer/apply-people.ts'
import { rulesOf } from '../transfer/candidates.ts'
import { Refusal } from '../transfer/errors.ts'
import type { Event } from '../transfer/events.ts'
import { readReason } from '../transfer/grammar.ts'
import type { Decision, Transfer } from '../transfer/model.ts'
import { declaredSince, isSamePerson, personBehind } from '../transfer/people.ts'
import type { Answer, Command, DecisionInput } from '../transfer/ports.ts'
import { type RuleVersions, ruleVersions } from '../transfer/rule-version.ts'
import { approversNow } from '../transfer/stages-now.ts'
import { change, checkStanding, type Desk, isAmong, isOperator, maySee, type Visit } from './desk.ts'
import { ruleToday, standingIn } from './standing.ts'

/** Records an approval or a denial, or says why it does not count. */
export async function decide(desk: Desk, visit: Visit, input: DecisionInput): Promise<Answer> {
  const { by, verdict, digest } = input
  const reason = input.reason === undefined ? undefined : readReason(input.reason)
  if (verdict === 'deny' && reason === undefined) throw new Refusal('reason_required')
  const make = async (transfer: Transfer): Promise<Extract<Event, { type: 'decided' }>> => {
    const decision = {
      ...(await candidate(desk, transfer, { by, digest })),
      verdict,
      digest,
      ...(reason ? { reason } : {}),
    }
    const since = declaredSince(desk.policy.people, transfer.decisions)
    return { type: 'decided', at: decision.at, decision, ...(since.length > 0 ? { since } : {}) }
  }
  return change(desk, visit, input.transfer, make, (next) => ({ ok: true, lines: decisionAnswer(next, verdict) }))
}

/** Records the wish to cancel: requester, approvers and operators. */
export async function cancel(
  desk: Desk,
  visit: Visit,
  { by, origin }: Command,
  id: string,
  reason?: string,
): Promise<Answer> {
  const why = reason === undefined ? {} : { reason }
  const make = async (transfer: Transfer): Promise<{ type: 'cancel_asked'; at: number; by: string }> => {
    const approvers = rulesOf(transfer).flatMap((rule) => approversNow({ ...transfer, rule }))
    const may = [...approvers, ...desk.policy.operators]
    const own = isSamePerson(transfer.request, personBehind(desk.policy.people, by))
    if (!own && !(await isAmong(desk, by, may))) {
      throw new Refusal((await isVisible(desk, transfer, by, origin)) ? 'not_canceller' : 'unknown_transfer', { id })
    }
    return { type: 'cancel_asked', at: desk.clock.now(), by, ...why }
  }
  return change(desk, visit, id, make, (next) => ({ ok: true, lines: cancelAnswer(next) }))
}

/** Records what an operator found out in Azure about a submit that nobody could prove. */
export async function settle(
  desk: Desk,
  visit: Visit,
  { by, origin }: Command,
  id: string,
  running?: string,
): Promise<Answer> {
  const which = running === undefined ? {} : { running }
  const make = async (transfer: Transfer): Promise<{ type: 'settled'; at: number; by: string }> => {
    if (!(await isOperator(desk, by))) {
      throw new Refusal((await isVisible(desk, transfer, by, origin)) ? 'not_operator' : 'unknown_transfer', { id })
    }
    return { type: 'settled', at: desk.clock.now(), by, ...which }
  }
  return change(desk, visit, id, make, (next) => ({ ok: true, lines: settleAnswer(next) }))
}

/** The people of the transfer may see it, and whoever asks in its own thread; for others it does not exist. */
export async function isVisible(
  desk: Desk,
  transfer: Transfer,
  by: string,
  origin: Command['origin'],
): Promise<boolean> {
  const inItsThread = origin.thread !== undefined && origin.thread === transfer.request.origin.thread
  return inItsThread || (await maySee(desk, transfer, by))
}

/** Somebody who may have a say, before it is known what they say. */
type Candidate = Omit<Decision, 'verdict' | 'digest'> & RuleVersions

/** The person's standing in this transfer: nobody decides on their own request, nor on what today's policy would not let them. */
export async function candidate(
  desk: Desk,
  transfer: Transfer,
  { by, digest }: Pick<DecisionInput, 'by' | 'digest'>,
): Promise<Candidate> {
  const at = desk.clock.now()
  const who = personBehind(desk.policy.people, by)
  if (isSamePerson(transfer.request, who)) throw new Refusal('own_request')
  await checkStanding(desk, by)
  const { stages, now, today } = await standingIn(desk, transfer, by)
  const said = { ...who, at, stages, ...ruleVersions(transfer.rule, now) }
  if (!today) return said
  // What would be wrong under any policy is said first.
  refuseDecision(transfer, { ...said, verdict: 'deny', digest })
  throw today
}

/** Which rule the transfer keeps, and today's for the same request where it is another. */
export async function versionsFor(desk: Desk, transfer: Transfer): Promise<RuleVersions> {
  // Whoever takes it back need not wait for a chat that cannot say who is in a group.
  const today = transfer.candidates ? undefined : await ruleToday(desk, transfer).catch(() => undefined)
  return ruleVersions(transfer.rule, today)
}
