import { causeOf } from '../transfer/cancel.ts'
import { PermanentError, TransientError } from '../transfer/errors.ts'
import { type Connection, type Fault, type Side, sides } from '../transfer/model.ts'
import type { Effect, Taken } from '../transfer/ports.ts'
import { tally } from '../transfer/quorum.ts'
import type { EventBody, Job, Move, Step } from './job.ts'
import { bypass, finish, isOver, leave, overdue, readOurs } from './moves.ts'
import { unasked } from './unasked.ts'

/** What a slot keeps of one PUT. */
type PutResult = ({ ok: true } & Taken) | { ok: false; fault: Fault }

/** Approves exactly the connections of the record, each read again by its id right before, and reads back until both are Approved. */
export const approving: Step = async (job) => {
  const { transfer, effects, now, polls } = job
  if (transfer.cancel) return leave(job, 'cancelled', causeOf(transfer.cancel))
  const connections = await readOurs(job).catch((error: unknown): Fault => {
    // What may not be read for good would keep the transfer here for ever, also when Azure's job is long over.
    if (error instanceof PermanentError && overdue(job)) return error.fault
    throw error
  })
  if ('code' in connections) return leave(job, 'failed', 'not_approved', connections)
  if (connections.length < 2 || connections.some((each) => !stands(job, each))) return lost(job)
  const foreign = connections.find(({ side, state }) => state === 'Approved' && !effects[slotOf('approve', side)])
  const passed = await bypass(job, foreign?.side)
  if (passed) return passed
  if (connections.every(({ state }) => state === 'Approved')) {
    return { events: [{ type: 'connections_seen', connections }, { type: 'running' }], due: now }
  }
  const failures = connections.flatMap((connection) => failure(job, connection))
  const approved = connections.find(({ state }) => state === 'Approved')?.side
  if (overdue(job)) return leave(job, 'failed', approved ? 'half_approved' : 'not_approved', failures[0]?.fault)
  const pending = connections.filter((connection) => mayPut(job, 'approve', connection))
  // While the other side is still under way nobody can say what it means for the pair.
  const isPlain = approved !== undefined || failures.length === connections.length
  const told = failures.filter(({ side, fault }) => isPlain && !wasTold(job, { missing: side, approved, fault }))
  const half = approved ? { approved } : {}
  const events = told.map(({ side, fault }): EventBody => ({ type: 'approve_failed', side, fault, ...half }))
  if (pending.length === 0) return { events, due: now + Math.min(polls.least, 5_000) }
  return put(job, 'approve', pending, events)
}

/** Still waits or is through, and still comes from the private endpoint that it came from when people said yes. */
function stands({ transfer }: Job, { side, state, privateEndpoint }: Connection): boolean {
  const known = transfer.connections[side]?.privateEndpoint.toLowerCase()
  return (state === 'Pending' || state === 'Approved') && privateEndpoint.toLowerCase() === known
}

/** Azure clears the connections away once the operation is over: it may have gone through while nobody looked. */
async function lost(job: Job): Promise<Move> {
  const { transfer, azure, effects, now } = job
  if (!transfer.operation) throw new Error(`Transfer ${transfer.id} has no operation`)
  const seen = await azure.observe(transfer.request, transfer.operation)
  if (!isOver(seen)) return leave(job, 'failed', 'connection_lost')
  if (seen.state !== 'succeeded') return finish(job, seen)
  const isOurs = sides.every((side) => effects[slotOf('approve', side)])
  return isOurs ? { events: [{ type: 'running' }], due: now } : unasked(job)
}

/** Intents for all, then the PUTs in parallel, then each result by its token. */
export function put(
  job: Job,
  what: 'approve' | 'reject',
  connections: readonly Connection[],
  before: readonly EventBody[],
): Move {
  const { transfer, azure, store, lease, now } = job
  const intents = connections.map((connection) => {
    const slot = slotOf(what, connection.side)
    const effect: Effect = { token: job.token(), at: now, attempt: (job.effects[slot]?.attempt ?? 0) + 1 }
    return { slot, connection, effect }
  })
  const one = async ({ slot, connection, effect }: (typeof intents)[number]): Promise<void> => {
    const verdict = what === 'approve' ? 'Approved' : 'Rejected'
    const result = await azure
      .decide(transfer.request, connection, verdict, describe(job, verdict), lease.mayStart)
      .then((taken): PutResult => ({ ok: true, ...taken }))
      .catch((error: unknown): PutResult => ({ ok: false, fault: faultOf(error) }))
    await store.result(transfer.id, slot, effect.token, result, job.clock.now())
  }
  const intended = intents.map(({ connection, effect }): EventBody => {
    return { type: 'approve_intended', side: connection.side, token: effect.token }
  })
  return {
    events: [...before, ...(what === 'approve' ? intended : [])],
    effects: Object.fromEntries(intents.map(({ slot, effect }) => [slot, effect])),
    due: now,
    act: async () => void (await Promise.all(intents.map(one))),
  }
}

/** True when this connection is Pending and no earlier PUT may still be at work. */
export function mayPut(job: Job, what: 'approve' | 'reject', { side, state }: Connection): boolean {
  if (state !== 'Pending') return false
  const effect = job.effects[slotOf(what, side)]
  return !effect || job.now >= effect.at + job.polls.closing
}

/** The slot of one PUT. */
export function slotOf(what: 'approve' | 'reject', side: Side): string {
  return `${what}:${side}`
}

/** Why the last PUT failed; not when Azure still carries out an earlier one: reading the connection back tells its end. */
export function putFault({ effects }: Job, what: 'approve' | 'reject', side: Side): Fault | undefined {
  const result = effects[slotOf(what, side)]?.result as PutResult | undefined
  if (result?.ok !== false || result.fault.code === 'PrivateEndpointConnectionStatusNotPending') return undefined
  return result.fault
}

function failure(job: Job, { side, state }: Connection): readonly { side: Side; fault: Fault }[] {
  const fault = state === 'Pending' ? putFault(job, 'approve', side) : undefined
  return fault ? [{ side, fault }] : []
}

function wasTold({ transfer }: Job, now: { missing: Side; approved: Side | undefined; fault: Fault }): boolean {
  return transfer.story.some(
    (told) =>
      told.kind === 'half_approved' &&
      told.missing === now.missing &&
      told.approved === now.approved &&
      told.fault.code === now.fault.code,
  )
}

function describe({ transfer }: Job, verdict: 'Approved' | 'Rejected'): string {
  const by = tally(transfer).approvals.map((decision) => decision.by)
  const who = verdict === 'Approved' ? ` by ${by.join(', ')}` : ''
  return `${verdict}${who} through Drawbridge, transfer ${transfer.id}`.slice(0, 140)
}

function faultOf(error: unknown): Fault {
  if (error instanceof PermanentError || error instanceof TransientError) return error.fault
  return { code: 'NotSent', message: 'The request was not sent.' }
}
