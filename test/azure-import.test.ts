import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type AzureSandbox, type RequestRecord, type SqlDatabase, startAzureSandbox } from '../sandbox/azure/index.ts'
import { type AzureOptions, createAzure } from '../src/azure/azure.ts'
import { matchConnections } from '../src/azure/match-connections.ts'
import { PermanentError, Refusal, TransientError } from '../src/transfer/errors.ts'
import type { AzureOperation, Creation, Plan, Request } from '../src/transfer/model.ts'
import type { Check } from '../src/transfer/preflight.ts'
import { checkExchange } from './support/azure-spec.ts'

const password = 'Sandbox-Passw0rd!'
const subscription = '11111111-1111-1111-1111-111111111111'
const home = `/subscriptions/${subscription}/resourceGroups/rg-data/providers`
const blob = 'exports/orders-k3v9x2.bacpac'
const uri = `https://stbackups.blob.core.windows.net/bacpacs/${blob}`
const gigabyte = 1024 ** 3
const go = () => {}

let sandbox: AzureSandbox
let azure: ReturnType<typeof createAzure>
const lines: string[] = []

beforeAll(async () => {
  sandbox = await startAzureSandbox({ password })
})
afterAll(() => sandbox.close())

afterEach(() => {
  // Every request and every answer is one that Azure publishes, and no secret got into the log.
  expect(sandbox.state.requests.flatMap(checkExchange)).toEqual([])
  expect(lines.join('\n')).not.toContain(password)
  for (const { value } of sandbox.state.accounts[0]?.keys ?? []) expect(lines.join('\n')).not.toContain(value)
  azure?.close()
  sandbox.reset()
  lines.length = 0
})

function connect(more: Partial<AzureOptions> = {}): ReturnType<typeof createAzure> {
  azure = createAzure({
    cloud: 'public',
    credential: { kind: 'token', token: () => sandbox.token },
    resourceManagerUrl: sandbox.url,
    operationHosts: [new URL(sandbox.regionalUrl).host],
    requestTimeout: 5000,
    sqlLogin: () => ({ user: 'drawbridge', password }),
    log: (line) => lines.push(line),
    ...more,
  })
  return azure
}

type Wish = { server?: string; database?: string; create?: Creation; at?: number; privateLink?: boolean }

function ask({ server = 'sql-test', database = 'staging', create, at = Date.now(), privateLink = true }: Wish = {}) {
  const place = { subscription, resourceGroup: 'rg-data' }
  const sqlId = `${home}/Microsoft.Sql/servers/${server}/databases/${database}`
  const storageId = `${home}/Microsoft.Storage/storageAccounts/stbackups`
  const request: Request = {
    operation: 'import',
    database: { alias: database, id: sqlId, ...place, server, database },
    storage: { alias: 'b', id: storageId, ...place, account: 'stbackups', container: 'bacpacs', blob, uri },
    privateLink,
    ...(create ? { create } : {}),
    by: 'slack:T1/U1',
    at,
    origin: { address: 'slack:T1/C1' },
  }
  return request
}

const fresh = (create: Creation = {}): Request => ask({ database: 'restored', create })
const sent = (name: string): RequestRecord[] => sandbox.state.requests.filter((each) => each.name === name)

function databaseAt(name: string): SqlDatabase {
  const found = sandbox.state.databases.find((each) => each.name === name)
  if (!found) throw new Error(`there is no ${name}`)
  return found
}

function putBlob(tables = ['dbo.orders', 'dbo.customers']): void {
  const place = { account: 'stbackups', container: 'bacpacs', name: blob }
  sandbox.state.blobs.push({ ...place, size: 100_000, createdAt: Date.now(), tables })
}

async function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  )
}

async function started(request: Request): Promise<{ plan: Plan; operation: AzureOperation }> {
  const plan = await azure.plan(request)
  const submission = await azure.submit(request, plan, go)
  if (submission.kind !== 'accepted') throw new Error(JSON.stringify(submission))
  return { plan, operation: submission.operation }
}

