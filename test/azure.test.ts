import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type AzureSandbox, type RequestRecord, startAzureSandbox } from '../sandbox/azure/index.ts'
import { type AzureOptions, createAzure } from '../src/azure/azure.ts'
import { matchConnections } from '../src/azure/match-connections.ts'
import { PermanentError, Refusal, TransientError } from '../src/transfer/errors.ts'
import type { AzureOperation, Connection, Plan, Request } from '../src/transfer/model.ts'
import { checkRequest } from './support/azure-spec.ts'

const password = 'Sandbox-Passw0rd!'
const subscription = '11111111-1111-1111-1111-111111111111'
const home = `/subscriptions/${subscription}/resourceGroups/rg-data/providers`
const blob = 'exports/orders-k3v9x2.bacpac'
const uri = `https://stbackups.blob.core.windows.net/bacpacs/${blob}`
const go = () => {}

let sandbox: AzureSandbox
let azure: ReturnType<typeof createAzure>
const lines: string[] = []

beforeAll(async () => {
  sandbox = await startAzureSandbox({ password })
  azure = connect()
})
afterEach(() => {
  // Every request that the tests made is one that Azure publishes.
  expect(sandbox.state.requests.flatMap(checkRequest)).toEqual([])
  sandbox.reset()
  lines.length = 0
})
afterAll(async () => {
  azure.close()
  await sandbox.close()
})

function connect(more: Partial<AzureOptions> = {}): ReturnType<typeof createAzure> {
  return createAzure({
    cloud: 'public',
    credential: { kind: 'token', token: () => sandbox.token },
    resourceManagerUrl: sandbox.url,
    operationHosts: [new URL(sandbox.regionalUrl).host],
    requestTimeout: 5000,
    sqlLogin: () => ({ user: 'drawbridge', password }),
    log: (line) => lines.push(line),
    ...more,
  })
}

function ask(more: { database?: object; storage?: object; privateLink?: boolean } = {}): Request {
  const place = { subscription, resourceGroup: 'rg-data' }
  const sqlId = `${home}/Microsoft.Sql/servers/sql-prod/databases/orders`
  const storageId = `${home}/Microsoft.Storage/storageAccounts/stbackups`
  return {
    operation: 'export',
    database: { alias: 'orders', id: sqlId, ...place, server: 'sql-prod', database: 'orders', ...more.database },
    storage: {
      alias: 'b',
      id: storageId,
      ...place,
      account: 'stbackups',
      container: 'bacpacs',
      blob,
      uri,
      ...more.storage,
    },
    privateLink: more.privateLink ?? true,
    by: 'slack:T1/U1',
    at: 0,
    origin: { address: 'slack:T1/C1' },
  }
}

const request = ask()
const sent = (name: string): RequestRecord[] => sandbox.state.requests.filter((each) => each.name === name)

async function started(more?: Parameters<typeof ask>[0]): Promise<{ plan: Plan; operation: AzureOperation }> {
  const plan = await azure.plan(ask(more))
  const submission = await azure.submit(ask(more), plan, go)
  if (submission.kind !== 'accepted') throw new Error(JSON.stringify(submission))
  return { plan, operation: submission.operation }
}

async function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  )
}

async function approveBoth(operation: AzureOperation): Promise<void> {
  sandbox.passTime(4000)
  const { named } = await azure.observe(request, operation)
  const both = matchConnections(named, await azure.connections(request))
  for (const each of [both.sql, both.storage]) {
    if (!each) throw new Error('a connection is missing')
    await azure.decide(request, each, 'Approved', 'Approved by Ada through Drawbridge, transfer k3v9x2', go)
  }
  sandbox.passTime(600)
}

test('reads what a request means before anything is sent', async () => {
  expect(await azure.plan(request)).toEqual({
    at: expect.any(Number),
    location: 'westeurope',
    serverHost: 'sql-prod.database.windows.net',
    edition: 'Standard',
    objective: 'S3',
    maxSizeBytes: 250 * 1024 ** 3,
    databaseStatus: 'Online',
    accountSku: 'Standard_LRS',
    accountKind: 'StorageV2',
    uri,
  })
  expect(sandbox.state.requests.every(({ method }) => method === 'GET')).toBe(true)
  expect(
    sandbox.state.requests.every(({ requestHeaders }) => /^Drawbridge/.test(requestHeaders['user-agent'] ?? '')),
  ).toBe(true)
})

