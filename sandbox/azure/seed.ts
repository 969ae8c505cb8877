import { createHash } from 'node:crypto'
import { connectionId } from './connections.ts'
import type { AzureState, Connection, Side, SqlDatabase, SqlServer, StorageAccount, VaultSecret } from './types.ts'

const subscriptionId = '11111111-1111-1111-1111-111111111111'
const resourceGroup = 'rg-data'
const location = 'westeurope'
const home = { subscriptionId, resourceGroup }
const identity = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-drawbridge`
const gigabyte = 1024 ** 3

/** The state of a new sandbox; the same each time, keys included. */
export function defaultSeed(password: string): AzureState {
  return {
    subscriptions: [
      {
        subscriptionId,
        displayName: 'Sandbox',
        state: 'Enabled',
        resourceGroups: [{ name: resourceGroup, location }],
      },
    ],
    servers: [
      server('sql-prod', password, {}),
      server('sql-test', password, {
        publicNetworkAccess: 'Enabled',
        firewallRules: [{ name: 'AllowAllWindowsAzureIps', startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' }],
      }),
    ],
    databases: databases(),
    creations: [],
    accounts: [account('stbackups'), account('starchive')],
    containers: [
      container('stbackups', 'bacpacs'),
      container('stbackups', 'nightly'),
      container('starchive', 'yearly'),
    ],
    connections: [foreign('sql', 'sql-prod', 'pe-analytics'), foreign('storage', 'stbackups', 'pe-datafactory')],
    connectionOperations: [],
    operations: [],
    blobs: [],
    locks: [],
    grants: [{ scope: '/', actions: ['*'], notActions: [] }],
    vaultSecrets: [
      vaultSecret('sql-prod', password),
      vaultSecret('backups-sas', account('stbackups').signatures[0] ?? ''),
    ],
    requests: [],
  }
}

function server(name: string, administratorPassword: string, more: Partial<SqlServer>): SqlServer {
  return {
    ...home,
    name,
    location,
    administratorLogin: 'drawbridge',
    administratorPassword,
    publicNetworkAccess: 'Disabled',
    restrictOutboundNetworkAccess: 'Disabled',
    outboundFirewallRules: [],
    azureADOnlyAuthentication: false,
    userAssignedIdentities: [identity],
    entraAdministrators: [identity],
    entraUsers: [{ name: 'drawbridge@sandbox.example', password: administratorPassword }],
    firewallRules: [],
    privateEndpoints: [privateEndpoint(`pe-${name}`)],
    dnsSuffix: 'database.windows.net',
    tags: {},
    ...more,
  }
}

function databases(): SqlDatabase[] {
  const standard = (size: string, capacity: number) => ({
    sku: { name: 'Standard', tier: 'Standard', capacity },
    serviceObjective: size,
    maxSizeBytes: 250 * gigabyte,
  })
  const general = {
    sku: { name: 'GP_Gen5', tier: 'GeneralPurpose', family: 'Gen5', capacity: 2 },
    serviceObjective: 'GP_Gen5_2',
    maxSizeBytes: 32 * gigabyte,
  }
  const system = { sku: { name: 'System', tier: 'System', capacity: 0 }, serviceObjective: 'System0' }
  return [
    database('sql-prod', 'orders', {
      ...standard('S3', 100),
      usedBytes: 12 * gigabyte,
      tables: ['dbo.order_lines', 'dbo.orders', 'archive.orders_2024'],
    }),
    database('sql-prod', 'customers', { ...general, usedBytes: 3 * gigabyte, tables: ['dbo.customers'] }),
    database('sql-prod', 'master', { ...system, maxSizeBytes: 30 * gigabyte }),
    database('sql-test', 'orders-test', { ...standard('S0', 10), usedBytes: gigabyte, tables: ['dbo.orders'] }),
    database('sql-test', 'staging', standard('S0', 10)),
    database('sql-test', 'master', { ...system, maxSizeBytes: 30 * gigabyte }),
  ]
}

type Size = Pick<SqlDatabase, 'sku' | 'serviceObjective' | 'maxSizeBytes'> & Partial<SqlDatabase>

function database(serverName: string, name: string, size: Size): SqlDatabase {
  return {
    ...home,
    server: serverName,
    name,
    usedBytes: 5 * 1024 ** 2,
    collation: 'SQL_Latin1_General_CP1_CI_AS',
    status: 'Online',
    backupStorageRedundancy: 'Geo',
    tables: [],
    tags: {},
    ...size,
  }
}

function account(name: string): StorageAccount {
  const creationTime = '2024-05-14T08:12:31.1234567Z'
  const digest = (text: string) => createHash('sha512').update(`sandbox ${name} ${text}`).digest('base64')
  const signature = encodeURIComponent(createHash('sha256').update(`sandbox ${name} sas`).digest('base64'))
  return {
    ...home,
    name,
    location,
    sku: { name: 'Standard_LRS', tier: 'Standard' },
    kind: 'StorageV2',
    accessTier: 'Hot',
    publicNetworkAccess: 'Enabled',
    defaultAction: 'Allow',
    allowSharedKeyAccess: true,
    provisioningState: 'Succeeded',
    immutable: false,
    blobSuffix: 'blob.core.windows.net',
    keys: ['key1', 'key2'].map((keyName) => ({ keyName, value: digest(keyName), creationTime })),
    signatures: [`?sv=2024-11-04&ss=b&srt=co&sp=rwlc&se=2099-12-31T23:59:59Z&spr=https&sig=${signature}`],
    dataRoles: [{ identity, role: 'Storage Blob Data Contributor' }],
    tags: {},
  }
}

function vaultSecret(name: string, value: string): VaultSecret {
  const version = createHash('md5').update(`sandbox ${name}`).digest('hex')
  return { vault: 'kv-sandbox', name, version, value, closed: null }
}

function container(accountName: string, name: string): AzureState['containers'][number] {
  const open = { hasImmutabilityPolicy: false, hasLegalHold: false, immutable: false }
  return { ...home, account: accountName, name, publicAccess: 'None', ...open }
}

function privateEndpoint(name: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/rg-network/providers/Microsoft.Network/privateEndpoints/${name}`
}

function foreign(side: Side, parent: string, endpoint: string): Connection {
  const guid = side === 'sql' ? '6f1f3f0e-52a1-4d0e-9a3e-0d9f3a7f1c11' : '0b7c9f6d-8a4b-4c55-a6a4-6f5f0f5b2e22'
  const name = side === 'sql' ? `${endpoint}-${guid}` : `${parent}.${guid}`
  const born = Date.parse('2025-11-20T09:30:00Z')
  return {
    id: connectionId(side, { ...home, name: parent }, name),
    side,
    ...home,
    parent,
    name,
    privateEndpointId: `/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/rg-analytics/providers/Microsoft.Network/privateEndpoints/${endpoint}`,
    status: 'Pending',
    description: 'Please approve my connection',
    provisioningState: side === 'sql' ? 'Ready' : 'Succeeded',
    operationId: null,
    createdAt: born,
    changedAt: born,
  }
}
