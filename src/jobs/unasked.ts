import type { EventBody, Job, Move } from './job.ts'
import { end } from './moves.ts'
import { workOf } from './work.ts'

/** The operation completed although nobody said yes to Drawbridge: somebody released it elsewhere. */
export async function unasked(job: Job): Promise<Move> {
  const { bypassed, rule } = job.transfer
  const told: readonly EventBody[] = bypassed ? [] : [{ type: 'bypassed', side: 'sql' }]
  const { events = [], due } =
    rule.onBypass === 'follow'
      ? await end(job, { outcome: 'succeeded', ...(await workOf(job)) })
      : await end(job, { outcome: 'failed', cause: 'bypassed', released: true })
  return { events: [...told, ...events], due }
}