test.each([
  ['server_not_found', { database: { server: 'sql-lost' } }, 'sql-lost'],
  ['database_not_found', { database: { database: 'lost' } }, 'lost'],
  ['account_not_found', { storage: { account: 'stlost' } }, 'stlost'],
  ['container_not_found', { storage: { container: 'lost' } }, 'lost'],
  ['database_reserved', { database: { database: 'Master' } }, 'Master'],
])('refuses a plan as %s', async (code, more, name) => {
  const error = await failure(azure.plan(ask(more)))
  expect(error).toBeInstanceOf(Refusal)
  expect(error).toMatchObject({ code, facts: { name } })
})

test('refuses a database that is not online, and an address that is too long', async () => {
  const orders = sandbox.state.databases.find(({ name }) => name === 'orders')
  if (orders) orders.status = 'Paused'
  expect(await failure(azure.plan(request))).toMatchObject({ code: 'database_not_online', facts: { status: 'Paused' } })
  if (orders) orders.status = 'Online'
  const long = ask({ storage: { blob: `${'a'.repeat(128 - uri.length + blob.length - 7)}.bacpac` } })
  expect(await failure(azure.plan(long))).toMatchObject({ code: 'uri_too_long', facts: { length: '128' } })
})

test('tells what is missing rather than what could not be read', async () => {
  sandbox.arm({ name: 'server', code: 'InternalServerError' }, { name: 'database', code: 'AuthorizationFailed' })
  expect(await failure(azure.plan(ask({ storage: { container: 'lost' } })))).toMatchObject({
    code: 'container_not_found',
  })
  sandbox.arm({ name: 'server', code: 'InternalServerError' }, { name: 'database', code: 'AuthorizationFailed' })
  expect(await failure(azure.plan(request))).toBeInstanceOf(PermanentError)
})

test('tells a missing subscription as what it is, not as what was looked for in it', async () => {
  const body = { error: { code: 'SubscriptionNotFound', message: 'The subscription could not be found.' } }
  for (const name of ['server', 'database', 'account', 'container']) {
    sandbox.arm({ name, action: { kind: 'status', status: 404, body } })
  }
  const error = await failure(azure.plan(request))
  expect(error).toBeInstanceOf(PermanentError)
  expect(error).toMatchObject({ fault: { code: 'SubscriptionNotFound' } })
})

test('names the missing permission when Azure forbids a read', async () => {
  sandbox.arm({
    name: 'container',
    action: { kind: 'status', status: 403, body: { error: { code: 'Forbidden', message: 'No.' } } },
  })
  const error = await failure(azure.plan(request))
  expect(error).toBeInstanceOf(PermanentError)
  expect(error).toMatchObject({ fault: { message: expect.stringContaining('blobServices/containers/read') } })
})

test('exports through both private endpoints and follows the job to its end', async () => {
  const before = await azure.connections(request)
  const { plan, operation } = await started()
  expect(operation).toMatchObject({ adopted: false, id: sandbox.state.operations[0]?.id })
  expect(operation.resultUrl).toContain(new URL(sandbox.regionalUrl).host)
  const early = await azure.observe(request, operation)
  expect(early).toMatchObject({ state: 'working', text: 'Pending', named: [], retryAfter: 15000 })
  await approveBoth(operation)
  expect(sent('pec-sql-put')).toHaveLength(1)
  expect(sent('pec-storage-put')).toHaveLength(1)
  const now = await azure.connections(request)
  expect(now.filter(({ id }) => !before.some((each) => each.id === id)).map(({ state }) => state)).toEqual([
    'Approved',
    'Approved',
  ])
  expect(now.filter(({ state }) => state === 'Pending')).toHaveLength(2)
  sandbox.passTime(600)
  await azure.observe(request, operation)
  sandbox.passTime(2600)
  const running = await azure.observe(request, operation)
  expect(running.text).toMatch(/^Running, Progress = \d/)
  expect(running.percent).toBeGreaterThan(0)
  expect(sent('async')).toHaveLength(0)
  sandbox.passTime(6000)
  expect(await azure.observe(request, operation)).toMatchObject({ state: 'succeeded', text: 'Completed' })
  expect(sent('async')).toHaveLength(1)
  expect(await azure.look(request, plan, operation.startedAt, [])).toMatchObject({
    kind: 'found',
    operation: { id: operation.id },
  })
  expect(sandbox.state.blobs).toMatchObject([{ name: blob }])
})

