import type { Side } from './types.ts'

type InGroup = { subscriptionId: string; resourceGroup: string }

/** The ARM id of a resource group. */
export function groupId(at: InGroup): string {
  return `/subscriptions/${at.subscriptionId}/resourceGroups/${at.resourceGroup}`
}

/** The ARM id of a SQL server. */
export function serverId(server: InGroup & { name: string }): string {
  return `${groupId(server)}/providers/Microsoft.Sql/servers/${server.name}`
}

/** The ARM id of a database. */
export function databaseId(database: InGroup & { server: string; name: string }): string {
  return `${serverId({ ...database, name: database.server })}/databases/${database.name}`
}

/** The ARM id of a storage account. */
export function accountId(account: InGroup & { name: string }): string {
  return `${groupId(account)}/providers/Microsoft.Storage/storageAccounts/${account.name}`
}

/** The ARM id of the server or account that a connection leads to. */
export function parentId(side: Side, parent: InGroup & { name: string }): string {
  return side === 'sql' ? serverId(parent) : accountId(parent)
}
