import { armError, lroHeaders, ok, paged, refusal, retryAfter } from './answers.ts'
import {
  connectionBody,
  connectionId,
  connectionsTo,
  findConnection,
  requestedState,
  setStatus,
} from './connections.ts'
import { guid, same, ticksDate } from './format.ts'
import { lockedOut, onAccount, onServer, onSubscription } from './lookups.ts'
import type { Connection, ConnectionOperation, SqlServer } from './types.ts'
import { type Answer, type Call, type Handler, now, type World } from './world.ts'

/** PrivateEndpointConnections_ListByServer, in pages. */
export const listSqlConnections: Handler = onServer(true, (call, world, server) => {
  return paged(call, world, connectionsTo(world, 'sql', server).map(connectionBody))
})

/** PrivateEndpointConnections_Get of a server. */
export const getSqlConnection: Handler = onServer(true, (call, world, server) => {
  const id = connectionId('sql', server, call.params.connection ?? '')
  const found = connectionsTo(world, 'sql', server).find((each) => same(each.id, id))
  return found === undefined ? noSqlConnection(call) : ok(connectionBody(found))
})

/** PrivateEndpointConnections_CreateOrUpdate of a server: approves or rejects, as a long-running operation. */
export const putSqlConnection: Handler = onServer(true, (call, world, server) => {
  const found = findConnection(world, connectionId('sql', server, call.params.connection ?? ''))
  if (found === undefined) return noSqlConnection(call)
  const refused = lockedOut(world, found.id) ?? decisionRefusal(call)
  if (refused !== undefined) return refused
  const { status, description } = requestedState(call.body)
  if (typeof description !== 'string') return refusal('InvalidResourceIdSegment')
  if (status !== 'Approved' && status !== 'Rejected') return refusal('IncorrectPrivateLinkServiceConnectionStateStatus')
  if (found.status !== 'Pending' || isBeingDecided(world, found)) {
    return refusal('PrivateEndpointConnectionStatusNotPending')
  }
  if (world.options.sqlApproval === 'immediate') {
    setStatus(world, found, status, description)
    return ok(connectionBody(found))
  }
  found.provisioningState = status === 'Approved' ? 'Approving' : 'Rejecting'
  return start(call, world, server, found, status, description)
})

/** PrivateEndpointConnections_Delete of a server, long-running too; 204 when there is nothing to delete. */
export const deleteSqlConnection: Handler = onServer(true, (call, world, server) => {
  const found = findConnection(world, connectionId('sql', server, call.params.connection ?? ''))
  if (found === undefined) return { status: 204, text: '' }
  found.provisioningState = 'Dropping'
  return lockedOut(world, found.id) ?? start(call, world, server, found, 'Delete', '')
})

/** privateEndpointConnectionAzureAsyncOperation: how an approval, rejection or deletion stands. */
export const connectionAsync: Handler = onSubscription((call, world) => {
  const operation = operationAt(call, world)
  if (operation === undefined) return refusal('OperationIdNotFound')
  const failed = {
    error: { code: 'InternalServerError', message: 'An unexpected error occured while processing the request.' },
  }
  const startTime = new Date(operation.startedAt).toISOString()
  const body = { name: operation.id, status: operation.status, startTime }
  if (operation.status === 'InProgress') return { status: 200, body, headers: retryAfter(world) }
  return ok(operation.status === 'Failed' ? { ...body, ...failed } : body)
})

/** privateEndpointConnectionOperationResults: 202 until it is over, then the connection. */
export const connectionResult: Handler = onSubscription((call, world) => {
  const operation = operationAt(call, world)
  if (operation === undefined) return refusal('OperationIdNotFound')
  if (operation.status === 'InProgress') return { status: 202, text: '' }
  const connection = findConnection(world, operation.connectionId)
  return connection === undefined ? { status: 204, text: '' } : ok(connectionBody(connection))
})

/** PrivateEndpointConnections_List of a storage account, on one page. */
export const listStorageConnections: Handler = onAccount(true, (_call, world, account) =>
  ok({ value: connectionsTo(world, 'storage', account).map(connectionBody) }),
)