test('sends the right key and login, once, and shows neither', async () => {
  await started()
  const post = sent('export')[0]
  expect(sent('export')).toHaveLength(1)
  expect(Object.values(post?.secrets ?? {})).toEqual(['right', 'right'])
  expect(post?.requestHeaders['x-ms-client-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  expect(post?.requestBody).toMatchObject({
    storageUri: uri,
    networkIsolation: { sqlServerResourceId: `${home}/Microsoft.Sql/servers/sql-prod` },
  })
  expect(lines.join()).not.toContain(password)
})

test('leaves network isolation out of an export without private link', async () => {
  await started({ privateLink: false })
  expect(sent('export')[0]?.requestBody).not.toHaveProperty('networkIsolation')
})

test.each([
  ['500', { code: 'InternalServerError' }, 'unclear', 'InternalServerError'],
  ['503', { code: 'TooManyRequests' }, 'unclear', 'TooManyRequests'],
  ['504 after the start', { action: { kind: 'accept-then-status', status: 504 } }, 'unclear', 'Http504'],
  ['429', { code: 'SubscriptionTooManyRequests' }, 'unclear', 'SubscriptionTooManyRequests'],
  ['408', { action: { kind: 'status', status: 408 } }, 'unclear', 'Http408'],
  ['409 in progress', { code: 'ImportExportOperationInProgress' }, 'unclear', 'ImportExportOperationInProgress'],
  ['reset', { action: { kind: 'reset' } }, 'unclear', 'ECONNRESET'],
  ['reset after the start', { action: { kind: 'accept-then-reset' } }, 'unclear', 'ECONNRESET'],
  ['HTML', { action: { kind: 'html' } }, 'unclear', 'Http502'],
  ['redirect', { action: { kind: 'redirect', url: 'https://example.com/' } }, 'unclear', 'UnreadableAnswer'],
  ['400', { code: 'BlobAlreadyExist' }, 'refused', 'BlobAlreadyExist'],
  ['401 with a challenge', { code: 'InvalidAuthenticationToken' }, 'refused', 'InvalidAuthenticationToken'],
  ['403', { code: 'AuthorizationFailed' }, 'refused', 'AuthorizationFailed'],
  ['409 locked', { code: 'ScopeLocked' }, 'refused', 'ScopeLocked'],
] as const)('sends one POST and no more when the answer is %s', async (_name, fault, kind, code) => {
  const plan = await azure.plan(request)
  sandbox.arm({ name: 'export', times: 5, ...fault })
  const submission = await azure.submit(request, plan, go)
  expect(submission).toMatchObject({ kind, fault: { code } })
  expect(sent('export')).toHaveLength(1)
})

test('sends one POST when Azure hangs, and finds the job that it started by looking', async () => {
  const impatient = connect({ requestTimeout: 400 })
  const plan = await impatient.plan(request)
  const since = Date.now()
  sandbox.arm({ name: 'export', action: { kind: 'accept-then-hang' } })
  expect(await impatient.submit(request, plan, go)).toMatchObject({ kind: 'unclear', fault: { code: 'Timeout' } })
  expect(sent('export')).toHaveLength(1)
  const look = await impatient.look(request, plan, since, [])
  expect(look).toMatchObject({ kind: 'found', operation: { id: sandbox.state.operations[0]?.id, adopted: true } })
  if (look.kind === 'found') expect(await azure.observe(request, look.operation)).toMatchObject({ state: 'working' })
  impatient.close()
})

