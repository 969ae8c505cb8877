import { causeOf } from '../transfer/cancel.ts'
import { PermanentError } from '../transfer/errors.ts'
import type { Step } from './job.ts'
import { end, leave, nextPoll, overdue } from './moves.ts'

/** Finds or makes the empty database of an import, after the yes: the only thing before the submit that costs money. */
export const preparing: Step = async (job) => {
  const { transfer, azure, lease, now } = job
  const { request, plan } = transfer
  if (transfer.cancel) return leave(job, 'cancelled', causeOf(transfer.cancel))
  if (overdue(job)) return leave(job, 'failed', 'clock')
  if (!plan) throw new Error(`Transfer ${transfer.id} has no plan`)
  try {
    const prepared = await azure.prepare(request, plan, lease.mayStart)
    if (prepared.kind === 'working') {
      const { sent } = prepared
      return { events: sent ? [{ type: 'creation_sent', ...sent }] : [], due: nextPoll(job) }
    }
    return { events: [{ type: 'prepared', made: prepared.made }], due: now }
  } catch (error) {
    if (error instanceof PermanentError) return end(job, { outcome: 'failed', fault: error.fault })
    throw error
  }
}
