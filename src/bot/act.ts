import { questionAnswer, withdrawAnswer } from '../cards/answers.ts'
import { refuseDecision, refuseQuestion } from '../transfer/apply-people.ts'
import { refuseWithdrawal } from '../transfer/cancel.ts'
import { Refusal } from '../transfer/errors.ts'
import type { Event } from '../transfer/events.ts'
import type { Person, Transfer } from '../transfer/model.ts'
import { isSamePerson, personBehind } from '../transfer/people.ts'
import type { Answer, Click, Command, QuestionInput, WithdrawalInput } from '../transfer/ports.ts'
import { readQuestion } from '../transfer/question.ts'
import { readReason } from '../transfer/reason.ts'
import { candidate, isVisible, versionsFor } from './decide.ts'
import { change, type Desk, readTransfer, type Visit } from './desk.ts'

/** Records what an approver wants to know, or says why it is not asked. */
export async function askQuestion(desk: Desk, visit: Visit, input: QuestionInput): Promise<Answer> {
  const { digest } = input
  const text = readQuestion(input.text)
  const make = async (transfer: Transfer): Promise<Event> => {
    const question = { ...(await candidate(desk, transfer, input)), digest, text }
    return { type: 'question_asked', at: question.at, question }
  }
  return change(desk, visit, input.transfer, make, (next) => ({ ok: true, lines: questionAnswer(next) }))
}

/** Records that the requester takes it back, by a click. */
export async function withdrawByClick(desk: Desk, visit: Visit, input: WithdrawalInput): Promise<Answer> {
  const reason = input.reason === undefined ? undefined : readReason(input.reason)
  return withdraw(desk, visit, input, input.transfer, reason)
}

/** Records that the requester takes it back. `origin` is there when it was typed: for who may not see it, it does not exist. */
export async function withdraw(
  desk: Desk,
  visit: Visit,
  { by, origin }: { by: Person; origin?: Command['origin'] },
  id: string,
  reason?: string,
): Promise<Answer> {
  const make = async (transfer: Transfer): Promise<Event> => {
    const who = personBehind(desk.policy.people, by)
    const isTheirs = isSamePerson(transfer.request, who)
    if (!isTheirs && origin && !(await isVisible(desk, transfer, by, origin))) {
      throw new Refusal('unknown_transfer', { id })
    }
    const at = desk.clock.now()
    const shown = transfer.round ? { digest: transfer.round.digest } : {}
    const why = reason === undefined ? {} : { reason }
    const versions = await versionsFor(desk, transfer)
    return { type: 'withdrawn', at, withdrawal: { ...who, at, ...why, ...shown, ...versions } }
  }
  return change(desk, visit, id, make, (next) => ({ ok: true, lines: withdrawAnswer(next) }))
}

/** Throws the refusal that this click would get now, before the person is asked for words. */
export async function checkAct(desk: Desk, { act, by, transfer: id, digest }: Click): Promise<void> {
  const { transfer } = await readTransfer(desk, id)
  if (act === 'withdraw') return refuseWithdrawal(transfer, personBehind(desk.policy.people, by))
  const said = { ...(await candidate(desk, transfer, { by, digest })), digest }
  if (act === 'question') return refuseQuestion(transfer, said)
  refuseDecision(transfer, { ...said, verdict: act === 'deny' ? 'deny' : 'approve' })
}