test('sends nothing when the last check before the wire says no', async () => {
  const plan = await azure.plan(request)
  const late = new Error('the lease is too old')
  const stop = () => {
    throw late
  }
  expect(await failure(azure.submit(request, plan, stop))).toBe(late)
  expect(sent('export')).toHaveLength(0)
  expect(sent('listKeys')).toHaveLength(1)
  const [connection] = await azure.connections(request)
  if (connection) expect(await failure(azure.decide(request, connection, 'Approved', 'x', stop))).toBe(late)
  expect(sent('pec-sql-put')).toHaveLength(0)
})

test.each([
  ['ListKeysLocked', PermanentError, 'ScopeLocked'],
  ['ListKeysForbidden', PermanentError, 'AuthorizationFailed'],
  ['InternalServerError', TransientError, 'InternalServerError'],
  ['SubscriptionTooManyRequests', TransientError, 'SubscriptionTooManyRequests'],
])('sends nothing when the keys cannot be had (%s)', async (key, kind, code) => {
  const plan = await azure.plan(request)
  sandbox.arm({ name: 'listKeys', code: key, times: 5 })
  const error = await failure(azure.submit(request, plan, go))
  expect(error).toBeInstanceOf(kind)
  expect(error).toMatchObject({ fault: { code } })
  expect(sent('export')).toHaveLength(0)
})

test('tells an SQL login that cannot be read as something that may pass', async () => {
  const plan = await azure.plan(request)
  const lost = connect({ sqlLogin: () => Promise.reject(new Error(`vault said ${password}`)) })
  const error = await failure(lost.submit(request, plan, go))
  expect(error).toBeInstanceOf(TransientError)
  expect(inspect(error, { depth: 9 })).not.toContain(password)
  lost.close()
})

test('refuses a wrong token for good, everywhere', async () => {
  const stranger = connect({ credential: { kind: 'token', token: () => 'not-the-token' } })
  expect(await failure(stranger.plan(request))).toMatchObject({
    fault: { code: 'InvalidAuthenticationToken', status: 401 },
  })
  stranger.close()
})

test('looks: nothing, a foreign job, an unreadable one, an older one of the same blob', async () => {
  const plan = await azure.plan(request)
  const since = Date.now()
  expect(await azure.look(request, plan, since, [])).toMatchObject({ kind: 'none' })
  const { operation } = await started({ storage: { blob: 'other.bacpac' } })
  const look = await azure.look(request, plan, since, [])
  expect(look).toMatchObject({ kind: 'none', busy: `ExportDatabase ${operation.id}` })
  sandbox.arm({ name: 'result', action: { kind: 'html' } })
  expect(await azure.look(request, plan, since, [])).toMatchObject({ kind: 'unknown' })
  sandbox.setOptions({ operationName: 'other' })
  expect(await azure.look(request, plan, since, [])).toMatchObject({ kind: 'unknown' })
  sandbox.setOptions({ operationName: 'request' })
  sandbox.changeOperation({ action: 'complete', id: operation.id })
  expect(await azure.look(request, plan, since, [])).toMatchObject({ kind: 'none' })
  sandbox.arm({ name: 'operations', code: 'InternalServerError' })
  expect(await failure(azure.look(request, plan, since, []))).toBeInstanceOf(TransientError)
  sandbox.arm({ name: 'operations', code: 'AuthorizationFailed' })
  expect(await azure.look(request, plan, since, [])).toMatchObject({ kind: 'unknown' })
})

test('a job that failed before the time in question stands in nobody’s way, one that failed after it does', async () => {
  const plan = await azure.plan(request)
  const { operation } = await started({ storage: { blob: 'other.bacpac' } })
  sandbox.changeOperation({ action: 'fail', id: operation.id, reason: 'there is no more disk' })
  expect(await azure.look(request, plan, operation.startedAt + 1000, [])).toMatchObject({ kind: 'none' })
  expect(await azure.look(request, plan, operation.startedAt - 1000, [])).toMatchObject({ kind: 'unknown' })
})

test('does not take an operation of our blob that is older than the request', async () => {
  const { plan, operation } = await started()
  const later = operation.startedAt + 10 * 60_000
  expect(await azure.look(request, plan, later, [])).toMatchObject({
    kind: 'none',
    busy: expect.stringContaining(operation.id),
  })
})

