import { PermanentError, Refusal } from '../transfer/errors.ts'
import { type Connection, type Fault, type Side, sides, type Transfer } from '../transfer/model.ts'
import type { Observation } from '../transfer/ports.ts'
import { mayPut, put, putFault, slotOf } from './approving.ts'
import { isNew, named } from './awaiting-endpoints.ts'
import type { EventBody, Job, Move, Step } from './job.ts'
import { end, forgotten, isForgotten, isOver, nextPoll, overdue, progress } from './moves.ts'

/** Undoes what can be undone and keeps looking until Azure's operation is over; says plainly what it could not undo. */
export const closing: Step = async (job) => {
  const { transfer, azure, now, polls } = job
  if (!transfer.closing) throw new Error(`Transfer ${transfer.id} has no closing`)
  if (!transfer.operation) return withoutOperation(job, transfer.closing)
  const seen = await azure.observe(transfer.request, transfer.operation)
  if (isOver(seen)) return closed(job, transfer.closing, seen.state === 'succeeded')
  // A no is told as kept only when somebody saw that no data crossed.
  if (seen.state === 'unknown' && (await isForgotten(job)))
    return end(job, { outcome: 'failed', cause: transfer.closing.cause, fault: forgotten })
  const slow: readonly EventBody[] = overdue(job) && !transfer.closing.slowTold ? [{ type: 'closing_slow' }] : []
  const read = await ours(job, seen).catch((error: unknown): Fault => {
    // The job is cancelled all the same when its connections may not be read.
    if (error instanceof PermanentError) return error.fault
    throw error
  })
  const connections = 'code' in read ? [] : read
  const events = [
    ...progress(job, seen),
    ...slow,
    ...late(job, connections),
    ...elsewhere(job, connections.find((each) => each.state === 'Approved' && !isPut(job, each.side))?.side),
    ...('code' in read ? notRead(job, read) : notRejected(job, connections)),
    ...(await cancel(job)),
  ]
  const pending = connections.filter((connection) => mayPut(job, 'reject', connection))
  if (pending.length > 0) return put(job, 'reject', pending, events)
  return { events, due: now + polls.closing }
}

type Closing = NonNullable<Transfer['closing']>

async function closed(job: Job, { outcome, cause, fault }: Closing, released: boolean): Promise<Move> {
  const ending = { outcome, cause, ...(fault ? { fault } : {}), ...(released ? { released } : {}) }
  const { events = [], due } = await end(job, ending)
  // Without both connections approved no data crosses: whichever Drawbridge did not approve, somebody else did.
  const isPassed = released && job.transfer.request.privateLink
  return { events: [...elsewhere(job, isPassed ? sides.find((side) => !isPut(job, side)) : undefined), ...events], due }
}

/** An approval that is not ours is told also when the undoing is under way. */
function elsewhere({ transfer }: Job, side: Side | undefined): readonly EventBody[] {
  return side && !transfer.bypassed ? [{ type: 'bypassed', side }] : []
}

function isPut({ effects }: Job, side: Side): boolean {
  return effects[slotOf('approve', side)] !== undefined
}

/** Nobody knows whether a job runs: keep looking, until it is found or an operator settles it. */
async function withoutOperation(job: Job, { cause, fault }: Closing): Promise<Move> {
  const { transfer, azure, now } = job
  const { request, plan, settled } = transfer
  if (!plan) throw new Error(`Transfer ${transfer.id} has no plan`)
  const why = fault ? { fault } : {}
  if (settled && settled.running === undefined) return end(job, { outcome: 'failed', cause: 'settled', ...why })
  if (settled?.running !== undefined && !settled.refused) {
    try {
      return { events: [{ type: 'submitted', operation: await azure.adopt(request, plan, settled.running) }], due: now }
    } catch (error) {
      if (error instanceof Refusal) {
        return { events: [{ type: 'settle_refused', code: error.code, facts: error.facts }], due: now }
      }
      if (!(error instanceof PermanentError)) throw error
      job.log({ transfer: transfer.id, cause }, 'the operation that was named cannot be read yet')
    }
  }
  const look = await azure.look(request, plan, request.at, transfer.snapshot ?? [])
  if (look.kind === 'found') return { events: [{ type: 'submitted', operation: look.operation }], due: now }
  const slow = overdue(job) && !transfer.closing?.slowTold
  return { events: slow ? [{ type: 'closing_slow' }] : [], due: nextPoll(job) }
}

/** All connections of this operation, late ones too: only what the record knows or the operation's result names. */
async function ours(job: Job, seen: Observation): Promise<readonly Connection[]> {
  const { transfer, azure } = job
  if (!transfer.request.privateLink) return []
  const known = transfer.connections
  if (seen.named.length === 0 && !known.sql && !known.storage) return []
  const all = await azure.connections(transfer.request)
  const matched = named(job.matchConnections(seen.named, isNew(job, all)))
  return sides.flatMap((side) => {
    const id = known[side]?.id.toLowerCase()
    return matched[side] ?? all.find((connection) => connection.id.toLowerCase() === id) ?? []
  })
}

/** Connections that appeared only now: the end is to list them too. */
function late({ transfer }: Job, all: readonly Connection[]): readonly EventBody[] {
  const connections = all.filter(({ side }) => !transfer.connections[side])
  return connections.length > 0 ? [{ type: 'connections_seen', connections }] : []
}

/** What Azure would not let us reject, as events; told once for each fault. */
function notRejected(job: Job, connections: readonly Connection[]): readonly EventBody[] {
  return connections.flatMap(({ side, state }): readonly EventBody[] => {
    const before = job.transfer.closing?.undone[side]
    if (state === 'Rejected' && before?.state !== 'done') return [{ type: 'undo', what: side, state: 'done' }]
    const fault = state === 'Approved' ? approvedAlready(side) : putFault(job, 'reject', side)
    if (!fault || before?.fault?.code === fault.code) return []
    return [{ type: 'undo', what: side, state: 'refused', fault }]
  })
}

/** The sides whose connections may not even be read, as events; told once for each fault. */
function notRead({ transfer }: Job, fault: Fault): readonly EventBody[] {
  const open = sides.filter((side) => transfer.connections[side] && !transfer.closing?.undone[side])
  return open.map((side): EventBody => ({ type: 'undo', what: side, state: 'refused', fault }))
}

function approvedAlready(side: Side): Fault {
  const where = side === 'sql' ? 'SQL server' : 'storage account'
  return {
    code: 'AlreadyApproved',
    message: `The connection on the ${where} is approved and can no longer be rejected.`,
  }
}

/** Asks for the cancel again and again until Azure took it once; asking twice harms nothing. */
async function cancel(job: Job): Promise<readonly EventBody[]> {
  const { transfer, azure, now, polls } = job
  const before = transfer.closing?.undone.cancel
  if (!transfer.operation || before?.state === 'done') return []
  // More slowly as it goes on: every try is an entry in the audit.
  if (before && now < before.at + Math.max(polls.closing, (now - transfer.since) * 0.1)) return []
  const answer = await azure.cancel(transfer.request, transfer.operation)
  const { requestId } = { requestId: undefined, ...answer }
  if (answer.kind === 'asked')
    return [{ type: 'undo', what: 'cancel', state: 'done', ...(requestId ? { requestId } : {}) }]
  return [{ type: 'undo', what: 'cancel', state: 'refused', fault: answer.fault }]
}
