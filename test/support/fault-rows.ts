import type { FaultAction, FaultInput } from '../../sandbox/azure/fault-types.ts'
import type { RequestEvent } from '../../sandbox/azure/sandbox-types.ts'
import type {
  AzureState,
  Connection,
  Operation,
  Side,
  SqlDatabase,
  SqlServer,
  StorageAccount,
} from '../../sandbox/azure/types.ts'
import type { FinalStatus } from '../../src/transfer/model.ts'
import { armFor } from './cases.ts'
import { foreignExport } from './e2e.ts'
import { connectionsOf, eventually, jobOf } from './story.ts'
import type { World } from './world.ts'

/** One fault as it comes about, and what people see of it. Without `asks` it is an export that U0SAM approves. */
export type Row = {
  number: number
  what: string
  asks?: 'import' | 'create'
  /** More words of the command. */
  options?: string
  /** In the world whose clocks are short and whose jobs stop at 5 %. */
  impatient?: true
  faults?: readonly FaultInput[]
  /** How things are before anybody asks. */
  is?: (there: There) => void | Promise<void>
  /** What happens while the card stands; `no` is a denial, and `nothing` leaves it to time. */
  card?: (there: There) => void | Promise<void>
  click?: 'no' | 'nothing'
  /** What happens once the yes is carried out. */
  after?: (there: There) => void | Promise<void>
  ends: FinalStatus
  /** Of the last reply: what it was, and what is to be done. */
  says: readonly string[]
  /** Of any reply before. */
  tells?: readonly string[]
  /** What else must be true at the end. */
  holds?: (there: There) => unknown
  sent: number
}

/** Where a row takes place: a server, an account and a database of its own. */
export type There = {
  world: World
  name: string
  id: string
  state: AzureState
  server: SqlServer
  database: SqlDatabase
  account: StorageAccount
  group: string
  job(): Promise<Operation>
  connection(side: Side): Promise<Connection>
  /** Arms a fault for the requests of this row. */
  arm(fault: FaultInput): void
  /** Does this before or after the next request of that name is worked on. */
  when(moment: RequestEvent['when'], request: string, act: () => void | Promise<void>): void
}

/* ---- refused at the submit ---- */

const nothing = 'Nothing was started in Azure'
const unsent = 'Nothing was sent to Azure'

function atSubmit(number: number, code: string, ...says: readonly string[]): Row {
  const faults = [{ name: 'export', code }]
  return { number, what: `${code} at the submit`, faults, ends: 'failed', says: [...says, nothing], sent: 1 }
}

function atImport(number: number, code: string, ...says: readonly string[]): Row {
  const faults = [{ name: 'import', code }]
  const what = `${code} at the submit of an import`
  return { number, what, asks: 'import', faults, ends: 'failed', says: [...says, nothing], sent: 1 }
}

/** Seen by the plan or the checks, so that Azure never gets it. */
function before(number: number, what: string, is: Row['is'], ...says: readonly string[]): Row {
  return { number, what: `${what}, seen before`, ...(is ? { is } : {}), ends: 'refused', says, sent: 0 }
}

function found<T>(list: readonly T[], is: (each: T) => boolean): T {
  const one = list.find(is)
  if (!one) throw new Error(`there is none of ${is}`)
  return one
}

function without<T>(list: T[], one: T): void {
  list.splice(list.indexOf(one), 1)
}

const defect = ['defect of Drawbridge', 'Tell an operator']
const catalogue = 'Have an operator correct the catalogue'
const tier = ['does not offer this edition, objective or size', '--edition']