async function approveBoth(request: Request, operation: AzureOperation): Promise<void> {
  sandbox.passTime(4000)
  const { named } = await azure.observe(request, operation)
  const both = matchConnections(named, await azure.connections(request))
  for (const each of [both.sql, both.storage]) {
    if (!each) throw new Error('a connection is missing')
    await azure.decide(request, each, 'Approved', 'Approved by Ada through Drawbridge, transfer k3v9x2', go)
  }
  sandbox.passTime(600)
}

/** The checks that only an import has. */
async function checks(request: Request, plan: Plan): Promise<readonly Check[]> {
  const all = await azure.preflight(request, plan, { connections: [] })
  return all.filter(({ name }) => name === 'target' || name === 'tier')
}

describe('into an empty database', () => {
  test('imports through both private endpoints and follows the job to its end', async () => {
    connect()
    putBlob()
    const request = ask()
    const { plan, operation } = await started(request)
    expect(plan).toMatchObject({ edition: 'Standard', objective: 'S0', databaseStatus: 'Online', uri })
    await approveBoth(request, operation)
    await azure.observe(request, operation)
    sandbox.passTime(3000)
    expect((await azure.observe(request, operation)).percent).toBeGreaterThanOrEqual(0)
    sandbox.passTime(6000)
    expect(await azure.observe(request, operation)).toMatchObject({ state: 'succeeded', text: 'Completed' })
    expect(databaseAt('staging')).toMatchObject({ serviceObjective: 'S0', tables: ['dbo.orders', 'dbo.customers'] })
    expect(await checks(request, plan)).toMatchObject([{ code: 'target_not_empty' }])
  })

  test('sends one POST with key, login and both resources, and shows neither secret', async () => {
    connect()
    putBlob()
    await started(ask())
    const [post, ...more] = sent('import')
    expect(more).toEqual([])
    expect(sent('export')).toEqual([])
    expect(post?.secrets).toEqual({ storageKey: 'right', administratorLoginPassword: 'right' })
    expect(post?.requestBody).toMatchObject({
      storageUri: uri,
      networkIsolation: { sqlServerResourceId: `${home}/Microsoft.Sql/servers/sql-test` },
    })
    expect(lines).toEqual([expect.stringContaining('import of')])
  })

  test.each([
    ['500', { code: 'InternalServerError' }, 'unclear', 'InternalServerError'],
    ['504 after the start', { action: { kind: 'accept-then-status', status: 504 } }, 'unclear', 'Http504'],
    ['409 in progress', { code: 'ImportExportOperationInProgress' }, 'unclear', 'ImportExportOperationInProgress'],
    ['reset after the start', { action: { kind: 'accept-then-reset' } }, 'unclear', 'ECONNRESET'],
    ['400', { code: 'InvalidImportExportStorageCredentials' }, 'refused', 'InvalidImportExportStorageCredentials'],
    ['404', { code: 'DatabaseDoesNotExist' }, 'refused', 'DatabaseDoesNotExist'],
    ['403', { code: 'AuthorizationFailed' }, 'refused', 'AuthorizationFailed'],
  ] as const)('sends one POST and no more when the answer is %s', async (_name, fault, kind, code) => {
    connect()
    const request = ask()
    const plan = await azure.plan(request)
    sandbox.arm({ name: 'import', times: 5, ...fault })
    expect(await azure.submit(request, plan, go)).toMatchObject({ kind, fault: { code } })
    expect(sent('import')).toHaveLength(1)
  })

  test('fails with the words of Azure when the blob is missing or the database is not empty', async () => {
    connect()
    const reasons: unknown[] = []
    for (const tables of [[], ['dbo.orders']]) {
      const request = ask({ server: 'sql-test', privateLink: false })
      if (tables.length > 0) putBlob()
      databaseAt('staging').tables = tables
      const { operation } = await started(request)
      sandbox.passTime(600)
      await azure.observe(request, operation)
      sandbox.passTime(600)
      const seen = await azure.observe(request, operation)
      expect(seen).toMatchObject({ state: 'failed', fault: { code: 'ImportExportJobError' } })
      reasons.push(seen.fault?.message)
    }
    expect(reasons).toEqual([
      expect.stringContaining('The specified blob does not exist'),
      expect.stringContaining('Import should be performed against a new, empty database'),
    ])
  })

  test('is refused while it is paused, and when it does not exist', async () => {
    connect()
    databaseAt('staging').status = 'Paused'
    expect(await failure(azure.plan(ask()))).toMatchObject({ code: 'database_not_online', facts: { status: 'Paused' } })
    expect(await failure(azure.plan(ask({ database: 'lost' })))).toMatchObject({ code: 'target_not_found' })
  })
})

