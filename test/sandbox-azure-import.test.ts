import { SqlManagementClient } from '@azure/arm-sql'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type AzureSandbox, type SqlDatabase, startAzureSandbox } from '../sandbox/azure/index.ts'
import {
  account,
  approveBoth,
  ask,
  callsGoTo,
  decide,
  definition,
  group,
  job,
  mine,
  named,
  operationPath,
  orders,
  result,
  server,
  subscription,
  verdict,
} from './support/azure-caller.ts'
import { checkAnswer, checkRequest } from './support/azure-spec.ts'

const quick = {
  ...{ firstConnectionMs: 0, secondConnectionMs: 0, startMs: 0, jobMs: 20, failMs: 0, rejectedMs: 0, approveMs: 0 },
  ...{ cancelMs: 0, cleanupMs: 0, createMs: 1000 },
}
const testServer = `${group}/Microsoft.Sql/servers/sql-test`
const staging = `${testServer}/databases/staging`
const place = { account: 'stbackups', container: 'bacpacs', name: 'orders.bacpac' }
const gigabyte = 1024 ** 3

let sandbox: AzureSandbox

beforeEach(async () => {
  sandbox = callsGoTo(await startAzureSandbox({ timings: quick, options: { retryAfter: 0 } }))
})

afterEach(async () => {
  const entries = sandbox.state.requests
  await sandbox.close()
  expect(entries.flatMap(checkAnswer)).toEqual([])
  expect(entries.filter((each) => each.status < 400).flatMap(checkRequest)).toEqual([])
})

function putBlob(size = 1_000_000, tables = ['dbo.orders', 'sales.customers']): void {
  sandbox.state.blobs.push({ ...place, size, createdAt: Date.now(), tables })
}

function databaseAt(name: string): SqlDatabase {
  const found = sandbox.state.databases.find((each) => each.name === name)
  if (!found) throw new Error(`there is no ${name}`)
  return found
}

/** Without private link, as sql-test is open to Azure services. */
const open = (change: object = {}) => definition({ networkIsolation: undefined, ...change })

async function ended(): Promise<void> {
  await expect.poll(() => job().phase, { interval: 2, timeout: 10_000 }).toMatch(/completed|failed|cancelled/)
}

