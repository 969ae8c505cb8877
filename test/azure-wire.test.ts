import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { createAzure } from '../src/azure/azure.ts'
import { PermanentError, TransientError } from '../src/transfer/errors.ts'
import type { AzureOperation, Plan, Request } from '../src/transfer/model.ts'

/** Odd answers that no well-behaved sandbox gives. */

const subscription = '11111111-1111-1111-1111-111111111111'
const guid = '5364d250-aaaa-bbbb-cccc-0123456789ab'
const key = `${'Kk9/'.repeat(21)}ab==`
const password = 'p&ss "w\\rd" 1!'
const token = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln'
const at = Date.UTC(2026, 5, 1, 12, 0, 0)
const uri = 'https://stbackups.blob.core.windows.net/bacpacs/orders-k3v9x2.bacpac'
const place = { subscription, resourceGroup: 'rg' }
const request: Request = {
  operation: 'export',
  database: { alias: 'o', id: 'x', ...place, server: 'sql-prod', database: 'orders' },
  storage: {
    alias: 'b',
    id: 'y',
    ...place,
    account: 'stbackups',
    container: 'bacpacs',
    blob: 'orders-k3v9x2.bacpac',
    uri,
  },
  privateLink: true,
  by: 'slack:T1/U1',
  at,
  origin: { address: 'slack:T1/C1' },
}
const plan: Plan = {
  at,
  location: 'West Europe',
  serverHost: 'sql-prod.database.windows.net',
  edition: 'Standard',
  objective: 'S3',
  databaseStatus: 'Online',
  accountSku: 'Standard_LRS',
  accountKind: 'StorageV2',
  uri,
}
const resultPath = `/subscriptions/${subscription}/providers/Microsoft.Sql/locations/westeurope/importExportOperationResults/${guid}-sql-prod`

type Reply = {
  status?: number
  body?: unknown
  text?: string
  headers?: Record<string, string>
  afterwards?: () => void
  cut?: boolean
}
type Fake = { url: string; hits: string[]; bodies: string[]; server: Server }
const open: { close(): unknown }[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()))
})

async function fake(answer: (line: string, self: Fake) => Reply | undefined): Promise<Fake> {
  const server = createServer((incoming, outgoing) => void reply(incoming, outgoing, self, answer))
  const self: Fake = { url: '', hits: [], bodies: [], server }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  self.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  open.push({ close: () => shut(server) })
  return self
}

function shut(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

async function reply(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  self: Fake,
  answer: (line: string, self: Fake) => Reply | undefined,
) {
  let body = ''
  for await (const chunk of incoming) body += String(chunk)
  const line = `${incoming.method} ${incoming.url}`
  self.hits.push(line)
  self.bodies.push(body)
  const keys: Reply | undefined = line.includes('/listKeys')
    ? { body: { keys: [{ keyName: 'key1', value: key, permissions: 'FULL' }] } }
    : undefined
  const {
    status = 200,
    body: json,
    text,
    headers,
    afterwards,
    cut,
  } = answer(line, self) ?? keys ?? { status: 404, body: {} }
  const whole = text ?? JSON.stringify(json ?? {})
  outgoing.writeHead(status, { 'content-type': 'application/json', connection: 'close', ...headers })
  outgoing.end(cut ? whole.slice(0, whole.length / 2) : whole, afterwards)
}

function connect(url: string, operationHosts: string[] = []): ReturnType<typeof createAzure> {
  const azure = createAzure({
    cloud: 'public',
    credential: { kind: 'token', token: async () => token },
    resourceManagerUrl: url,
    operationHosts,
    requestTimeout: 5000,
    sqlLogin: async () => ({ user: 'drawbridge', password }),
    log: (line) => logged.push(line),
    now: () => at,
  })
  open.push(azure)
  return azure
}

const logged: string[] = []
const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  )
const accepted = (headers: Record<string, string>) => (line: string) =>
  line.includes('/export?')
    ? { status: 202, body: { operation: 'Export', startTime: '2026-06-01T11:59:58.5724259Z' }, headers }
    : undefined