describe('looks for its own operation', () => {
  test('and finds the one that it started, of neither requestType but its own', async () => {
    connect()
    putBlob()
    const request = ask()
    for (const requestType of ['ExportDatabase', 'Export'] as const) {
      sandbox.setOptions({ requestType })
      const since = Date.now()
      const { plan, operation } = await started(request)
      expect(await azure.look(request, plan, since, [])).toMatchObject({
        kind: 'found',
        operation: { id: operation.id },
      })
      const asExport: Request = { ...request, operation: 'export' }
      expect(await azure.look(asExport, plan, since, [])).toMatchObject({ kind: 'none', busy: expect.any(String) })
      sandbox.changeOperation({ action: 'cancel', id: operation.id, reason: 'at once' })
    }
  })

  test('and takes nothing for its own that was there before', async () => {
    connect()
    putBlob()
    const request = ask()
    const { plan, operation } = await started(request)
    const since = operation.startedAt - 1000
    const busy = { kind: 'none', busy: operation.id, seen: [operation.id] }
    expect(await azure.look(request, plan, since, 'all')).toEqual(busy)
    expect(await azure.look(request, plan, since, [operation.id])).toEqual(busy)
    sandbox.changeOperation({ action: 'complete', id: operation.id })
    const none = { kind: 'none', seen: [operation.id] }
    expect(await azure.look(request, plan, since, 'all')).toEqual(none)
    expect(await azure.look(request, plan, since, [operation.id])).toEqual(none)
    expect(await azure.look(request, plan, since, [])).toMatchObject({ kind: 'found' })
  })

  test('and does not mind that Azure lists how the database was made', async () => {
    connect()
    const request = fresh({ objective: 'S0' })
    const plan = await azure.plan(request)
    await azure.prepare(request, plan, go)
    sandbox.passTime(2000)
    const [made] = sandbox.state.creations
    expect(await azure.look(request, plan, request.at, [])).toEqual({ kind: 'none', seen: [made?.id] })
    expect(await azure.look(request, plan, request.at, 'all')).toEqual({ kind: 'none', seen: [made?.id] })
  })

  test('and adopts what an operator names only when blob, database and time fit', async () => {
    connect()
    putBlob()
    const request = ask()
    const { plan, operation } = await started(request)
    expect(await azure.adopt(request, plan, operation.id)).toMatchObject({ id: operation.id, adopted: true })
    const elsewhere = ask({ database: 'orders-test' })
    const notOurs = { code: 'operation_not_ours' }
    expect(await failure(azure.adopt(elsewhere, plan, operation.id))).toMatchObject(notOurs)
    const later = ask({ at: operation.startedAt + 10 * 60_000 })
    expect(await failure(azure.adopt(later, plan, operation.id))).toMatchObject(notOurs)
    const other: Request = { ...request, storage: { ...request.storage, uri: `${uri}.old` } }
    expect(await failure(azure.adopt(other, { ...plan, uri: `${uri}.old` }, operation.id))).toMatchObject(notOurs)
  })
})