describe('an import', () => {
  test('goes through the two connections as an export does, and puts the tables into the database', async () => {
    putBlob()
    const isolation = { sqlServerResourceId: testServer, storageAccountResourceId: account }
    const { status, body, headers } = await ask(
      'POST',
      `${staging}/import`,
      definition({ networkIsolation: isolation }),
    )
    expect({ status, body }).toMatchObject({ status: 202, body: { operation: 'Import' } })
    expect(headers.get('location')).toContain(`/importExportOperationResults/${job().id}-sql-test?`)
    await expect.poll(mine).toHaveLength(2)
    expect(databaseAt('staging').tables).toEqual([])
    for (const each of mine()) sandbox.changeConnection({ action: 'approve', id: each.id })
    await ended()
    expect(databaseAt('staging')).toMatchObject({
      tables: ['dbo.orders', 'sales.customers'],
      serviceObjective: 'S0',
      usedBytes: expect.any(Number),
    })
    expect(databaseAt('staging').usedBytes).toBeGreaterThan(5_000_000)
    const path = operationPath('importExportOperationResults').replace('sql-prod', 'sql-test')
    expect((await ask('GET', path)).body.properties).toMatchObject({
      requestType: 'ImportToExistingDatabase',
      databaseName: 'staging',
      serverName: 'sql-test',
      status: 'Completed',
    })
  })

  test('waits for both approvals', async () => {
    putBlob()
    databaseAt('orders').tables = []
    await ask('POST', `${orders}/import`, definition())
    expect((await result()).body.properties).toMatchObject({ status: 'Pending' })
    await expect.poll(async () => (await named()).length).toBe(2)
    await decide('sql')
    expect((await verdict()).body.status).toBe('InProgress')
    expect(job().phase).toBe('hold')
    await approveBoth()
    await ended()
    expect((await verdict()).body.status).toBe('Succeeded')
  })

  test('calls itself Import where exports are called Export', async () => {
    sandbox.setOptions({ requestType: 'Export' })
    databaseAt('orders').tables = []
    await ask('POST', `${orders}/import`, definition())
    expect((await result()).body.properties).toMatchObject({ requestType: 'Import' })
    const list = (await ask('GET', `${orders}/operations`)).body.value as { properties: object }[]
    expect(list[0]?.properties).toMatchObject({ operation: 'ImportDatabase', state: 'Pending' })
  })

  test('takes what an export wrote', async () => {
    const uri = 'https://stbackups.blob.core.windows.net/bacpacs/test.bacpac'
    await ask('POST', `${testServer}/databases/orders-test/export`, open({ storageUri: uri }))
    await ended()
    await ask('POST', `${staging}/import`, open({ storageUri: uri }))
    await expect.poll(() => databaseAt('staging').tables).toEqual(['dbo.orders'])
    expect(databaseAt('staging').usedBytes).toBeCloseTo(databaseAt('orders-test').usedBytes, -2)
  })

  test.each([
    ['the blob does not exist', () => undefined, 'The specified blob does not exist'],
    [
      'the database is not empty',
      () => {
        putBlob()
        databaseAt('staging').tables = ['dbo.left']
      },
      'Data cannot be imported into target because it contains one or more user objects',
    ],
    ['the data does not fit', () => putBlob(100 * gigabyte), 'has reached its size quota'],
    [
      'the database is paused',
      () => {
        putBlob()
        databaseAt('staging').status = 'Paused'
      },
      'is not currently available',
    ],
  ])('fails when %s', async (_when, prepare, reason) => {
    prepare()
    const before = [...databaseAt('staging').tables]
    expect((await ask('POST', `${staging}/import`, open())).status).toBe(202)
    await ended()
    expect(job()).toMatchObject({ phase: 'failed', error: { message: expect.stringContaining(reason) } })
    expect(databaseAt('staging').tables).toEqual(before)
  })

  test('fails with a wrong login, and where a side cannot be reached without private link', async () => {
    putBlob()
    await ask('POST', `${staging}/import`, open({ administratorLoginPassword: 'wrong' }))
    await ended()
    expect(job().error?.message).toContain("Login failed for user 'drawbridge'")
    sandbox.state.operations.length = 0
    databaseAt('orders').tables = []
    await ask('POST', `${orders}/import`, open())
    await ended()
    expect(job().error?.message).toContain("Cannot open server 'sql-prod'")
  })

  test.each([
    ['DatabaseDoesNotExist', 404, `${testServer}/databases/nope`, {}],
    ['CannotUseReservedDatabaseName', 400, `${testServer}/databases/master`, {}],
    ['ResourceNotFound', 404, `${testServer.replace('sql-test', 'nope')}/databases/staging`, {}],
    ['MissingImportExportInputParameters', 400, staging, { storageUri: '' }],
    ['InvalidImportExportStorageCredentials', 400, staging, { storageKey: 'wrong' }],
    ['InvalidImportExportStorageURI', 400, staging, { storageUri: 'https://stbackups.blob.core.windows.net/nope/x' }],
    ['InvalidImportExportInputParameter', 400, staging, { networkIsolation: { sqlServerResourceId: server } }],
  ])('is refused as %s', async (code, status, path, change) => {
    const refused = await ask('POST', `${path}/import`, open(change))
    expect({ code: refused.code, status: refused.status }).toEqual({ code, status })
    expect(sandbox.state.operations).toEqual([])
  })

  test('is refused under a lock, behind an outbound firewall, of a warehouse, and while another job runs', async () => {
    const isolated = definition({ networkIsolation: { storageAccountResourceId: account } })
    sandbox.state.locks.push({ scope: account, name: 'keep', level: 'CanNotDelete', notes: '' })
    expect((await ask('POST', `${staging}/import`, isolated)).code).toBe('InvalidImportExportOperationResourceLocks')
    sandbox.state.locks.length = 0
    const [, sqlTest] = sandbox.state.servers
    if (sqlTest) sqlTest.restrictOutboundNetworkAccess = 'Enabled'
    expect((await ask('POST', `${staging}/import`, open())).code).toBe('BlockedByOutboundFirewall')
    if (sqlTest) sqlTest.restrictOutboundNetworkAccess = 'Disabled'
    databaseAt('staging').sku.tier = 'DataWarehouse'
    expect((await ask('POST', `${staging}/import`, open())).code).toBe('UnSupportedImportExportEdition')
    databaseAt('staging').sku.tier = 'Standard'
    sandbox.setTimings({ jobMs: 60_000 })
    putBlob()
    expect((await ask('POST', `${staging}/import`, open())).status).toBe(202)
    for (const kind of ['import', 'export']) {
      expect(await ask('POST', `${staging}/${kind}`, open())).toMatchObject({
        status: 409,
        code: 'ImportExportOperationInProgress',
      })
    }
  })
})

