import type { Request, Side } from '../transfer/model.ts'

/** Whether two ARM ids name the same resource; ARM ids know no case. */
export function sameId(one: string, other: string): boolean {
  return plain(one) === plain(other)
}

/** ARM id of the server that holds the request's database. */
export function serverId({ database }: Request): string {
  const group = groupId(database.subscription, database.resourceGroup)
  return `${group}/providers/Microsoft.Sql/servers/${encodeURIComponent(database.server)}`
}

/** ARM id of the request's database. */
export function databaseId(request: Request): string {
  return `${serverId(request)}/databases/${encodeURIComponent(request.database.database)}`
}

/** ARM id of the request's storage account. */
export function accountId({ storage }: Request): string {
  const group = groupId(storage.subscription, storage.resourceGroup)
  return `${group}/providers/Microsoft.Storage/storageAccounts/${encodeURIComponent(storage.account)}`
}

/** ARM id of the resource that connections of this side lead to. */
export function sideId(request: Request, side: Side): string {
  return side === 'sql' ? serverId(request) : accountId(request)
}

/** ARM id of a private endpoint connection of the request's server or account. */
export function connectionId(request: Request, side: Side, name: string): string {
  return `${sideId(request, side)}/privateEndpointConnections/${encodeURIComponent(name)}`
}

/** What stands after the last slash of an id or path. */
export function lastSegment(id: string): string {
  const trimmed = id.replace(/\/+$/, '')
  return trimmed.slice(trimmed.lastIndexOf('/') + 1)
}

/** The first guid in a text, in lower case. */
export function guidIn(text: string): string | undefined {
  return guid.exec(text)?.[0].toLowerCase()
}

const guid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i

function groupId(subscription: string, group: string): string {
  return `/subscriptions/${encodeURIComponent(subscription)}/resourceGroups/${encodeURIComponent(group)}`
}

function plain(id: string): string {
  return id.replace(/\/+$/, '').toLowerCase()
}
