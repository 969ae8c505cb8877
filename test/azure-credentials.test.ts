import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type AzureSandbox, type RequestRecord, startAzureSandbox } from '../sandbox/azure/index.ts'
import { type AzureOptions, createAzure } from '../src/azure/azure.ts'
import type { SqlLogin, StorageCredential } from '../src/azure/context.ts'
import { credentialsOf } from '../src/azure/job-credentials.ts'
import { createScrubber } from '../src/azure/scrub.ts'
import { PermanentError, TransientError } from '../src/transfer/errors.ts'
import type { Request } from '../src/transfer/model.ts'
import { checkExchange } from './support/azure-spec.ts'

const password = 'Sandbox-Passw0rd!'
const subscription = '11111111-1111-1111-1111-111111111111'
const group = `/subscriptions/${subscription}/resourceGroups/rg-data/providers`
const identityId = (name: string) => `${group}/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`
const identity = identityId('id-drawbridge')
const inVault = (name: string, version?: string) => ({ vault: 'kv-sandbox', name, ...(version ? { version } : {}) })
const go = () => {}

let sandbox: AzureSandbox
const lines: string[] = []
const open: { close(): void }[] = []

beforeAll(async () => {
  sandbox = await startAzureSandbox({ password })
})
afterEach(() => {
  for (const each of open.splice(0)) each.close()
  // What was asked and what was answered are what Azure publishes.
  expect(sandbox.state.requests.flatMap(checkExchange)).toEqual([])
  sandbox.reset()
  lines.length = 0
})
afterAll(() => sandbox.close())

type Credentials = { login?: SqlLogin; storage?: StorageCredential }
const sqlLogin: SqlLogin = { user: 'drawbridge', password }

function connect({ login = sqlLogin, storage }: Credentials, more: Partial<AzureOptions> = {}) {
  const azure = createAzure({
    cloud: 'public',
    credential: { kind: 'token', token: () => sandbox.token },
    resourceManagerUrl: sandbox.url,
    operationHosts: [new URL(sandbox.regionalUrl).host],
    keyVaultUrl: `${sandbox.url}/vaults`,
    requestTimeout: 5000,
    sqlLogin: () => login,
    ...(storage ? { storageCredential: () => storage } : {}),
    log: (line) => lines.push(line),
    ...more,
  })
  open.push(azure)
  return azure
}

function ask(operation: Request['operation'], privateLink = true): Request {
  const place = { subscription, resourceGroup: 'rg-data' }
  const database = operation === 'export' ? 'orders' : 'restored'
  const blob = operation === 'export' ? 'orders-k3v9x2.bacpac' : 'there.bacpac'
  const uri = `https://stbackups.blob.core.windows.net/bacpacs/${blob}`
  return {
    operation,
    database: {
      alias: database,
      id: `${group}/Microsoft.Sql/servers/sql-prod/databases/${database}`,
      ...place,
      server: 'sql-prod',
      database,
    },
    storage: {
      alias: 'backups',
      id: `${group}/Microsoft.Storage/storageAccounts/stbackups`,
      ...place,
      account: 'stbackups',
      container: 'bacpacs',
      blob,
      uri,
    },
    privateLink,
    by: 'slack:T1/U1',
    at: 0,
    origin: { address: 'slack:T1/C1' },
  }
}

/** An empty database and a blob, as an import wants them. */
function makeImportable(): void {
  const orders = sandbox.state.databases.find(({ name }) => name === 'orders')
  if (orders) sandbox.state.databases.push({ ...orders, name: 'restored', tables: [], usedBytes: 0 })
  sandbox.state.blobs.push({
    account: 'stbackups',
    container: 'bacpacs',
    name: 'there.bacpac',
    size: 9000,
    createdAt: Date.now(),
    tables: ['dbo.orders'],
  })
}

const account = () => sandbox.state.accounts[0] ?? missing()
const server = () => sandbox.state.servers[0] ?? missing()
const sas = () => account().signatures[0] ?? missing()
const sent = (name: string): RequestRecord[] => sandbox.state.requests.filter((each) => each.name === name)
const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  )