const submits: readonly Row[] = [
  before(
    1,
    'a lock on the database',
    ({ state, group, name }) => {
      const scope = `${group}/Microsoft.Sql/servers/sql-${name}/databases/${name}`
      state.locks.push({ scope, name: 'keep', level: 'CanNotDelete', notes: '' })
    },
    'cannot make or remove its private endpoints under a lock',
    'Have it removed for the time of the job',
    unsent,
  ),
  atSubmit(1, 'InvalidImportExportOperationResourceLocks', 'A lock on the server', 'Have the lock removed'),
  before(
    2,
    'another job on the database',
    ({ world, name }) => foreignExport(world, name),
    'Wait until it has ended, then ask again',
  ),
  {
    number: 2,
    what: 'another job that comes between the look and the submit',
    is: (there) => there.when('before', 'export', () => foreignExport(there.world, there.name)),
    ends: 'failed',
    says: ['Another import or export runs on this database', 'Wait until it has ended'],
    sent: 1,
  },
  atSubmit(3, 'BlobAlreadyExist', 'A blob of this name is already there', 'Ask again'),
  before(
    4,
    'an account that allows no keys',
    (there) => {
      there.account.allowSharedKeyAccess = false
    },
    'allows no keys',
    'Have key access allowed',
    unsent,
  ),
  {
    number: 4,
    what: 'keys that are changed between reading and using them',
    is: (there) =>
      there.when('before', 'export', () => {
        for (const key of there.account.keys) key.value = `${key.value.slice(8)}new+key/`
      }),
    ends: 'failed',
    says: ['did not take the key', 'then ask again', nothing],
    sent: 1,
  },
  atImport(4, 'InvalidImportExportStorageCredentials', 'did not take the key', 'then ask again'),
  atSubmit(5, 'InvalidImportExportStorageKeyFormat', 'form of the storage credential', 'Check the credential kind'),
  atSubmit(6, 'InvalidImportExportStorageAuthType', 'kind of the storage credential', 'Check the credential kind'),
  before(
    7,
    'a container that is not there',
    (there) => {
      const { name } = there.account
      without(
        there.state.containers,
        found(there.state.containers, (each) => each.account === name),
      )
    },
    'There is no container',
    'Create it, or name another one',
  ),
  atSubmit(7, 'InvalidImportExportStorageURI', 'did not accept the blob’s address', 'Name another container or blob'),
  atImport(7, 'InvalidImportExportStorageURI', 'did not accept the blob’s address', 'Name another container or blob'),
  atSubmit(8, 'LongImportExportStorageUri', 'longer than Azure takes', 'Use a shorter container'),
  {
    number: 9,
    what: 'a database of 300 GB',
    is: ({ database }) => {
      database.usedBytes = 300 * 1024 ** 3
    },
    ends: 'failed',
    says: ['too large for Azure’s export service', 'Export it with SqlPackage', nothing],
    sent: 1,
  },
  before(
    10,
    'a data warehouse',
    ({ database }) => {
      database.sku = { name: 'DataWarehouse', tier: 'DataWarehouse', capacity: 900 }
    },
    'is a data warehouse',
    'Use its own restore points, or SqlPackage',
    unsent,
  ),
  {
    number: 10,
    what: 'a Hyperscale database',
    is: ({ database }) => {
      database.sku = { name: 'HS_Gen5', tier: 'Hyperscale', family: 'Gen5', capacity: 2 }
    },
    ends: 'failed',
    says: ['does not work with databases of this edition', 'SqlPackage', nothing],
    sent: 1,
  },
  atImport(10, 'UnSupportedImportExportEdition', 'does not work with databases of this edition', 'SqlPackage'),
  atSubmit(10, 'FeatureDisabledOnSelectedEdition', 'does not work with databases of this edition', 'SqlPackage'),
  atSubmit(11, 'InvalidSqlAuthType', 'kind of the SQL login', 'Check the server’s login'),
  atSubmit(12, 'SQLPasswordSpecifiedWithManagedIdentity', 'takes no password', 'Correct the configuration'),
  atSubmit(13, 'MissingImportExportInputParameters', ...defect),
  atSubmit(13, 'MissingNetworkIsolation', ...defect),
  atSubmit(13, 'InvalidImportExportInputParameter', ...defect),
  atImport(13, 'InvalidImportExportParameter', ...defect),
  before(
    14,
    'a server that may not reach the account',
    (there) => {
      there.server.restrictOutboundNetworkAccess = 'Enabled'
    },
    'its outbound rules forbid it',
    'Add that host to the server’s outbound firewall rules',
    unsent,
  ),
  atSubmit(14, 'BlockedByOutboundFirewall', 'its outbound rules forbid it', 'Add the account’s host name'),
  ...['InvalidMaxSizeTierCombination', 'InvalidTierSkuCombination', 'InvalidSku', 'InvalidTier'].map((code) =>
    atImport(15, code, ...tier),
  ),
  atSubmit(16, 'CannotUseReservedDatabaseName', 'a database of the system', 'Name another one'),
  atImport(16, 'CannotUseReservedDatabaseName', 'a database of the system', 'Name another one'),
  before(
    17,
    'a database that was deleted',
    ({ state, database }) => without(state.databases, database),
    'Azure has no database',
    'Check whether it was renamed or deleted, then ask again',
  ),
  {
    number: 17,
    what: 'a database that is deleted between the look and the submit',
    is: (there) => there.when('before', 'export', () => without(there.state.databases, there.database)),
    ends: 'failed',
    says: ['no such database any more', 'Check whether it was renamed', nothing],
    sent: 1,
  },
  before(
    18,
    'a server that was deleted',
    (there) => {
      there.server.name = `gone-${there.name}`
    },
    'Azure has no SQL server',
    'Check the catalogue',
  ),
  atSubmit(18, 'ServerNotInSubscriptionResourceGroup', 'not in this resource group', catalogue),
  atSubmit(18, 'ServerNotInSubscription', 'not in this subscription', catalogue),
  atSubmit(19, 'ResourceNotFound', 'does not find the server', 'Check the catalogue'),
  atSubmit(20, 'PrivateLinkNotAvailable', 'over Private Link in this region', '--no-private-link'),
  atImport(20, 'PrivateLinkNotAvailable', 'over Private Link in this region', '--no-private-link'),
]

