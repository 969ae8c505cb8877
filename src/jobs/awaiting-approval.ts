import { applyAll } from '../transfer/apply.ts'
import { askingDue } from '../transfer/asking-clocks.ts'
import { causeOf } from '../transfer/cancel.ts'
import { PermanentError, Refusal, TransientError } from '../transfer/errors.ts'
import { mayHaveStarted } from '../transfer/lifecycle.ts'
import { changedFacts, materialOf } from '../transfer/material.ts'
import { type Connection, sides } from '../transfer/model.ts'
import type { Observation } from '../transfer/ports.ts'
import { tally } from '../transfer/quorum.ts'
import { isNew, named } from './awaiting-endpoints.ts'
import type { EventBody, Job, Move, Step } from './job.ts'
import { bypass, end, finish, isOver, leave, readOurs } from './moves.ts'
import { isStopped, planned } from './plan.ts'
import { refuse } from './requested.ts'
import { unasked } from './unasked.ts'

const never = Number.POSITIVE_INFINITY

/** Counts what people said, reminds and escalates; looks at Azure now and then, and once more right before it goes on. */
export const awaitingApproval: Step = async (job) => {
  const { transfer, now, polls } = job
  const { denied, reached } = tally(transfer)
  if (transfer.cancel) return leave(job, 'cancelled', causeOf(transfer.cancel))
  if (denied) return leave(job, 'denied', 'denied')
  const until = expiry(job)
  if (!reached && now >= until) return leave(job, 'expired', 'expired')
  // Before the look: that Azure does not answer holds up no reminder.
  const { reminded = never, escalated = never } = askingDue(transfer)
  const rung: readonly EventBody[] = [
    ...(now >= reminded ? [{ type: 'reminded' } as const] : []),
    ...(now >= escalated ? [{ type: 'escalated' } as const] : []),
  ]
  if (rung.length > 0) return { events: rung, due: now }
  const look = await (mayHaveStarted(transfer) ? lookAtAzure : lookAtPlan)(job, reached).catch(
    async (error: unknown): Promise<Look> => {
      // Nobody waits for longer than the yes was given for.
      if (!isFailure(error) || now < until) throw error
      return { events: [], turn: await leave(job, 'failed', 'clock', error.fault) }
    },
  )
  if (look.turn) return look.turn
  if (reached) return { events: [...look.events, { type: 'quorum_reached' }], due: now }
  return { events: look.events, due: Math.min(until, reminded, escalated, now + polls.approval) }
}

function isFailure(error: unknown): error is PermanentError | TransientError {
  return error instanceof PermanentError || error instanceof TransientError
}

/** What a look found: things to note, or a turn that the transfer takes because of it. */
type Look = { events: readonly EventBody[]; turn?: Move }

function expiry({ transfer, clocks }: Job): number {
  const { round } = transfer
  return round?.expiresAt ?? (round?.askedAt ?? transfer.since) + clocks.awaiting_approval
}

async function lookAtPlan(job: Job, reached: boolean): Promise<Look> {
  if (!reached) return { events: [] }
  try {
    const plan = await planned(job)
    const event: EventBody = { type: 'planned', plan }
    if (isStopped(plan)) {
      return { events: [], turn: { events: [event, { type: 'refused', code: 'preflight', facts: {} }], due: job.now } }
    }
    return again(job, [event])
  } catch (error) {
    if (error instanceof Refusal) return { events: [], turn: refuse(error, job.now) }
    if (error instanceof PermanentError)
      return { events: [], turn: await end(job, { outcome: 'failed', fault: error.fault }) }
    throw error
  }
}

async function lookAtAzure(job: Job, reached: boolean): Promise<Look> {
  const { transfer } = job
  const first = await readBoth(job)
  // Azure may replace a connection between the two reads: one is lost only when it still is at a second look.
  const { seen, connections } = first.connections.some(isLost) ? await readBoth(job) : first
  if (isOver(seen)) {
    return { events: [], turn: seen.state === 'succeeded' ? await unasked(job) : await finish(job, seen) }
  }
  if (connections.some(isLost)) return { events: [], turn: await leave(job, 'failed', 'connection_lost') }
  const approved = connections.filter(({ state }) => state === 'Approved')
  const passed = await bypass(job, approved[0]?.side)
  if (passed) return { events: [], turn: passed }
  if (transfer.bypassed && approved.length === sides.length) {
    return {
      events: [],
      turn: { events: [{ type: 'connections_seen', connections }, { type: 'running' }], due: job.now },
    }
  }
  const seenNow: EventBody = { type: 'connections_seen', connections }
  return again(job, reached ? [seenNow, ...(await plannedAgain(job))] : [seenNow])
}

/** The operation, and then the connections that are ours by it. */
async function readBoth(job: Job): Promise<{ seen: Observation; connections: readonly Connection[] }> {
  const { transfer, azure } = job
  if (!transfer.operation) throw new Error(`Transfer ${transfer.id} has no operation`)
  const seen = await azure.observe(transfer.request, transfer.operation)
  return { seen, connections: isOver(seen) ? [] : await current(job, seen) }
}

function isLost({ state }: Connection): boolean {
  return state !== 'Pending' && state !== 'Approved'
}

/** What is there no more, or may not be read any more, is told by the end of the job that Azure holds. */
async function plannedAgain(job: Job): Promise<readonly EventBody[]> {
  try {
    return [{ type: 'planned', plan: await planned(job) }]
  } catch (error) {
    if (error instanceof Refusal || error instanceof PermanentError) return []
    throw error
  }
}

/** Ours by id; those that Azure names instead once it names what it had not named, or names others in their place. */
async function current(job: Job, seen: Observation): Promise<readonly Connection[]> {
  const { transfer, azure } = job
  const known = await readOurs(job)
  const same = job.matchConnections(seen.named, known)
  const stands = ({ side, named, state }: Connection): boolean => named && state !== 'Gone' && same[side] !== undefined
  if (seen.named.length === 0 || known.every(stands)) return known
  const fresh = isNew(job, await azure.connections(transfer.request))
  const ours = named(job.matchConnections(seen.named, fresh))
  return sides.every((side) => ours[side]) ? sides.flatMap((side) => ours[side] ?? []) : known
}

/** Notes what was read, and begins a new round when it changes a fact that the card shows. */
function again(job: Job, events: readonly EventBody[]): Look {
  const { transfer, now } = job
  const before = transfer.round?.material
  const next = applyAll(
    transfer,
    events.map((event) => ({ ...event, at: now })),
  )
  const changed = before ? changedFacts(before, materialOf(next)) : []
  if (changed.length > 0) return { events: [], turn: { events: [...events, { type: 'asked', changed }], due: now } }
  const same = JSON.stringify(next.connections) === JSON.stringify(transfer.connections)
  return { events: same ? [] : events }
}
