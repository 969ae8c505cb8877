import { causeOf } from '../transfer/cancel.ts'
import { PermanentError, Refusal } from '../transfer/errors.ts'
import { gateOf } from '../transfer/material.ts'
import type { Move, Step } from './job.ts'
import { end, leave, overdue } from './moves.ts'
import { isStopped, planned } from './plan.ts'

/** Reads the plan and runs the preflight; then asks (gate submission) or submits. Nothing is sent before the record says `submitting`. */
export const requested: Step = async (job) => {
  const { transfer, now } = job
  if (transfer.cancel) return leave(job, 'cancelled', causeOf(transfer.cancel))
  if (overdue(job)) return leave(job, 'failed', 'clock')
  try {
    const plan = await planned(job)
    const event = { type: 'planned', plan } as const
    if (transfer.request.dryRun) return { events: [event, { type: 'checked' }], due: now }
    if (isStopped(plan)) return { events: [event, { type: 'refused', code: 'preflight', facts: {} }], due: now }
    const asksFirst = gateOf(transfer) === 'submission'
    return { events: asksFirst ? [event, { type: 'asked', changed: [] }] : [event], due: now }
  } catch (error) {
    if (error instanceof Refusal) return refuse(error, now)
    if (error instanceof PermanentError) return end(job, { outcome: 'failed', fault: error.fault })
    throw error
  }
}

/** The plan says no: the sentence goes to the thread, and nothing was sent. */
export function refuse({ code, facts }: Refusal, now: number): Move {
  return { events: [{ type: 'refused', code, facts }], due: now }
}
