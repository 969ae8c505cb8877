import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type AzureSandbox, startAzureSandbox } from '../sandbox/azure/index.ts'
import {
  account,
  ask,
  callsGoTo,
  decide,
  definition,
  job,
  key,
  mine,
  orders,
  server,
  subscription,
} from './support/azure-caller.ts'

import { checkAnswer, checkRequest, validateAzure } from './support/azure-spec.ts'

const quick = {
  firstConnectionMs: 0,
  secondConnectionMs: 0,
  startMs: 0,
  jobMs: 20,
  failMs: 0,
  rejectedMs: 0,
  approveMs: 0,
}

let sandbox: AzureSandbox

beforeEach(async () => {
  const timings = { ...quick, cancelMs: 0, cleanupMs: 0 }
  sandbox = callsGoTo(await startAzureSandbox({ timings, options: { retryAfter: 0 } }))
})

afterEach(async () => {
  const entries = sandbox.state.requests
  await sandbox.close()
  expect(entries.flatMap(checkAnswer)).toEqual([])
  expect(entries.filter((each) => each.status < 400).flatMap(checkRequest)).toEqual([])
})

test('refuses a request without the token, or without an api-version', async () => {
  const stranger = await ask('GET', server, undefined, { token: 'wrong' })
  expect(stranger).toMatchObject({ status: 401, code: 'InvalidAuthenticationToken' })
  expect(stranger.headers.get('www-authenticate')).toContain('Bearer authorization_uri=')
  expect(await ask('GET', server, undefined, { version: '' })).toMatchObject({
    status: 400,
    code: 'MissingApiVersionParameter',
  })
})

