import { armError } from './answers.ts'
import { listLocks, listPermissions } from './authorization.ts'
import { listCapabilities } from './capabilities.ts'
import * as connections from './connection-routes.ts'
import * as creation from './database-creation.ts'
import { listSchemas, listTables } from './database-tables.ts'
import * as listings from './listings.ts'
import { asyncOperation, cancelOperation, listOperations, operationResult } from './operations.ts'
import * as resources from './resources.ts'
import { submitExport, submitImport } from './submit.ts'
import { getSecret } from './vault.ts'
import type { Handler } from './world.ts'

/** A request's route: its name (also what faults and hooks go by), the parameters of its path, and who answers. */
export type Route = { name: string; params: Record<string, string>; handler: Handler }

const subscription = '/subscriptions/:subscription'
const group = `${subscription}/resourceGroups/:group`
const server = `${group}/providers/Microsoft.Sql/servers/:server`
const database = `${server}/databases/:database`
const account = `${group}/providers/Microsoft.Storage/storageAccounts/:account`
const location = `${subscription}/providers/Microsoft.Sql/locations/:location`
const operation = ':operation'

const table: [method: string, name: string, path: string, handler: Handler][] = [
  ['GET', 'subscription', subscription, resources.getSubscription],
  ['GET', 'group', group, resources.getGroup],
  ['GET', 'servers-all', `${subscription}/providers/Microsoft.Sql/servers`, listings.listAllServers],
  ['GET', 'storage-all', `${subscription}/providers/Microsoft.Storage/storageAccounts`, listings.listAllAccounts],
  ['GET', 'servers', `${group}/providers/Microsoft.Sql/servers`, resources.listServers],
  ['GET', 'server', server, resources.getServer],
  ['GET', 'firewallRules', `${server}/firewallRules`, resources.listFirewallRules],
  ['GET', 'outboundFirewallRules', `${server}/outboundFirewallRules`, resources.listOutboundRules],
  ['GET', 'databases', `${server}/databases`, listings.listDatabases],
  ['GET', 'database', database, resources.getDatabase],
  ['PUT', 'database-put', database, creation.putDatabase],
  ['GET', 'database-async', `${location}/databaseAzureAsyncOperation/${operation}`, creation.creationAsync],
  ['GET', 'database-result', `${location}/databaseOperationResults/${operation}`, creation.creationResult],
  ['GET', 'capabilities', `${location}/capabilities`, listCapabilities],
  ['GET', 'schemas', `${database}/schemas`, listSchemas],
  ['GET', 'tables', `${database}/schemas/:schema/tables`, listTables],
  ['POST', 'import', `${database}/import`, submitImport],
  ['GET', 'usages', `${database}/usages`, resources.listUsages],
  ['POST', 'export', `${database}/export`, submitExport],
  ['GET', 'operations', `${database}/operations`, listOperations],
  ['POST', 'cancel', `${database}/operations/${operation}/cancel`, cancelOperation],
  ['GET', 'async', `${location}/importExportAzureAsyncOperation/${operation}`, asyncOperation],
  ['GET', 'result', `${location}/importExportOperationResults/${operation}`, operationResult],
  ['GET', 'pec-sql-list', `${server}/privateEndpointConnections`, connections.listSqlConnections],
  ['GET', 'pec-sql-get', `${server}/privateEndpointConnections/:connection`, connections.getSqlConnection],
  ['PUT', 'pec-sql-put', `${server}/privateEndpointConnections/:connection`, connections.putSqlConnection],
  ['DELETE', 'pec-sql-delete', `${server}/privateEndpointConnections/:connection`, connections.deleteSqlConnection],
  [
    'GET',
    'pec-async',
    `${location}/privateEndpointConnectionAzureAsyncOperation/${operation}`,
    connections.connectionAsync,
  ],
  [
    'GET',
    'pec-result',
    `${location}/privateEndpointConnectionOperationResults/${operation}`,
    connections.connectionResult,
  ],
  ['GET', 'storage', account, resources.getAccount],
  ['POST', 'listKeys', `${account}/listKeys`, resources.listKeys],
  ['GET', 'containers', `${account}/blobServices/default/containers`, listings.listContainers],
  ['GET', 'container', `${account}/blobServices/default/containers/:container`, resources.getContainer],
  ['GET', 'pec-storage-list', `${account}/privateEndpointConnections`, connections.listStorageConnections],
  ['GET', 'pec-storage-get', `${account}/privateEndpointConnections/:connection`, connections.getStorageConnection],
  ['PUT', 'pec-storage-put', `${account}/privateEndpointConnections/:connection`, connections.putStorageConnection],
  [
    'DELETE',
    'pec-storage-delete',
    `${account}/privateEndpointConnections/:connection`,
    connections.deleteStorageConnection,
  ],
  ['GET', 'locks', '/*scope/providers/Microsoft.Authorization/locks', listLocks],
  ['GET', 'permissions', '/*scope/providers/Microsoft.Authorization/permissions', listPermissions],
  ['GET', 'secret', '/vaults/:vault/secrets/:secret', getSecret],
  ['GET', 'secret', '/vaults/:vault/secrets/:secret/:version', getSecret],
]

const compiled = table.map(([method, name, path, handler]) => ({ method, name, handler, pattern: patternOf(path) }))

/** Finds the route of a request, or one that answers 404 or 405 as ARM does. */
export function routeOf(method: string, path: string): Route {
  const fitting = compiled.filter((each) => each.pattern.test(path))
  const found = fitting.find((each) => each.method === method)
  if (found !== undefined) {
    const groups = found.pattern.exec(path)?.groups ?? {}
    const params = Object.entries(groups).map(([name, value]) => [name, decode(value)])
    return { name: found.name, params: Object.fromEntries(params), handler: found.handler }
  }
  const handler: Handler = () => (fitting.length > 0 ? wrongMethod(method) : unknownPath(path))
  return { name: 'unknown', params: {}, handler }
}

function patternOf(path: string): RegExp {
  const source = path.replaceAll('.', '\\.').replace(/:(\w+)/g, '(?<$1>[^/]+)')
  return new RegExp(`^${source.replace('/*scope', '(?<scope>/.+)')}/?$`, 'i')
}

function wrongMethod(method: string): ReturnType<Handler> {
  return armError(405, 'MethodNotAllowed', `The HTTP method '${method}' is not supported for this resource.`)
}

function unknownPath(path: string): ReturnType<Handler> {
  const [, namespace, type] = /\/providers\/([^/]+)\/([^/]+)/i.exec(path) ?? []
  if (namespace === undefined) {
    return armError(404, 'ResourceNotFound', `The requested resource '${path}' was not found.`)
  }
  const message = `The resource type '${type}' could not be found in the namespace '${namespace}'.`
  return armError(404, 'InvalidResourceType', message)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