test('follows no Location to another host, port, scheme or subscription, and calls the submit unclear', async () => {
  const trap = await fake(() => ({ body: {} }))
  const trapHost = new URL(trap.url).host
  const hostile = [
    `${trap.url}${resultPath}`,
    `https://${trapHost}${resultPath}`,
    `http://management.azure.com@${trapHost}${resultPath}`,
    `//${trapHost}${resultPath}`,
    `/subscriptions/22222222-2222-2222-2222-222222222222/providers/x/${guid}`,
    `/subscriptions/${subscription}/../22222222-2222-2222-2222-222222222222/x`,
    `/subscriptions/${subscription}%2f..%2fx`,
    'http://[broken',
  ]
  for (const location of hostile) {
    const arm = await fake(accepted({ location }))
    const azure = connect(arm.url)
    expect(await azure.submit(request, plan, () => {})).toMatchObject({
      kind: 'unclear',
      fault: { code: 'HostileLocation' },
    })
    const operation: AzureOperation = { id: guid, resultUrl: location, startedAt: at, adopted: false }
    expect(await failure(azure.observe(request, operation))).toMatchObject({ fault: { code: 'HostileLocation' } })
    expect(arm.hits.filter((line) => line.startsWith('POST') && line.includes('/export?'))).toHaveLength(1)
    expect(arm.hits).toHaveLength(2)
  }
  expect(trap.hits).toEqual([])
})

test('accepts a submit with only a Location, relative or on another host of this machine', async () => {
  const regional = await fake(() => ({ status: 202, body: { properties: { status: 'Running, Progress = 5.00 %' } } }))
  for (const base of ['', regional.url]) {
    const arm = await fake(
      (line) =>
        accepted({ location: `${base}${resultPath}?x=1` })(line) ??
        (line.startsWith('GET') ? { status: 200, body: { properties: { status: 'Completed' } } } : undefined),
    )
    const azure = connect(arm.url, [new URL(regional.url).host])
    const submission = await azure.submit(request, plan, () => {})
    const resultUrl = `${base || arm.url}${resultPath}?x=1`
    expect(submission).toEqual({
      kind: 'accepted',
      operation: { id: guid, resultUrl, startedAt: at - 1428, adopted: false },
    })
    if (submission.kind !== 'accepted') continue
    const seen = await azure.observe(request, submission.operation)
    expect(seen).toMatchObject(base ? { state: 'working', percent: 5 } : { state: 'succeeded', text: 'Completed' })
  }
})

test('calls a 202 without a Location unclear', async () => {
  const arm = await fake(accepted({ 'azure-asyncoperation': resultPath }))
  expect(await connect(arm.url).submit(request, plan, () => {})).toMatchObject({
    kind: 'unclear',
    fault: { code: 'NoLocation', status: 202 },
  })
})

test('drops a hostile status address and goes on with the result alone', async () => {
  const trap = await fake(() => ({ body: {} }))
  const arm = await fake(
    (line) =>
      accepted({ location: resultPath, 'azure-asyncoperation': `${trap.url}${resultPath}` })(line) ??
      (line.startsWith('GET')
        ? { status: 400, body: { error: { code: 'ImportExportJobError', message: 'No disk.' } } }
        : undefined),
  )
  const azure = connect(arm.url)
  const submission = await azure.submit(request, plan, () => {})
  if (submission.kind !== 'accepted') throw new Error(submission.kind)
  expect(submission.operation).not.toHaveProperty('statusUrl')
  const smuggled = { ...submission.operation, statusUrl: `${trap.url}${resultPath}` }
  expect(await azure.observe(request, smuggled)).toMatchObject({ state: 'failed', fault: { message: 'No disk.' } })
  expect(trap.hits).toEqual([])
})