describe('plans a database that is to be made', () => {
  test.each<[string, Creation, object]>([
    ['nothing', {}, { edition: 'GeneralPurpose', objective: 'GP_Gen5_2', maxSizeBytes: 32 * gigabyte }],
    ['an edition', { edition: 'standard' }, { edition: 'Standard', objective: 'S0', maxSizeBytes: 250 * gigabyte }],
    ['an objective', { objective: 's3' }, { edition: 'Standard', objective: 'S3', maxSizeBytes: 250 * gigabyte }],
    ['a size', { objective: 'S3', maxSizeBytes: 1024 * gigabyte }, { maxSizeBytes: 1024 * gigabyte }],
    ['a size on a range', { objective: 'gp_gen5_4', maxSizeBytes: 65 * gigabyte }, { maxSizeBytes: 65 * gigabyte }],
    ['backup storage', { edition: 'GeneralPurpose', redundancy: 'GeoZone' }, { edition: 'GeneralPurpose' }],
  ])('as wished, with the region’s defaults for the rest: %s', async (_what, create, expected) => {
    connect()
    const plan = await azure.plan(fresh(create))
    expect(plan).toMatchObject({ databaseStatus: 'to be created', location: 'westeurope', uri, ...expected })
    expect(sandbox.state.requests.every(({ method }) => method === 'GET')).toBe(true)
    expect(sent('capabilities')[0]?.query).toEqual({ include: 'supportedEditions', 'api-version': '2023-08-01' })
  })

  const standard = '100 MB, 500 MB, 1 GB, 2 GB, 5 GB, 10 GB, 20 GB, 30 GB, 40 GB, 50 GB'
  test.each<[string, string, Creation, Record<string, string>]>([
    [
      'an unknown edition',
      'tier_not_possible',
      { edition: 'Gold' },
      { kind: 'edition', wished: 'Gold', possible: 'Basic, Standard, Premium, GeneralPurpose, Hyperscale' },
    ],
    ['an edition that is only to be seen', 'tier_not_possible', { edition: 'System' }, { kind: 'edition' }],
    ['an edition without BACPACs', 'tier_not_possible', { objective: 'DW100c' }, { wished: 'DW100c' }],
    ['a warehouse', 'tier_not_possible', { edition: 'DataWarehouse' }, { kind: 'edition' }],
    [
      'an unknown objective',
      'tier_not_possible',
      { edition: 'Standard', objective: 'P1' },
      { kind: 'objective', wished: 'P1', edition: 'Standard', possible: 'S0, S1, S2, S3' },
    ],
    [
      'a size beyond the objective',
      'size_not_possible',
      { objective: 'Basic', maxSizeBytes: 5 * gigabyte },
      { size: '5 GB', objective: 'Basic', possible: '100 MB, 500 MB, 1 GB, 2 GB' },
    ],
    [
      'a size between the steps',
      'size_not_possible',
      { objective: 'S0', maxSizeBytes: 3 * gigabyte },
      { size: '3 GB', possible: `${standard} …` },
    ],
    [
      'a size near the upper end',
      'size_not_possible',
      { objective: 'S3', maxSizeBytes: 600 * gigabyte },
      { possible: '50 GB, 100 GB, 150 GB, 200 GB, 250 GB, 300 GB, 400 GB, 500 GB, 750 GB, 1 TB …' },
    ],
    [
      'a size beside a range',
      'size_not_possible',
      { objective: 'GP_Gen5_2', maxSizeBytes: 2048 * gigabyte },
      { size: '2 TB', possible: '1 GB to 1 TB, 32 GB' },
    ],
    [
      'backup storage that is not offered',
      'redundancy_not_possible',
      { edition: 'Basic', redundancy: 'GeoZone' },
      { redundancy: 'GeoZone', edition: 'Basic', possible: 'Geo, Local, Zone' },
    ],
  ])('and refuses %s with what is possible', async (_what, code, create, facts) => {
    connect()
    const error = await failure(azure.plan(fresh(create)))
    expect(error).toBeInstanceOf(Refusal)
    expect(error).toMatchObject({ code, facts: { region: 'westeurope', ...facts } })
  })

  test('and refuses a region that is closed to the subscription, with its reason', async () => {
    connect()
    const reason = 'Provisioning is restricted in this region.'
    const body = {
      name: 'westeurope',
      status: 'Available',
      supportedServerVersions: [{ name: '12.0', status: 'Visible', reason, supportedEditions: [] }],
    }
    sandbox.arm({ name: 'capabilities', action: { kind: 'status', status: 200, body } })
    expect(await failure(azure.plan(fresh()))).toMatchObject({ code: 'region_not_possible', facts: { reason } })
  })

  test('and reads what the region offers once an hour', async () => {
    let now = Date.now()
    connect({ now: () => now })
    await azure.plan(fresh())
    await azure.plan(fresh({ edition: 'Basic' }))
    expect(sent('capabilities')).toHaveLength(1)
    now += 61 * 60_000
    await azure.plan(fresh())
    expect(sent('capabilities')).toHaveLength(2)
  })

  test('and fails, for good or for now, when that cannot be read', async () => {
    connect()
    const forbidden = { error: { code: 'Forbidden', message: 'No.' } }
    sandbox.arm({ name: 'capabilities', action: { kind: 'status', status: 403, body: forbidden } })
    const error = await failure(azure.plan(fresh()))
    expect(error).toBeInstanceOf(PermanentError)
    expect(error).toMatchObject({ fault: { message: expect.stringContaining('locations/capabilities/read') } })
    for (const kind of ['html', 'reset', 'truncate'] as const) {
      sandbox.arm({ name: 'capabilities', action: { kind } })
      expect(await failure(azure.plan(fresh()))).toBeInstanceOf(TransientError)
    }
    expect(await azure.plan(fresh())).toMatchObject({ databaseStatus: 'to be created' })
  })

  test('and takes the tier of an empty database that is there already', async () => {
    connect()
    const plan = await azure.plan(ask({ create: { objective: 'S3' } }))
    expect(plan).toMatchObject({ databaseStatus: 'Online', edition: 'Standard', objective: 'S0' })
    expect(sent('capabilities')).toEqual([])
  })

  test('and still tells a missing server, account or container', async () => {
    connect()
    const lost = ask({ server: 'sql-lost', create: {} })
    expect(await failure(azure.plan(lost))).toMatchObject({ code: 'server_not_found' })
    expect(await failure(azure.plan(ask({ database: 'master', create: {} })))).toMatchObject({
      code: 'database_reserved',
    })
  })
})

