import type { Step } from './job.ts'
import { finish, isOver, leave, nextPoll, overdue, progress } from './moves.ts'

/** Follows the job to its end. */
export const running: Step = async (job) => {
  const { transfer, azure } = job
  if (transfer.cancel) return leave(job, 'cancelled', 'cancelled')
  if (!transfer.operation) throw new Error(`Transfer ${transfer.id} has no operation`)
  const seen = await azure.observe(transfer.request, transfer.operation)
  if (isOver(seen)) return finish(job, seen)
  if (overdue(job)) return leave(job, 'failed', 'clock')
  return { events: progress(job, seen), due: nextPoll(job, seen.retryAfter) }
}
