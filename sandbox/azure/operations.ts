import { armError, ok, refusal } from './answers.ts'
import { connectionNameInResult, connectionParentId } from './connections.ts'
import { listedCreations } from './database-creation.ts'
import { same, serviceDate } from './format.ts'
import { databaseId } from './ids.ts'
import { connectionsOf, isOver } from './jobs.ts'
import { onDatabase, onSubscription } from './lookups.ts'
import { operationHeaders } from './submit.ts'
import type { Operation } from './types.ts'
import { type Call, type Handler, now, type World } from './world.ts'

/** importExportAzureAsyncOperation: the verdict; its `startTime` is truly the time of the last change. */
export const asyncOperation: Handler = onSubscription((call, world) => {
  const operation = operationAt(call, world)
  if (operation === undefined) return refusal('ImportExportOperationIdNotFound')
  const startTime = new Date(operation.modifiedAt).toISOString()
  const { code, message } = operation.error ?? { code: '', message: '' }
  const error = operation.error === null ? {} : { error: { code, message } }
  const running = { status: 200, headers: operationHeaders(world, operation, call.query.get('api-version') ?? '') }
  const body = { name: operation.id, status: verdict(world, operation), startTime, ...error }
  return isOver(operation) ? ok(body) : { ...running, body }
})

/** importExportOperationResults: 202 with the progress while the job lives, 200 when it went well, 4xx or 5xx when not. */
export const operationResult: Handler = onSubscription((call, world) => {
  const operation = operationAt(call, world)
  if (operation === undefined) return refusal('ImportExportOperationIdNotFound')
  if (operation.error !== null) return armError(operation.error.status, operation.error.code, operation.error.message)
  const body = resultBody(world, operation)
  if (operation.phase === 'completed') return ok(body)
  return { status: 202, body, headers: operationHeaders(world, operation, call.query.get('api-version') ?? '') }
})

/** DatabaseOperations_ListByDatabase, newest first. */
export const listOperations: Handler = onDatabase((_call, world, { server, database }) => {
  if (world.options.operationName === 'absent') return ok({ value: [] })
  const mine = world.state.operations.filter(
    (each) => same(each.server, server.name) && same(each.database, database.name),
  )
  const jobs = mine.map((each) => listed(world, each, databaseId(database))).reverse()
  return ok({ value: [...jobs, ...listedCreations(world, database)] })
})

/** DatabaseOperations_Cancel: 200 without a body, and the job ends a moment later. */
export const cancelOperation: Handler = onDatabase((call, world, { database }) => {
  const operation = world.state.operations.find(
    (each) => same(each.database, database.name) && same(listedId(world, each), call.params.operation ?? ''),
  )
  if (operation === undefined) return refusal('OperationIdNotFound')
  if (isOver(operation) || world.options.cancel === 'refused') return refusal('CannotCancelOperation')
  if (operation.phase === 'cancelling') return { status: 200, text: '' }
  startCancel(world, operation)
  return { status: 200, text: '' }
})

/** Begins to cancel a job, unless the options have Azure ignore it. */
export function startCancel(world: World, operation: Operation): void {
  operation.cancelRequestedAt = now(world)
  operation.modifiedAt = now(world)
  if (world.options.cancel !== 'ignored') operation.phase = 'cancelling'
}

/** The operation whose `{guid}-{server}` and location the path names. */
function operationAt(call: Call, world: World): Operation | undefined {
  return world.state.operations.find(
    (each) =>
      same(each.subscriptionId, call.params.subscription ?? '') &&
      same(each.location, call.params.location ?? '') &&
      same(`${each.id}-${each.server}`, call.params.operation ?? ''),
  )
}

function verdict(world: World, operation: Operation): string {
  if (operation.phase === 'completed') return 'Succeeded'
  if (operation.phase === 'failed') return 'Failed'
  return operation.phase === 'cancelled' ? world.options.cancelledSpelling : 'InProgress'
}

function statusText(world: World, operation: Operation): string {
  if (operation.phase === 'completed') return 'Completed'
  if (operation.phase === 'hold' || operation.startedAt === null) return world.options.holdStatus
  const percent = operation.progress === 0 ? '0' : operation.progress.toFixed(2)
  return `Running, Progress = ${percent} %`
}

function resultBody(world: World, operation: Operation): unknown {
  const properties = {
    requestId: operation.id,
    requestType: requestType(world, operation),
    queuedTime: serviceDate(operation.queuedAt),
    lastModifiedTime: serviceDate(operation.modifiedAt),
    blobUri: operation.storageUri,
    serverName: operation.server,
    databaseName: operation.database,
    status: statusText(world, operation),
    privateEndpointConnections: namedConnections(world, operation),
  }
  const type = 'Microsoft.Sql/servers/databases/importExportOperationResults'
  return { properties, id: operation.id, name: operation.id, type }
}

function requestType(world: World, { kind }: Operation): string {
  if (kind === 'export') return world.options.requestType
  return world.options.requestType === 'Export' ? 'Import' : 'ImportToExistingDatabase'
}

function namedConnections(world: World, operation: Operation): unknown[] {
  if (!world.options.resultNames) return []
  const texts = world.options.connectionStatusTexts
  return connectionsOf(world, operation)
    .filter((each) => now(world) - each.createdAt >= world.timings.namedAfterMs)
    .map((each) => ({
      privateLinkServiceId: connectionParentId(each),
      privateEndpointConnectionName: connectionNameInResult(world, each),
      status: texts[each.status] ?? each.status,
    }))
}

function listedId(world: World, operation: Operation): string {
  return world.options.operationName === 'other' ? operation.listId : operation.id
}

function listedState(operation: Operation): string {
  if (operation.phase === 'completed') return 'Succeeded'
  if (operation.phase === 'failed') return 'Failed'
  if (operation.phase === 'cancelled') return 'Cancelled'
  if (operation.cancelRequestedAt !== null) return 'CancelInProgress'
  return operation.startedAt === null ? 'Pending' : 'InProgress'
}

function listed(world: World, operation: Operation, parent: string): unknown {
  const name = listedId(world, operation)
  const failure = operation.error
  const properties = {
    databaseName: operation.database,
    operation: operation.kind === 'export' ? 'ExportDatabase' : 'ImportDatabase',
    operationFriendlyName: `${operation.kind.toUpperCase()} DATABASE`,
    percentComplete: Math.round(operation.progress),
    serverName: operation.server,
    startTime: new Date(operation.queuedAt).toISOString(),
    state: listedState(operation),
    isCancellable: !isOver(operation) && operation.cancelRequestedAt === null && world.options.cancel !== 'refused',
    ...(failure === null ? {} : { errorCode: 40000, errorDescription: failure.message, isUserError: true }),
  }
  return { properties, id: `${parent}/operations/${name}`, name, type: 'Microsoft.Sql/servers/databases/operations' }
}
