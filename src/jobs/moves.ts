import { PermanentError } from '../transfer/errors.ts'
import { mayHaveStarted } from '../transfer/lifecycle.ts'
import {
  type Cause,
  type ClosingOutcome,
  type Connection,
  type Ending,
  type Fault,
  type Millis,
  type Side,
  sides,
  type WorkingStatus,
} from '../transfer/model.ts'
import type { Observation } from '../transfer/ports.ts'
import type { EventBody, Job, Move } from './job.ts'
import { workOf } from './work.ts'

/** The longest time in a status: the rule's own, once it is settled which rule counts, or that of all transfers. */
export function clockOf({ transfer, clocks }: Pick<Job, 'transfer' | 'clocks'>, status: WorkingStatus): Millis {
  const own = transfer.candidates ? undefined : transfer.rule.clocks?.[status]
  return own ?? clocks[status]
}

/** True when the transfer has been in its status for longer than the status' clock allows. */
export function overdue(job: Job): boolean {
  const { transfer, now } = job
  return now >= transfer.since + clockOf(job, transfer.status as WorkingStatus)
}

/** The next look: from `polls.least`, growing with the age of the status to `polls.most`, never before Azure wants it. */
export function nextPoll({ transfer, polls, now, random }: Job, retryAfter: Millis = 0): Millis {
  const paced = Math.min(Math.max(polls.least, (now - transfer.since) * 0.05), polls.most)
  return now + Math.max(Math.min(retryAfter, polls.most), paced) * (1 + random() * 0.1)
}

/** How a transfer ends; `nothingSent` where something may have been sent and it is proven that nothing came of it. */
type Outcome = Omit<Ending, 'at' | 'leftOver' | 'nothingSent'> & { nothingSent?: true }

/** The end of a transfer. */
export async function end(job: Job, ending: Outcome): Promise<Move> {
  const nothingSent = ending.nothingSent ?? !mayHaveStarted(job.transfer)
  const leftOver = nothingSent ? [] : await leftOvers(job)
  return { events: [{ type: 'ended', ending: { ...ending, nothingSent, leftOver } }], due: job.now }
}

/** Out by the way that undoes what can be undone; straight to the end where nothing was sent. */
export async function leave(job: Job, outcome: ClosingOutcome, cause: Cause, fault?: Fault): Promise<Move> {
  const why = fault ? { fault } : {}
  if (!mayHaveStarted(job.transfer)) return end(job, { outcome, cause, ...why })
  return { events: [{ type: 'closing', outcome, cause, ...why }], due: job.now }
}

/** True when Azure's operation has ended, one way or the other. */
export function isOver(seen: Observation): boolean {
  return seen.state === 'succeeded' || seen.state === 'failed' || seen.state === 'cancelled'
}

/** Where Azure knows neither address of the operation any more: true when the database's list shows that none of ours runs. */
export async function isForgotten({ azure, transfer }: Job): Promise<boolean> {
  if (!transfer.plan) return false
  return (
    (await azure.look(transfer.request, transfer.plan, transfer.request.at, transfer.snapshot ?? [])).kind === 'none'
  )
}

/** What stands for the end of an operation that nobody saw: whether data crossed is not known. */
export const forgotten: Fault = {
  code: 'ImportExportOperationIdNotFound',
  message: 'Azure does not know the operation any more.',
}

/** Azure ended the operation by itself and nobody said no. */
export async function finish(job: Job, seen: Observation): Promise<Move> {
  const why = seen.fault ? { fault: seen.fault } : {}
  if (seen.state === 'succeeded') return end(job, { outcome: 'succeeded', ...(await workOf(job, seen)) })
  if (seen.state === 'cancelled') return end(job, { outcome: 'cancelled', cause: 'azure', ...why })
  return end(job, { outcome: 'failed', cause: 'azure', ...why })
}

/** Progress as an event, if it reads differently from what is known. */
export function progress({ transfer }: Job, { text, percent }: Observation): readonly EventBody[] {
  if (transfer.progress?.text === text && transfer.progress.percent === percent) return []
  return [{ type: 'observed', text, ...(percent === undefined ? {} : { percent }) }]
}

/** Our connections as they are now; `Gone` where Azure no longer has one. */
export async function readOurs({ azure, transfer }: Job): Promise<readonly Connection[]> {
  const ours = sides.flatMap((side) => transfer.connections[side] ?? [])
  return Promise.all(
    ours.map(async (connection) => {
      const now = await azure.connection(transfer.request, connection)
      return now ? { ...now, named: connection.named } : { ...connection, state: 'Gone' as const }
    }),
  )
}

/** What somebody else's approval of our connection means; undefined when there is none. */
export async function bypass(job: Job, approved: Side | undefined): Promise<Move | undefined> {
  const { transfer } = job
  if (!approved || transfer.bypassed) return undefined
  const event = { type: 'bypassed', side: approved } as const
  if (transfer.rule.onBypass === 'follow') return { events: [event], due: job.now }
  const { events = [], due } = await leave(job, 'failed', 'bypassed')
  return { events: [event, ...events], due }
}

/** Runs what may fail for good and gives the fault instead; `TransientError` goes on up. */
export async function faultOf(work: () => Promise<unknown>): Promise<Fault | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof PermanentError) return error.fault
    throw error
  }
}

async function leftOvers(job: Job): Promise<readonly Connection[]> {
  try {
    return (await readOurs(job)).filter(({ state }) => state !== 'Gone')
  } catch {
    // The end must not wait for this reading: what was known last is told.
    return sides.flatMap((side) => job.transfer.connections[side] ?? [])
  }
}