/* ---- a submit whose answer does not tell ---- */

/** Azure took none of three. */
function givenUp(number: number, code: string, ...says: readonly string[]): Row {
  const faults = [{ name: 'export', code }]
  return { number, what: `${code} at every submit`, faults, ends: 'failed', says, sent: 3 }
}

/** Azure took the second. */
function again(number: number, what: string, fault: Partial<FaultInput>): Row {
  const faults = [{ name: 'export', times: 1, ...fault }]
  return { number, what: `${what}, once`, faults, ends: 'succeeded', says: [], sent: 2 }
}

/** Azure took the first and did not say so. */
function adopted(number: number, what: string, action: FaultAction): Row {
  const faults = [{ name: 'export', times: 1, action }]
  const tells = ['did not confirm the job, but it is there']
  return { number, what: `${what}, and the job runs`, faults, ends: 'succeeded', says: [], tells, sent: 1 }
}

const unclear: readonly Row[] = [
  givenUp(21, 'InternalServerError', 'an error of its own', 'Ask again in a while', 'Azure’s support'),
  again(21, 'InternalServerError', { code: 'InternalServerError' }),
  adopted(22, '500', { kind: 'accept-then-status', status: 500, text: '' }),
  adopted(22, '504', { kind: 'accept-then-status', status: 504, text: '<html>Gateway Timeout</html>' }),
  givenUp(22, 'GatewayTimeout', 'did not answer in time', 'Ask again'),
  adopted(23, 'a connection that breaks off', { kind: 'accept-then-reset' }),
  again(23, 'a connection that breaks off before', { action: { kind: 'reset' } }),
  givenUp(24, 'SubscriptionTooManyCreateUpdateRequests', 'used up its requests', 'Ask again in a few minutes'),
  again(24, 'SubscriptionTooManyRequests', { code: 'SubscriptionTooManyRequests', headers: { 'Retry-After': '1' } }),
  givenUp(25, 'TooManyRequests', 'too much to do now', 'Ask again in a few minutes'),
  again(25, 'TooManyRequests', { code: 'TooManyRequests' }),
]

/* ---- refused for who asks, or anywhere ---- */

const claims = { 'www-authenticate': 'Bearer error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="' }

const everywhere: readonly Row[] = [
  atSubmit(26, 'AuthorizationFailed', 'may not do `Microsoft.Sql/servers/databases/export/action`', 'Give it a role'),
  atSubmit(27, 'InvalidAuthenticationToken', 'did not accept Drawbridge’s sign-in', 'check its identity'),
  atSubmit(27, 'ExpiredAuthenticationToken', 'sign-in had run out', 'Ask again'),
  {
    number: 27,
    what: 'a sign-in that nothing accepts',
    faults: [{ name: 'any', code: 'InvalidAuthenticationToken', headers: claims }],
    ends: 'failed',
    says: ['did not accept Drawbridge’s sign-in', 'check its identity', nothing],
    sent: 0,
  },
  {
    number: 27,
    what: 'a sign-in that runs out while things are read',
    faults: [{ name: 'server', code: 'ExpiredAuthenticationToken', times: 2 }],
    ends: 'succeeded',
    says: [],
    sent: 1,
  },
  atSubmit(28, 'ScopeLocked', 'A lock forbids the change', 'Have the lock'),
  atSubmit(29, 'RequestDisallowedByPolicy', 'A policy of the subscription forbids this', 'Ask its owner'),
  {
    number: 29,
    what: 'a policy that forbids the approval of the account’s connection',
    impatient: true,
    faults: [{ name: 'pec-storage-put', code: 'RequestDisallowedByPolicy' }],
    ends: 'failed',
    says: ['only one of the two connections could be approved', 'ask again: `/export'],
    tells: ['`RequestDisallowedByPolicy`'],
    sent: 1,
  },
  atSubmit(30, 'SubscriptionNotFound', 'does not find the subscription', 'correct the catalogue'),
  atSubmit(30, 'SubscriptionDisabled', 'The subscription is disabled', 'Have it enabled'),
  {
    number: 30,
    what: 'a subscription that was disabled, seen before',
    faults: [{ name: 'any', code: 'SubscriptionDisabled' }],
    ends: 'failed',
    says: ['The subscription is disabled', 'Have it enabled', nothing],
    sent: 0,
  },
  {
    number: 30,
    what: 'a subscription that is not there, seen before',
    faults: [{ name: 'any', code: 'SubscriptionNotFound' }],
    ends: 'failed',
    says: ['Azure does not find the subscription', 'correct the catalogue', nothing],
    sent: 0,
  },
]

/* ---- accepted, with headers that are not what one expects ---- */

