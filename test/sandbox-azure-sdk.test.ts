import { type ExportDatabaseDefinition, SqlManagementClient } from '@azure/arm-sql'
import { StorageManagementClient } from '@azure/arm-storage'
import { createPipelineRequest, type PipelinePolicy } from '@azure/core-rest-pipeline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type AzureSandbox, startAzureSandbox } from '../sandbox/azure/index.ts'
import { checkExchange } from './support/azure-spec.ts'

const subscription = '11111111-1111-1111-1111-111111111111'
const group = 'rg-data'
const credential = { getToken: async () => ({ token: 'unused', expiresOnTimestamp: Date.now() + 3_600_000 }) }
const quick = { firstConnectionMs: 10, secondConnectionMs: 20, startMs: 5, jobMs: 30, approveMs: 10, cancelMs: 10 }

let sandbox: AzureSandbox
let sql: SqlManagementClient
let storage: StorageManagementClient

beforeEach(async () => {
  sandbox = await startAzureSandbox({ timings: quick, options: { retryAfter: 0, connectionsAfterJob: 'stay' } })
  const options = { endpoint: sandbox.url, allowInsecureConnection: true, retryOptions: { maxRetries: 0 } }
  sql = new SqlManagementClient(credential, subscription, options)
  storage = new StorageManagementClient(credential, subscription, options)
  for (const client of [sql, storage]) {
    client.pipeline.removePolicy({ name: 'bearerTokenAuthenticationPolicy' })
    client.pipeline.addPolicy(tokenPolicy(sandbox.token))
  }
})

afterEach(async () => {
  const wrong = sandbox.state.requests.flatMap(checkExchange)
  await sandbox.close()
  expect(wrong).toEqual([])
})

test('exports with network isolation once both connections are approved', async () => {
  const poller = await sql.databases.beginExport(group, 'sql-prod', 'orders', await definition(), {
    updateIntervalInMs: 5,
  })
  const mine = await bothConnections()
  await sql.privateEndpointConnections.beginCreateOrUpdateAndWait(group, 'sql-prod', mine.sql, decision(), {
    updateIntervalInMs: 5,
  })
  await storage.privateEndpointConnections.put(group, 'stbackups', mine.storage, decision())
  const result = await poller.pollUntilDone()
  expect(result.status).toBe('Completed')
  expect(result.requestType).toBe('ExportDatabase')
  expect(result.serverName).toBe('sql-prod')
  expect(result.privateEndpointConnections?.map((each) => each.status)).toEqual(['Approved', 'Approved'])
  expect(sandbox.state.blobs).toMatchObject([{ account: 'stbackups', container: 'bacpacs', name: 'orders.bacpac' }])
})

test('shows the connections of the job on hold only in the raw body of the Location address', async () => {
  const poller = await sql.databases.beginExport(group, 'sql-prod', 'orders', await definition())
  const { config } = JSON.parse(poller.toString()).state as { config: { resourceLocation: string } }
  expect(config.resourceLocation).toMatch(/^http:\/\/localhost:/)
  await bothConnections()
  const request = createPipelineRequest({ url: config.resourceLocation, method: 'GET', allowInsecureConnection: true })
  const answer = await sql.sendRequest(request)
  expect(answer.status).toBe(202)
  const { properties } = JSON.parse(answer.bodyAsText ?? '') as { properties: Record<string, unknown> }
  expect(properties).toMatchObject({ status: 'Pending', databaseName: 'orders' })
  expect(properties.privateEndpointConnections).toHaveLength(2)
})

test('tells a failed job as an error without a code, as the SDK does', async () => {
  const { networkIsolation: _, ...open } = await definition()
  const storageUri = 'https://stbackups.blob.core.windows.net/bacpacs/test.bacpac'
  const body = { ...open, storageUri, administratorLoginPassword: 'wrong' }
  sandbox.setTimings({ failMs: 10 })
  // beginExport polls once itself, so that the failure may come from either call.
  const options = { updateIntervalInMs: 5 }
  const ended = sql.databases.beginExportAndWait(group, 'sql-test', 'orders-test', body, options)
  await expect(ended).rejects.toThrow(/ImportExportJobError.*Login failed for user 'drawbridge'/)
})

