import { armError, entryFor, lroHeaders, ok, refusal, retryAfter } from './answers.ts'
import { editions } from './capabilities.ts'
import { takeFault } from './faults.ts'
import { field, guid, same, ticksDate } from './format.ts'
import { databaseId, serverId } from './ids.ts'
import { databaseOf, lockedOut, onServer, onSubscription } from './lookups.ts'
import { databaseBody } from './resources.ts'
import type { DatabaseCreation, SqlDatabase, SqlServer } from './types.ts'
import { type Answer, type Call, type Handler, now, type World } from './world.ts'

/** Databases_CreateOrUpdate: makes an empty database as a long-running operation, or changes one at once. */
export const putDatabase: Handler = onServer(true, (call, world, server) => {
  const name = call.params.database ?? ''
  if (same(name, 'master')) return refusal('CannotUseReservedDatabaseName')
  if (typeof field(call.body, 'location') !== 'string') {
    return armError(400, 'LocationRequired', 'The location property is required for this definition.')
  }
  const locked = lockedOut(world, `${serverId(server)}/databases/${name}`)
  if (locked !== undefined) return locked
  if (isBeingMade(world, server, name)) return refusal('ConflictingDatabaseOperation')
  const wanted = wantedDatabase(call, server, name)
  if (typeof wanted === 'string') return refusal(wanted)
  const there = databaseOf(world, server, name)
  if (there === undefined) return start(call, world, server, wanted)
  const { sku, serviceObjective, maxSizeBytes, tags } = wanted
  return ok(databaseBody(server, Object.assign(there, { sku, serviceObjective, maxSizeBytes, tags })))
})

/** databaseAzureAsyncOperation: how a creation stands. */
export const creationAsync: Handler = onSubscription((call, world) => {
  const creation = creationAt(call, world)
  if (creation === undefined) return refusal('OperationIdNotFound')
  const { id, status, error } = creation
  const startTime = new Date(creation.startedAt).toISOString()
  const body = { name: id, status, startTime, ...(error === null ? {} : { error }) }
  return status === 'InProgress' ? { status: 200, body, headers: retryAfter(world) } : ok(body)
})

/** databaseOperationResults: 202 until it is over, then the database. */
export const creationResult: Handler = onSubscription((call, world) => {
  const creation = creationAt(call, world)
  if (creation === undefined) return refusal('OperationIdNotFound')
  const { status, error, database } = creation
  if (error !== null) return armError(409, error.code, error.message)
  const server = world.state.servers.find((each) => same(each.name, database.server))
  if (status === 'InProgress' || server === undefined) return { status: 202, text: '' }
  return ok(databaseBody(server, database))
})

/** Ends every creation whose time has come, well or with the fault that is armed for `creation`. */
export function advanceCreations(world: World): void {
  for (const each of world.state.creations) {
    if (each.status !== 'InProgress' || now(world) - each.startedAt < world.timings.createMs) continue
    const fault = takeFault(world, { name: 'creation', method: 'PUT', path: databaseId(each.database) })
    each.status = fault === undefined ? 'Succeeded' : 'Failed'
    const others = world.state.databases.filter((other) => databaseId(other) !== databaseId(each.database))
    if (fault === undefined) each.database.status = 'Online'
    else {
      const { code, message } = entryFor(fault.code ?? 'InternalServerError')
      each.error = { code, message }
    }
    world.state.databases = fault === undefined ? [...others, each.database] : others
  }
}

/** What the operations list of a database says of its creation. */
export function listedCreations(world: World, database: SqlDatabase): unknown[] {
  const mine = world.state.creations.filter((each) => databaseId(each.database) === databaseId(database))
  return mine.map(({ id, status, startedAt }) => ({
    properties: {
      databaseName: database.name,
      operation: 'CreateLogicalDatabase',
      operationFriendlyName: 'CREATE DATABASE',
      percentComplete: status === 'InProgress' ? 0 : 100,
      serverName: database.server,
      startTime: new Date(startedAt).toISOString(),
      state: status,
      isCancellable: false,
    },
    id: `${databaseId(database)}/operations/${id}`,
    name: id,
    type: 'Microsoft.Sql/servers/databases/operations',
  }))
}

