import type { Connection, Request, Side } from '../transfer/model.ts'
import type { Taken } from '../transfer/ports.ts'
import { apiVersions } from './api-versions.ts'
import { checkPlace } from './connections.ts'
import type { Context } from './context.ts'
import type { Gate } from './policies.ts'
import { connectionId } from './resource-ids.ts'

/** Sends one decision about a connection; resolves when Azure took it, which is before it holds. */
export async function decideConnection(
  context: Context,
  request: Request,
  connection: Connection,
  verdict: 'Approved' | 'Rejected',
  description: string,
  mayStart: () => void,
): Promise<Taken> {
  checkPlace(request, connection)
  const { side, name } = connection
  const url = `${context.home.base}${connectionId(request, side, name)}?api-version=${versions[side]}`
  // Azure SQL answers InvalidResourceIdSegment to a decision without a description.
  const state = { status: verdict, description: description.trim() || `${verdict} through Drawbridge` }
  const body = { properties: { privateLinkServiceConnectionState: state } }
  const gate: Gate = { mayStart, left: false }
  // The SDK's poller never ends when Azure SQL answers 200 at once: one PUT, and the caller reads back.
  const answer = await context.clients.send({ method: 'PUT', url, body, gate }).catch((error: unknown) => {
    throw gate.veto ? gate.veto.error : context.errors.failureOf(error)
  })
  if (answer.status < 200 || answer.status > 299) throw context.errors.answerFailure(answer, actions[side])
  context.log(`azure: ${connectionId(request, side, name)}: ${verdict} was taken`)
  return context.errors.takenOf(answer)
}

const versions: Readonly<Record<Side, string>> = {
  sql: apiVersions.sqlConnections,
  storage: apiVersions.storageConnections,
}
const actions: Readonly<Record<Side, string>> = {
  sql: 'Microsoft.Sql/servers/privateEndpointConnections/write',
  storage: 'Microsoft.Storage/storageAccounts/privateEndpointConnections/write',
}
