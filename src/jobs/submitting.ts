import { causeOf } from '../transfer/cancel.ts'
import { PermanentError, TransientError } from '../transfer/errors.ts'
import type { Fault } from '../transfer/model.ts'
import type { Effect, Submission } from '../transfer/ports.ts'
import type { Job, Move, Step } from './job.ts'
import { end, leave, nextPoll, overdue } from './moves.ts'

/** What the slot keeps: the submission, or that the request never left this process. */
type SubmitResult = Submission | { kind: 'not_sent'; fault: Fault; permanent: boolean }

const mostAttempts = 3

/** Azure's list of operations names one that is over for about so long: a later look that finds none proves nothing. */
const listedFor = 3_600_000

/**
 * The one call that is not idempotent: intent, look, act, result. A submit whose end is not known is looked for, and
 * sent again only after `noRepostBefore` and a look that could have seen it.
 */
export const submitting: Step = async (job) => {
  const effect = job.effects.submit
  if (!effect) return firstAttempt(job)
  const result = effect.result as SubmitResult | undefined
  switch (result?.kind) {
    case 'accepted':
      return { events: [{ type: 'submitted', operation: result.operation }], due: job.now }
    case 'refused':
      return { events: [{ type: 'submit_refused', fault: result.fault }], due: job.now }
    case 'not_sent':
      return notSent(job, result)
    default:
      return search(job, effect, result?.fault)
  }
}

async function firstAttempt(job: Job): Promise<Move> {
  const { transfer, azure } = job
  const { request, plan } = transfer
  if (transfer.cancel) return leave(job, 'cancelled', causeOf(transfer.cancel))
  if (overdue(job)) return leave(job, 'failed', 'clock')
  if (!plan) throw new Error(`Transfer ${transfer.id} has no plan`)
  const [all, look] = await Promise.all([
    request.privateLink ? azure.connections(request) : [],
    // An import's blob is not ours alone: whatever is there before our first submit is somebody else's.
    azure.look(request, plan, request.at, request.operation === 'import' ? 'all' : []),
  ])
  if (look.kind === 'found') return { events: [{ type: 'submitted', operation: look.operation }], due: job.now }
  if (look.kind === 'none' && look.busy !== undefined) {
    return { events: [{ type: 'refused', code: 'database_busy', facts: { job: look.busy } }], due: job.now }
  }
  const before = look.kind === 'none' && request.operation === 'import' ? look.seen : []
  if (look.kind === 'unknown' && request.operation === 'import') return { due: nextPoll(job) }
  return attempt(job, 1, [...all.map(({ id }) => id), ...before])
}

/** Intent first, in the same commit as the snapshot; the POST goes out only once that is stored. */
function attempt(job: Job, number: number, snapshot: readonly string[]): Move {
  const { transfer, now, azure, store, lease } = job
  const token = job.token()
  const effect: Effect = { token, at: now, attempt: number, noRepostBefore: now + job.resubmitAfter }
  const act = async (): Promise<void> => {
    const { request, plan } = transfer
    const submit = async (): Promise<SubmitResult> => {
      if (!plan) throw new Error(`Transfer ${transfer.id} has no plan`)
      return azure.submit(request, plan, lease.mayStart)
    }
    const result = await submit().catch(unsent)
    await store.result(transfer.id, 'submit', token, result, job.clock.now())
  }
  return {
    events: [{ type: 'submit_intended', attempt: number, token, snapshot }],
    effects: { submit: effect },
    due: now,
    act,
  }
}

/** `azure.submit` throws only before the request leaves. */
function unsent(error: unknown): SubmitResult {
  if (error instanceof PermanentError) return { kind: 'not_sent', fault: error.fault, permanent: true }
  if (error instanceof TransientError) return { kind: 'not_sent', fault: error.fault, permanent: false }
  return { kind: 'not_sent', fault: { code: 'NotSent', message: 'The request was not sent.' }, permanent: false }
}

async function notSent(job: Job, { fault, permanent }: Extract<SubmitResult, { kind: 'not_sent' }>): Promise<Move> {
  const { transfer } = job
  if (transfer.cancel) return end(job, { outcome: 'cancelled', cause: causeOf(transfer.cancel), nothingSent: true })
  if (permanent || overdue(job)) return end(job, { outcome: 'failed', fault, nothingSent: true })
  const attempts = job.effects.submit?.attempt ?? 1
  const again = (job.effects.submit?.at ?? 0) + Math.min(1_000 * 2 ** attempts, job.polls.most)
  if (job.now < again) return { due: again }
  return attempt(job, attempts + 1, transfer.snapshot ?? [])
}

async function search(job: Job, effect: Effect, fault: Fault | undefined): Promise<Move> {
  const { transfer, now, azure } = job
  const { request, plan } = transfer
  if (!plan) throw new Error(`Transfer ${transfer.id} has no plan`)
  const look = await azure.look(request, plan, request.at, transfer.snapshot ?? [])
  if (look.kind === 'found') return { events: [{ type: 'submitted', operation: look.operation }], due: now }
  const maySend = now >= (effect.noRepostBefore ?? 0)
  const isProof = look.kind === 'none' && now < effect.at + listedFor
  if (isProof && maySend) return settled(job, effect, look.busy, fault)
  if (overdue(job)) return leave(job, 'failed', 'unclear', fault)
  const due = maySend ? nextPoll(job) : Math.min(nextPoll(job), effect.noRepostBefore ?? now)
  const told = transfer.story.some(({ kind }) => kind === 'unclear')
  return told || !fault ? { due } : { events: [{ type: 'submit_unclear', fault }], due }
}

/** Nothing of ours runs or ran: that is proven. */
async function settled(job: Job, effect: Effect, busy: string | undefined, fault: Fault | undefined): Promise<Move> {
  const { cancel } = job.transfer
  if (cancel) return end(job, { outcome: 'cancelled', cause: causeOf(cancel), nothingSent: true })
  const last = fault ?? { code: 'NotStarted', message: 'Azure started no job for this request.' }
  if (busy !== undefined) {
    const other = { code: 'ImportExportOperationInProgress', message: busy }
    return end(job, { outcome: 'failed', fault: other, nothingSent: true })
  }
  if (effect.attempt >= mostAttempts || overdue(job))
    return end(job, { outcome: 'failed', fault: last, nothingSent: true })
  return attempt(job, effect.attempt + 1, job.transfer.snapshot ?? [])
}
