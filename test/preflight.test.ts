import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type AzureSandbox, type AzureState, startAzureSandbox } from '../sandbox/azure/index.ts'
import { createClients } from '../src/azure/clients.ts'
import type { Context } from '../src/azure/context.ts'
import { createCredential } from '../src/azure/credentials.ts'
import { createErrors } from '../src/azure/errors.ts'
import { createVaults } from '../src/azure/key-vault.ts'
import { createHome } from '../src/azure/operation-url.ts'
import { readPlan } from '../src/azure/plan.ts'
import { runPreflight } from '../src/azure/preflight.ts'
import { allows, needed } from '../src/azure/preflight-permissions.ts'
import { createScrubber } from '../src/azure/scrub.ts'
import { cloudEndpoints } from '../src/transfer/clouds.ts'
import type { Plan, Request } from '../src/transfer/model.ts'
import { type Check, type CheckName, checkNames } from '../src/transfer/preflight.ts'
import { checkExchange } from './support/azure-spec.ts'

const ofExports = checkNames.filter((name) => !['blob', 'target', 'tier'].includes(name))

const subscription = '/subscriptions/11111111-1111-1111-1111-111111111111'
const group = `${subscription}/resourceGroups/rg-data`
const serverId = `${group}/providers/Microsoft.Sql/servers/sql-prod`
const accountId = `${group}/providers/Microsoft.Storage/storageAccounts/stbackups`
const ordersId = `${serverId}/databases/orders`
const password = 'Sandbox-Passw0rd!'
const gigabyte = 1024 ** 3
const nothing = { connections: [] }

let sandbox: AzureSandbox
let context: Context
let plan: Plan

beforeAll(async () => {
  sandbox = await startAzureSandbox({ password, timings: { firstConnectionMs: 0, secondConnectionMs: 0 } })
  context = contextWith(5000)
  plan = await readPlan(context, ask())
  sandbox.reset()
})
afterEach(() => {
  // Every request that the tests made, and every answer, is one that Azure publishes.
  expect(sandbox.state.requests.flatMap(checkExchange)).toEqual([])
  sandbox.reset()
})
afterAll(async () => {
  context.clients.close()
  await sandbox.close()
})

function contextWith(requestTimeout: number): Context {
  const cloud = cloudEndpoints.public
  const scrub = createScrubber()
  const home = createHome(cloud, sandbox.url, [new URL(sandbox.regionalUrl).host])
  const credential = createCredential({ kind: 'token', token: () => sandbox.token }, cloud.authority, scrub, 5000)
  const clients = createClients({ home, credential, scopes: 'x/.default', scrub, requestTimeout })
  const errors = createErrors(scrub, Date.now)
  // A preflight has no use for the login's password: asking for it fails.
  const sqlLogin = () => Promise.reject(new Error(password))
  const vaults = createVaults({ cloud, url: sandbox.url, credential, scrub, errors, requestTimeout })
  const storageCredential = () => ({ kind: 'accountKey' }) as const
  const known = { offers: new Map(), creations: new Map(), vaults, storageCredential }
  return { cloud, home, scrub, clients, errors, sqlLogin, ...known, now: Date.now, log: () => {} }
}

function ask(privateLink = true, id = ordersId): Request {
  const place = { subscription: subscription.slice('/subscriptions/'.length), resourceGroup: 'rg-data' }
  const blob = 'orders-k3v9x2mq.bacpac'
  const uri = `https://stbackups.blob.core.windows.net/bacpacs/${blob}`
  const storage = { alias: 'b', id: accountId, ...place, account: 'stbackups', container: 'bacpacs', blob, uri }
  return {
    operation: 'export',
    database: { alias: 'orders', id, ...place, server: 'sql-prod', database: 'orders' },
    storage,
    privateLink,
    by: 'slack:T1/U1',
    at: 0,
    origin: { address: 'slack:T1/C1' },
  }
}