/** PrivateEndpointConnections_Get of a storage account. */
export const getStorageConnection: Handler = onAccount(true, (call, world, account) => {
  const found = findConnection(world, connectionId('storage', account, call.params.connection ?? ''))
  return found === undefined ? noStorageConnection() : ok(connectionBody(found))
})

/** PrivateEndpointConnections_Put of a storage account: approves or rejects at once. */
export const putStorageConnection: Handler = onAccount(true, (call, world, account) => {
  const found = findConnection(world, connectionId('storage', account, call.params.connection ?? ''))
  if (found === undefined) return noStorageConnection()
  const refused = lockedOut(world, found.id) ?? decisionRefusal(call)
  if (refused !== undefined) return refused
  const { status, description } = requestedState(call.body)
  if (status !== 'Approved' && status !== 'Rejected') return refusal('IncorrectPrivateLinkServiceConnectionStateStatus')
  const open = found.status === 'Pending' || (world.options.storageRedecides && found.status !== 'Disconnected')
  if (!open) return refusal('PrivateEndpointConnectionStatusNotPending')
  setStatus(world, found, status, typeof description === 'string' ? description : undefined)
  return ok(connectionBody(found))
})

/** PrivateEndpointConnections_Delete of a storage account: 200, or 204 when there is nothing to delete. */
export const deleteStorageConnection: Handler = onAccount(true, (call, world, account) => {
  const found = findConnection(world, connectionId('storage', account, call.params.connection ?? ''))
  if (found === undefined) return { status: 204, text: '' }
  const refused = lockedOut(world, found.id)
  if (refused !== undefined) return refused
  world.state.connections = world.state.connections.filter((each) => each !== found)
  return { status: 200, text: '' }
})

function decisionRefusal(call: Call): Answer | undefined {
  const { properties, state, status } = requestedState(call.body)
  if (properties === undefined || properties === null) return refusal('NullPrivateEndpointConnectionProperties')
  if (state === undefined || state === null) return refusal('NullRemotePrivateLinkServiceConnectionState')
  if (status === undefined || status === null) return refusal('NullRemotePrivateLinkServiceConnectionStateStatus')
  return undefined
}

function isBeingDecided(world: World, connection: Connection): boolean {
  return world.state.connectionOperations.some(
    (each) => each.status === 'InProgress' && same(each.connectionId, connection.id),
  )
}

function start(
  call: Call,
  world: World,
  server: SqlServer,
  connection: Connection,
  action: ConnectionOperation['action'],
  description: string,
): Answer {
  const operation: ConnectionOperation = {
    id: guid(),
    subscriptionId: server.subscriptionId,
    location: server.location,
    connectionId: connection.id,
    action,
    description,
    startedAt: now(world),
    status: 'InProgress',
  }
  world.state.connectionOperations.push(operation)
  const at = `/subscriptions/${server.subscriptionId}/providers/Microsoft.Sql/locations/${server.location}`
  const result = `${at}/privateEndpointConnectionOperationResults/${operation.id}`
  const async = `${at}/privateEndpointConnectionAzureAsyncOperation/${operation.id}`
  const verb = action === 'Delete' ? 'DropPrivateEndpointConnection' : 'UpsertPrivateEndpointConnection'
  const body = { operation: verb, startTime: ticksDate(operation.startedAt) }
  return { status: 202, body, headers: lroHeaders(world, call.query.get('api-version') ?? '', result, async) }
}

function operationAt(call: Call, world: World): ConnectionOperation | undefined {
  return world.state.connectionOperations.find(
    (each) => same(each.id, call.params.operation ?? '') && same(each.location, call.params.location ?? ''),
  )
}

function noSqlConnection(call: Call): Answer {
  const name = call.params.connection ?? ''
  const type = 'Microsoft.Sql/servers/privateEndpointConnections'
  return armError(
    404,
    'ResourceNotFound',
    `The requested resource of type '${type}' with name '${name}' was not found.`,
  )
}

function noStorageConnection(): Answer {
  return armError(404, 'PrivateEndpointConnectionNotFound', 'The private endpoint connection was not found.')
}