function accepted(number: number, what: string, headers: Record<string, string | null>): Row {
  const faults: readonly FaultInput[] = [{ name: 'export', action: { kind: 'rewrite', headers } }]
  return { number, what, faults, ends: 'succeeded', says: [], tells: ['Azure has taken the job'], sent: 1 }
}

const acceptances: readonly Row[] = [
  accepted(31, 'no Azure-AsyncOperation', { 'azure-asyncoperation': null }),
  accepted(32, 'no Retry-After', { 'retry-after': null }),
  accepted(32, 'a Retry-After that is a date', { 'retry-after': new Date(Date.now() + 3_000).toUTCString() }),
  {
    number: 33,
    what: 'an operation on a regional host',
    ends: 'succeeded',
    says: [],
    holds: ({ world, name }) => {
      const polls = world.azure.state.requests.filter((each) => each.name === 'result' && each.path.endsWith(name))
      const hosts = new Set(polls.map(({ requestHeaders }) => requestHeaders.host))
      return polls.length > 0 && [...hosts].join() === new URL(world.azure.regionalUrl).host
    },
    sent: 1,
  },
]

/* ---- the two connections ---- */

/** The service makes none before so many milliseconds. */
function connectionsLate(ms: number): NonNullable<Row['is']> {
  return (there) =>
    there.when('after', 'export', () => {
      for (const each of there.state.operations) if (each.database === there.name) each.queuedAt += ms
    })
}

function onlyConnection(side: Side): Row {
  return {
    number: 34,
    what: `only the connection on the ${side} side`,
    impatient: true,
    is: (there) =>
      there.when('after', 'export', () => {
        for (const each of there.state.operations) if (each.database === there.name) each.sides = [side]
      }),
    ends: 'failed',
    says: ['did not create and name both connections in time', 'ask again: `/export'],
    sent: 1,
  }
}

/** An approval that Azure refuses until time is up. */
function neverApproved(number: number, code: string, ...tells: readonly string[]): Row {
  return {
    number,
    what: `${code} at every approval of the server’s connection`,
    impatient: true,
    faults: [{ name: 'pec-sql-put', code }],
    ends: 'failed',
    says: ['only one of the two connections could be approved', 'ask again: `/export'],
    tells,
    sent: 1,
  }
}

function decided(what: string, change: 'reject' | 'disconnect' | 'remove', side: Side): Row {
  return {
    number: 43,
    what: `a connection that ${what} in the portal while the card stands`,
    card: async ({ world, connection }) => {
      world.azure.changeConnection({ action: change, id: (await connection(side)).id })
    },
    click: 'nothing',
    ends: 'failed',
    says: ['a connection was rejected, disconnected or removed', 'ask again'],
    sent: 1,
  }
}