test('answers unknown things as Resource Manager does, and paths in any case', async () => {
  expect((await ask('GET', server.replace('sql-prod', 'nope'))).code).toBe('ResourceNotFound')
  expect((await ask('GET', `${server.replace('sql-prod', 'nope')}/databases/x`)).code).toBe('ParentResourceNotFound')
  expect((await ask('GET', server.replace('rg-data', 'nope'))).code).toBe('ResourceGroupNotFound')
  expect((await ask('GET', server.replace('1111-', '1112-'))).code).toBe('SubscriptionNotFound')
  expect((await ask('GET', `${account}/blobServices/default/containers/nope`)).code).toBe('ContainerNotFound')
  const { status, body, headers } = await ask('GET', server.toUpperCase().replace('/SUBSCRIPTIONS', '/Subscriptions'))
  expect({ status, id: body.id }).toEqual({ status: 200, id: server })
  expect(headers.get('x-ms-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  expect(headers.get('x-ms-correlation-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  expect(Number(headers.get('x-ms-ratelimit-remaining-subscription-reads'))).toBeGreaterThan(200)
})

test('accepts an export with both operation addresses on the other host', async () => {
  sandbox.setOptions({ retryAfter: 15 })
  const { status, headers, body } = await ask('POST', `${orders}/export`, definition())
  const { id } = job()
  const at = `${sandbox.regionalUrl}${subscription}/providers/Microsoft.Sql/locations/westeurope`
  expect(status).toBe(202)
  expect(headers.get('location')).toBe(`${at}/importExportOperationResults/${id}-sql-prod?api-version=2025-01-01`)
  expect(headers.get('azure-asyncoperation')).toContain(`/importExportAzureAsyncOperation/${id}-sql-prod?`)
  expect(headers.get('retry-after')).toBe('15')
  expect(body).toMatchObject({ operation: 'Export', startTime: expect.stringMatching(/\.\d{7}Z$/) })
  expect(headers.get('x-ms-ratelimit-remaining-subscription-writes')).not.toBeNull()
})

test.each([
  ['MissingImportExportInputParameters', { storageKey: '' }],
  ['InvalidImportExportStorageAuthType', { storageKeyType: 'Magic' }],
  ['InvalidImportExportStorageKeyFormat', { storageKeyType: 'SharedAccessKey', storageKey: 'sv=1&sig=2' }],
  ['InvalidImportExportStorageCredentials', { storageKey: 'd3Jvbmc=' }],
  ['InvalidSqlAuthType', { authenticationType: 'Kerberos' }],
  ['SQLPasswordSpecifiedWithManagedIdentity', { authenticationType: 'ManagedIdentity' }],
  ['InvalidImportExportStorageURI', { storageUri: 'https://stbackups.blob.core.windows.net/nowhere/a.bacpac' }],
  ['LongImportExportStorageUri', { storageUri: `https://stbackups.blob.core.windows.net/bacpacs/${'a'.repeat(90)}` }],
  ['BlobAlreadyExist', { storageUri: 'https://stbackups.blob.core.windows.net/bacpacs/taken.bacpac' }],
  [
    'MissingImportExportInputParameters',
    { networkIsolation: { sqlServerResourceId: null, storageAccountResourceId: null } },
  ],
  ['InvalidImportExportInputParameter', { networkIsolation: { sqlServerResourceId: `${server}-2` } }],
])('refuses an export with %s (%#)', async (code, change) => {
  sandbox.state.blobs.push({ account: 'stbackups', container: 'bacpacs', name: 'taken.bacpac', size: 1, createdAt: 0 })
  expect(await ask('POST', `${orders}/export`, definition(change))).toMatchObject({ status: 400, code })
  expect(sandbox.state.operations).toEqual([])
})

test('refuses an export of master, of an unknown database, of a locked one and of one that is being exported', async () => {
  const of = async (name: string) => (await ask('POST', `${server}/databases/${name}/export`, definition())).code
  expect(await of('master')).toBe('CannotUseReservedDatabaseName')
  expect(await of('nope')).toBe('DatabaseDoesNotExist')
  sandbox.state.locks.push({ scope: account, name: 'keep', level: 'ReadOnly', notes: '' })
  expect(await of('orders')).toBe('InvalidImportExportOperationResourceLocks')
  expect((await ask('POST', `${account}/listKeys`)).code).toBe('ScopeLocked')
  expect((await ask('GET', `${account}/providers/Microsoft.Authorization/locks`)).body.value).toHaveLength(1)
  sandbox.state.locks = []
  expect(await of('orders')).toBe('')
  expect(await ask('POST', `${orders}/export`, definition())).toMatchObject({
    status: 409,
    code: 'ImportExportOperationInProgress',
  })
})

test('accepts a shared access signature, and a managed identity without a password', async () => {
  const signature = sandbox.state.accounts[0]?.signatures[0] ?? ''
  const shared = definition({ storageKeyType: 'SharedAccessKey', storageKey: signature })
  expect((await ask('POST', `${orders}/export`, shared)).status).toBe(202)
  const identity = sandbox.state.servers[0]?.userAssignedIdentities[0] ?? ''
  const { administratorLoginPassword: _, ...rest } = definition({ administratorLogin: identity })
  const managed = {
    ...rest,
    authenticationType: 'ManagedIdentity',
    storageKeyType: 'ManagedIdentity',
    storageKey: identity,
  }
  expect((await ask('POST', `${server}/databases/customers/export`, managed)).status).toBe(202)
})

test.each([
  ['sql', { status: 'Approved' }, 'InvalidResourceIdSegment'],
  ['sql', { status: 'Maybe', description: 'x' }, 'IncorrectPrivateLinkServiceConnectionStateStatus'],
  ['storage', { status: 'Maybe' }, 'IncorrectPrivateLinkServiceConnectionStateStatus'],
] as const)('refuses a decision on a %s connection: %o', async (side, state, code) => {
  await ask('POST', `${orders}/export`, definition())
  expect(await decide(side, state)).toMatchObject({ status: 400, code })
})

test('takes a decision once only, and none on an unknown connection', async () => {
  await ask('POST', `${orders}/export`, definition())
  sandbox.setTimings({ approveMs: 60_000, jobMs: 3_600_000 })
  const accepted = await decide('sql')
  expect(accepted.status).toBe(202)
  expect((await ask('GET', new URL(accepted.headers.get('azure-asyncoperation') ?? '').pathname)).body.status).toBe(
    'InProgress',
  )
  expect((await decide('sql')).code).toBe('PrivateEndpointConnectionStatusNotPending')
  sandbox.passTime(60_000)
  const read = await ask('GET', new URL(accepted.headers.get('location') ?? '').pathname)
  expect(read.body.properties).toMatchObject({ provisioningState: 'Ready' })
  expect((await decide('sql')).code).toBe('PrivateEndpointConnectionStatusNotPending')
  expect((await decide('storage')).body.properties).toMatchObject({
    privateLinkServiceConnectionState: { status: 'Approved', actionRequired: 'None' },
  })
  expect((await decide('storage')).code).toBe('PrivateEndpointConnectionStatusNotPending')
  const unknown = { properties: { privateLinkServiceConnectionState: { status: 'Approved', description: 'x' } } }
  expect((await ask('PUT', `${server}/privateEndpointConnections/nope`, unknown)).status).toBe(404)
  expect((await ask('PUT', `${account}/privateEndpointConnections/nope`, unknown)).status).toBe(404)
})

test('approves at once without headers, or fails the approval, as the options say', async () => {
  await ask('POST', `${orders}/export`, definition())
  sandbox.setOptions({ sqlApproval: 'lro-fails' })
  const { headers } = await decide('sql')
  expect((await ask('GET', new URL(headers.get('azure-asyncoperation') ?? '').pathname)).body.status).toBe('Failed')
  expect(mine()[0]?.status).toBe('Pending')
  sandbox.setOptions({ sqlApproval: 'immediate' })
  const answer = await decide('sql')
  expect(answer).toMatchObject({ status: 200, body: { properties: { provisioningState: 'Ready' } } })
  expect(answer.headers.get('azure-asyncoperation')).toBeNull()
})

test('keeps no secret in its log, only whether it was the right one', async () => {
  await ask('POST', `${account}/listKeys`)
  await ask('POST', `${orders}/export`, definition({ administratorLoginPassword: 'wrong-one' }))
  const written = JSON.stringify(sandbox.state.requests)
  expect(written).not.toContain(key())
  expect(written).not.toContain('wrong-one')
  expect(written).not.toContain(sandbox.token)
  expect(sandbox.state.requests[1]?.secrets).toEqual({ storageKey: 'right', administratorLoginPassword: 'wrong' })
})

test('finds what does not follow the specification', () => {
  expect(validateAzure('ExportDatabaseDefinition', { ...definition(), surprise: 1 })).toHaveLength(1)
  expect(validateAzure('PrivateEndpointConnectionUpdate', { properties: {} })).toHaveLength(1)
  expect(validateAzure('ImportExportOperationResult', { id: 'x', name: 'x', type: 'x', properties: {} })).not.toEqual(
    [],
  )
})

test.each([
  ['ExportDatabaseDefinition', 'ExportDatabaseWithNetworkIsolation.json'],
  ['ExportDatabaseDefinition', 'ExportDatabaseWithManagedIdentity.json'],
  ['ImportNewDatabaseDefinition', 'ImportNewDatabaseWithNetworkIsolation.json'],
  ['PrivateEndpointConnectionUpdate', 'PrivateEndpointConnectionUpdate.json'],
])('finds nothing wrong with the published example of %s in %s', (kind, file) => {
  const { parameters, responses } = example(file)
  expect(validateAzure(kind, parameters.parameters)).toEqual([])
  const answer = kind.startsWith('Private') ? 'PrivateEndpointConnection' : 'ImportExportOperationResult'
  expect(validateAzure(answer, responses['200'].body)).toEqual([])
})

test('says where the specification belongs when it is missing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'azure-spec-'))
  const copy = join(folder, 'repository/test/support/azure-spec-schemas.ts')
  await cp(new URL('./support/azure-spec-schemas.ts', import.meta.url), copy)
  const { stderr } = spawnSync(process.execPath, [copy], { encoding: 'utf8' })
  await rm(folder, { recursive: true })
  expect(stderr).toContain(`put the Azure reference at ${folder}/shared/reference/azure/spec/`)
})

function example(file: string): { parameters: Record<string, unknown>; responses: { '200': { body: unknown } } } {
  const url = new URL(`../../shared/reference/azure/spec/examples/${file}`, import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8'))
}
