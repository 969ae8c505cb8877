/** A subscription and the resource groups in it. */
export type Subscription = {
  subscriptionId: string
  displayName: string
  state: 'Enabled' | 'Disabled'
  resourceGroups: { name: string; location: string }[]
}

/** A logical SQL server; the password is what the sandbox accepts for `administratorLogin`. */
export type SqlServer = {
  subscriptionId: string
  resourceGroup: string
  name: string
  location: string
  administratorLogin: string
  administratorPassword: string
  publicNetworkAccess: 'Enabled' | 'Disabled' | 'SecuredByPerimeter'
  restrictOutboundNetworkAccess: 'Enabled' | 'Disabled'
  outboundFirewallRules: string[]
  azureADOnlyAuthentication: boolean
  userAssignedIdentities: string[]
  /** Identities that are the server's Entra administrator, or in the group that is; by their ARM ids. */
  entraAdministrators: string[]
  /** People of Entra who may sign in with a password. */
  entraUsers: { name: string; password: string }[]
  firewallRules: { name: string; startIpAddress: string; endIpAddress: string }[]
  /** Private endpoints that were made and approved long ago, by their ARM ids; nobody decides about them any more. */
  privateEndpoints: string[]
  /** What follows the name in the server's address. */
  dnsSuffix: string
  tags: Record<string, string>
}

/** A database of a server; `usedBytes` decides how large its BACPAC becomes. */
export type SqlDatabase = {
  subscriptionId: string
  resourceGroup: string
  server: string
  name: string
  sku: { name: string; tier: string; family?: string; capacity: number }
  serviceObjective: string
  maxSizeBytes: number
  usedBytes: number
  collation: string
  status: string
  backupStorageRedundancy: 'Geo' | 'Local' | 'Zone' | 'GeoZone'
  /** As `schema.name`. */
  tables: string[]
  tags: Record<string, string>
}

/** A storage account with the keys and shared access signatures (each with its leading `?`) that the sandbox accepts. */
export type StorageAccount = {
  subscriptionId: string
  resourceGroup: string
  name: string
  location: string
  sku: { name: string; tier: string }
  kind: string
  accessTier: 'Hot' | 'Cool' | 'Cold' | 'Premium'
  publicNetworkAccess: 'Enabled' | 'Disabled' | 'SecuredByPerimeter'
  defaultAction: 'Allow' | 'Deny'
  allowSharedKeyAccess: boolean
  provisioningState: string
  /** Whether every version of every blob is immutable. */
  immutable: boolean
  /** What follows the name in the address of the account's blobs. */
  blobSuffix: string
  keys: { keyName: string; value: string; creationTime: string }[]
  signatures: string[]
  /** Which identity, by its ARM id, has which role for the account's data. */
  dataRoles: { identity: string; role: string }[]
  tags: Record<string, string>
}

/** A blob container of a storage account. */
export type BlobContainer = {
  subscriptionId: string
  resourceGroup: string
  account: string
  name: string
  publicAccess: 'None' | 'Blob' | 'Container'
  hasImmutabilityPolicy: boolean
  hasLegalHold: boolean
  /** Whether every version of a blob is immutable. */
  immutable: boolean
}

/** What a person or the service last said about a private endpoint connection. */
export type ConnectionStatus = 'Pending' | 'Approved' | 'Rejected' | 'Disconnected'

/** The end of a private endpoint that Azure connects: a SQL server or a storage account. */
export type Side = 'sql' | 'storage'

/** A private endpoint connection; `operationId` is null for one that no job of the sandbox made. */
export type Connection = {
  id: string
  side: Side
  subscriptionId: string
  resourceGroup: string
  parent: string
  name: string
  privateEndpointId: string
  status: ConnectionStatus
  description: string
  provisioningState: string
  operationId: string | null
  createdAt: number
  changedAt: number
}

/** Where a job stands: on hold for approvals, in the service's queue, at work, or over. */
export type Phase = 'hold' | 'queued' | 'running' | 'cancelling' | 'completed' | 'failed' | 'cancelled'

/** An export or import job; times are milliseconds of the sandbox's clock, `id` is the request guid, `listId` its name in the operations list. */
export type Operation = {
  id: string
  kind: 'export' | 'import'
  listId: string
  subscriptionId: string
  resourceGroup: string
  server: string
  database: string
  location: string
  storageUri: string
  account: string
  container: string
  blob: string
  sides: Side[]
  connections: Partial<Record<Side, string>>
  phase: Phase
  progress: number
  queuedAt: number
  readyAt: number | null
  startedAt: number | null
  endedAt: number | null
  modifiedAt: number
  cancelRequestedAt: number | null
  problem: string | null
  error: { code: string; message: string; status: number } | null
  cleaned: boolean
}

/** A running or finished approval, rejection or deletion of a SQL private endpoint connection. */
export type ConnectionOperation = {
  id: string
  subscriptionId: string
  location: string
  connectionId: string
  action: 'Approved' | 'Rejected' | 'Delete'
  description: string
  startedAt: number
  status: 'InProgress' | 'Succeeded' | 'Failed'
}

/** A running or finished creation of a database. */
export type DatabaseCreation = {
  id: string
  subscriptionId: string
  location: string
  database: SqlDatabase
  startedAt: number
  status: 'InProgress' | 'Succeeded' | 'Failed'
  error: { code: string; message: string } | null
}

/** A blob that an export wrote, or that was seeded; an import puts its tables into the database (`dbo.imported` without any). */
export type BlobRecord = {
  account: string
  container: string
  name: string
  size: number
  createdAt: number
  tables?: string[]
}

/** A management lock at exactly this scope (an ARM id). */
export type Lock = { scope: string; name: string; level: 'CanNotDelete' | 'ReadOnly'; notes: string }

/** What a role assignment of the caller's allows at this scope and below it; `/` is above everything. */
export type Grant = { scope: string; actions: string[]; notActions: string[] }

/** A version of a secret in Key Vault, the newest one last; `closed` is why nobody may read it. */
export type VaultSecret = {
  vault: string
  name: string
  version: string
  value: string
  closed: 'SecretDisabled' | 'ForbiddenByFirewall' | 'ForbiddenByRbac' | null
}

/** One request with its answer; secrets are replaced, status 0 means that no answer was sent, `fault` names what interfered. */
export type RequestRecord = {
  seq: number
  at: number
  name: string
  method: string
  path: string
  query: Record<string, string>
  status: number
  requestBody: unknown
  requestHeaders: Record<string, string>
  responseBody: unknown
  responseHeaders: Record<string, string>
  secrets: Record<string, 'right' | 'wrong'>
  fault: string | null
}

/** Everything the sandbox knows, as plain data that may be read and changed at any time. */
export type AzureState = {
  subscriptions: Subscription[]
  servers: SqlServer[]
  databases: SqlDatabase[]
  creations: DatabaseCreation[]
  accounts: StorageAccount[]
  containers: BlobContainer[]
  connections: Connection[]
  connectionOperations: ConnectionOperation[]
  operations: Operation[]
  blobs: BlobRecord[]
  locks: Lock[]
  grants: Grant[]
  vaultSecrets: VaultSecret[]
  requests: RequestRecord[]
}