const connections: readonly Row[] = [
  { number: 34, what: 'connections that are late', is: connectionsLate(2_000), ends: 'succeeded', says: [], sent: 1 },
  onlyConnection('sql'),
  onlyConnection('storage'),
  {
    number: 35,
    what: 'connections that never come',
    impatient: true,
    is: connectionsLate(3_600_000),
    ends: 'failed',
    says: ['did not create and name both connections in time', 'ask again: `/export'],
    sent: 1,
  },
  {
    number: 36,
    what: 'pending connections of other jobs and of strangers',
    is: (there) => {
      const { azure } = there.world
      const parent = { sql: `sql-${there.name}`, storage: there.account.name }
      for (const side of ['sql', 'storage'] as const) {
        const kind = side === 'sql' ? 'SQL' : 'Storage'
        for (const privateEndpoint of ['pe-stranger', `ImportExportPrivateLink_${kind}-other`]) {
          azure.changeConnection({ action: 'add', side, parent: parent[side], privateEndpoint })
        }
        there.when('after', 'export', () => {
          const privateEndpoint = `ImportExportPrivateLink_${kind}-later`
          azure.changeConnection({ action: 'add', side, parent: parent[side], privateEndpoint })
        })
      }
    },
    ends: 'succeeded',
    says: [],
    holds: (there) => {
      const parents = [`sql-${there.name}`, there.account.name]
      const others = there.state.connections.filter((each) => parents.includes(each.parent) && !each.operationId)
      return others.length === 6 && others.every(({ status }) => status === 'Pending')
    },
    sent: 1,
  },
  {
    number: 37,
    what: 'a connection that somebody approves in the portal while the yes is carried out',
    card: (there) =>
      there.when('before', 'pec-sql-put', async () => {
        there.world.azure.changeConnection({ action: 'approve', id: (await there.connection('sql')).id })
      }),
    ends: 'succeeded',
    says: [],
    holds: ({ world, name }) =>
      world.azure.state.requests.some(
        (each) => each.name === 'pec-sql-put' && each.path.includes(`sql-${name}/`) && each.status === 400,
      ),
    sent: 1,
  },
  {
    number: 37,
    what: 'a connection that somebody approves in the portal before the yes',
    card: async ({ world, connection }) => {
      world.azure.changeConnection({ action: 'approve', id: (await connection('sql')).id })
    },
    click: 'nothing',
    ends: 'failed',
    says: ['a connection was approved outside of Drawbridge', 'ask again: `/export'],
    tells: ['find out who approved it'],
    sent: 1,
  },
  neverApproved(38, 'PrivateEndpointConnectionDoesNotExist', '`PrivateEndpointConnectionDoesNotExist`'),
  neverApproved(38, 'PrivateEndpointConnectionDroppedByOtherWorkflow', 'dropped by another workflow'),
  neverApproved(39, 'InvalidResourceIdSegment', '`InvalidResourceIdSegment`'),
  neverApproved(40, 'NetworkingSubscriptionNotRegisteredWithSqlRp', 'is not registered with SQL resource provider'),
  {
    number: 41,
    what: 'an approval that Azure answers with 200 and Ready, and no address to follow',
    faults: [
      {
        name: 'pec-sql-put',
        action: { kind: 'rewrite', status: 200, headers: { location: null, 'azure-asyncoperation': null } },
      },
    ],
    ends: 'succeeded',
    says: [],
    sent: 1,
  },
  {
    number: 41,
    what: 'an approval that Azure takes and cannot carry out',
    impatient: true,
    card: (there) => approvalsFail(there),
    ends: 'failed',
    says: ['only one of the two connections could be approved', 'ask again: `/export'],
    sent: 1,
  },
  {
    number: 42,
    what: 'the account’s connection refused (403) when the server’s is approved',
    impatient: true,
    faults: [{ name: 'pec-storage-put', code: 'AuthorizationFailed' }],
    ends: 'failed',
    says: ['only one of the two connections could be approved', 'ask again: `/export'],
    tells: [
      'The connection on the SQL server is approved, the one on the storage account is not yet',
      'Give it a role',
    ],
    sent: 1,
  },
  {
    number: 42,
    what: 'the account’s connection refused (409) for a while',
    faults: [{ name: 'pec-storage-put', code: 'ScopeLocked', times: 3 }],
    ends: 'succeeded',
    says: [],
    tells: ['It is tried again'],
    sent: 1,
  },
  decided('is rejected', 'reject', 'sql'),
  decided('is cut', 'disconnect', 'storage'),
  decided('is removed', 'remove', 'sql'),
  {
    number: 43,
    what: 'a connection that is cut while the job runs',
    after: async ({ world, job, connection }) => {
      const { id } = await connection('storage')
      const mine = await job()
      await eventually(() => mine.phase === 'running')
      world.azure.changeConnection({ action: 'disconnect', id })
    },
    ends: 'failed',
    says: ['a connection was rejected, disconnected or removed', 'then ask again'],
    sent: 1,
  },
  {
    number: 44,
    what: 'LinkedAuthorizationFailed until the role is given',
    faults: [
      { name: 'pec-sql-put', code: 'LinkedAuthorizationFailed', times: 2 },
      { name: 'pec-storage-put', code: 'LinkedAuthorizationFailed', times: 2 },
    ],
    ends: 'succeeded',
    says: [],
    tells: ['may not do `PrivateEndpointConnectionsApproval/action`', 'Give it a role'],
    sent: 1,
  },
  {
    number: 44,
    what: 'LinkedAuthorizationFailed until time is up',
    impatient: true,
    faults: [
      { name: 'pec-sql-put', code: 'LinkedAuthorizationFailed' },
      { name: 'pec-storage-put', code: 'LinkedAuthorizationFailed' },
    ],
    ends: 'failed',
    says: ['the two connections could not be approved', 'Give it a role', 'ask again: `/export'],
    sent: 1,
  },
  {
    number: 45,
    what: 'lists of connections in pages, of which one fails once',
    faults: [{ name: 'pec-sql-list', times: 1, skip: 2, action: { kind: 'status', status: 500, text: '' } }],
    is: ({ world, name }) => {
      for (const privateEndpoint of ['pe-a', 'pe-b', 'pe-c', 'pe-d', 'pe-e']) {
        world.azure.changeConnection({ action: 'add', side: 'sql', parent: `sql-${name}`, privateEndpoint })
      }
    },
    ends: 'succeeded',
    says: [],
    holds: ({ world, name }) =>
      world.azure.state.requests.some(
        ({ path, query, name: route }) => route === 'pec-sql-list' && path.includes(`sql-${name}/`) && query.$skip,
      ),
    sent: 1,
  },
]

function approvalsFail(there: There): void {
  there.when('after', 'pec-sql-put', async () => {
    const { id } = await there.connection('sql')
    for (const each of there.state.connectionOperations) {
      if (each.connectionId === id && each.action === 'Approved') each.status = 'Failed'
    }
    approvalsFail(there)
  })
}

/* ---- the job ---- */

