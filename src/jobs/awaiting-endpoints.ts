import { causeOf } from '../transfer/cancel.ts'
import { gateOf } from '../transfer/material.ts'
import { type Connection, type Side, sides } from '../transfer/model.ts'
import type { EventBody, Job, Move, Step } from './job.ts'
import { bypass, clockOf, finish, isOver, leave, nextPoll, overdue, progress } from './moves.ts'
import { unasked } from './unasked.ts'

type Ours = Partial<Record<Side, Connection>>

/** Waits until Azure's result names both connections; without names nothing goes on by itself. */
export const awaitingEndpoints: Step = async (job) => {
  const { transfer, azure } = job
  if (transfer.cancel) return leave(job, 'cancelled', causeOf(transfer.cancel))
  const { operation, request } = transfer
  if (!operation) throw new Error(`Transfer ${transfer.id} has no operation`)
  const seen = await azure.observe(request, operation)
  if (isOver(seen)) return seen.state === 'succeeded' ? unasked(job) : finish(job, seen)
  if (overdue(job)) return leave(job, 'failed', 'endpoints_missing')
  const events = progress(job, seen)
  const due = Math.min(nextPoll(job, seen.retryAfter), transfer.since + clockOf(job, 'awaiting_endpoints'))
  const unnamed = seen.named.length === 0
  if (unnamed && job.now < transfer.since + job.polls.most) return { events, due }
  const fresh = isNew(job, await azure.connections(request))
  if (unnamed) return candidates(job, fresh, events, due)
  const ours = named(job.matchConnections(seen.named, fresh))
  if (ours.sql && ours.storage) return ask(job, ours, events)
  return { events: [...events, ...newlySeen(job, ours)], due }
}

/** Both are known: ask, or go on where the yes came before. */
export async function ask(job: Job, ours: Ours, before: readonly EventBody[]): Promise<Move> {
  const connections = sides.flatMap((side) => ours[side] ?? [])
  const seen: EventBody = { type: 'connections_seen', connections }
  if (connections.some(({ state }) => state !== 'Pending' && state !== 'Approved')) {
    const { events = [], due } = await leave(job, 'failed', 'connection_lost')
    return { events: [...before, seen, ...events], due }
  }
  const bypassed = await bypass(job, connections.find(({ state }) => state === 'Approved')?.side)
  const stopped = bypassed?.events?.some(({ type }) => type === 'closing') ?? false
  const next: readonly EventBody[] = gateOf(job.transfer) === 'submission' ? [{ type: 'quorum_reached' }] : [asked]
  const events = [...before, seen, ...(bypassed?.events ?? []), ...(stopped ? [] : next)]
  return { events, due: job.now }
}

const asked: EventBody = { type: 'asked', changed: [] }

/** The same connections, marked as named by the operation's own result. */
export function named(ours: Ours): Ours {
  return Object.fromEntries(Object.entries(ours).map(([side, connection]) => [side, { ...connection, named: true }]))
}

/** Connections that were not there before the submit and belong to the import/export service. */
export function isNew({ transfer }: Job, all: readonly Connection[]): readonly Connection[] {
  const before = new Set((transfer.snapshot ?? []).map((id) => id.toLowerCase()))
  return all.filter(({ id }) => !before.has(id.toLowerCase()))
}

function newlySeen({ transfer }: Job, ours: Ours): readonly EventBody[] {
  const connections = sides.flatMap((side) => ours[side] ?? []).filter(({ side }) => !transfer.connections[side])
  return connections.length > 0 ? [{ type: 'connections_seen', connections }] : []
}

/** Azure names nothing: people see the candidates; only where the rule says `ask` may a person release exactly those. */
async function candidates(
  job: Job,
  fresh: readonly Connection[],
  events: readonly EventBody[],
  due: number,
): Promise<Move> {
  const service = (connection: Connection): boolean =>
    connection.state === 'Pending' &&
    /importexportprivatelink/i.test(`${connection.name} ${connection.privateEndpoint}`)
  const found = fresh.filter(service)
  const ids = found.map(({ id }) => id.toLowerCase()).sort()
  const told = job.transfer.story.findLast((milestone) => milestone.kind === 'unnamed')
  const same =
    told?.candidates
      .map(({ id }) => id.toLowerCase())
      .sort()
      .join() === ids.join()
  if (found.length === 0) return { events, due }
  if (!same) return { events: [...events, { type: 'unnamed_seen', candidates: found }], due }
  const bySide = sides.map((side) => found.filter((connection) => connection.side === side))
  const [sql = [], storage = []] = bySide
  if (job.transfer.rule.unnamedConnections !== 'ask' || sql.length !== 1 || storage.length !== 1) return { events, due }
  return ask(job, { sql: sql[0] as Connection, storage: storage[0] as Connection }, events)
}