describe('a creation', () => {
  const path = `${server}/databases/restored`
  const body = (change: object = {}) => ({
    location: 'westeurope',
    sku: { name: 'S1', tier: 'Standard' },
    properties: { maxSizeBytes: 10 * gigabyte, requestedBackupStorageRedundancy: 'Zone' },
    tags: { drawbridge: 'x' },
    ...change,
  })

  test('takes its time and leaves an empty database', async () => {
    const { status, headers } = await ask('PUT', path, body())
    expect(status).toBe(202)
    expect(headers.get('azure-asyncoperation')).toContain(`${sandbox.regionalUrl}${subscription}/providers`)
    const follow = `${subscription}/providers/Microsoft.Sql/locations/westeurope/databaseAzureAsyncOperation/`
    const id = sandbox.state.creations[0]?.id
    expect((await ask('GET', `${follow}${id}`)).body.status).toBe('InProgress')
    expect((await ask('GET', path)).body.properties).toMatchObject({ status: 'Creating' })
    expect(await ask('PUT', path, body())).toMatchObject({ status: 409, code: 'ConflictingDatabaseOperation' })
    sandbox.passTime(1000)
    expect((await ask('GET', `${follow}${id}`)).body.status).toBe('Succeeded')
    expect(await ask('GET', path)).toMatchObject({
      status: 200,
      body: {
        sku: { name: 'Standard', capacity: 20 },
        tags: { drawbridge: 'x' },
        properties: {
          status: 'Online',
          maxSizeBytes: 10 * gigabyte,
          currentServiceObjectiveName: 'S1',
          currentBackupStorageRedundancy: 'Zone',
        },
      },
    })
    expect(databaseAt('restored').tables).toEqual([])
    expect((await ask('GET', `${follow}${id?.replace(/^./, 'z')}`)).code).toBe('OperationIdNotFound')
    const list = (await ask('GET', `${path}/operations`)).body.value as { properties: object }[]
    expect(list).toMatchObject([{ properties: { operationFriendlyName: 'CREATE DATABASE', state: 'Succeeded' } }])
  })

  test('may be unseen while it lasts, may answer 201, and may fail', async () => {
    sandbox.setOptions({ creatingSeen: false, createStatus: 201 })
    expect(await ask('PUT', path, body())).toMatchObject({ status: 201, body: { name: 'restored' } })
    expect((await ask('GET', path)).status).toBe(404)
    sandbox.arm({ name: 'creation', code: 'SubscriptionVcoreQuotaExceeded' })
    sandbox.passTime(1000)
    expect((await ask('GET', path)).status).toBe(404)
    expect(sandbox.state.creations).toMatchObject([
      { status: 'Failed', error: { code: 'SubscriptionVcoreQuotaExceeded' } },
    ])
    expect((await ask('PUT', path, body())).status).toBe(201)
  })

  test('has the defaults of the region', async () => {
    await ask('PUT', path, { location: 'westeurope' })
    sandbox.passTime(1000)
    expect(databaseAt('restored')).toMatchObject({ serviceObjective: 'GP_Gen5_2', maxSizeBytes: 32 * gigabyte })
  })

  test.each([
    ['LocationRequired', { location: undefined }],
    ['InvalidSku', { sku: { name: 'S99' } }],
    ['InvalidTierSkuCombination', { sku: { name: 'S1', tier: 'Premium' } }],
    ['InvalidMaxSizeTierCombination', { properties: { maxSizeBytes: 3 * gigabyte } }],
    ['UnsupportedBackupStorageRedundancy', { properties: { requestedBackupStorageRedundancy: 'GeoZone' } }],
  ])('is refused as %s', async (code, change) => {
    expect(await ask('PUT', path, body(change))).toMatchObject({ status: 400, code })
    expect(sandbox.state.creations).toEqual([])
  })

  test('is refused of master, and under a lock that lets only read', async () => {
    const master = `${server}/databases/master`
    expect((await ask('PUT', master, body())).code).toBe('CannotUseReservedDatabaseName')
    sandbox.state.locks.push({ scope: server, name: 'keep', level: 'ReadOnly', notes: '' })
    expect((await ask('PUT', path, body())).code).toBe('ScopeLocked')
  })

  test('of what is there changes its tier and keeps its tables', async () => {
    expect((await ask('PUT', orders, body({ sku: { name: 'S2' } }))).status).toBe(200)
    expect(databaseAt('orders')).toMatchObject({
      serviceObjective: 'S2',
      tables: expect.arrayContaining(['dbo.orders']),
    })
  })
})