/** Runs one job from the submit to its end, with nobody in the way of its connections. */
async function run(credentials: Credentials, operation: Request['operation'] = 'export', azure = connect(credentials)) {
  if (operation === 'import') makeImportable()
  const request = ask(operation)
  const submission = await azure.submit(request, await azure.plan(request), go)
  if (submission.kind !== 'accepted') return { submission, seen: undefined }
  sandbox.passTime(4000)
  for (const side of ['sql', 'storage'] as const) {
    const id = sandbox.state.operations[0]?.connections[side] ?? missing()
    sandbox.changeConnection({ action: 'approve', id })
  }
  for (const ms of [1000, 6000, 1000]) sandbox.passTime(ms)
  return { submission, seen: await azure.observe(request, submission.operation) }
}

const sqlKinds: readonly [string, () => SqlLogin, object][] = [
  ['a SQL login', () => sqlLogin, { administratorLogin: 'drawbridge', authenticationType: 'SQL' }],
  [
    'a SQL login of Key Vault',
    () => ({ user: 'drawbridge', password: inVault('sql-prod') }),
    { administratorLogin: 'drawbridge', authenticationType: 'SQL' },
  ],
  [
    'a password of Entra',
    () => ({ kind: 'entraPassword', user: 'drawbridge@sandbox.example', password }),
    { administratorLogin: 'drawbridge@sandbox.example', authenticationType: 'ADPassword' },
  ],
  [
    'an identity',
    () => ({ kind: 'managedIdentity', identity }),
    { administratorLogin: identity, authenticationType: 'ManagedIdentity' },
  ],
]
const storageKinds: readonly [string, () => StorageCredential | undefined, string][] = [
  ['the account’s key, unless another kind is configured', () => undefined, 'StorageAccessKey'],
  ['a SAS', () => ({ kind: 'sas', sas: sas() }), 'SharedAccessKey'],
  ['a SAS of Key Vault', () => ({ kind: 'sas', sas: inVault('backups-sas') }), 'SharedAccessKey'],
  ['an identity', () => ({ kind: 'managedIdentity', identity }), 'ManagedIdentity'],
]
const matrix = (['export', 'import'] as const).flatMap((operation) =>
  sqlKinds.flatMap((sql) => storageKinds.map((storage) => [operation, sql, storage] as const)),
)

describe('every kind of credential ends in a finished job', () => {
  test.each(matrix)('%s with %j and %j', async (operation, [, login, sqlFields], [, storageOf, storageKeyType]) => {
    const storage = storageOf()
    const { seen } = await run({ login: login(), ...(storage ? { storage } : {}) }, operation)
    expect(seen).toMatchObject({ state: 'succeeded' })
    const [post, ...more] = sent(operation)
    expect(more).toEqual([])
    expect(post?.requestBody).toMatchObject({ ...sqlFields, storageKeyType, networkIsolation: expect.anything() })
    const managed = [login().kind, storage?.kind].includes('managedIdentity')
    expect(post?.query['api-version']).toBe(managed ? '2025-01-01' : '2022-08-01-preview')
    expect(Object.values(post?.secrets ?? {})).not.toContain('wrong')
    const withPassword = login().kind !== 'managedIdentity'
    expect(Object.hasOwn(post?.requestBody as object, 'administratorLoginPassword')).toBe(withPassword)
    expect(sent('listKeys')).toHaveLength(storage ? 0 : 1)
    expect(lines.join()).not.toMatch(/Passw0rd|sig=(?!\[hidden\])/)
  })

  test('a SAS is sent with its question mark, whether it was written with one or not', async () => {
    for (const written of [sas(), sas().slice(1), `${sas()}\n`]) {
      await run({ storage: { kind: 'sas', sas: written } })
      expect(sent('export').at(-1)?.secrets).toMatchObject({ storageKey: 'right' })
      sandbox.reset()
    }
  })
})