/** The job fails at its end. */
function jobFails(number: number, code: string, ...says: readonly string[]): Row {
  return {
    number,
    what: `a job that ends with ${code}`,
    faults: [{ name: 'job', code }],
    ends: 'failed',
    says,
    sent: 1,
  }
}

/** An import of which the job finds out what is wrong. */
function importFails(number: number, what: string, is: Row['is'], ...says: readonly string[]): Row {
  return { number, what, asks: 'import', ...(is ? { is } : {}), ends: 'failed', says, sent: 1 }
}

/** Reading the job fails for a while, which says nothing of the job. */
function reading(number: number, what: string, fault: Partial<FaultInput>): Row {
  return {
    number,
    what: `${what} while the job is read`,
    after: ({ arm }) => {
      for (const name of ['result', 'async']) arm({ times: 2, ...fault, name })
    },
    ends: 'succeeded',
    says: [],
    sent: 1,
  }
}

const jobs: readonly Row[] = [
  jobFails(46, 'StorageUnreachable', 'could not reach the storage account', 'Check that both connections stayed'),
  jobFails(47, 'OriginXmlMissing', 'not a complete BACPAC', 'ask again'),
  {
    ...jobFails(47, 'OriginXmlMissing', 'not a complete BACPAC', 'Make it anew'),
    what: 'an import that ends with OriginXmlMissing',
    asks: 'import',
  },
  jobFails(48, 'UnresolvedReference', 'refers to objects that are not in it', 'Remove these references'),
  jobFails(49, 'DiskFull', 'ran out of disk', 'SqlPackage'),
  {
    ...jobFails(49, 'DiskFull', 'ran out of disk', 'SqlPackage'),
    what: 'an import that ends with DiskFull',
    asks: 'import',
  },
  jobFails(50, 'LoginFailed', 'The SQL login was refused', 'Check the server’s login and password'),
  before(
    50,
    'a server that takes Entra logins only',
    (there) => {
      there.server.azureADOnlyAuthentication = true
    },
    'takes Entra sign-ins alone',
    'give the server another login',
    unsent,
  ),
  {
    number: 50,
    what: 'a server that takes Entra logins only once the job runs',
    after: async ({ world, job }) => {
      const reason =
        "Login failed for user 'drawbridge'. Reason: Azure Active Directory only authentication is enabled."
      world.azure.changeOperation({ action: 'fail', id: (await job()).id, reason })
    },
    ends: 'failed',
    says: ['takes Entra logins only', 'Configure another credential'],
    sent: 1,
  },
  {
    ...before(
      51,
      'a target that is not empty',
      ({ database }) => {
        database.tables = ['dbo.orders']
      },
      'is not empty',
      'Name another one, or add `--create`',
      unsent,
    ),
    asks: 'import',
  },
  {
    ...importFails(51, '', undefined, 'The database was not empty', 'Name an empty one, or a free name with --create'),
    what: 'a target that somebody fills before the job does',
    after: ({ database }) => {
      database.tables = ['dbo.orders']
    },
  },
  importFails(
    51,
    'a blob that is not there',
    (there) => {
      there.state.blobs = there.state.blobs.filter((each) => each.account !== there.account.name)
    },
    'The blob is not there',
    'Check its name and container',
  ),
  importFails(
    51,
    'a database that is too small for the data',
    ({ database }) => {
      database.maxSizeBytes = 1024
    },
    'does not fit into the database',
    'Give it a larger maximum size',
  ),
  {
    number: 52,
    what: 'a result of 400 that says nothing of why',
    faults: [{ name: 'job', code: 'DiskFull' }],
    after: ({ arm }) => {
      arm({ name: 'result', skip: 2, action: { kind: 'status', status: 400, text: '' } })
    },
    ends: 'failed',
    says: ['ran out of disk', 'SqlPackage'],
    sent: 1,
  },
  {
    number: 52,
    what: 'a result of 400 and a status that say nothing of why',
    after: ({ arm, world, job }) => {
      const body = { name: 'x', status: 'Failed' }
      arm({ name: 'async', action: { kind: 'rewrite', body } })
      arm({ name: 'result', code: 'ImportExportJobError' })
      return job().then(({ id }) => void world.azure.changeOperation({ action: 'fail', id }))
    },
    ends: 'failed',
    says: ['gives no reason', 'import/export history', 'then ask again'],
    sent: 1,
  },
  {
    number: 53,
    what: 'an operation that Azure has forgotten',
    after: async ({ state, job }) => without(state.operations, await job()),
    ends: 'failed',
    says: ['does not know the operation any more', 'import/export history'],
    sent: 1,
  },
  reading(53, 'ImportExportOperationIdNotFound', { code: 'ImportExportOperationIdNotFound' }),
  {
    number: 54,
    what: 'a status of success whose result is gone',
    after: ({ arm }) => arm({ name: 'result', code: 'ImportExportOperationIdNotFound' }),
    ends: 'succeeded',
    says: [],
    sent: 1,
  },
  {
    number: 55,
    what: 'a job that waits in the region’s queue',
    after: async ({ job }) => {
      const mine = await job()
      await eventually(() => mine.readyAt !== null)
      mine.phase = 'queued'
      mine.readyAt = Date.now() + 3_000
    },
    ends: 'succeeded',
    says: [],
    sent: 1,
  },
  {
    number: 56,
    what: 'a job that stays at 5 %',
    impatient: true,
    ends: 'failed',
    says: ['it took longer than it may', 'ask again: `/export'],
    sent: 1,
  },
  {
    number: 56,
    what: 'a job that Azure cancels after two days',
    card: async ({ world, job }) => {
      world.azure.changeOperation({ action: 'cancel', id: (await job()).id, reason: 'at once' })
    },
    click: 'nothing',
    ends: 'cancelled',
    says: ['cancelled in Azure, not through Drawbridge', 'ask again: `/export'],
    sent: 1,
  },
  {
    number: 57,
    what: 'a job that somebody cancels in the portal',
    faults: [{ name: 'job', code: 'OperationCancelled' }],
    ends: 'cancelled',
    says: ['cancelled in Azure, not through Drawbridge', 'ask again: `/export'],
    sent: 1,
  },
  {
    number: 57,
    what: 'an import that somebody cancels in the portal',
    asks: 'import',
    faults: [{ name: 'job', code: 'OperationCancelled' }],
    ends: 'cancelled',
    says: ['cancelled in Azure, not through Drawbridge', 'ask again: `/import'],
    sent: 1,
  },
  jobFails(57, 'OperationInterrupted', 'Azure interrupted the job', 'Ask again'),
  jobFails(58, 'OperationTimedOut', 'it took too long', 'Ask again'),
  reading(58, 'OperationTimedOut', { code: 'OperationTimedOut' }),
  reading(59, '429', { code: 'SubscriptionTooManyRequests' }),
  reading(59, 'a burst of 500', { times: 4, action: { kind: 'status', status: 500, text: '' } }),
  reading(59, 'a page for people', { action: { kind: 'html' } }),
  reading(59, 'half of the JSON', { action: { kind: 'truncate' } }),
  reading(59, 'the status Queued', {
    action: { kind: 'rewrite', body: { name: 'x', status: 'Queued', properties: { status: 'Queued' } } },
  }),
]

