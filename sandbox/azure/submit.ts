import { refusal, retryAfter } from './answers.ts'
import { field, guid, same, ticksDate } from './format.ts'
import { accountId, databaseId, serverId } from './ids.ts'
import { credentialRefusal, keyFits, loginProblem, roleProblem } from './job-credentials.ts'
import { isOver } from './jobs.ts'
import { databaseOf, lockedOut, locksOver, onServer } from './lookups.ts'
import type { Operation, Side, SqlDatabase, SqlServer, StorageAccount } from './types.ts'
import { type Answer, type Call, type Handler, now, type World } from './world.ts'

type Place = { account: StorageAccount; container: string; blob: string }
type Target = { kind: Operation['kind']; server: SqlServer; database: SqlDatabase }

/** Databases_Export: checks the body, starts the job and answers 202, or refuses as Azure does. */
export const submitExport: Handler = submitter('export')

/** Databases_Import: as an export; a missing blob or a database with tables in it only fails the job. */
export const submitImport: Handler = submitter('import')

function submitter(kind: Operation['kind']): Handler {
  return onServer(false, (call, world, server) => {
    const name = call.params.database ?? ''
    if (same(name, 'master')) return refusal('CannotUseReservedDatabaseName')
    const database = databaseOf(world, server, name)
    return database === undefined ? refusal('DatabaseDoesNotExist') : submitted(call, world, { kind, server, database })
  })
}

function submitted(call: Call, world: World, target: Target): Answer {
  const refused = formRefusal(call)
  if (refused !== undefined) return refusal(refused)
  const place = placeOf(world, String(field(call.body, 'storageUri')))
  if (typeof place === 'string') return refusal(place)
  const sides = sidesOf(call.body, target.server, place.account)
  if (typeof sides === 'string') return refusal(sides)
  // Without private link no lock matters but one on writing, and that one Resource Manager itself enforces.
  const locked = sides.length > 0 ? undefined : lockedOut(world, databaseId(target.database))
  if (locked !== undefined) return locked
  const again = stateRefusal(call, world, target, place, sides)
  if (again !== undefined) return refusal(again)
  const operation = newOperation(world, target, place, sides, problemOf(call.body, world, target, place, sides))
  world.state.operations.push(operation)
  const version = call.query.get('api-version') ?? ''
  const body = { operation: target.kind === 'export' ? 'Export' : 'Import', startTime: ticksDate(operation.queuedAt) }
  return { status: 202, body, headers: operationHeaders(world, operation, version) }
}

/** The headers that lead to an operation, on the regional host. */
export function operationHeaders(world: World, operation: Operation, version: string): Record<string, string> {
  const at = `${world.regionalUrl}/subscriptions/${operation.subscriptionId}/providers/Microsoft.Sql/locations/${operation.location}`
  const tail = `${operation.id}-${operation.server}?api-version=${version}`
  return {
    location: `${at}/importExportOperationResults/${tail}`,
    'azure-asyncoperation': `${at}/importExportAzureAsyncOperation/${tail}`,
    ...retryAfter(world),
  }
}

function formRefusal(call: Call): string | undefined {
  const text = (name: string) => {
    const value = field(call.body, name)
    return typeof value === 'string' ? value : ''
  }
  const required = ['storageKeyType', 'storageKey', 'storageUri', 'administratorLogin']
  if (required.some((name) => text(name) === '')) return 'MissingImportExportInputParameters'
  return credentialRefusal(call)
}

function placeOf(world: World, storageUri: string): Place | string {
  if (storageUri.length >= 128) return 'LongImportExportStorageUri'
  const [, host = '', container = '', blob = ''] = /^https:\/\/([^/]+)\/([^/]+)\/(.+)$/i.exec(storageUri) ?? []
  const account = world.state.accounts.find((each) => same(hostOf(each), host))
  if (account === undefined || /[\s<>*%&:\\?]|\.$/.test(blob)) return 'InvalidImportExportStorageURI'
  const known = world.state.containers.some((each) => same(each.account, account.name) && each.name === container)
  return known ? { account, container, blob } : 'InvalidImportExportStorageURI'
}

