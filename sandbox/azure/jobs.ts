import { entryFor } from './answers.ts'
import { findConnection, makeJobConnection, setStatus } from './connections.ts'
import { advanceCreations } from './database-creation.ts'
import { takeFault } from './faults.ts'
import { databaseId } from './ids.ts'
import { fill, importProblem, targetOf } from './imports.ts'
import type { Connection, Operation, Phase, Side } from './types.ts'
import { now, type World } from './world.ts'

const over: readonly Phase[] = ['completed', 'failed', 'cancelled']

/** Moves every job and every approval to where the clock says they are. */
export function advance(world: World): void {
  for (const operation of world.state.operations) step(world, operation)
  advanceCreations(world)
  for (const each of world.state.connectionOperations) {
    if (each.status === 'InProgress' && now(world) - each.startedAt >= world.timings.approveMs) settle(world, each)
  }
}

/** Whether a job has come to its end. */
export function isOver(operation: Operation): boolean {
  return over.includes(operation.phase)
}

/** The connections that a job has so far, in the order of its sides. */
export function connectionsOf(world: World, operation: Operation): Connection[] {
  return operation.sides.flatMap((side) => findConnection(world, operation.connections[side]) ?? [])
}

/** Ends a job as failed for this reason. */
export function fail(world: World, operation: Operation, reason: string): void {
  const message = `The ImportExport operation with Request Id '${operation.id}' failed due to '${reason}'.`
  operation.error = { code: 'ImportExportJobError', message, status: 400 }
  enter(world, operation, 'failed')
}

/** Ends a job as cancelled. */
export function cancelNow(world: World, operation: Operation): void {
  const { code, message, status } = entryFor('OperationCancelled')
  operation.error = { code, message, status }
  enter(world, operation, 'cancelled')
}

/** Ends a job well, with its blob in place or its database filled. */
export function complete(world: World, operation: Operation): void {
  const { account, container, blob: name } = operation
  const database = targetOf(world, operation)
  if (operation.kind === 'import') fill(world, operation)
  else {
    const size = Math.round((database?.usedBytes ?? 0) * 0.18) + 4096
    const tables = [...(database?.tables ?? [])]
    world.state.blobs.push({ account, container, name, size, createdAt: now(world), tables })
  }
  operation.progress = 100
  enter(world, operation, 'completed')
}

function step(world: World, operation: Operation): void {
  if (!isOver(operation) || world.options.lateConnections) appear(world, operation)
  if (operation.phase === 'hold') hold(world, operation)
  if (operation.phase === 'queued') queued(world, operation)
  if (operation.phase === 'running') run(world, operation)
  if (operation.phase === 'cancelling' && passed(world, operation.cancelRequestedAt, world.timings.cancelMs)) {
    cancelNow(world, operation)
  }
  if (isOver(operation)) cleanUp(world, operation)
}

function appear(world: World, operation: Operation): void {
  const order: Side[] = world.options.firstConnection === 'sql' ? ['sql', 'storage'] : ['storage', 'sql']
  const { firstConnectionMs, secondConnectionMs } = world.timings
  const wanted = order.filter((side) => operation.sides.includes(side))
  for (const [index, side] of wanted.entries()) {
    const made = world.options.madeConnections
    if (operation.connections[side] !== undefined || (made !== 'both' && made !== side)) continue
    if (!passed(world, operation.queuedAt, index === 0 ? firstConnectionMs : secondConnectionMs)) continue
    operation.connections[side] = makeJobConnection(world, operation, side).id
    operation.modifiedAt = now(world)
  }
}

function hold(world: World, operation: Operation): void {
  const connections = connectionsOf(world, operation)
  const bad = connections.find(isCut)
  if (bad !== undefined) {
    if (world.options.rejectedJob === 'fails' && passed(world, bad.changedAt, world.timings.rejectedMs)) {
      fail(world, operation, `The private endpoint connection '${bad.name}' was ${bad.status.toLowerCase()}.`)
    }
    return
  }
  const named = operation.sides.filter((side) => operation.connections[side] !== undefined)
  if (named.length > connections.length) {
    fail(world, operation, 'A private endpoint connection of the request no longer exists.')
  } else if (connections.filter((each) => each.status === 'Approved').length === operation.sides.length) {
    operation.readyAt = now(world)
    enter(world, operation, 'queued')
  } else if (passed(world, operation.queuedAt, world.timings.holdLimitMs)) cancelNow(world, operation)
}

function queued(world: World, operation: Operation): void {
  if (!passed(world, operation.readyAt, world.timings.startMs)) return
  operation.startedAt = now(world)
  enter(world, operation, 'running')
}

function run(world: World, operation: Operation): void {
  const startedAt = operation.startedAt ?? now(world)
  const elapsed = now(world) - startedAt
  if (now(world) - operation.modifiedAt >= world.timings.touchMs) operation.modifiedAt = now(world)
  const cut = connectionsOf(world, operation).find(isCut)
  const own = operation.problem ?? (operation.kind === 'import' ? importProblem(world, operation) : null)
  const problem = cut === undefined ? own : `The private endpoint connection '${cut.name}' was cut.`
  if (problem !== null) {
    if (elapsed >= world.timings.failMs) fail(world, operation, problem)
    return
  }
  const reached = world.timings.jobMs <= 0 ? 100 : Math.min(100, (elapsed / world.timings.jobMs) * 100)
  operation.progress = Math.min(Math.floor(reached / 5) * 5, world.options.freezeAt ?? 100)
  if (reached >= 100 && operation.progress >= 100) finish(world, operation)
}

function finish(world: World, operation: Operation): void {
  const path = databaseId({ ...operation, name: operation.database })
  const fault = takeFault(world, { name: 'job', method: 'POST', path })
  if (fault === undefined) {
    complete(world, operation)
    return
  }
  const { code, message, status } = entryFor(fault.code ?? 'ImportExportJobError', 'job')
  if (code === 'ImportExportJobError') fail(world, operation, message)
  else if (code === 'OperationCancelled') cancelNow(world, operation)
  else {
    operation.error = { code, message, status }
    enter(world, operation, 'failed')
  }
}

function enter(world: World, operation: Operation, phase: Phase): void {
  operation.phase = phase
  operation.modifiedAt = now(world)
  if (over.includes(phase)) operation.endedAt = now(world)
}

function cleanUp(world: World, operation: Operation): void {
  const policy = world.options.connectionsAfterJob
  if (operation.cleaned || policy === 'stay') return
  if (!passed(world, operation.endedAt, world.timings.cleanupMs)) return
  operation.cleaned = true
  const mine = connectionsOf(world, operation)
  if (policy === 'vanish') world.state.connections = world.state.connections.filter((each) => !mine.includes(each))
  else for (const each of mine) if (each.status !== 'Disconnected') setStatus(world, each, 'Disconnected')
}

function settle(world: World, operation: World['state']['connectionOperations'][number]): void {
  const connection = findConnection(world, operation.connectionId)
  const failing = world.options.sqlApproval === 'lro-fails' && operation.action !== 'Delete'
  operation.status = connection === undefined || failing ? 'Failed' : 'Succeeded'
  if (connection === undefined) return
  if (failing) connection.provisioningState = 'Ready'
  else if (operation.action === 'Delete') {
    world.state.connections = world.state.connections.filter((each) => each !== connection)
  } else setStatus(world, connection, operation.action, operation.description)
}

function isCut(connection: Connection): boolean {
  return connection.status === 'Rejected' || connection.status === 'Disconnected'
}

function passed(world: World, since: number | null, ms: number): boolean {
  return since !== null && now(world) - since >= ms
}