test('cancels through the operations list', async () => {
  const poller = await sql.databases.beginExport(group, 'sql-prod', 'orders', await definition(), {
    updateIntervalInMs: 5,
  })
  const listed = await all(sql.databaseOperations.listByDatabase(group, 'sql-prod', 'orders'))
  expect(listed).toMatchObject([{ state: 'Pending', isCancellable: true, databaseName: 'orders' }])
  await sql.databaseOperations.cancel(group, 'sql-prod', 'orders', listed[0]?.name ?? '')
  await expect(poller.pollUntilDone()).rejects.toThrow(/cancel/i)
})

test('reads servers, databases, accounts, containers, rules and every page of connections', async () => {
  sandbox.setOptions({ pageSize: 1 })
  sandbox.changeConnection({ action: 'add', side: 'sql', parent: 'sql-prod' })
  const server = await sql.servers.get(group, 'sql-prod')
  expect(server).toMatchObject({ location: 'westeurope', publicNetworkAccess: 'Disabled' })
  const names = (await all(sql.databases.listByServer(group, 'sql-prod'))).map((each) => each.name)
  expect(names).toEqual(['orders', 'customers', 'master'])
  expect((await sql.databases.get(group, 'sql-prod', 'orders')).maxSizeBytes).toBe(250 * 1024 ** 3)
  expect(await all(sql.firewallRules.listByServer(group, 'sql-test'))).toHaveLength(1)
  expect(await all(sql.privateEndpointConnections.listByServer(group, 'sql-prod'))).toHaveLength(3)
  const account = await storage.storageAccounts.getProperties(group, 'stbackups')
  expect(account).toMatchObject({ kind: 'StorageV2', sku: { name: 'Standard_LRS' } })
  expect((await storage.blobContainers.get(group, 'stbackups', 'nightly')).name).toBe('nightly')
  const [foreign] = await all(storage.privateEndpointConnections.list(group, 'stbackups'))
  const again = await storage.privateEndpointConnections.get(group, 'stbackups', foreign?.name ?? '')
  expect(again.privateLinkServiceConnectionState?.status).toBe('Pending')
})

async function definition(): Promise<ExportDatabaseDefinition> {
  const { keys } = await storage.storageAccounts.listKeys(group, 'stbackups')
  return {
    storageKeyType: 'StorageAccessKey',
    storageKey: keys?.[0]?.value ?? '',
    storageUri: 'https://stbackups.blob.core.windows.net/bacpacs/orders.bacpac',
    administratorLogin: 'drawbridge',
    administratorLoginPassword: 'Sandbox-Passw0rd!',
    authenticationType: 'Sql',
    networkIsolation: {
      sqlServerResourceId: `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Sql/servers/sql-prod`,
      storageAccountResourceId: `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Storage/storageAccounts/stbackups`,
    },
  }
}

async function bothConnections(): Promise<{ sql: string; storage: string }> {
  const named = () => sandbox.state.connections.filter((each) => each.operationId !== null)
  await expect.poll(() => named().length, { interval: 5, timeout: 10_000 }).toBe(2)
  const nameOf = (side: string) => named().find((each) => each.side === side)?.name ?? ''
  const seen = await sql.privateEndpointConnections.get(group, 'sql-prod', nameOf('sql'))
  expect(seen.privateLinkServiceConnectionState?.status).toBe('Pending')
  return { sql: nameOf('sql'), storage: nameOf('storage') }
}

function decision(): { privateLinkServiceConnectionState: { status: string; description: string } } {
  return { privateLinkServiceConnectionState: { status: 'Approved', description: 'Approved by ada@example.com' } }
}

function tokenPolicy(token: string): PipelinePolicy {
  return {
    name: 'sandboxToken',
    sendRequest(request, next) {
      request.headers.set('authorization', `Bearer ${token}`)
      return next(request)
    },
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}
