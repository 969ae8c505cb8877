import { PermanentError } from '../transfer/errors.ts'
import type { Connection, Request, Side } from '../transfer/model.ts'
import type { Context } from './context.ts'
import { answerIn } from './errors.ts'
import { connectionId, sameId } from './resource-ids.ts'

/** All private endpoint connections of the request's server and account, every page of them. */
export async function listConnections(context: Context, request: Request): Promise<readonly Connection[]> {
  const { database, storage } = request
  const sql = context.clients.sql(database.subscription).privateEndpointConnections
  const account = context.clients.storage(storage.subscription).privateEndpointConnections
  const [ofServer, ofAccount] = await Promise.all([
    listed(context, request, 'sql', sql.listByServer(database.resourceGroup, database.server)),
    listed(context, request, 'storage', account.list(storage.resourceGroup, storage.account)),
  ])
  return [...ofServer, ...ofAccount]
}

/** One connection as it is now; undefined when it is gone. */
export async function readConnection(
  context: Context,
  request: Request,
  connection: Connection,
): Promise<Connection | undefined> {
  checkPlace(request, connection)
  const { side, name, named } = connection
  const { database, storage } = request
  try {
    const wire =
      side === 'sql'
        ? await context.clients
            .sql(database.subscription)
            .privateEndpointConnections.get(database.resourceGroup, database.server, name)
        : await context.clients
            .storage(storage.subscription)
            .privateEndpointConnections.get(storage.resourceGroup, storage.account, name)
    return { ...toConnection(request, side, wire), named }
  } catch (error) {
    if (answerIn(error)?.status === 404) return undefined
    throw context.errors.failureOf(error, actions[side])
  }
}

/** Throws unless the connection is one of the request's own server or account. */
export function checkPlace(request: Request, { side, id, name }: Connection): void {
  if (name !== '' && sameId(id, connectionId(request, side, name))) return
  const message = 'The connection does not lead to the database server or the storage account of this transfer.'
  throw new PermanentError({ code: 'ForeignConnection', message })
}

const actions: Readonly<Record<Side, string>> = {
  sql: 'Microsoft.Sql/servers/privateEndpointConnections/read',
  storage: 'Microsoft.Storage/storageAccounts/privateEndpointConnections/read',
}

/** What both SDKs make of a connection, whatever they call its other fields. */
type Wire = {
  name?: string
  privateEndpoint?: { id?: string }
  privateLinkServiceConnectionState?: { status?: string }
}

async function listed(
  context: Context,
  request: Request,
  side: Side,
  pages: AsyncIterable<Wire>,
): Promise<Connection[]> {
  try {
    const all: Connection[] = []
    for await (const wire of pages) all.push(toConnection(request, side, wire))
    return all
  } catch (error) {
    throw context.errors.failureOf(error, actions[side])
  }
}

function toConnection(request: Request, side: Side, wire: Wire): Connection {
  const name = wire.name ?? ''
  const state = stateOf(wire.privateLinkServiceConnectionState?.status ?? '')
  const privateEndpoint = wire.privateEndpoint?.id ?? ''
  return { side, id: connectionId(request, side, name), name, privateEndpoint, state, named: false }
}

/** Words that nobody knows are never taken for a connection that waits for us or carries data. */
function stateOf(status: string): Connection['state'] {
  const known = ['Pending', 'Approved', 'Rejected', 'Disconnected'] as const
  return known.find((each) => each.toLowerCase() === status.toLowerCase()) ?? 'Disconnected'
}
