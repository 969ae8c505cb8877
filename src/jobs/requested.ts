import { causeOf } from '../transfer/cancel.ts'
import { settleRule } from '../transfer/candidates.ts'
import { PermanentError, Refusal } from '../transfer/errors.ts'
import { gateOf } from '../transfer/material.ts'
import type { Plan } from '../transfer/model.ts'
import type { EventBody, Job, Move, Step } from './job.ts'
import { end, leave, overdue } from './moves.ts'
import { isStopped, planned } from './plan.ts'

/** Reads the plan and runs the preflight; then asks (gate submission) or submits. Nothing is sent before the record says `submitting`. */
export const requested: Step = async (job) => {
  const { transfer, now } = job
  if (transfer.cancel) return leave(job, 'cancelled', causeOf(transfer.cancel))
  if (overdue(job)) return leave(job, 'failed', 'clock')
  try {
    const plan = await planned(job)
    const { rule, refusal } = settled(job, plan)
    const read: EventBody = { type: 'planned', plan }
    if (refusal) return { events: [read, { type: 'refused', ...refusal }], due: now }
    const events: readonly EventBody[] = transfer.candidates
      ? [read, { type: 'rule_settled', rule: rule.name }]
      : [read]
    if (transfer.request.dryRun) return { events: [...events, { type: 'checked' }], due: now }
    if (isStopped(plan)) return { events: [...events, { type: 'refused', code: 'preflight', facts: {} }], due: now }
    const asksFirst = gateOf({ ...transfer, rule }) === 'submission'
    return { events: asksFirst ? [...events, { type: 'asked', changed: [] }] : events, due: now }
  } catch (error) {
    if (error instanceof Refusal) return refuse(error, now)
    if (error instanceof PermanentError) return end(job, { outcome: 'failed', fault: error.fault })
    throw error
  }
}

function settled({ transfer }: Job, plan: Plan): ReturnType<typeof settleRule> {
  return transfer.candidates ? settleRule({ ...transfer, plan }) : { rule: transfer.rule }
}

/** The plan says no: the sentence goes to the thread, and nothing was sent. */
export function refuse({ code, facts }: Refusal, now: number): Move {
  return { events: [{ type: 'refused', code, facts }], due: now }
}