function start(call: Call, world: World, server: SqlServer, database: SqlDatabase): Answer {
  const { subscriptionId, location } = server
  const creation: DatabaseCreation = {
    ...{ id: guid(), subscriptionId, location, database },
    ...{ startedAt: now(world), status: 'InProgress', error: null },
  }
  world.state.creations.push(creation)
  if (world.options.creatingSeen) world.state.databases.push(database)
  const at = `/subscriptions/${subscriptionId}/providers/Microsoft.Sql/locations/${location}`
  const [result, async] = ['databaseOperationResults', 'databaseAzureAsyncOperation'].map(
    (kind) => `${at}/${kind}/${creation.id}`,
  )
  const headers = lroHeaders(world, call.query.get('api-version') ?? '', result ?? '', async ?? '')
  if (world.options.createStatus === 201) return { status: 201, body: databaseBody(server, database), headers }
  const body = { operation: 'CreateLogicalDatabase', startTime: ticksDate(creation.startedAt) }
  return { status: 202, body, headers }
}

function wantedDatabase(call: Call, server: SqlServer, name: string): SqlDatabase | string {
  const properties = field(call.body, 'properties')
  const sku = field(call.body, 'sku')
  const edition = editions.find((each) =>
    sku === undefined ? each.status === 'Default' : each.objectives.some((one) => fits(one, sku)),
  )
  const objective = edition?.objectives.find((each) =>
    sku === undefined ? each.status === 'Default' : fits(each, sku),
  )
  if (edition === undefined || objective === undefined)
    return knownTier(sku) ? 'InvalidTierSkuCombination' : 'InvalidSku'
  const tier = field(sku, 'tier')
  if (tier !== undefined && !same(String(tier), edition.name)) return 'InvalidTierSkuCombination'
  const usual = objective.sizes.find((each) => each.status === 'Default')
  const bytes = Number(field(properties, 'maxSizeBytes') ?? (usual?.most ?? 0) * 2 ** 20)
  if (!objective.sizes.some((each) => bytes >= each.least * 2 ** 20 && bytes <= each.most * 2 ** 20)) {
    return 'InvalidMaxSizeTierCombination'
  }
  const redundancy = String(field(properties, 'requestedBackupStorageRedundancy') ?? 'Geo')
  const storage = { Local: 'LRS', Zone: 'ZRS', Geo: 'GRS', GeoZone: 'GZRS' }[redundancy]
  if (storage === undefined || !edition.storage.includes(storage)) return 'UnsupportedBackupStorageRedundancy'
  return {
    ...{ subscriptionId: server.subscriptionId, resourceGroup: server.resourceGroup, server: server.name, name },
    ...{ sku: objective.sku, serviceObjective: objective.name, maxSizeBytes: bytes, usedBytes: 0, status: 'Creating' },
    collation: String(field(properties, 'collation') ?? 'SQL_Latin1_General_CP1_CI_AS'),
    backupStorageRedundancy: redundancy as SqlDatabase['backupStorageRedundancy'],
    tables: [],
    tags: (field(call.body, 'tags') ?? {}) as Record<string, string>,
  }
}

/** A sku names its objective (`S0`, `GP_Gen5_2`), or its family with a capacity. */
function fits(objective: (typeof editions)[number]['objectives'][number], sku: unknown): boolean {
  const name = String(field(sku, 'name') ?? '')
  if (same(name, objective.name) && !same(name, objective.sku.name)) return true
  return same(name, objective.sku.name) && (field(sku, 'capacity') ?? objective.sku.capacity) === objective.sku.capacity
}

function knownTier(sku: unknown): boolean {
  return editions.some(({ name }) => same(name, String(field(sku, 'tier') ?? '')))
}

function isBeingMade(world: World, server: SqlServer, name: string): boolean {
  return world.state.creations.some(
    ({ status, database }) =>
      status === 'InProgress' && same(database.server, server.name) && same(database.name, name),
  )
}

function creationAt(call: Call, world: World): DatabaseCreation | undefined {
  return world.state.creations.find(
    (each) => same(each.id, call.params.operation ?? '') && same(each.location, call.params.location ?? ''),
  )
}