test('adopts the operation that an operator names, if it is ours', async () => {
  const { plan, operation } = await started()
  expect(await azure.adopt(request, plan, `  ${operation.id.toUpperCase()}`)).toMatchObject({
    id: operation.id,
    adopted: true,
  })
  const unknown = 'aaaaaaaa-0000-0000-0000-000000000000'
  expect(await failure(azure.adopt(request, plan, unknown))).toMatchObject({
    code: 'operation_not_found',
    facts: { operation: unknown },
  })
  expect(await failure(azure.adopt(request, plan, 'the last one'))).toMatchObject({ code: 'operation_not_found' })
  const other = ask({
    storage: { blob: 'other.bacpac', uri: 'https://stbackups.blob.core.windows.net/bacpacs/other.bacpac' },
  })
  const otherPlan = await azure.plan(other)
  expect(await failure(azure.adopt(other, otherPlan, operation.id))).toMatchObject({ code: 'operation_not_ours' })
  sandbox.arm({ name: 'result', code: 'InternalServerError' })
  expect(await failure(azure.adopt(request, plan, operation.id))).toBeInstanceOf(TransientError)
})

test('tells why a job failed, and that one was cancelled', async () => {
  const { operation } = await started()
  sandbox.changeOperation({ action: 'fail', id: operation.id, reason: `login with ${password} failed` })
  const seen = await azure.observe(request, operation)
  expect(seen).toMatchObject({ state: 'failed', text: 'Failed', fault: { code: 'ImportExportJobError' } })
  expect(seen.fault?.message).toContain('login with [hidden] failed')
  const { statusUrl: _, ...alone } = operation
  expect(await azure.observe(request, alone)).toMatchObject({
    state: 'failed',
    fault: { code: 'ImportExportJobError' },
  })
  sandbox.reset()
  const second = (await started()).operation
  expect(await azure.cancel(request, second)).toEqual({
    kind: 'asked',
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  })
  sandbox.passTime(1000)
  for (const spelling of ['Cancelled', 'Canceled'] as const) {
    sandbox.setOptions({ cancelledSpelling: spelling })
    expect(await azure.observe(request, second)).toMatchObject({ state: 'cancelled', text: spelling })
  }
})

test('takes reading that fails for no end of the job', async () => {
  const { operation } = await started()
  for (const code of [
    'InternalServerError',
    'AuthorizationFailed',
    'InvalidAuthenticationToken',
    'SubscriptionTooManyRequests',
  ]) {
    sandbox.arm({ name: 'result', code })
    const error = await failure(azure.observe(request, operation))
    expect(error).toBeInstanceOf(TransientError)
    expect(error).toMatchObject({ fault: { code } })
  }
  for (const kind of ['html', 'truncate', 'reset'] as const) {
    sandbox.arm({ name: 'result', action: { kind } })
    expect(await failure(azure.observe(request, operation))).toBeInstanceOf(TransientError)
  }
  sandbox.arm({ name: 'result', code: 'ImportExportOperationIdNotFound' })
  expect(await azure.observe(request, operation)).toMatchObject({ state: 'working' })
  sandbox.arm(
    { name: 'result', code: 'ImportExportOperationIdNotFound' },
    { name: 'async', code: 'ImportExportOperationIdNotFound' },
  )
  expect(await azure.observe(request, operation)).toMatchObject({ state: 'unknown' })
  sandbox.arm({ name: 'result', code: 'SubscriptionTooManyRequests' })
  const reads = sent('async').length
  expect(await failure(azure.observe(request, operation))).toMatchObject({ retryAfter: 1000 })
  expect(sent('async')).toHaveLength(reads)
})

test('believes a success although its result is gone', async () => {
  const { operation } = await started()
  sandbox.changeOperation({ action: 'complete', id: operation.id })
  sandbox.arm({ name: 'result', code: 'ImportExportOperationIdNotFound' })
  expect(await azure.observe(request, operation)).toMatchObject({ state: 'succeeded' })
  sandbox.arm({ name: 'async', code: 'AuthorizationFailed' })
  expect(await azure.observe(request, operation)).toMatchObject({ state: 'succeeded' })
  sandbox.arm({ name: 'async', code: 'InternalServerError' })
  expect(await failure(azure.observe(request, operation))).toBeInstanceOf(TransientError)
})