describe('checks', () => {
  const nothing: readonly string[] = []
  test.each([
    ['an empty database', 'staging', nothing, 'ok', 'target_empty', { database: 'staging' }],
    [
      'one with tables',
      'staging',
      ['archive.old', 'dbo.a', 'dbo.b', 'dbo.c', 'dbo.d', 'dbo.e', 'zoo.cages'],
      'stop',
      'target_not_empty',
      { count: '7', tables: 'dbo.a, dbo.b, dbo.c, dbo.d, dbo.e …' },
    ],
    [
      'one with more tables than are counted',
      'staging',
      Array.from({ length: 130 }, (_, index) => `dbo.t${index}`),
      'stop',
      'target_not_empty',
      { count: 'at least 100' },
    ],
  ] as const)('the target: %s', async (_what, name, tables, verdict, code, facts) => {
    connect()
    databaseAt(name).tables = [...tables]
    const request = ask()
    expect(await checks(request, await azure.plan(request))).toMatchObject([{ name: 'target', verdict, code, facts }])
  })

  test.each([
    ['forbidden', { code: 'AuthorizationFailed' }],
    ['not supported', { code: 'ResourceNotFound' }],
    ['broken', { action: { kind: 'reset' } }],
  ] as const)('the target: a warning when its tables cannot be read (%s)', async (_what, fault) => {
    connect()
    const request = ask()
    const plan = await azure.plan(request)
    for (const name of ['schemas', 'tables']) {
      sandbox.arm({ name, ...fault })
      const [check] = await checks(request, plan)
      expect(check).toMatchObject({ name: 'target', verdict: 'warning', code: 'unread' })
      expect(check?.facts.why).toBeTruthy()
    }
  })

  test('the target and the tier of a database that is to be made, and nothing of an export', async () => {
    connect()
    const request = fresh({ objective: 'S3', redundancy: 'Local', collation: 'Latin1_General_100_CI_AS' })
    const plan = await azure.plan(request)
    expect(await checks(request, plan)).toEqual([
      { name: 'target', verdict: 'ok', code: 'target_to_be_created', facts: { database: 'restored' } },
      {
        name: 'tier',
        verdict: 'ok',
        code: 'tier_new',
        facts: {
          edition: 'Standard',
          objective: 'S3',
          size: '250 GB',
          redundancy: 'Local',
          collation: 'Latin1_General_100_CI_AS',
          region: 'westeurope',
        },
      },
    ])
    expect(sent('schemas')).toEqual([])
    expect(sent('capabilities')).toHaveLength(1)
    expect(await checks({ ...request, operation: 'export' }, plan)).toEqual([])
  })

  test('the tier: what stands there already, and what of the wishes it does not fulfil', async () => {
    connect()
    const like = ask({ create: { edition: 'standard', objective: 's0', maxSizeBytes: 250 * gigabyte } })
    expect((await checks(like, await azure.plan(like)))[1]).toMatchObject({ verdict: 'ok', code: 'tier_exists' })
    const unlike = ask({ create: { objective: 'S3', maxSizeBytes: 500 * gigabyte } })
    expect((await checks(unlike, await azure.plan(unlike)))[1]).toMatchObject({
      verdict: 'warning',
      code: 'tier_differs',
      facts: { objective: 'S0', wished: 'S3, 500 GB' },
    })
  })

  test('the tier: a stop when it is no longer offered, a warning when nobody can say', async () => {
    connect()
    const request = fresh({ objective: 'S3' })
    const plan = await azure.plan(request)
    expect((await checks(request, { ...plan, objective: 'S9' }))[1]).toMatchObject({
      verdict: 'stop',
      code: 'tier_not_possible',
      facts: { possible: 'S0, S1, S2, S3' },
    })
    azure.close()
    connect()
    sandbox.arm({ name: 'capabilities', code: 'AuthorizationFailed' })
    expect((await checks(request, plan))[1]).toMatchObject({ verdict: 'warning', code: 'unread' })
  })
})