test('follows neither redirects nor page links away from home', async () => {
  const trap = await fake(() => ({ body: {} }))
  const arm = await fake((line) => {
    if (line.includes('privateEndpointConnections')) return { body: { value: [], nextLink: `${trap.url}/next` } }
    return { status: 307, text: '', headers: { location: `${trap.url}/` } }
  })
  const azure = connect(arm.url)
  const error = await failure(azure.connections(request))
  expect(error).toBeInstanceOf(PermanentError)
  expect(error).toMatchObject({ fault: { code: 'ForeignAddress' } })
  expect(await failure(azure.plan(request))).toBeInstanceOf(TransientError)
  const operation = { id: guid, resultUrl: `${arm.url}${resultPath}`, startedAt: at, adopted: false }
  expect(await failure(azure.observe(request, operation))).toBeInstanceOf(TransientError)
  expect(await azure.submit(request, plan, () => {}).catch((thrown: unknown) => thrown)).toBeInstanceOf(TransientError)
  expect(trap.hits).toEqual([])
})

test('follows no redirect, not even at home', async () => {
  const arm = await fake((line) =>
    line.includes('elsewhere')
      ? { body: { id: 'x', value: [] } }
      : { status: 307, headers: { location: '/elsewhere' } },
  )
  const azure = connect(arm.url)
  const operation = { id: guid, resultUrl: `${arm.url}${resultPath}`, startedAt: at, adopted: false }
  expect(await failure(azure.observe(request, operation))).toBeInstanceOf(TransientError)
  expect(await failure(azure.connections(request))).toBeInstanceOf(TransientError)
  expect(arm.hits.filter((line) => line.includes('elsewhere'))).toEqual([])
})

test('shows no key, password or token that Azure sends back in an error', async () => {
  const echo = (self: Fake) => ({
    error: {
      code: 'BadRequest',
      message: `Cannot read ${self.bodies.at(-1)} with Bearer ${token} and ?sv=1&sig=${'a'.repeat(44)}`,
    },
  })
  const arm = await fake((line, self) => {
    if (line.includes('/export?')) return { status: 400, body: echo(self) }
    if (line.includes('/cancel')) return { status: 409, body: { error: { code: key, message: password } } }
    if (line.startsWith('PUT')) return { status: 400, text: `<html>${key} ${password} ${token}</html>` }
    if (line.startsWith('GET'))
      return { status: 200, body: { properties: { status: 'Failed', errorMessage: `${password} ${key}` } } }
  })
  const azure = connect(arm.url)
  const submission = await azure.submit(request, plan, () => {})
  expect(arm.bodies.at(-1)).toContain(key)
  expect(submission).toMatchObject({
    kind: 'refused',
    fault: { code: 'BadRequest', message: expect.stringContaining('Cannot read') },
  })
  const operation = { id: guid, resultUrl: `${arm.url}${resultPath}`, startedAt: at, adopted: false }
  const connectionId = `/subscriptions/${subscription}/resourceGroups/rg/providers/Microsoft.Sql/servers/sql-prod/privateEndpointConnections/c`
  const connection = {
    side: 'sql',
    id: connectionId,
    name: 'c',
    privateEndpoint: '',
    state: 'Pending',
    named: true,
  } as const
  const outcomes = [
    submission,
    await azure.observe(request, operation),
    await azure.cancel(request, operation),
    await failure(azure.decide(request, connection, 'Approved', 'x', () => {})),
    logged,
  ]
  for (const outcome of outcomes) {
    const text = inspect(outcome, { depth: 20, showHidden: true }) + JSON.stringify(outcome)
    for (const secret of [
      key,
      key.slice(0, 40),
      password,
      JSON.stringify(password).slice(1, -1),
      token,
      'a'.repeat(44),
    ]) {
      expect(text).not.toContain(secret)
    }
  }
})

test('leaks no key when the list of keys is cut off', async () => {
  const keys = {
    keys: [
      { keyName: 'key1', value: key, permissions: 'FULL' },
      { keyName: 'key2', value: key },
    ],
  }
  const arm = await fake((line) => (line.includes('/listKeys') ? { body: keys, cut: true } : undefined))
  const error = await failure(connect(arm.url).submit(request, plan, () => {}))
  expect(error).toBeInstanceOf(TransientError)
  expect(error).toMatchObject({ fault: { code: 'UnreadableAnswer' } })
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(key.slice(0, 20))
  expect(arm.hits).toHaveLength(1)
})

