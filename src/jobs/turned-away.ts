import { settleRule } from '../transfer/candidates.ts'
import { crowdFacts, mayKnowOf } from '../transfer/crowd.ts'
import type { CommitResult } from '../transfer/ports.ts'
import type { EventBody, Job, Move } from './job.ts'

/** What is done in place of a move whose rule lets no more transfers be open: the plan is kept, and the request refused. */
export async function turnedAway(
  job: Job,
  events: readonly EventBody[],
  full: Extract<CommitResult, { kind: 'limit' | 'crowded' }>,
): Promise<Move> {
  const { transfer, now } = job
  const read = events.flatMap((event) => (event.type === 'planned' ? [event] : []))
  const refuse = (code: string, facts: Readonly<Record<string, string>>): Move => {
    return { events: [...read, { type: 'refused', code, facts }], due: now }
  }
  if (full.kind === 'limit') return refuse('limit', { open: String(full.open) })
  const plan = read[0]?.plan ?? transfer.plan
  const { rule = transfer.rule } = settleRule({ ...transfer, ...(plan ? { plan } : {}) })
  const others = await Promise.all(full.ids.slice(0, mostRead).map((id) => job.store.read(id)))
  const visible = others.flatMap((each) =>
    each && mayKnowOf(rule, transfer.request, each.transfer) ? [each.transfer] : [],
  )
  return refuse('crowded', crowdFacts(rule, full.ids, visible))
}

const mostRead = 20