/** Azure took the PUT. */
const taken = { kind: 'working', sent: { requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) } }

describe('makes the database', () => {
  const wish: Creation = { objective: 'S3', redundancy: 'Local', collation: 'Latin1_General_100_CI_AS' }

  test.each([
    ['seen while it is made, 202', { creatingSeen: true, createStatus: 202 }],
    ['unseen while it is made, 202', { creatingSeen: false, createStatus: 202 }],
    ['seen while it is made, 201', { creatingSeen: true, createStatus: 201 }],
  ] as const)('with one PUT, and is ready when it is online and empty: %s', async (_how, options) => {
    connect()
    sandbox.setOptions(options)
    const request = fresh(wish)
    const plan = await azure.plan(request)
    expect(await azure.prepare(request, plan, go)).toEqual(taken)
    expect(await azure.prepare(request, plan, go)).toEqual({ kind: 'working' })
    expect(await azure.prepare(request, plan, go)).toEqual({ kind: 'working' })
    sandbox.passTime(2000)
    expect(await azure.prepare(request, plan, go)).toEqual({ kind: 'ready', made: true })
    expect(sent('database-put')).toHaveLength(1)
    expect(sent('database-put')[0]?.requestBody).toEqual({
      location: 'westeurope',
      tags: { drawbridge: expect.stringMatching(/^[0-9a-f]{32}$/) },
      sku: { name: 'Standard', tier: 'Standard', capacity: 100 },
      properties: {
        maxSizeBytes: 250 * gigabyte,
        requestedBackupStorageRedundancy: 'Local',
        collation: 'Latin1_General_100_CI_AS',
      },
    })
    expect(databaseAt('restored')).toMatchObject({ serviceObjective: 'S3', backupStorageRedundancy: 'Local' })
  })

  test('and imports into it', async () => {
    connect()
    putBlob()
    const request = fresh(wish)
    const plan = await azure.plan(request)
    await azure.prepare(request, plan, go)
    sandbox.passTime(2000)
    expect(await azure.prepare(request, plan, go)).toMatchObject({ kind: 'ready' })
    expect(await azure.submit(request, plan, go)).toMatchObject({ kind: 'accepted' })
  })

  test('and still knows that it made it after a crash, before or after the answer', async () => {
    for (const creatingSeen of [true, false]) {
      sandbox.reset()
      sandbox.setOptions({ creatingSeen })
      connect()
      const request = fresh(wish)
      const plan = await azure.plan(request)
      sandbox.arm({ name: 'database-put', action: { kind: 'accept-then-reset' } })
      expect(await failure(azure.prepare(request, plan, go))).toBeInstanceOf(TransientError)
      azure.close()
      connect()
      // A process that knows nothing sends again only where nothing is to be seen, and Azure makes nothing twice.
      expect(await azure.prepare(request, plan, go)).toEqual({ kind: 'working' })
      sandbox.passTime(2000)
      expect(await azure.prepare(request, plan, go)).toEqual({ kind: 'ready', made: true })
      expect(sandbox.state.creations).toHaveLength(1)
    }
  })

  test('and says that it did not make one that was there', async () => {
    connect()
    const request = ask({ create: {} })
    const plan = await azure.plan(request)
    expect(await azure.prepare(request, plan, go)).toEqual({ kind: 'ready', made: false })
    const other = fresh(wish)
    await azure.prepare(other, await azure.plan(other), go)
    sandbox.passTime(2000)
    const again: Request = { ...other, at: other.at + 1 }
    expect(await azure.prepare(again, await azure.plan(again), go)).toEqual({ kind: 'ready', made: false })
    expect(sent('database-put')).toHaveLength(1)
  })

  test('and sends nothing when the last check before the wire says no', async () => {
    connect()
    const request = fresh(wish)
    const plan = await azure.plan(request)
    const late = new Error('the lease is too old')
    const stop = () => {
      throw late
    }
    expect(await failure(azure.prepare(request, plan, stop))).toBe(late)
    expect(sent('database-put')).toEqual([])
  })

  test('and stops at a database that is not empty, or that will not be online', async () => {
    connect()
    const request = ask({ create: {} })
    const plan = await azure.plan(request)
    databaseAt('staging').tables = ['dbo.orders', 'dbo.customers']
    const full = await failure(azure.prepare(request, plan, go))
    expect(full).toBeInstanceOf(PermanentError)
    expect(full).toMatchObject({ fault: { code: 'TargetNotEmpty', message: expect.stringContaining('2 tables') } })
    databaseAt('staging').tables = []
    databaseAt('staging').status = 'Paused'
    const paused = await failure(azure.prepare(request, plan, go))
    expect(paused).toBeInstanceOf(PermanentError)
    expect(paused).toMatchObject({ fault: { code: 'DatabaseNotOnline' } })
    databaseAt('staging').status = 'Resuming'
    expect(await azure.prepare(request, plan, go)).toEqual({ kind: 'working' })
    expect(sent('database-put')).toEqual([])
  })

  test('and goes on where the tables cannot be looked at, but not while Azure only stumbles', async () => {
    connect()
    const request = ask({ create: {} })
    const plan = await azure.plan(request)
    sandbox.arm({ name: 'schemas', code: 'AuthorizationFailed' })
    expect(await azure.prepare(request, plan, go)).toEqual({ kind: 'ready', made: false })
    sandbox.arm({ name: 'schemas', code: 'InternalServerError' })
    expect(await failure(azure.prepare(request, plan, go))).toBeInstanceOf(TransientError)
  })

  test.each([
    ['ServerDtuQuotaExceeded', PermanentError],
    ['SubscriptionVcoreQuotaExceeded', PermanentError],
    ['UnsupportedBackupStorageRedundancy', PermanentError],
    ['DatabaseNameInUse', PermanentError],
    ['AuthorizationFailed', PermanentError],
    ['ScopeLocked', PermanentError],
    ['RequestDisallowedByPolicy', PermanentError],
    ['ConflictingServerOperation', TransientError],
    ['TooManyRequests', TransientError],
    ['SubscriptionTooManyCreateUpdateRequests', TransientError],
    ['InternalServerError', TransientError],
  ])('with one PUT when the answer is %s', async (code, kind) => {
    connect()
    const request = fresh(wish)
    const plan = await azure.plan(request)
    sandbox.arm({ name: 'database-put', code, times: 5 })
    const error = await failure(azure.prepare(request, plan, go))
    expect(error).toBeInstanceOf(kind)
    expect(error).toMatchObject({ fault: { code } })
    expect(sent('database-put')).toHaveLength(1)
  })

  test('and stops where provisioning is disabled, and waits for another operation on the database', async () => {
    connect()
    const request = fresh(wish)
    const plan = await azure.plan(request)
    const disabled = { error: { code: 'ProvisioningDisabled', message: 'Restricted.' } }
    sandbox.arm({ name: 'database-put', action: { kind: 'status', status: 400, body: disabled } })
    expect(await failure(azure.prepare(request, plan, go))).toMatchObject({ fault: { code: 'ProvisioningDisabled' } })
    sandbox.arm({ name: 'database-put', code: 'ConflictingDatabaseOperation' })
    expect(await azure.prepare(request, plan, go)).toEqual({ kind: 'working' })
  })

  test('and tells why Azure gave up making it, where nothing is to be seen meanwhile', async () => {
    connect()
    sandbox.setOptions({ creatingSeen: false })
    const request = fresh(wish)
    const plan = await azure.plan(request)
    expect(await azure.prepare(request, plan, go)).toEqual(taken)
    sandbox.arm({ name: 'database-async', code: 'InternalServerError' })
    expect(await azure.prepare(request, plan, go)).toEqual({ kind: 'working' })
    sandbox.arm({ name: 'creation', code: 'ServerDtuQuotaExceeded' })
    sandbox.passTime(2000)
    const error = await failure(azure.prepare(request, plan, go))
    expect(error).toBeInstanceOf(PermanentError)
    expect(error).toMatchObject({ fault: { code: 'ServerDtuQuotaExceeded' } })
    expect(sent('database-put')).toHaveLength(1)
  })

  test('and follows no address that leads elsewhere', async () => {
    connect()
    sandbox.setOptions({ creatingSeen: false })
    const request = fresh(wish)
    const plan = await azure.plan(request)
    sandbox.arm({ name: 'database-put', action: { kind: 'rewrite', host: 'http://example.com' } })
    expect(await azure.prepare(request, plan, go)).toEqual(taken)
    expect(await azure.prepare(request, plan, go)).toEqual({ kind: 'working' })
    sandbox.passTime(2000)
    expect(await azure.prepare(request, plan, go)).toEqual({ kind: 'ready', made: true })
    expect(sent('database-async')).toEqual([])
  })
})

test('keeps secrets out of every error of an import', async () => {
  connect()
  const request = fresh({})
  const plan = await azure.plan(request)
  const body = { error: { code: 'InvalidSku', message: `password=${password}` } }
  sandbox.arm({ name: 'database-put', action: { kind: 'status', status: 400, body } })
  expect(inspect(await failure(azure.prepare(request, plan, go)), { depth: 9 })).not.toContain(password)
})