async function look(request = ask(), ours: Parameters<typeof runPreflight>[3] = nothing): Promise<readonly Check[]> {
  return runPreflight(context, request, plan, ours)
}

const troubles = (checks: readonly Check[]): readonly Check[] => checks.filter(({ verdict }) => verdict !== 'ok')
const sent = (): string[] => sandbox.state.requests.map(({ name }) => name).sort()

test('finds nothing wrong with what the sandbox is seeded with, each check once and in order', async () => {
  const checks = await look()
  expect(checks.map(({ name }) => name)).toEqual(ofExports.filter((name) => name !== 'allow_azure'))
  expect(troubles(checks)).toEqual([])
})

test('without private link looks at the ways over the open network instead', async () => {
  change(openServer)
  const checks = await look(ask(false))
  expect(checks.map(({ name }) => name)).toEqual(ofExports.filter((name) => name !== 'server_endpoint'))
  expect(troubles(checks)).toEqual([])
})

test('reads everything at once, and each thing once', async () => {
  const names = ['server', 'database', 'usages', 'operations', 'storage', 'container']
  const expected = [...names, ...Array(5).fill('locks'), ...Array(3).fill('permissions')].sort()
  let all = () => {}
  const arrived = new Promise<void>((resolve) => {
    all = resolve
  })
  let count = 0
  // No answer before the last request is there: were one sent after another, none would ever be answered.
  const unhook = sandbox.onRequest(async ({ when }) => {
    if (when === 'before') {
      count += 1
      if (count === expected.length) all()
      await arrived
    }
    return undefined
  })
  expect(troubles(await look())).toEqual([])
  unhook()
  expect(sent()).toEqual(expected)
  expect(sandbox.state.requests.every(({ method }) => method === 'GET')).toBe(true)
})

type Row = [name: CheckName, verdict: Check['verdict'], code: string, facts: Check['facts'], arrange: Arrange]
type Arrange = (state: AzureState) => void
type Way = 'over private link' | 'without private link'