/* ---- cancelling, making a database, keys, and what is left ---- */

function cancelled(what: string, fault: Partial<FaultInput>, ...tells: readonly string[]): Row {
  return {
    number: 60,
    what: `${what} when the job of a denied export is cancelled`,
    faults: [{ name: 'cancel', ...fault }],
    click: 'no',
    ends: 'denied',
    says: ['Denied by <@U0SAM>', 'ended without data', 'ask again: `/export'],
    tells,
    sent: 1,
  }
}

/** A database that is not made. */
function notMade(code: string, fault: Partial<FaultInput>, ...says: readonly string[]): Row {
  return {
    number: 61,
    what: `${code} when the database is made`,
    asks: 'create',
    faults: [{ name: 'database-put', code, ...fault }],
    ends: 'failed',
    says,
    sent: 0,
  }
}

const disabled = { error: { code: 'ProvisioningDisabled', message: 'Provisioning is disabled in this region.' } }
const noKeys = { error: { code: 'KeyBasedAuthenticationNotPermitted', message: 'Key based authentication is off.' } }

const rest: readonly Row[] = [
  cancelled('CannotCancelOperation', { code: 'CannotCancelOperation' }, 'would not cancel the job', 'delete'),
  cancelled('OperationIdNotFound', { code: 'OperationIdNotFound' }, 'would not cancel the job'),
  cancelled('202', { action: { kind: 'rewrite', status: 202 } }),
  {
    number: 61,
    what: 'ConflictingDatabaseOperation for a while when the database is made',
    asks: 'create',
    faults: [
      { name: 'database-put', code: 'ConflictingDatabaseOperation', times: 1 },
      { name: 'database-put', code: 'ConflictingServerOperation', times: 1 },
    ],
    ends: 'succeeded',
    says: ['is loaded from'],
    tells: ['The empty database', 'is made'],
    sent: 1,
  },
  {
    number: 61,
    what: 'ConflictingDatabaseOperation until time is up',
    asks: 'create',
    impatient: true,
    faults: [{ name: 'database-put', code: 'ConflictingDatabaseOperation' }],
    ends: 'failed',
    says: ['it took longer than it may', 'ask again: `/import'],
    sent: 0,
  },
  notMade('ServerDtuQuotaExceeded', {}, 'The server has no room', 'Choose a smaller --objective'),
  notMade('SubscriptionVcoreQuotaExceeded', {}, 'has no vCores left', 'Choose a smaller --objective'),
  notMade('UnsupportedBackupStorageRedundancy', {}, 'does not offer this backup redundancy', '--redundancy'),
  notMade('DatabaseNameInUse', {}, 'A database of this name is there already', 'Name another one'),
  notMade('InvalidSku', {}, ...tier),
  {
    ...notMade('ProvisioningDisabled', {}, 'makes no databases', 'ask Azure’s support'),
    faults: [{ name: 'database-put', action: { kind: 'status', status: 400, body: disabled } }],
  },
  {
    ...notMade('SubscriptionVcoreQuotaExceeded', {}, 'has no vCores left', 'Choose a smaller --objective'),
    what: 'SubscriptionVcoreQuotaExceeded while the database is made',
    faults: [{ name: 'creation', code: 'SubscriptionVcoreQuotaExceeded' }],
  },
  {
    number: 61,
    what: 'an edition that the region does not offer, seen before',
    asks: 'create',
    options: ' --edition Gigantic',
    ends: 'refused',
    says: ['Gigantic', 'Basic'],
    sent: 0,
  },
  {
    number: 62,
    what: 'keys behind a lock',
    faults: [{ name: 'listKeys', code: 'ListKeysLocked' }],
    ends: 'failed',
    says: ['A lock forbids the change', 'Have the lock'],
    sent: 0,
  },
  {
    number: 62,
    what: 'keys that Drawbridge may not read',
    faults: [{ name: 'listKeys', code: 'ListKeysForbidden' }],
    ends: 'failed',
    says: ['may not do `Microsoft.Storage/storageAccounts/listKeys/action`', 'Give it a role'],
    sent: 0,
  },
  {
    number: 62,
    what: 'keys that are not allowed any more',
    asks: 'import',
    faults: [{ name: 'listKeys', action: { kind: 'status', status: 409, body: noKeys } }],
    ends: 'failed',
    says: ['allows no keys', 'Have key access allowed on it'],
    sent: 0,
  },
  {
    number: 64,
    what: 'a result in the form that was recorded',
    ends: 'succeeded',
    says: [],
    holds: ({ world, name }) => {
      const last = world.azure.state.requests.findLast((each) => each.name === 'result' && each.path.endsWith(name))
      const { id, properties } = (last?.responseBody ?? {}) as { id?: string; properties?: Record<string, string> }
      return (
        /^[0-9a-f-]{36}$/.test(id ?? '') &&
        properties?.serverName === `sql-${name}` &&
        properties?.requestType === 'ExportDatabase' &&
        /^\d+\/\d+\/\d{4} \d+:\d\d:\d\d [AP]M$/.test(properties?.queuedTime ?? '')
      )
    },
    sent: 1,
  },
  { number: 64, what: 'the same of an import', asks: 'import', ends: 'succeeded', says: ['is loaded from'], sent: 1 },
  {
    number: 65,
    what: 'connections that stay after success',
    after: async ({ job }) => {
      ;(await job()).cleaned = true
    },
    ends: 'succeeded',
    says: ['still lists its connection on the SQL server', 'on the storage account', 'If it stays, remove it'],
    sent: 1,
  },
]

