import { whyAnswer } from '../cards/why-answer.ts'
import { rulesOf, sizeOf } from '../transfer/candidates.ts'
import { Refusal } from '../transfer/errors.ts'
import { relabelled } from '../transfer/labels.ts'
import { postedRoot } from '../transfer/outline.ts'
import { approversOf } from '../transfer/policy.ts'
import type { Answer, Command } from '../transfer/ports.ts'
import { isVisible } from './decide.ts'
import { approversFor, type Desk, readTransfer } from './desk.ts'
import { explanationFor, factsOf } from './rule-for.ts'
import { ruleToday } from './standing.ts'

/** Which rule a transfer has and which it would have today, why the others do not match, and who may say yes; for those who may see it. */
export async function why(desk: Desk, { by, origin }: Command, id: string): Promise<Answer> {
  const { transfer, chat } = await readTransfer(desk, id)
  const root = postedRoot(chat)
  const inItsThread = origin.thread !== undefined && origin.thread === root?.ref
  if (!inItsThread && !(await isVisible(desk, transfer, by, origin))) throw new Refusal('unknown_transfer', { id })
  const request = relabelled(transfer.request, desk.policy.catalogue)
  const facts = await factsOf(desk, request, sizeOf(transfer))
  const explanation = await explanationFor(desk, by, request, facts)
  const asks = await Promise.all(
    rulesOf(transfer).map(async (rule) => ({
      rule,
      people: (await approversFor(desk, approversOf(rule), request)).length,
    })),
  )
  const today = transfer.candidates ? undefined : await ruleToday(desk, transfer)
  return { ok: true, lines: whyAnswer(transfer, { explanation, asks, today }) }
}
