import { armError, ok } from './answers.ts'
import { connectionBody, connectionsTo } from './connections.ts'
import { field, same } from './format.ts'
import { accountId, databaseId, groupId, serverId } from './ids.ts'
import { lockedOut, onAccount, onDatabase, onGroup, onServer, onSubscription } from './lookups.ts'
import type { BlobContainer, SqlDatabase, SqlServer, StorageAccount } from './types.ts'
import type { Handler, World } from './world.ts'

/** Subscriptions_Get. */
export const getSubscription: Handler = onSubscription((call, world) => {
  const found = world.state.subscriptions.find((each) => same(each.subscriptionId, call.params.subscription ?? ''))
  const { subscriptionId, displayName, state } = found ?? { subscriptionId: '', displayName: '', state: 'Enabled' }
  return ok({ id: `/subscriptions/${subscriptionId}`, subscriptionId, displayName, state })
})

/** ResourceGroups_Get. */
export const getGroup: Handler = onGroup((call, world) => {
  const groups = world.state.subscriptions.flatMap(({ subscriptionId, resourceGroups }) =>
    resourceGroups.map((each) => ({ ...each, id: groupId({ subscriptionId, resourceGroup: each.name }) })),
  )
  const found = groups.find((each) => same(each.name, call.params.group ?? ''))
  return ok({ ...found, type: 'Microsoft.Resources/resourceGroups', properties: { provisioningState: 'Succeeded' } })
})

/** Servers_Get; the Entra administrator is told on request only. */
export const getServer: Handler = onServer(false, (call, world, server) => {
  const expanded = same(call.query.get('$expand') ?? '', 'administrators/activedirectory')
  return ok(serverBody(world, server, expanded))
})

/** Servers_ListByResourceGroup. */
export const listServers: Handler = onGroup((call, world) => {
  const mine = world.state.servers.filter((each) => same(each.resourceGroup, call.params.group ?? ''))
  return ok({ value: mine.map((each) => serverBody(world, each, false)) })
})

/** Databases_Get. */
export const getDatabase: Handler = onDatabase((_call, _world, found) => ok(databaseBody(found.server, found.database)))

/** DatabaseUsages_ListByDatabase; the sizes alone, in bytes. */
export const listUsages: Handler = onDatabase((_call, _world, { database }) => {
  const { usedBytes, maxSizeBytes: limit } = database
  const entries = [
    ['database_size', 'Database Size', usedBytes],
    ['database_allocated_size', 'Database Allocated Size', Math.round(usedBytes * 1.1)],
  ] as const
  const value = entries.map(([name, displayName, currentValue]) => ({
    properties: { displayName, currentValue, limit, unit: 'Bytes' },
    id: `${databaseId(database)}/usages/${name}`,
    name,
    type: 'Microsoft.Sql/servers/databases/usages',
  }))
  return ok({ value })
})

/** FirewallRules_ListByServer. */
export const listFirewallRules: Handler = onServer(true, (_call, _world, server) => {
  const type = 'Microsoft.Sql/servers/firewallRules'
  const value = server.firewallRules.map(({ name, startIpAddress, endIpAddress }) => {
    return { id: `${serverId(server)}/firewallRules/${name}`, name, type, properties: { startIpAddress, endIpAddress } }
  })
  return ok({ value })
})

/** OutboundFirewallRules_ListByServer. */
export const listOutboundRules: Handler = onServer(true, (_call, _world, server) => {
  const type = 'Microsoft.Sql/servers/outboundFirewallRules'
  const value = server.outboundFirewallRules.map((name) => {
    return {
      id: `${serverId(server)}/outboundFirewallRules/${name}`,
      name,
      type,
      properties: { provisioningState: 'Ready' },
    }
  })
  return ok({ value })
})

/** StorageAccounts_GetProperties. */
export const getAccount: Handler = onAccount(false, (_call, world, account) => ok(accountBody(world, account)))

/** StorageAccounts_ListKeys; `$expand` changes nothing. */
export const listKeys: Handler = onAccount(false, (_call, world, account) => {
  const keys = account.keys.map((each) => ({ ...each, permissions: 'FULL' }))
  return lockedOut(world, accountId(account)) ?? ok({ keys })
})

/** BlobContainers_Get. */
export const getContainer: Handler = onAccount(true, (call, world, account) => {
  const name = call.params.container ?? ''
  const found = world.state.containers.find((each) => same(each.account, account.name) && each.name === name)
  if (found !== undefined) return ok(containerBody(account, found))
  return armError(404, 'ContainerNotFound', 'The specified container does not exist.')
})