const openServer: Arrange = ({ servers: [server] }) => {
  const firewallRules = [{ name: 'AllowAllWindowsAzureIps', startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' }]
  Object.assign(server ?? {}, { publicNetworkAccess: 'Enabled', firewallRules })
}
const server =
  (fields: object): Arrange =>
  (state) =>
    Object.assign(state.servers[0] ?? {}, fields)
const database =
  (fields: object): Arrange =>
  (state) =>
    Object.assign(state.databases[0] ?? {}, fields)
const account =
  (fields: object): Arrange =>
  (state) =>
    Object.assign(state.accounts[0] ?? {}, fields)
const container =
  (fields: object): Arrange =>
  (state) =>
    Object.assign(state.containers[0] ?? {}, fields)
const sku = (tier: string, name = tier): Arrange =>
  database({ sku: { name, tier, capacity: 2 }, serviceObjective: name })
const lock = (scope: string, level: 'CanNotDelete' | 'ReadOnly' = 'CanNotDelete'): Arrange => {
  return ({ locks }) => locks.push({ scope, name: 'keep', level, notes: 'the notes' })
}
const grant =
  (actions: string[], notActions: string[] = []): Arrange =>
  (state) => {
    state.grants = [{ scope: '/', actions, notActions }]
  }
const left =
  (side: 'sql' | 'storage', status: 'Approved' | 'Disconnected' | 'Pending' | 'Rejected'): Arrange =>
  () => {
    const kind = side === 'sql' ? 'SQL' : 'Storage'
    const parent = side === 'sql' ? 'sql-prod' : 'stbackups'
    const privateEndpoint = `ImportExportPrivateLink_${kind}-0123456789ab`
    sandbox.changeConnection({ action: 'add', side, parent, privateEndpoint, status })
  }
const job = (state: AzureState, phase: 'hold' | 'completed' = 'hold'): void => {
  state.operations.push({ ...blank, phase })
}
const locked = (scope: string, place: string, level: 'CanNotDelete' | 'ReadOnly' = 'CanNotDelete'): Row => {
  const facts = { count: '1', locks: `keep (${level}) on the ${place}` }
  return ['locks', 'stop', 'locked', facts, lock(scope, level)]
}

const both: Row[] = [
  ['database', 'stop', 'server_not_found', { name: 'sql-prod' }, (state) => state.servers.shift()],
  ['database', 'stop', 'database_not_found', { name: 'orders', server: 'sql-prod' }, (s) => s.databases.shift()],
  ['database', 'stop', 'database_not_online', { name: 'orders', status: 'Paused' }, database({ status: 'Paused' })],
  [
    'database',
    'stop',
    'managed_instance',
    { name: 'sql-prod', host: 'sql-prod.0a1b2c3d.database.windows.net' },
    server({ dnsSuffix: '0a1b2c3d.database.windows.net' }),
  ],
  [
    'database',
    'stop',
    'clouds_differ',
    { server: 'sql-prod.database.windows.net', storage: 'stbackups.blob.core.usgovcloudapi.net' },
    account({ blobSuffix: 'blob.core.usgovcloudapi.net' }),
  ],
  [
    'database',
    'warning',
    'cloud_unclear',
    { server: 'sql-prod.database.windows.net', storage: 'stbackups.blob.example.org' },
    account({ blobSuffix: 'blob.example.org' }),
  ],
  ['database', 'ok', 'ok', {}, account({ blobSuffix: 'z12.blob.storage.azure.net' })],
  ['edition', 'warning', 'hyperscale', { edition: 'Hyperscale', objective: 'HS_Gen5' }, sku('Hyperscale', 'HS_Gen5')],
  [
    'edition',
    'stop',
    'data_warehouse',
    { edition: 'DataWarehouse', objective: 'DW100c' },
    sku('DataWarehouse', 'DW100c'),
  ],
  ['edition', 'stop', 'system_database', { name: 'orders' }, sku('System')],
  ['edition', 'ok', 'ok', { edition: 'Platinum' }, sku('Platinum')],
  ['size', 'ok', 'ok', {}, database({ usedBytes: 150 * gigabyte })],
  ['size', 'warning', 'size_large', { used: String(151 * gigabyte) }, database({ usedBytes: 151 * gigabyte })],
  ['size', 'warning', 'size_over_limit', { used: String(201 * gigabyte) }, database({ usedBytes: 201 * gigabyte })],
  ['sql_login', 'stop', 'entra_only', { server: 'sql-prod' }, server({ azureADOnlyAuthentication: true })],
  [
    'sql_network',
    'stop',
    'outbound_blocked',
    { server: 'sql-prod', host: 'stbackups.blob.core.windows.net' },
    server({ restrictOutboundNetworkAccess: 'Enabled', outboundFirewallRules: ['other.blob.core.windows.net'] }),
  ],
  [
    'sql_network',
    'ok',
    'ok',
    {},
    server({ restrictOutboundNetworkAccess: 'Enabled', outboundFirewallRules: ['STBACKUPS.blob.core.windows.net'] }),
  ],
  ['account', 'stop', 'account_not_found', { name: 'stbackups' }, (state) => state.accounts.shift()],
  ['account', 'stop', 'container_not_found', { name: 'bacpacs', account: 'stbackups' }, (s) => s.containers.shift()],
  [
    'account',
    'stop',
    'premium_account',
    { name: 'stbackups', sku: 'Premium_LRS', kind: 'StorageV2' },
    account({ sku: { name: 'Premium_LRS', tier: 'Premium' } }),
  ],
  ['account', 'stop', 'premium_account', { kind: 'BlockBlobStorage' }, account({ kind: 'BlockBlobStorage' })],
  ['account', 'stop', 'premium_account', { kind: 'FileStorage' }, account({ kind: 'FileStorage' })],
  [
    'account',
    'warning',
    'account_not_ready',
    { state: 'ResolvingDNS' },
    account({ provisioningState: 'ResolvingDNS' }),
  ],
  ['account', 'ok', 'ok', {}, account({ kind: 'BlobStorage' })],
  ['storage_key', 'stop', 'shared_key_off', { account: 'stbackups' }, account({ allowSharedKeyAccess: false })],
  ['immutability', 'stop', 'immutable_account', { account: 'stbackups' }, account({ immutable: true })],
  ['immutability', 'stop', 'immutable_container', { container: 'bacpacs' }, container({ immutable: true })],
  ['immutability', 'stop', 'immutability_policy', { container: 'bacpacs' }, container({ hasImmutabilityPolicy: true })],
  ['immutability', 'stop', 'legal_hold', { container: 'bacpacs' }, container({ hasLegalHold: true })],
  locked(ordersId, 'database orders', 'ReadOnly'),
  ['locks', 'ok', 'ok', {}, lock(`${serverId}/databases/customers`, 'ReadOnly')],
  ['locks', 'ok', 'ok', {}, lock(`${subscription}/resourceGroups/rg-other`, 'ReadOnly')],
  [
    'busy',
    'stop',
    'busy',
    { operation: '0e5b9a52-0000-4000-8000-000000000001', kind: 'EXPORT DATABASE' },
    (s) => job(s),
  ],
  ['busy', 'ok', 'ok', {}, (state) => job(state, 'completed')],
  ['leftovers', 'warning', 'leftovers', { count: '1' }, left('sql', 'Approved')],
  ['leftovers', 'warning', 'leftovers', { count: '1' }, left('storage', 'Disconnected')],
  ['leftovers', 'warning', 'leftovers', { count: '1' }, left('storage', 'Pending')],
  ['leftovers', 'ok', 'ok', {}, left('sql', 'Rejected')],
  [
    'permissions',
    'warning',
    'missing_permissions',
    { count: '1', account: 'Microsoft.Storage/storageAccounts/listKeys/action' },
    grant(['*'], ['Microsoft.Storage/storageAccounts/listKeys/action']),
  ],
]
const overPrivateLink: Row[] = [
  ['sql_network', 'ok', 'ok', {}, server({ publicNetworkAccess: 'SecuredByPerimeter' })],
  ['server_endpoint', 'warning', 'no_server_endpoint', { server: 'sql-prod' }, server({ privateEndpoints: [] })],
  ['storage_network', 'ok', 'ok', {}, account({ publicNetworkAccess: 'Disabled', defaultAction: 'Deny' })],
  locked(serverId, 'server sql-prod'),
  locked(accountId, 'storage account stbackups'),
  locked(group, 'resource group rg-data'),
  locked(subscription, 'subscription 11111111-1111-1111-1111-111111111111'),
  [
    'server_endpoint',
    'warning',
    'no_server_endpoint',
    {},
    (state) => {
      server({ privateEndpoints: [] })(state)
      left('sql', 'Approved')(state)
    },
  ],
]
const withoutPrivateLink: Row[] = [
  ['sql_network', 'stop', 'public_access_off', { access: 'Disabled' }, server({ publicNetworkAccess: 'Disabled' })],
  [
    'sql_network',
    'stop',
    'public_access_off',
    { server: 'sql-prod', access: 'SecuredByPerimeter' },
    server({ publicNetworkAccess: 'SecuredByPerimeter' }),
  ],
  ['allow_azure', 'stop', 'azure_not_allowed', { server: 'sql-prod' }, server({ firewallRules: [] })],
  [
    'storage_network',
    'stop',
    'storage_public_access_off',
    { account: 'stbackups', access: 'Disabled' },
    account({ publicNetworkAccess: 'Disabled' }),
  ],
  ['storage_network', 'stop', 'storage_firewall', { account: 'stbackups' }, account({ defaultAction: 'Deny' })],
  ['locks', 'ok', 'ok', {}, lock(serverId, 'CanNotDelete')],
  locked(accountId, 'storage account stbackups', 'ReadOnly'),
]

function change(arrange: Arrange): void {
  arrange(sandbox.state)
}

const ways: [way: Way, rows: Row[]][] = [
  ['over private link', [...both, ...overPrivateLink]],
  ['without private link', [...both, ...withoutPrivateLink]],
]
describe.each(ways)('%s', (way, rows) => {
  test.each(rows)('%s: %s %s %o (%#)', async (name, verdict, code, facts, arrange) => {
    if (way === 'without private link') change(openServer)
    change(arrange)
    const checks = await look(ask(way === 'over private link'))
    expect(checks.find((each) => each.name === name)).toMatchObject({ verdict, code, facts })
    expect(new Set(checks.map((each) => each.name)).size).toBe(checks.length)
  })
})

test('is sure of a managed instance by its id alone', async () => {
  const checks = await look(ask(true, ordersId.replace('/servers/', '/managedInstances/')))
  expect(checks[0]).toMatchObject({ name: 'database', verdict: 'stop', code: 'managed_instance' })
})

test.each([true, false])('sees a lock once, told of above it or not (%s)', async (inheritedLocks) => {
  sandbox.setOptions({ inheritedLocks })
  for (const scope of [group, serverId, subscription]) change(lock(scope, 'ReadOnly'))
  const found = (await look()).find(({ name }) => name === 'locks')
  expect(found).toMatchObject({ verdict: 'stop', facts: { count: '3' } })
  expect(found?.facts.locks?.match(/keep \(ReadOnly\)/g)).toHaveLength(3)
})

test('keeps a lock that it saw, whatever else it could not read', async () => {
  change(lock(ordersId))
  sandbox.arm({ name: 'locks', path: /rg-data\/providers\/Microsoft.Authorization/, code: 'AuthorizationFailed' })
  expect((await look()).find(({ name }) => name === 'locks')).toMatchObject({ code: 'locked' })
})

test('takes the largest possible size where the size in use cannot be read', async () => {
  change(database({ maxSizeBytes: 100 * gigabyte }))
  sandbox.arm({ name: 'usages', code: 'AuthorizationFailed' })
  expect(troubles(await look())).toEqual([])
  sandbox.arm({ name: 'usages', action: { kind: 'rewrite', body: { value: [] } } })
  change(database({ maxSizeBytes: 1024 * gigabyte }))
  expect(troubles(await look())).toMatchObject([
    { name: 'size', verdict: 'warning', code: 'size_unknown', facts: { max: String(1024 * gigabyte) } },
  ])
})

describe('what is ours already', () => {
  test.each(['request', 'other', 'absent'] as const)(
    'does not stand in its own way (named by %s)',
    async (operationName) => {
      sandbox.setOptions({ operationName })
      const { operation, connections } = await started()
      expect(troubles(await look(ask(), { operation, connections }))).toEqual([])
      // Before Azure has named its connections, they are nobody's leftovers either.
      expect(troubles(await look(ask(), { operation, connections: [] }))).toEqual([])
    },
  )

  test('is told from a job of somebody else', async () => {
    const { operation, connections } = await started()
    change((state) => job(state))
    change(left('sql', 'Approved'))
    expect(troubles(await look(ask(), { operation, connections }))).toMatchObject([
      { name: 'busy', verdict: 'stop', facts: { operation: blank.id } },
      { name: 'leftovers', verdict: 'warning', facts: { count: '1' } },
    ])
  })

  test('is nothing before anything was sent', async () => {
    const { operation } = await started()
    expect(troubles(await look())).toMatchObject([
      { name: 'busy', verdict: 'stop', facts: { operation } },
      { name: 'leftovers', verdict: 'warning', facts: { count: '2' } },
    ])
  })
})

/** Route that fails → the checks that cannot be carried through, and the permission that is named. */
const reads: [route: string, action: string, checks: CheckName[]][] = [
  ['server', 'Microsoft.Sql/servers/read', ['database', 'sql_login', 'sql_network', 'server_endpoint', 'leftovers']],
  ['database', 'Microsoft.Sql/servers/databases/read', ['database', 'edition']],
  ['usages', 'Microsoft.Sql/servers/databases/usages/read', ['size']],
  ['operations', 'Microsoft.Sql/servers/databases/operations/read', ['busy']],
  ['storage', 'Microsoft.Storage/storageAccounts/read', ['account', 'storage_key', 'immutability', 'leftovers']],
  ['container', 'Microsoft.Storage/storageAccounts/blobServices/containers/read', ['immutability']],
  ['locks', 'Microsoft.Authorization/locks/read', ['locks']],
  ['permissions', 'Microsoft.Authorization/permissions/read', ['permissions']],
]
const faults = {
  forbidden: { code: 'AuthorizationFailed' },
  'out of order': { code: 'InternalServerError' },
  'a page for people': { action: { kind: 'html', status: 200 } },
  'cut off': { action: { kind: 'truncate' } },
  'reset on the way': { action: { kind: 'reset' } },
} as const

describe.each(Object.entries(faults))('what is %s', (_how, fault) => {
  test.each(reads)('%s: a warning, and the others unaffected', async (name, action, names) => {
    sandbox.arm({ name, ...fault, times: 10 })
    const checks = await look()
    const found = troubles(checks)
    expect(found.map((each) => each.name)).toEqual(names)
    for (const each of found) {
      expect(each).toMatchObject({ verdict: 'warning', code: 'unread', facts: { action, why: expect.any(String) } })
    }
    expect(checks).toHaveLength(ofExports.length - 1)
  })
})

test('does not take a refusal for an empty list, and names the permission that Azure did not name', async () => {
  const body = { value: [], error: { code: 'AuthorizationFailed', message: 'No.' } }
  sandbox.arm({ name: 'locks', action: { kind: 'status', status: 403, body }, times: 5 })
  expect(troubles(await look())).toMatchObject([
    {
      name: 'locks',
      facts: { why: 'AuthorizationFailed: No. (Drawbridge needs Microsoft.Authorization/locks/read.)' },
    },
  ])
})

test('reads rules only where they matter, and says when it could not', async () => {
  change(server({ restrictOutboundNetworkAccess: 'Enabled' }))
  change(openServer)
  sandbox.arm(
    { name: 'outboundFirewallRules', code: 'AuthorizationFailed' },
    { name: 'firewallRules', code: 'AuthorizationFailed' },
  )
  expect(troubles(await look(ask(false)))).toMatchObject([
    { name: 'sql_network', code: 'unread', facts: { action: 'Microsoft.Sql/servers/outboundFirewallRules/read' } },
    { name: 'allow_azure', code: 'unread', facts: { action: 'Microsoft.Sql/servers/firewallRules/read' } },
  ])
  expect(sent().filter((name) => /Rules$/.test(name))).toEqual(['firewallRules', 'outboundFirewallRules'])
})

test('does not wait longer than a request may take for what never answers', async () => {
  const impatient = contextWith(300)
  sandbox.arm(...reads.map(([name]) => ({ name, action: { kind: 'hang' as const }, times: 10 })))
  const checks = await runPreflight(impatient, ask(), plan, nothing)
  impatient.clients.close()
  expect(checks.map(({ name }) => name)).toEqual(ofExports.filter((name) => name !== 'allow_azure'))
  expect(checks.filter(({ code }) => code !== 'unread').map(({ name }) => name)).toEqual(['storage_network'])
  expect(checks[0]?.facts.why).toBe('Timeout: Azure did not answer in time.')
})

test('follows a list to its last page, and to no other host', async () => {
  sandbox.setOptions({ pageSize: 1 })
  for (let count = 0; count < 6; count += 1) change(lock(ordersId))
  expect((await look()).find(({ name }) => name === 'locks')).toMatchObject({ code: 'locked' })
  const body = { value: [], nextLink: 'http://example.org/locks' }
  sandbox.arm({ name: 'locks', action: { kind: 'rewrite', body }, times: 5 })
  const found = (await look()).find(({ name }) => name === 'locks')
  expect(found).toMatchObject({ code: 'unread', facts: { why: expect.stringMatching(/^ForeignAddress: /) } })
  sandbox.state.requests = []
})

test('shows no secret in any fact', async () => {
  const key = sandbox.state.accounts[0]?.keys[0]?.value ?? ''
  const message = `storageKey: ${key} Bearer ${sandbox.token}`
  const body = { error: { code: 'Odd', message } }
  sandbox.arm(...reads.map(([name]) => ({ name, action: { kind: 'status' as const, status: 400, body }, times: 10 })))
  const text = JSON.stringify(await look())
  expect(text).toContain('Odd')
  for (const secret of [key, sandbox.token, password]) expect(text).not.toContain(secret)
  sandbox.disarm()
  change(({ locks }) => locks.push({ scope: ordersId, name: `sig=abc123 ${key}`, level: 'ReadOnly', notes: '' }))
  expect(JSON.stringify(await look())).not.toContain(key)
})

describe('what a job signs in with', () => {
  const identity = sandboxIdentity()
  const managed: Pick<Context, 'sqlLogin' | 'storageCredential'> = {
    sqlLogin: async () => ({ kind: 'managedIdentity', identity }),
    storageCredential: () => ({ kind: 'managedIdentity', identity }),
  }

  test('is an identity: neither keys nor SQL logins are needed', async () => {
    for (const each of sandbox.state.servers) each.azureADOnlyAuthentication = true
    for (const each of sandbox.state.accounts) each.allowSharedKeyAccess = false
    const checks = await runPreflight({ ...context, ...managed }, ask(), plan, nothing)
    expect(troubles(checks)).toEqual([])
    expect(checks.map(({ name }) => name)).not.toContain('storage_key')
  })

  test('is an identity that the server does not have', async () => {
    for (const each of sandbox.state.servers) each.userAssignedIdentities = []
    const checks = await runPreflight({ ...context, ...managed }, ask(), plan, nothing)
    expect(troubles(checks)).toEqual([
      { name: 'sql_login', verdict: 'stop', code: 'identity_not_assigned', facts: { server: 'sql-prod', identity } },
    ])
  })

  function sandboxIdentity(): string {
    return `${subscription}/resourceGroups/rg-data/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-drawbridge`
  }
})

describe('permissions', () => {
  test.each([
    ['exactly', ['Microsoft.Sql/servers/read'], [], true],
    ['in another case', ['microsoft.sql/SERVERS/read'], [], true],
    ['with a wildcard', ['Microsoft.Sql/*'], [], true],
    ['with a wildcard within', ['Microsoft.Sql/*/read'], [], true],
    ['for a longer name only', ['Microsoft.Sql/servers/readers'], [], false],
    ['with a dot that is no wildcard', ['MicrosoftxSql/servers/read'], [], false],
    ['and taken back', ['*'], ['Microsoft.Sql/servers/*'], false],
  ])('granted %s', (_how, actions, notActions, allowed) => {
    expect(allows([{ actions, notActions }], 'Microsoft.Sql/servers/read')).toBe(allowed)
  })

  test('are the union of the role assignments, each with its own exceptions', () => {
    const first = { actions: ['*'], notActions: ['Microsoft.Sql/*'] }
    expect(
      allows([first, { actions: ['Microsoft.Sql/servers/read'], notActions: [] }], 'Microsoft.Sql/servers/read'),
    ).toBe(true)
  })

  test('of the role in the docs are those that are needed, and reading them', () => {
    const text = readFileSync(new URL('../docs/azure-role.json', import.meta.url), 'utf8')
    const { Actions: actions } = JSON.parse(text) as { Actions: string[] }
    const ways = [true, false].flatMap((privateLink) => [
      { operation: 'export', privateLink } as const,
      { operation: 'import', privateLink, create: {} } as const,
    ])
    const all = ways.flatMap((way) =>
      (['database', 'server', 'account'] as const).flatMap((place) => needed(way, place)),
    )
    const own = 'Microsoft.Authorization/permissions/read'
    expect(actions.filter((action) => action !== own && !all.includes(action))).toEqual([])
    expect([...all, own].filter((action) => !allows([{ actions, notActions: [] }], action))).toEqual([])
  })

  test('that lack are named where they lack', async () => {
    sandbox.state.grants = [
      { scope: subscription, actions: ['*/read'], notActions: ['Microsoft.Sql/servers/databases/usages/read'] },
      { scope: accountId, actions: ['Microsoft.Storage/*'], notActions: [] },
    ]
    expect(troubles(await look())).toEqual([
      {
        name: 'permissions',
        verdict: 'warning',
        code: 'missing_permissions',
        facts: {
          count: '5',
          database: [
            'Microsoft.Sql/servers/databases/usages/read',
            'Microsoft.Sql/servers/databases/operations/cancel/action',
            'Microsoft.Sql/servers/databases/export/action',
          ].join(', '),
          server: [
            'Microsoft.Sql/servers/privateEndpointConnections/write',
            'Microsoft.Sql/servers/privateEndpointConnectionsApproval/action',
          ].join(', '),
        },
      },
    ])
  })

  test('are all named when there are none', async () => {
    sandbox.state.grants = []
    const [found] = troubles(await look())
    const named = Object.entries(found?.facts ?? {}).flatMap(([key, text]) => (key === 'count' ? [] : text.split(', ')))
    const all = (['database', 'server', 'account'] as const).flatMap((place) => needed(ask(), place))
    expect(named.sort()).toEqual(all.sort())
  })
})

/** Somebody else's export of orders that waits for its approval. */
const blank: AzureState['operations'][number] = {
  kind: 'export',
  id: '0e5b9a52-0000-4000-8000-000000000001',
  listId: '0e5b9a52-0000-4000-8000-000000000002',
  subscriptionId: subscription.slice('/subscriptions/'.length),
  resourceGroup: 'rg-data',
  server: 'sql-prod',
  database: 'orders',
  location: 'westeurope',
  storageUri: 'https://stbackups.blob.core.windows.net/bacpacs/other.bacpac',
  account: 'stbackups',
  container: 'bacpacs',
  blob: 'other.bacpac',
  sides: [],
  connections: {},
  phase: 'hold',
  progress: 0,
  queuedAt: Date.parse('2025-11-25T10:00:00Z'),
  readyAt: null,
  startedAt: null,
  endedAt: null,
  modifiedAt: Date.parse('2025-11-25T10:00:00Z'),
  cancelRequestedAt: null,
  problem: null,
  error: null,
  cleaned: false,
}

async function started(): Promise<{ operation: string; connections: readonly string[] }> {
  const storageKey = sandbox.state.accounts[0]?.keys[0]?.value
  const body = {
    storageKeyType: 'StorageAccessKey',
    storageKey,
    storageUri: ask().storage.uri,
    administratorLogin: 'drawbridge',
    administratorLoginPassword: password,
    networkIsolation: { sqlServerResourceId: serverId, storageAccountResourceId: accountId },
  }
  const url = `${sandbox.url}${ordersId}/export?api-version=2025-01-01`
  expect((await context.clients.send({ method: 'POST', url, body })).status).toBe(202)
  const { operations, connections } = sandbox.state
  const mine = connections.filter(({ operationId }) => operationId !== null)
  expect(mine).toHaveLength(2)
  return { operation: operations[0]?.id ?? '', connections: mine.map(({ id }) => id) }
}