test('refuses when no account key may write', async () => {
  const arm = await fake((line) =>
    line.includes('/listKeys') ? { body: { keys: [{ value: key, permissions: 'READ' }] } } : undefined,
  )
  expect(await failure(connect(arm.url).submit(request, plan, () => {}))).toMatchObject({
    fault: { code: 'NoStorageKey' },
  })
})

test('knows that a refused connection started nothing', async () => {
  const arm = await fake((line, self) => {
    if (!line.includes('/listKeys')) return undefined
    return { body: { keys: [{ value: key, permissions: 'Full' }] }, afterwards: () => void self.server.close() }
  })
  const azure = connect(arm.url)
  expect(await azure.submit(request, plan, () => {})).toMatchObject({
    kind: 'refused',
    fault: { code: 'ECONNREFUSED' },
  })
  expect(await failure(azure.plan(request))).toMatchObject({ fault: { code: 'ECONNREFUSED' } })
})

test('reads Retry-After as an HTTP-date, and every page of the operations', async () => {
  const others = ['aaaaaaaa-0000-0000-0000-000000000001', 'aaaaaaaa-0000-0000-0000-000000000002']
  const listed = (name: string) => ({
    name,
    properties: { operation: 'ExportDatabase', state: 'InProgress', startTime: '2026-06-01T12:00:00Z' },
  })
  const arm = await fake((line, self) => {
    if (line.includes('/operations?page=2')) return { body: { value: [listed(guid)] } }
    if (line.includes('/operations?'))
      return { body: { value: others.map(listed), nextLink: `${self.url}${line.slice(4).split('?')[0]}?page=2` } }
    const blobUri = line.includes(guid)
      ? uri.replace('stbackups.blob', 'STBackups.Blob')
      : uri.replace('k3v9x2', 'K3V9X2')
    const properties = { requestType: 'Export', blobUri, queuedTime: '6/1/2026 11:58:00 AM', status: 'Pending' }
    return { status: 202, body: { properties }, headers: { 'retry-after': new Date(at + 42_000).toUTCString() } }
  })
  const azure = connect(arm.url)
  const look = await azure.look(request, plan, at, [])
  const resultUrl = expect.stringContaining(`${arm.url}${resultPath}?api-version=`)
  expect(look).toMatchObject({
    kind: 'found',
    operation: { id: guid, startedAt: at - 120_000, adopted: true, resultUrl },
  })
  if (look.kind === 'found') expect(await azure.observe(request, look.operation)).toMatchObject({ retryAfter: 42_000 })
})

test.each([{}, { value: null }, { value: {} }])('does not take %j for an empty list', async (body) => {
  const azure = connect((await fake(() => ({ body }))).url)
  expect(await failure(azure.look(request, plan, at, []))).toBeInstanceOf(TransientError)
  expect(await failure(azure.connections(request))).toBeInstanceOf(TransientError)
})

test('is not misled by a page for people, nor by http where TLS belongs', async () => {
  const arm = await fake(() => ({
    text: '<html>Sign in to the hotel network</html>',
    headers: { 'content-type': 'text/html' },
  }))
  const azure = connect(arm.url)
  expect(await failure(azure.connections(request))).toBeInstanceOf(TransientError)
  expect(await failure(azure.look(request, plan, at, []))).toBeInstanceOf(TransientError)
  const hits = arm.hits.length
  expect(await failure(connect(arm.url.replace('http:', 'https:')).plan(request))).toMatchObject({
    fault: { code: expect.stringMatching(/SSL|EPROTO|TLS/) },
  })
  expect(arm.hits).toHaveLength(hits)
  expect(() => connect('http://management.example.com')).toThrow('plain http')
  expect(() => connect('http://127.0.0.1:1', ['example.com:80'])).toThrow('this machine')
})