/** A server as Azure shows it; its administrators only when it is `expanded`. */
export function serverBody(world: World, server: SqlServer, expanded = false): unknown {
  const identities = server.userAssignedIdentities.map((id) => [
    id,
    { principalId: '55555555-5555-5555-5555-555555555555', clientId: '66666666-6666-6666-6666-666666666666' },
  ])
  const administrators = { administratorType: 'ActiveDirectory', principalType: 'Group', login: 'sql-admins' }
  const directory = { sid: '77777777-7777-7777-7777-777777777777', tenantId: '44444444-4444-4444-4444-444444444444' }
  const first = server.userAssignedIdentities[0]
  return {
    kind: 'v12.0',
    ...(first === undefined
      ? {}
      : { identity: { type: 'UserAssigned', userAssignedIdentities: Object.fromEntries(identities) } }),
    properties: {
      administratorLogin: server.administratorLogin,
      version: '12.0',
      state: 'Ready',
      fullyQualifiedDomainName: `${server.name}.${server.dnsSuffix}`,
      privateEndpointConnections: connectionsTo(world, 'sql', server).map((each) => ({
        id: each.id,
        properties: field(connectionBody(each), 'properties'),
      })),
      minimalTlsVersion: '1.2',
      publicNetworkAccess: server.publicNetworkAccess,
      ...(first === undefined ? {} : { primaryUserAssignedIdentityId: first }),
      ...(expanded
        ? {
            administrators: {
              ...administrators,
              ...directory,
              azureADOnlyAuthentication: server.azureADOnlyAuthentication,
            },
          }
        : {}),
      restrictOutboundNetworkAccess: server.restrictOutboundNetworkAccess,
    },
    location: server.location,
    tags: server.tags,
    id: serverId(server),
    name: server.name,
    type: 'Microsoft.Sql/servers',
  }
}

/** A database as Azure shows it. */
export function databaseBody(server: SqlServer, database: SqlDatabase): unknown {
  return {
    sku: database.sku,
    kind: kindOf(database),
    properties: {
      collation: database.collation,
      maxSizeBytes: database.maxSizeBytes,
      status: database.status,
      currentServiceObjectiveName: database.serviceObjective,
      requestedServiceObjectiveName: database.serviceObjective,
      currentSku: database.sku,
      currentBackupStorageRedundancy: database.backupStorageRedundancy,
      requestedBackupStorageRedundancy: database.backupStorageRedundancy,
      zoneRedundant: false,
    },
    location: server.location,
    tags: database.tags,
    id: databaseId(database),
    name: database.name,
    type: 'Microsoft.Sql/servers/databases',
  }
}

function kindOf({ sku }: SqlDatabase): string {
  const special = ['System', 'DataWarehouse', 'Hyperscale'].find((each) => same(each, sku.tier))?.toLowerCase()
  if (special === 'system') return 'v12.0,system'
  return ['v12.0', 'user', sku.family === undefined ? [] : 'vcore', special ?? []].flat().join(',')
}

/** A storage account as Azure shows it. */
export function accountBody(world: World, account: StorageAccount): unknown {
  return {
    sku: account.sku,
    kind: account.kind,
    id: accountId(account),
    name: account.name,
    type: 'Microsoft.Storage/storageAccounts',
    location: account.location,
    tags: account.tags,
    properties: {
      provisioningState: account.provisioningState,
      statusOfPrimary: 'available',
      primaryLocation: account.location,
      accessTier: account.accessTier,
      allowSharedKeyAccess: account.allowSharedKeyAccess,
      supportsHttpsTrafficOnly: true,
      minimumTlsVersion: 'TLS1_2',
      publicNetworkAccess: account.publicNetworkAccess,
      networkAcls: {
        bypass: 'AzureServices',
        defaultAction: account.defaultAction,
        ipRules: [],
        virtualNetworkRules: [],
      },
      ...(account.immutable ? { immutableStorageWithVersioning: { enabled: true } } : {}),
      primaryEndpoints: { blob: `https://${account.name}.${account.blobSuffix}/` },
      privateEndpointConnections: connectionsTo(world, 'storage', account).map(connectionBody),
    },
  }
}

/** A container as Azure shows it. */
export function containerBody(account: StorageAccount, container: BlobContainer): unknown {
  const id = `${accountId(account)}/blobServices/default/containers/${container.name}`
  const { publicAccess, hasImmutabilityPolicy, hasLegalHold, immutable } = container
  const state = { leaseStatus: 'Unlocked', leaseState: 'Available', hasLegalHold, hasImmutabilityPolicy }
  const versions = immutable ? { immutableStorageWithVersioning: { enabled: true } } : {}
  const properties = { publicAccess, ...state, ...versions, defaultEncryptionScope: '$account-encryption-key' }
  return { id, name: container.name, type: 'Microsoft.Storage/storageAccounts/blobServices/containers', properties }
}
