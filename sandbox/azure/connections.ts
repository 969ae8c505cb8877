import { field, guid, hex, same } from './format.ts'
import { parentId } from './ids.ts'
import type { Connection, ConnectionStatus, Operation, Side, StorageAccount } from './types.ts'
import { now, type World } from './world.ts'

const serviceGroup =
  '/subscriptions/5c4d5c1e-7b1f-4c1d-8b5a-0f8e3a1d9c77/resourceGroups/ImportExport-westeurope/providers/Microsoft.Network/privateEndpoints'

type Parent = { subscriptionId: string; resourceGroup: string; name: string }

/** The ARM id of a private endpoint connection. */
export function connectionId(side: Side, parent: Parent, name: string): string {
  return `${parentId(side, parent)}/privateEndpointConnections/${name}`
}

/** The ARM id of the server or account that a connection leads to. */
export function connectionParentId(connection: Connection): string {
  return parentId(connection.side, { ...connection, name: connection.parent })
}

/** Makes the connection that the import/export service asks for on behalf of a job. */
export function makeJobConnection(world: World, operation: Operation, side: Side): Connection {
  const number = hex(12)
  const endpoint =
    side === 'sql' ? `ImportExportPrivateLink_SQL-${number}` : `ImportExportPrivateLink_Storage-${number}`
  const account = world.state.accounts.find((each) => same(each.name, operation.account))
  const parent = side === 'sql' ? { ...operation, name: operation.server } : (account ?? missingAccount(operation))
  const connection = makeConnection(world, side, parent, `${serviceGroup}/${endpoint}`)
  connection.operationId = operation.id
  return connection
}

/** Makes a pending connection of a private endpoint to a server or account, and adds it to the state. */
export function makeConnection(world: World, side: Side, parent: Parent, privateEndpointId: string): Connection {
  const endpoint = lastSegment(privateEndpointId)
  const name = side === 'sql' ? `${endpoint}-${guid()}` : `${parent.name}.${guid()}`
  const connection: Connection = {
    id: connectionId(side, parent, name),
    side,
    subscriptionId: parent.subscriptionId,
    resourceGroup: parent.resourceGroup,
    parent: parent.name,
    name,
    privateEndpointId,
    status: 'Pending',
    description: 'Please approve this connection.',
    provisioningState: side === 'sql' ? 'Ready' : 'Succeeded',
    operationId: null,
    createdAt: now(world),
    changedAt: now(world),
  }
  world.state.connections.push(connection)
  return connection
}

/** The connections to a server or account, those of a server's own private endpoints last. */
export function connectionsTo(
  world: World,
  side: Side,
  parent: Parent & { privateEndpoints?: string[] },
): Connection[] {
  const open = world.state.connections.filter((each) => each.side === side && same(each.parent, parent.name))
  return [...open, ...(parent.privateEndpoints ?? []).map((id) => ownConnection(world, side, parent, id))]
}

/** The connection with this id, case aside. */
export function findConnection(world: World, id: string | undefined): Connection | undefined {
  return id === undefined ? undefined : world.state.connections.find((each) => same(each.id, id))
}

/** Records that a connection was decided on, or cut. */
export function setStatus(world: World, connection: Connection, status: ConnectionStatus, description?: string): void {
  connection.status = status
  connection.changedAt = now(world)
  connection.provisioningState = connection.side === 'sql' ? 'Ready' : 'Succeeded'
  if (description !== undefined) connection.description = description
}

/** A connection as its provider writes it: SQL says `actionsRequired` and groups, storage says `actionRequired`. */
export function connectionBody(connection: Connection): Record<string, unknown> {
  const state = { status: connection.status, description: connection.description }
  const common = {
    provisioningState: connection.provisioningState,
    privateEndpoint: { id: connection.privateEndpointId },
  }
  if (connection.side === 'storage') {
    const properties = { ...common, privateLinkServiceConnectionState: { ...state, actionRequired: 'None' } }
    return bodyOf(connection, 'Microsoft.Storage/storageAccounts/privateEndpointConnections', properties)
  }
  const detail = { ...common, groupIds: ['sqlServer'] }
  const properties = { ...detail, privateLinkServiceConnectionState: { ...state, actionsRequired: 'None' } }
  return bodyOf(connection, 'Microsoft.Sql/servers/privateEndpointConnections', properties)
}

/** How the result of an operation names one of its connections, as the options want it. */
export function connectionNameInResult(world: World, connection: Connection): string {
  const naming = world.options.connectionNaming
  if (naming === 'private-endpoint') return lastSegment(connection.privateEndpointId)
  if (naming === 'prefix') return connection.name.slice(0, -'-0000-000000000000'.length)
  return connection.name
}

/** The `privateLinkServiceConnectionState` of a request body. */
export function requestedState(body: unknown): {
  properties: unknown
  state: unknown
  status: unknown
  description: unknown
} {
  const properties = field(body, 'properties')
  const state = field(properties, 'privateLinkServiceConnectionState')
  return { properties, state, status: field(state, 'status'), description: field(state, 'description') }
}

function ownConnection(world: World, side: Side, parent: Parent, privateEndpointId: string): Connection {
  const name = `${lastSegment(privateEndpointId)}-3d0c2a51-7be4-4a0b-8f1d-5c6e9a2b4f33`
  return {
    id: connectionId(side, parent, name),
    side,
    subscriptionId: parent.subscriptionId,
    resourceGroup: parent.resourceGroup,
    parent: parent.name,
    name,
    privateEndpointId,
    status: 'Approved',
    description: 'Approved',
    provisioningState: 'Ready',
    operationId: null,
    createdAt: now(world),
    changedAt: now(world),
  }
}

function bodyOf(connection: Connection, type: string, properties: unknown): Record<string, unknown> {
  return { id: connection.id, name: connection.name, type, properties }
}

function lastSegment(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1)
}

function missingAccount(operation: Operation): Pick<StorageAccount, 'subscriptionId' | 'resourceGroup' | 'name'> {
  return { ...operation, name: operation.account }
}
