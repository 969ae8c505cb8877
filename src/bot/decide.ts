import { cancelAnswer, decisionAnswer, settleAnswer } from '../cards/answers.ts'
import { refuseDecision } from '../transfer/apply-people.ts'
import { rulesOf } from '../transfer/candidates.ts'
import { Refusal } from '../transfer/errors.ts'
import { readReason } from '../transfer/grammar.ts'
import type { Decision, Transfer } from '../transfer/model.ts'
import { isSamePerson, personBehind } from '../transfer/people.ts'
import { approversOf } from '../transfer/policy.ts'
import type { Answer, Command, DecisionInput } from '../transfer/ports.ts'
import { change, checkStanding, type Desk, isAmong, isOperator, maySee, readTransfer, type Visit } from './desk.ts'
import { standingIn } from './standing.ts'

/** Records an approval or a denial, or says why it does not count. */
export async function decide(desk: Desk, visit: Visit, input: DecisionInput): Promise<Answer> {
  const { by, verdict, digest } = input
  const reason = input.reason === undefined ? undefined : readReason(input.reason)
  if (verdict === 'deny' && reason === undefined) throw new Refusal('reason_required')
  const make = async (transfer: Transfer): Promise<{ type: 'decided'; at: number; decision: Decision }> => {
    const decision = { ...(await candidate(desk, transfer, { by, verdict, digest })), ...(reason ? { reason } : {}) }
    return { type: 'decided', at: decision.at, decision }
  }
  return change(desk, visit, input.transfer, make, (next) => ({ ok: true, lines: decisionAnswer(next, verdict) }))
}

/** Throws the refusal that a denial by this person would get now. */
export async function checkDeny(
  desk: Desk,
  { by, transfer: id, digest }: Omit<DecisionInput, 'delivery' | 'verdict'>,
): Promise<void> {
  const { transfer } = await readTransfer(desk, id)
  await candidate(desk, transfer, { by, verdict: 'deny', digest })
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
    const may = [...rulesOf(transfer).flatMap(approversOf), ...desk.policy.operators]
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

/** The decision that this person may take: nobody decides on their own request, nor on what today's policy would not let them. */
async function candidate(
  desk: Desk,
  transfer: Transfer,
  { by, verdict, digest }: Pick<DecisionInput, 'by' | 'verdict' | 'digest'>,
): Promise<Decision> {
  const at = desk.clock.now()
  const who = personBehind(desk.policy.people, by)
  if (isSamePerson(transfer.request, who)) throw new Refusal('own_request')
  await checkStanding(desk, by)
  const { stages, today } = await standingIn(desk, transfer, by)
  const decision = { ...who, at, stages, verdict, digest }
  // What would be wrong under any policy is said first.
  refuseDecision(transfer, decision)
  if (today) throw today
  return decision
}