test('the SDK of Azure reads capabilities, schemas and tables, page by page', async () => {
  const credential = { getToken: async () => ({ token: sandbox.token, expiresOnTimestamp: Date.now() + 3_600_000 }) }
  const client = new SqlManagementClient(credential, subscription.slice('/subscriptions/'.length), {
    endpoint: sandbox.url,
    allowInsecureConnection: true,
  })
  // The SDK's own policy refuses to send a token without TLS.
  client.pipeline.removePolicy({ name: 'bearerTokenAuthenticationPolicy' })
  client.pipeline.addPolicy({
    name: 'token',
    sendRequest: (request, next) => {
      request.headers.set('authorization', `Bearer ${sandbox.token}`)
      return next(request)
    },
  })
  const offer = await client.capabilities.listByLocation('westeurope', { include: 'supportedEditions' })
  const editions = offer.supportedServerVersions?.[0]?.supportedEditions ?? []
  const standard = editions.find(({ name }) => name === 'Standard')
  expect(editions.map(({ name }) => name)).toContain('Hyperscale')
  expect(standard?.supportedServiceLevelObjectives?.map(({ name }) => name)).toEqual(['S0', 'S1', 'S2', 'S3'])
  expect(standard?.supportedStorageCapabilities?.map((each) => each.storageAccountType)).toEqual(['GRS', 'LRS', 'ZRS'])
  const schemas: unknown[] = []
  for await (const { name } of client.databaseSchemas.listByDatabase('rg-data', 'sql-prod', 'orders'))
    schemas.push(name)
  expect(schemas).toHaveLength(14)
  expect(schemas).toEqual(expect.arrayContaining(['dbo', 'sys', 'archive']))
  const tables: unknown[] = []
  for await (const { name } of client.databaseTables.listBySchema('rg-data', 'sql-prod', 'orders', 'dbo'))
    tables.push(name)
  expect(tables).toEqual(['order_lines', 'orders'])
  expect(sandbox.state.requests.filter(({ name }) => name === 'schemas')).toHaveLength(2)
  expect((await ask('GET', `${orders}/schemas/nope/tables`)).code).toBe('ResourceNotFound')
})
