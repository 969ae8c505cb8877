import type { ConnectionStatus, Side } from './types.ts'

/** How long things take, in milliseconds; read at every look, so that a change acts on running jobs too. */
export type Timings = {
  /** From the submit until the first connection exists. */
  firstConnectionMs: number
  /** From the submit until the second connection exists. */
  secondConnectionMs: number
  /** From a connection's birth until the operation's result names it. */
  namedAfterMs: number
  /** From the last approval until the job runs. */
  startMs: number
  /** From 0 % until the end. */
  jobMs: number
  /** From the start until a job with a problem (wrong login, no network) fails. */
  failMs: number
  /** From a rejection until the job on hold fails. */
  rejectedMs: number
  /** Length of the long-running approval of a SQL connection. */
  approveMs: number
  /** From the request until a database is made. */
  createMs: number
  /** From an accepted cancel until the job is over. */
  cancelMs: number
  /** From the end of a job until its connections are cleaned up. */
  cleanupMs: number
  /** How often a running job's last-modified time moves (a minute in Azure). */
  touchMs: number
  /** From the submit until Azure cancels a job that nobody approved. */
  holdLimitMs: number
}

/** Times that make a demonstration pleasant. */
export const defaultTimings: Timings = {
  firstConnectionMs: 1500,
  secondConnectionMs: 3000,
  namedAfterMs: 0,
  startMs: 500,
  jobMs: 5000,
  failMs: 500,
  rejectedMs: 500,
  approveMs: 500,
  createMs: 1500,
  cancelMs: 500,
  cleanupMs: 500,
  touchMs: 1000,
  holdLimitMs: 2 * 24 * 60 * 60 * 1000,
}

/** Behaviour that is configurable, above all what nobody could verify about Azure ([U] in the contract). */
export type AzureOptions = {
  /** Which connection is made first. */
  firstConnection: Side
  /** Which connections are ever made. */
  madeConnections: 'both' | Side | 'none'
  /** Whether connections of a cancelled job may still appear. */
  lateConnections: boolean
  /** What `privateEndpointConnectionName` holds: the connection's name, a true prefix of it, or the private endpoint's name. */
  connectionNaming: 'equal' | 'prefix' | 'private-endpoint'
  /** Whether the operation's result names its connections at all. */
  resultNames: boolean
  /** Whether the operations list names jobs by the request guid, by another guid, or not at all. */
  operationName: 'request' | 'other' | 'absent'
  /** `properties.status` of a job on hold. */
  holdStatus: string
  /** How the operation's result spells the state of a connection. */
  connectionStatusTexts: Partial<Record<ConnectionStatus, string>>
  /** What becomes of a job's connections when it is over. */
  connectionsAfterJob: 'vanish' | 'stay' | 'disconnect'
  /** Whether a database is seen (as `Creating`) while it is made. */
  creatingSeen: boolean
  /** What the creation of a database answers. */
  createStatus: 201 | 202
  /** `requestType` of an export; of an import it is `Import` or `ImportToExistingDatabase`. */
  requestType: 'Export' | 'ExportDatabase'
  /** How the async operation spells a cancelled job. */
  cancelledSpelling: 'Cancelled' | 'Canceled'
  /** Whether a cancel works, is refused (409), or is accepted while the job goes on all the same. */
  cancel: 'works' | 'refused' | 'ignored'
  /** What a rejected connection does to a job on hold. */
  rejectedJob: 'fails' | 'holds'
  /** Approval of a SQL connection: 202 with LRO headers, 200 `Ready` without them, or 202 whose operation fails. */
  sqlApproval: 'lro' | 'immediate' | 'lro-fails'
  /** Whether the storage account takes a decision on a connection that is no longer pending. */
  storageRedecides: boolean
  /** Whole seconds, an HTTP-date one second ahead, or no Retry-After at all. */
  retryAfter: number | 'http-date' | 'absent'
  /** Percentage at which jobs stop for good, or null. */
  freezeAt: number | null
  /** Entries on one page of the lists that come in pages: a server's connections, locks, permissions. */
  pageSize: number
  /** Whether the locks of a scope include those of the scopes above it. */
  inheritedLocks: boolean
  /** Servers, databases, accounts or containers on one page of their lists. */
  listPageSize: number
  /** Whether a side without private link must be reachable from Azure services, or the job fails. */
  enforceNetwork: boolean
  /** Whether Hyperscale databases are refused with UnSupportedImportExportEdition. */
  refuseHyperscale: boolean
  /** Whether the token buckets (250 reads, 25 a second; 200 writes, 10 a second) answer 429 when empty. */
  enforceRateLimits: boolean
}

/** The behaviour closest to what was seen of Azure. */
export const defaultOptions: AzureOptions = {
  firstConnection: 'sql',
  madeConnections: 'both',
  lateConnections: false,
  connectionNaming: 'equal',
  resultNames: true,
  operationName: 'request',
  holdStatus: 'Pending',
  connectionStatusTexts: {},
  connectionsAfterJob: 'vanish',
  creatingSeen: true,
  createStatus: 202,
  requestType: 'ExportDatabase',
  cancelledSpelling: 'Cancelled',
  cancel: 'works',
  rejectedJob: 'fails',
  sqlApproval: 'lro',
  storageRedecides: false,
  retryAfter: 15,
  freezeAt: null,
  pageSize: 2,
  inheritedLocks: true,
  listPageSize: 100,
  enforceNetwork: true,
  refuseHyperscale: true,
  enforceRateLimits: false,
}