test.each(['equal', 'prefix', 'private-endpoint'] as const)(
  'finds exactly its own two connections when Azure names them %s',
  async (connectionNaming) => {
    sandbox.setOptions({ connectionNaming })
    const { operation } = await started()
    sandbox.passTime(4000)
    const { named } = await azure.observe(request, operation)
    const found = matchConnections(named, await azure.connections(request))
    const own = sandbox.state.operations[0]?.connections
    // A storage connection's name tells nothing of its endpoint: of a prefix it may be left in doubt, never wrong.
    expect(found.sql?.id).toBe(own?.sql)
    expect(found.storage?.id).toBe(own?.storage)
  },
)

test('reads one connection, and that it is gone', async () => {
  const [first, ...rest] = await azure.connections(request)
  expect(rest.at(-1)).toMatchObject({ side: 'storage', state: 'Pending', named: false })
  const known: Connection = first ?? fail()
  expect(await azure.connection(request, { ...known, named: true })).toEqual({ ...known, named: true })
  sandbox.changeConnection({ action: 'remove', id: known.id })
  expect(await azure.connection(request, known)).toBeUndefined()
  const foreign = { ...known, id: known.id.replace('sql-prod', 'sql-test') }
  expect(await failure(azure.decide(request, foreign, 'Approved', 'x', go))).toMatchObject({
    fault: { code: 'ForeignConnection' },
  })
})

test.each([
  ['PrivateEndpointConnectionStatusNotPending', PermanentError],
  ['PrivateEndpointConnectionDroppedByOtherWorkflow', PermanentError],
  ['LinkedAuthorizationFailed', PermanentError],
  ['ScopeLocked', PermanentError],
  ['TooManyRequests', TransientError],
  ['SubscriptionTooManyRequests', TransientError],
])('sends one PUT when a decision meets %s', async (code, kind) => {
  const [first] = await azure.connections(request)
  sandbox.arm({ name: 'pec-sql-put', code, times: 5 })
  const error = await failure(azure.decide(request, first ?? fail(), 'Rejected', '', go))
  expect(error).toBeInstanceOf(kind)
  expect(error).toMatchObject({ fault: { code } })
  expect(sent('pec-sql-put')).toHaveLength(1)
})

test('takes a conflict with another operation for something that passes', async () => {
  const [first] = await azure.connections(request)
  const body = { error: { code: 'RetryableErrorDueToAnotherOperation', message: 'Later.' } }
  sandbox.arm({ name: 'pec-sql-put', action: { kind: 'status', status: 409, body, headers: { 'retry-after': '7' } } })
  const error = await failure(azure.decide(request, first ?? fail(), 'Approved', 'x', go))
  expect(error).toBeInstanceOf(TransientError)
  expect(error).toMatchObject({ retryAfter: 7000, fault: body.error })
})

test('does not wait for an approval that Azure answers at once', async () => {
  sandbox.setOptions({ sqlApproval: 'immediate' })
  const [first] = await azure.connections(request)
  const connection = first ?? fail()
  await azure.decide(request, connection, 'Rejected', '', go)
  expect((await azure.connection(request, connection))?.state).toBe('Rejected')
})

test('cancels, or says why Azure will not', async () => {
  const { operation } = await started()
  sandbox.arm({ name: 'cancel', action: { kind: 'rewrite', status: 202 } })
  expect(await azure.cancel(request, operation)).toEqual({
    kind: 'asked',
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  })
  for (const code of ['CannotCancelOperation', 'OperationIdNotFound', 'AuthorizationFailed']) {
    sandbox.arm({ name: 'cancel', code })
    expect(await azure.cancel(request, operation)).toMatchObject({ kind: 'refused', fault: { code } })
  }
  for (const code of ['SubscriptionTooManyRequests', 'InternalServerError']) {
    sandbox.arm({ name: 'cancel', code, times: 5 })
    expect(await failure(azure.cancel(request, operation))).toBeInstanceOf(TransientError)
    sandbox.disarm()
  }
})

function fail(): never {
  throw new Error('there is no such connection')
}