function sidesOf(body: unknown, server: SqlServer, account: StorageAccount): Side[] | string {
  const isolation = field(body, 'networkIsolation')
  if (isolation === undefined || isolation === null) return []
  const sql = field(isolation, 'sqlServerResourceId')
  const storage = field(isolation, 'storageAccountResourceId')
  if (sql === null || storage === null || (sql === undefined && storage === undefined)) return 'MissingNetworkIsolation'
  const fits = (given: unknown, id: string) => given === undefined || (typeof given === 'string' && same(given, id))
  if (!fits(sql, serverId(server)) || !fits(storage, accountId(account))) return 'InvalidImportExportInputParameter'
  const sides: Side[] = ['sql', 'storage']
  return sides.filter((side) => (side === 'sql' ? sql : storage) !== undefined)
}

function stateRefusal(call: Call, world: World, target: Target, place: Place, sides: Side[]): string | undefined {
  const { kind, server, database } = target
  if (!keyFits(call.body, place.account, now(world))) return 'InvalidImportExportStorageCredentials'
  const tier = database.sku.tier.toLowerCase()
  if (tier === 'datawarehouse' || (tier === 'hyperscale' && world.options.refuseHyperscale)) {
    return 'UnSupportedImportExportEdition'
  }
  if (kind === 'export' && database.usedBytes > 200 * 1024 ** 3) return 'LargeExportDatabaseSize'
  const listed = server.outboundFirewallRules.some((each) => same(each, hostOf(place.account)))
  if (server.restrictOutboundNetworkAccess === 'Enabled' && !listed) {
    return 'BlockedByOutboundFirewall'
  }
  const scopes = [databaseId(database), accountId(place.account)]
  if (sides.length > 0 && scopes.some((scope) => locksOver(world, scope).length > 0)) {
    return 'InvalidImportExportOperationResourceLocks'
  }
  const mine = (each: Operation) => same(each.server, server.name) && same(each.database, database.name)
  if (world.state.operations.some((each) => mine(each) && !isOver(each))) return 'ImportExportOperationInProgress'
  const here = (each: { account: string; container: string; name: string }) =>
    each.account === place.account.name && each.container === place.container && each.name === place.blob
  return kind === 'export' && world.state.blobs.some(here) ? 'BlobAlreadyExist' : undefined
}

function hostOf({ name, blobSuffix }: StorageAccount): string {
  return `${name}.${blobSuffix}`
}

function problemOf(body: unknown, world: World, { kind, server }: Target, place: Place, sides: Side[]): string | null {
  const unfit = loginProblem(body, server) ?? roleProblem(kind, body, server, place.account)
  if (unfit !== undefined) return unfit
  if (!world.options.enforceNetwork) return null
  const open = server.firewallRules.some((rule) => rule.startIpAddress === '0.0.0.0' && rule.endIpAddress === '0.0.0.0')
  if (!sides.includes('sql') && !(server.publicNetworkAccess === 'Enabled' && open)) {
    return `Cannot open server '${server.name}' requested by the login. Client is not allowed to access the server.`
  }
  const { account } = place
  const reachable = account.publicNetworkAccess === 'Enabled' && account.defaultAction === 'Allow'
  const refused = 'The remote server returned an error: (403) This request is not authorized to perform this operation.'
  return sides.includes('storage') || reachable ? null : refused
}

function newOperation(world: World, target: Target, place: Place, sides: Side[], problem: string | null): Operation {
  const { kind, server, database } = target
  const at = now(world)
  return {
    id: guid(),
    kind,
    listId: guid(),
    subscriptionId: server.subscriptionId,
    resourceGroup: server.resourceGroup,
    server: server.name,
    database: database.name,
    location: server.location,
    storageUri: `https://${hostOf(place.account)}/${place.container}/${place.blob}`,
    account: place.account.name,
    container: place.container,
    blob: place.blob,
    sides,
    connections: {},
    phase: sides.length > 0 ? 'hold' : 'queued',
    progress: 0,
    queuedAt: at,
    readyAt: sides.length > 0 ? null : at,
    startedAt: null,
    endedAt: null,
    modifiedAt: at,
    cancelRequestedAt: null,
    problem,
    error: null,
    cleaned: false,
  }
}
