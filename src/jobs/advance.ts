import { applyAll } from '../transfer/apply.ts'
import { TransientError } from '../transfer/errors.ts'
import type { Event } from '../transfer/events.ts'
import { toRemove } from '../transfer/left-over.ts'
import { isFinal } from '../transfer/lifecycle.ts'
import type { WorkingStatus } from '../transfer/model.ts'
import type { HeldLease, Hint, Stored } from '../transfer/ports.ts'
import { approving } from './approving.ts'
import { awaitingApproval } from './awaiting-approval.ts'
import { awaitingEndpoints } from './awaiting-endpoints.ts'
import { closing } from './closing.ts'
import type { Job, Move, Step, Tools } from './job.ts'
import { leftOver } from './left-over.ts'
import { preparing } from './preparing.ts'
import { requested } from './requested.ts'
import { running } from './running.ts'
import { submitting } from './submitting.ts'
import { turnedAway } from './turned-away.ts'
import { isWatched, watching } from './watching.ts'

const steps: Readonly<Record<WorkingStatus, Step>> = {
  requested,
  preparing,
  submitting,
  awaiting_endpoints: awaitingEndpoints,
  awaiting_approval: awaitingApproval,
  approving,
  running,
  closing,
}

/**
 * Takes a transfer as far as it goes now: read, step, commit, again until it has to wait. A lost commit means that
 * somebody stated a fact meanwhile: read again. A lost lease means that another worker has it: stop.
 */
export function createAdvance(tools: Tools, hint: Hint): (lease: HeldLease, tries: number) => Promise<void> {
  return async (lease, tries) => {
    // Without the lease nothing can be committed or parked any more, and every turn would only begin another one.
    while (lease.held() && (await once(tools, hint, lease, tries))) {
      // Each turn has committed or parked something; the loop ends when the transfer has to wait.
    }
  }
}

async function once(tools: Tools, hint: Hint, lease: HeldLease, tries: number): Promise<boolean> {
  const stored = await tools.store.read(lease.id)
  // A record of a newer schema belongs to newer workers.
  if (stored?.transfer.schema !== 1) return false
  const { transfer } = stored
  const { status, version } = transfer
  const job: Job = { ...tools, transfer, effects: stored.effects, lease, now: tools.clock.now() }
  const step = stepOf(job)
  if (!step) return !(await tools.store.park(lease, version, { advance: null }))
  try {
    return await settle(job, stored, hint, await step(job))
  } catch (error) {
    const due = job.now + delay(error, tries)
    tools.log({ transfer: lease.id, status, error: label(error), due }, 'step failed, will be tried again')
    await tools.store.park(lease, version, { advance: due }, 'failed')
    return false
  }
}

/** None once the transfer has ended and nothing of it is left to be removed or looked at. */
function stepOf(job: Pick<Job, 'transfer' | 'clocks' | 'now'>): Step | undefined {
  const { transfer } = job
  if (!isFinal(transfer.status)) return steps[transfer.status as WorkingStatus]
  if (toRemove(transfer).length > 0) return leftOver
  return isWatched(job) ? watching : undefined
}

/** Writes what the step wants, then acts on it. True: go on at once. */
async function settle(job: Job, stored: Stored, hint: Hint, move: Move): Promise<boolean> {
  const { transfer } = stored
  const { store, lease, now } = job
  const { effects, due, act } = move
  const events = (move.events ?? []).map((event): Event => ({ ...event, at: now }))
  if (events.length === 0 && !effects) {
    const parked = await store.park(lease, transfer.version, { advance: due })
    return !parked || due <= now
  }
  const next = applyAll(transfer, events)
  const result = await store.commit({
    next,
    events,
    due: { advance: stepOf({ ...job, transfer: next }) ? due : null, ...(events.length > 0 ? { show: now } : {}) },
    lease,
    ...(effects ? { effects } : {}),
    ...(isFinal(next.status) ? { guard: 'free' } : {}),
  })
  if (result.kind === 'lost') return false
  if (result.kind === 'limit' || result.kind === 'crowded') {
    return settle(job, stored, hint, await turnedAway(job, move.events ?? [], result))
  }
  if (result.kind !== 'committed') return true
  if (events.length > 0) hint('show', transfer.id)
  await act?.()
  return act !== undefined || due <= now
}

/** Azure's own wish, or twice as long with each failure: 1 s to 60 s. */
function delay(error: unknown, tries: number): number {
  const own = error instanceof TransientError ? (error.retryAfter ?? 0) : 0
  return Math.max(own, Math.min(1_000 * 2 ** Math.min(tries - 1, 6), 60_000))
}

function label(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : 'unknown'
}