/**
 * The fault cases by their numbers. 63, a sign-in that Microsoft Entra or the machine's identity refuses, is none of
 * Resource Manager's answers and cannot come about where a token is given: its sentence is asked for beside the rows, and
 * 27 is what Azure says of a bad one. Whoever asks for too long an address (8) is refused as a command, in
 * e2e-mistakes.test.ts, so that here Azure alone says it.
 */
export const rows: readonly Row[] = [
  ...submits,
  ...unclear,
  ...everywhere,
  ...acceptances,
  ...connections,
  ...jobs,
  ...rest,
]

/** A place for the row of this name, made before anything is changed. */
export function placeOf(world: World, name: string): There {
  const { state } = world.azure
  const group = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-data/providers'
  const index = state.servers.findIndex((each) => each.name === `sql-${name}`)
  const accounts = state.accounts.filter((each) => each.name.startsWith('stcase'))
  const connection = async (side: Side) => {
    const job = await jobOf(world, name)
    return eventually(() => connectionsOf(world, job)[side])
  }
  return {
    ...{ world, name, id: '', state, group, connection },
    server: found(state.servers, (each) => each.name === `sql-${name}`),
    database: found(state.databases, (each) => each.name === name),
    account: found(accounts, (each) => each.name === `stcase${index - 2}`),
    job: () => jobOf(world, name),
    arm: (fault) => void armFor(world, name, fault),
    when: (moment, request, act) => {
      const stop = world.azure.onRequest(async ({ when, name: route, path }) => {
        if (when !== moment || route !== request || !isOf(name, path)) return undefined
        stop()
        await act()
        return undefined
      })
    },
  }
}

/** Whether a request is about the server of this row. */
export function isOf(name: string, path: string): boolean {
  return new RegExp(`sql-${name}(/|$)`).test(path)
}