describe('an identity’s submit goes out like any other', () => {
  const byIdentity: Credentials = {
    login: { kind: 'managedIdentity', identity },
    storage: { kind: 'managedIdentity', identity },
  }

  test.each([
    ['500', { code: 'InternalServerError' }, 'unclear'],
    ['503', { code: 'TooManyRequests' }, 'unclear'],
    ['429', { code: 'SubscriptionTooManyRequests' }, 'unclear'],
    ['reset', { action: { kind: 'reset' } }, 'unclear'],
    ['reset after the start', { action: { kind: 'accept-then-reset' } }, 'unclear'],
    ['a challenge', { code: 'InvalidAuthenticationToken' }, 'refused'],
    ['a redirect', { action: { kind: 'redirect', url: 'https://example.com/' } }, 'unclear'],
  ] as const)('once, when the answer is %s', async (_what, fault, kind) => {
    const azure = connect(byIdentity)
    const request = ask('export')
    const plan = await azure.plan(request)
    sandbox.arm({ name: 'export', times: 5, ...fault })
    expect(await azure.submit(request, plan, go)).toMatchObject({ kind })
    expect(sent('export')).toHaveLength(1)
    expect(sent('export')[0]?.requestHeaders['x-ms-client-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('not at all when the last check before the wire says no, and for no longer than its deadline', async () => {
    const azure = connect(byIdentity, { requestTimeout: 300 })
    const request = ask('export')
    const plan = await azure.plan(request)
    const late = new Error('the lease is too old')
    const refused = azure.submit(request, plan, () => {
      throw late
    })
    expect(await failure(refused)).toBe(late)
    expect(sent('export')).toEqual([])
    sandbox.arm({ name: 'export', action: { kind: 'accept-then-hang' } })
    expect(await azure.submit(request, plan, go)).toMatchObject({ kind: 'unclear', fault: { code: 'Timeout' } })
    expect(sandbox.state.operations).toHaveLength(1)
  })
})

describe('what is not set up in Azure', () => {
  const other = identityId('id-other')

  test.each<[string, Credentials, () => void, RegExp]>([
    [
      'an identity for SQL that the server does not have',
      { login: { kind: 'managedIdentity', identity: other } },
      go,
      /id-other' is not assigned to the server/,
    ],
    [
      'an identity for storage that the server does not have',
      { storage: { kind: 'managedIdentity', identity: other } },
      go,
      /id-other' is not assigned to the server/,
    ],
    [
      'an identity that is not the server’s administrator',
      { login: { kind: 'managedIdentity', identity } },
      () => {
        server().entraAdministrators = []
      },
      /token-identified principal/,
    ],
    [
      'an identity that may only read blobs',
      { storage: { kind: 'managedIdentity', identity } },
      () => {
        account().dataRoles = [{ identity, role: 'Storage Blob Data Reader' }]
      },
      /using this permission/,
    ],
    [
      'a wrong password of Entra',
      { login: { kind: 'entraPassword', user: 'drawbridge@sandbox.example', password: 'wrong-one' } },
      go,
      /Login failed/,
    ],
    [
      'a SQL login where only Entra counts',
      {},
      () => {
        server().azureADOnlyAuthentication = true
      },
      /Active Directory only/,
    ],
  ])('%s fails the job', async (_what, credentials, change, message) => {
    change()
    const { seen } = await run(credentials)
    expect(seen).toMatchObject({ state: 'failed', fault: { message: expect.stringMatching(message) } })
  })

  test('reading blobs is enough for an import, and Entra alone is enough for an identity', async () => {
    account().dataRoles = [{ identity, role: 'Storage Blob Data Reader' }]
    server().azureADOnlyAuthentication = true
    const both = { kind: 'managedIdentity', identity } as const
    expect((await run({ login: both, storage: both }, 'import')).seen).toMatchObject({ state: 'succeeded' })
  })

  test('an account without shared keys takes neither key nor SAS, but an identity', async () => {
    account().allowSharedKeyAccess = false
    const refused = { kind: 'refused', fault: { code: 'InvalidImportExportStorageCredentials' } }
    expect((await run({})).submission).toMatchObject(refused)
    expect((await run({ storage: { kind: 'sas', sas: sas() } })).submission).toMatchObject(refused)
    expect((await run({ storage: { kind: 'managedIdentity', identity } })).seen).toMatchObject({ state: 'succeeded' })
  })

  test('a SAS that is none, or has run out, is not sent', async () => {
    const signature = 'c2lnbmF0dXJlLW9mLWEtc2Fz'
    for (const [text, code] of [
      ['hunter2-hunter2', 'SasMalformed'],
      [`https://stbackups.blob.core.windows.net/?sv=1&sig=${signature}`, 'SasMalformed'],
      [`?sv=2024-11-04&se=2020-01-01T00:00:00Z&sig=${signature}`, 'SasExpired'],
    ] as const) {
      const azure = connect({ storage: { kind: 'sas', sas: text } })
      const error = await failure(azure.submit(ask('export'), await azure.plan(ask('export')), go))
      expect(error).toBeInstanceOf(PermanentError)
      expect(error).toMatchObject({ fault: { code } })
      expect(inspect(error, { depth: 9 })).not.toMatch(new RegExp(`${signature}|hunter2`))
    }
    expect(sent('export')).toEqual([])
  })
})

describe('Key Vault', () => {
  const kept: Credentials = { login: { user: 'drawbridge', password: inVault('sql-prod') } }
  const submit = async (credentials: Credentials, more?: Partial<AzureOptions>) => {
    const azure = connect(credentials, more)
    const plan = await azure.plan(ask('export'))
    return azure.submit(ask('export'), plan, go)
  }

  test('is asked at each submit, so that a new version counts at once; a named version stays', async () => {
    const azure = connect(kept)
    const plan = await azure.plan(ask('export'))
    sandbox.arm({ name: 'export', code: 'BlobAlreadyExist', times: 3 })
    await azure.submit(ask('export'), plan, go)
    const old = sandbox.state.vaultSecrets[0] ?? missing()
    sandbox.state.vaultSecrets.push({ ...old, version: 'f'.repeat(32), value: 'a-newer-password' })
    await azure.submit(ask('export'), plan, go)
    const pinned = connect({ login: { user: 'drawbridge', password: inVault('sql-prod', old.version) } })
    await pinned.submit(ask('export'), plan, go)
    const used = sent('export').map(({ secrets }) => secrets.administratorLoginPassword)
    expect(used).toEqual(['right', 'wrong', 'right'])
  })

  test('gets its token after its challenge, not before', async () => {
    await submit(kept)
    const reads = sent('secret')
    expect(reads.map(({ status }) => status)).toEqual([401, 200])
    expect(reads.map(({ requestHeaders }) => requestHeaders.authorization)).toEqual([undefined, '[redacted]'])
    expect(reads[1]?.path).toMatch(/^\/vaults\/kv-sandbox\/secrets\/sql-prod\/?$/)
  })

  test.each([
    ['SecretDisabled', 'SecretDisabled', ''],
    ['ForbiddenByFirewall', 'ForbiddenByFirewall', ''],
    ['ForbiddenByRbac', 'Forbidden', 'Microsoft.KeyVault/vaults/secrets/getSecret/action'],
  ] as const)('that says %s ends the transfer before anything is sent', async (closed, code, action) => {
    const secret = sandbox.state.vaultSecrets[0] ?? missing()
    secret.closed = closed
    const error = await failure(submit(kept))
    expect(error).toBeInstanceOf(PermanentError)
    expect(error).toMatchObject({ fault: { code, status: 403, message: expect.stringContaining(action) } })
    expect(sent('export')).toEqual([])
  })

  test('without the secret, or with an empty one, ends the transfer too', async () => {
    const lost = { login: { user: 'drawbridge', password: inVault('lost') } }
    expect(await failure(submit(lost))).toMatchObject({ fault: { code: 'SecretNotFound', status: 404 } })
    const secret = sandbox.state.vaultSecrets[0] ?? missing()
    secret.value = ' '
    expect(await failure(submit(kept))).toMatchObject({ fault: { code: 'SecretEmpty' } })
    expect(sent('export')).toEqual([])
  })

  test.each([
    ['does not answer', { action: { kind: 'hang' } }, 'Timeout'],
    ['has an error of its own', { action: { kind: 'status', status: 503 } }, 'Http503'],
    ['has too much to do', { action: { kind: 'status', status: 429 } }, 'Http429'],
    ['breaks off', { action: { kind: 'reset' } }, 'ECONNRESET'],
    ['sends a page for people', { action: { kind: 'html' } }, 'Http502'],
  ] as const)('that %s is asked again later, and once for now', async (_what, fault, code) => {
    sandbox.arm({ name: 'secret', times: 5, ...fault })
    const error = await failure(submit(kept, { requestTimeout: 400 }))
    expect(error).toBeInstanceOf(TransientError)
    expect(error).toMatchObject({ fault: { code } })
    expect(sent('secret')).toHaveLength(1)
    expect(sent('export')).toEqual([])
  })

  test('is not followed elsewhere, and a pretended one is on this machine', async () => {
    for (const [index, host] of [sandbox.url, sandbox.regionalUrl].entries()) {
      const url = `${host}/vaults/kv-sandbox/secrets/backups-sas`
      sandbox.arm({ name: 'secret', action: { kind: 'redirect', url } })
      expect(await failure(submit(kept))).toBeInstanceOf(TransientError)
      expect(sent('secret')).toHaveLength(index + 1)
    }
    expect(() => connect(kept, { keyVaultUrl: 'https://vault.example.com' })).toThrow('this machine')
  })

  test('keeps a job’s words from being told with the password in them, also by a process that never sent it', async () => {
    const submission = await submit(kept)
    const operation = submission.kind === 'accepted' ? submission.operation : missing()
    sandbox.changeOperation({ action: 'fail', id: operation.id, reason: `no login with ${password} at ${sas()}` })
    const seen = await connect(kept).observe(ask('export'), operation)
    expect(seen.fault?.message).toContain('no login with [hidden] at ')
    expect(JSON.stringify(seen)).not.toMatch(/Passw0rd|sig=(?!\[hidden\])/)
    sandbox.arm({ name: 'secret', times: 5, action: { kind: 'status', status: 503 } })
    const blind = await connect(kept).observe(ask('export'), operation)
    expect(blind).toMatchObject({ state: 'failed', fault: { code: 'ImportExportJobError' } })
    expect(blind.fault?.message).toMatch(/could not be read in Key Vault/)
    expect(JSON.stringify(blind)).not.toContain('no login')
  })
})

test('a configuration that cannot tell the credential now is asked again later, and is not repeated', async () => {
  const azure = connect({}, { storageCredential: () => Promise.reject(new Error(`the vault said ${sas()}`)) })
  const error = await failure(azure.submit(ask('export'), await azure.plan(ask('export')), go))
  expect(error).toBeInstanceOf(TransientError)
  expect(error).toMatchObject({ fault: { code: 'StorageCredentialUnavailable' } })
  expect(inspect(error, { depth: 9 })).not.toContain(sas())
})

test('the kinds in use are known without reading a secret', async () => {
  const kindsOf = (login: SqlLogin, storage: StorageCredential) =>
    credentialsOf({ sqlLogin: () => login, storageCredential: () => storage }, ask('import'))
  expect(await kindsOf(sqlLogin, { kind: 'accountKey' })).toEqual({
    storage: 'accountKey',
    sql: 'sqlLogin',
    identities: {},
  })
  const other = identityId('id-other')
  expect(await kindsOf({ kind: 'managedIdentity', identity }, { kind: 'managedIdentity', identity: other })).toEqual({
    storage: 'managedIdentity',
    sql: 'managedIdentity',
    identities: { sql: identity, storage: other },
  })
  const login: SqlLogin = { kind: 'entraPassword', user: 'x', password: inVault('sql-prod') }
  expect(await kindsOf(login, { kind: 'sas', sas: inVault('backups-sas') })).toMatchObject({
    storage: 'sas',
    sql: 'entraPassword',
  })
  expect(sent('secret')).toEqual([])
})

test('the signature of a SAS is a secret by itself, in each spelling', () => {
  const scrub = createScrubber()
  scrub.remember('?sv=1&sig=abc%2Bdef%3D&se=2')
  expect(scrub.clean('the signature abc+def= or abc%2Bdef%3D')).toBe('the signature [hidden] or [hidden]')
})

function missing(): never {
  throw new Error('it is not there')
}
