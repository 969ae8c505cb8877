import { PermanentError, Refusal } from '../transfer/errors.ts'
import { gateOf } from '../transfer/material.ts'
import type { Move, Step } from './job.ts'
import { end, leave, overdue } from './moves.ts'

/** Reads the plan; then asks (gate submission) or submits. Nothing is sent before the record says `submitting`. */
export const requested: Step = async (job) => {
  const { transfer, azure, now } = job
  if (transfer.cancel) return leave(job, 'cancelled', 'cancelled')
  if (overdue(job)) return leave(job, 'failed', 'clock')
  try {
    const planned = { type: 'planned', plan: await azure.plan(transfer.request) } as const
    const asksFirst = gateOf(transfer) === 'submission'
    return { events: asksFirst ? [planned, { type: 'asked', changed: [] }] : [planned], due: now }
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
