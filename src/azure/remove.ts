import { PermanentError } from '../transfer/errors.ts'
import type { Connection, Request, Side } from '../transfer/model.ts'
import type { Taken } from '../transfer/ports.ts'
import { apiVersions } from './api-versions.ts'
import { checkPlace } from './connections.ts'
import type { Context } from './context.ts'
import { isOfService } from './match-connections.ts'
import type { Gate } from './policies.ts'
import { connectionId } from './resource-ids.ts'

/**
 * Sends one deletion of a connection; resolves when Azure took it, which is before it is done, or has no such connection.
 * Throws before anything is sent unless the import/export service made it on the request's own server or account.
 */
export async function removeConnection(
  context: Context,
  request: Request,
  connection: Connection,
  mayStart: () => void,
): Promise<Taken> {
  checkPlace(request, connection)
  if (!isOfService(connection)) {
    const message = 'The connection was not made by the import/export service; it was not removed.'
    throw new PermanentError({ code: 'ForeignConnection', message })
  }
  const { side, name } = connection
  const { version, action } = deletions[side]
  const url = `${context.home.base}${connectionId(request, side, name)}?api-version=${version}`
  const gate: Gate = { mayStart, left: false }
  // One DELETE without the SDK's poller, which would hold a worker until Azure is done: the caller reads instead.
  const answer = await context.clients.send({ method: 'DELETE', url, gate }).catch((error: unknown) => {
    throw gate.veto ? gate.veto.error : context.errors.failureOf(error)
  })
  if (answer.status === 404) return context.errors.takenOf(answer)
  if (answer.status < 200 || answer.status > 299) throw context.errors.answerFailure(answer, action)
  context.log(`azure: ${connectionId(request, side, name)}: the removal was taken`)
  return context.errors.takenOf(answer)
}

const deletions: Readonly<Record<Side, { version: string; action: string }>> = {
  sql: {
    version: apiVersions.sqlConnections,
    action: 'Microsoft.Sql/servers/privateEndpointConnections/delete',
  },
  storage: {
    version: apiVersions.storageConnections,
    action: 'Microsoft.Storage/storageAccounts/privateEndpointConnections/delete',
  },
}
