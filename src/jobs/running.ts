import { causeOf } from '../transfer/cancel.ts'
import type { Usual } from '../transfer/model.ts'
import type { Observation } from '../transfer/ports.ts'
import { stallDue } from '../transfer/stall.ts'
import { usualOf } from '../transfer/usual.ts'
import type { EventBody, Job, Step } from './job.ts'
import { finish, forgotten, isForgotten, isOver, leave, nextPoll, overdue, progress } from './moves.ts'

/** Follows the job to its end, and tells once in each phase that it stands still. */
export const running: Step = async (job) => {
  const { transfer, azure } = job
  if (transfer.cancel) return leave(job, 'cancelled', causeOf(transfer.cancel))
  if (!transfer.operation) throw new Error(`Transfer ${transfer.id} has no operation`)
  const seen = await azure.observe(transfer.request, transfer.operation)
  if (isOver(seen)) return finish(job, seen)
  if (overdue(job)) return leave(job, 'failed', 'clock')
  if (isLost(job, seen) && (await isForgotten(job))) return finish(job, { ...seen, state: 'failed', fault: forgotten })
  const known: readonly EventBody[] = transfer.usual ? [] : [{ type: 'usual_read', usual: await usual(job) }]
  const events = [...known, ...progress(job, await counted(job, seen))]
  const due = nextPoll(job, seen.retryAfter)
  const stall = events.length > 0 ? undefined : stallDue(transfer)
  if (stall === undefined) return { events, due }
  return job.now < stall ? { due: Math.min(due, stall) } : { events: [{ type: 'stalled' }], due }
}

/** How long the same took before, by our own records of the database. */
async function usual({ store, transfer }: Job): Promise<Usual> {
  const past = await store.list({ database: transfer.request.database.id }, 30)
  return usualOf(
    transfer,
    past.map((each) => each.transfer),
  )
}

/** With the percentage that the database's list of operations names, where the operation's own text names none. Never throws. */
async function counted({ azure, transfer }: Job, seen: Observation): Promise<Observation> {
  if (seen.percent !== undefined || seen.state !== 'working' || !transfer.operation) return seen
  const percent = await azure.percent(transfer.request, transfer.operation).catch(() => transfer.progress?.percent)
  return percent === undefined ? seen : { ...seen, percent }
}

/** Azure has said for a while, and not only once, that it does not know the operation. */
function isLost({ transfer, polls, now }: Job, { state, text }: Observation): boolean {
  const { progress: last } = transfer
  return state === 'unknown' && last?.text === text && now >= last.at + 5 * polls.most
}
