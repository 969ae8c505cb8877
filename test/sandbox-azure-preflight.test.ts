import { afterEach, beforeEach, expect, test } from 'vitest'
import { type AzureSandbox, startAzureSandbox } from '../sandbox/azure/index.ts'
import { account, ask, callsGoTo, definition, group, orders, server, subscription } from './support/azure-caller.ts'
import { checkExchange } from './support/azure-spec.ts'

const locksOf = async (scope: string): Promise<unknown> => {
  const { body } = await ask('GET', `${scope}/providers/Microsoft.Authorization/locks`)
  return (body.value as { name: string }[]).map(({ name }) => name)
}
const resourceGroup = group.replace('/providers', '')

let sandbox: AzureSandbox

beforeEach(async () => {
  sandbox = callsGoTo(await startAzureSandbox({ options: { retryAfter: 0, pageSize: 10 } }))
})

afterEach(async () => {
  const entries = sandbox.state.requests
  await sandbox.close()
  expect(entries.flatMap(checkExchange)).toEqual([])
})

test('tells how much room a database uses, in bytes', async () => {
  const { body } = await ask('GET', `${orders}/usages`)
  expect(body.value).toMatchObject([
    { name: 'database_size', properties: { currentValue: 12 * 1024 ** 3, limit: 250 * 1024 ** 3, unit: 'Bytes' } },
    { name: 'database_allocated_size' },
  ])
  expect((await ask('GET', `${server}/databases/nope/usages`)).code).toBe('ResourceNotFound')
})

test('lists at each of six scopes its own locks, those below it and those above it', async () => {
  const lock = (scope: string, name: string) => ({ scope, name, level: 'CanNotDelete' as const, notes: '' })
  const other = `${group}/Microsoft.Storage/storageAccounts/starchive`
  sandbox.state.locks.push(
    lock(subscription, 'all'),
    lock(resourceGroup, 'team'),
    lock(server, 'sql'),
    lock(other, 'old'),
  )
  sandbox.state.locks.push(lock(orders, 'db'), lock(account, 'st'))
  expect(await locksOf(orders)).toEqual(['all', 'team', 'sql', 'db'])
  expect(await locksOf(server)).toEqual(['all', 'team', 'sql', 'db'])
  expect(await locksOf(account)).toEqual(['all', 'team', 'st'])
  expect(await locksOf(resourceGroup)).toEqual(['all', 'team', 'sql', 'old', 'db', 'st'])
  expect(await locksOf(subscription)).toEqual(['all', 'team', 'sql', 'old', 'db', 'st'])
  sandbox.setOptions({ inheritedLocks: false })
  expect(await locksOf(orders)).toEqual(['db'])
  expect(await locksOf(resourceGroup)).toEqual(['team', 'sql', 'old', 'db', 'st'])
})

test('lists locks in pages, and none of what does not exist', async () => {
  sandbox.setOptions({ pageSize: 1 })
  for (const name of ['a', 'b']) sandbox.state.locks.push({ scope: server, name, level: 'ReadOnly', notes: '' })
  const first = await ask('GET', `${server}/providers/Microsoft.Authorization/locks`)
  expect(first.body.value).toMatchObject([{ name: 'a' }])
  const next = new URL(String(first.body.nextLink))
  const second = await fetch(next, { headers: { authorization: `Bearer ${sandbox.token}` } })
  expect(await second.json()).toEqual({ value: [expect.objectContaining({ name: 'b' })] })
  const code = async (scope: string) => (await ask('GET', `${scope}/providers/Microsoft.Authorization/locks`)).code
  expect(await code(server.replace('sql-prod', 'nope'))).toBe('ResourceNotFound')
  expect(await code(resourceGroup.replace('rg-data', 'nope'))).toBe('ResourceGroupNotFound')
  expect(await code(subscription.replace('1111-', '1112-'))).toBe('SubscriptionNotFound')
})

test('tells what the caller may do, an entry for each role assignment at the scope or above it', async () => {
  const read = async (scope: string) =>
    (await ask('GET', `${scope}/providers/Microsoft.Authorization/permissions`)).body.value
  expect(await read(orders)).toEqual([{ actions: ['*'], notActions: [], dataActions: [], notDataActions: [] }])
  sandbox.state.grants = [
    { scope: subscription, actions: ['*/read'], notActions: [] },
    { scope: account, actions: ['Microsoft.Storage/*'], notActions: ['Microsoft.Storage/storageAccounts/delete'] },
  ]
  expect(await read(server)).toMatchObject([{ actions: ['*/read'] }])
  expect(await read(account)).toMatchObject([{ actions: ['*/read'] }, { actions: ['Microsoft.Storage/*'] }])
})

test('tells of the Entra administrator on request only, and of a private endpoint of the server’s own', async () => {
  const plain = (await ask('GET', server)).body.properties as Record<string, unknown>
  expect(plain.administrators).toBeUndefined()
  expect(plain.privateEndpointConnections).toHaveLength(2)
  const address = `${sandbox.url}${server}?api-version=2025-01-01&$expand=administrators/activedirectory`
  const expanded = await fetch(address, { headers: { authorization: `Bearer ${sandbox.token}` } })
  expect(await expanded.json()).toMatchObject({
    properties: { administrators: { azureADOnlyAuthentication: false } },
  })
  const list = (await ask('GET', `${server}/privateEndpointConnections`)).body.value as { id: string }[]
  const state = (status: string) => ({ properties: { privateLinkServiceConnectionState: { status } } })
  expect(list).toMatchObject([state('Pending'), state('Approved')])
  expect(list[1]?.id).toContain('/privateEndpointConnections/pe-sql-prod-')
  expect((await ask('GET', list[1]?.id ?? '')).body.id).toBe(list[1]?.id)
})

test('tells what makes an account or a container immutable', async () => {
  const [first] = sandbox.state.accounts
  const [box] = sandbox.state.containers
  if (!first || !box) throw new Error('the seed is not what it was')
  const container = `${account}/blobServices/default/containers/bacpacs`
  expect((await ask('GET', account)).body.properties).not.toHaveProperty('immutableStorageWithVersioning')
  Object.assign(first, { immutable: true, provisioningState: 'ResolvingDNS' })
  Object.assign(box, { immutable: true, hasLegalHold: true })
  const immutableStorageWithVersioning = { enabled: true }
  expect((await ask('GET', account)).body.properties).toMatchObject({
    provisioningState: 'ResolvingDNS',
    immutableStorageWithVersioning,
  })
  expect((await ask('GET', container)).body.properties).toMatchObject({
    hasLegalHold: true,
    immutableStorageWithVersioning,
  })
})

test.each([
  ['a lock on the group', 'InvalidImportExportOperationResourceLocks', () => lockOn(resourceGroup)],
  ['a lock on the server', 'InvalidImportExportOperationResourceLocks', () => lockOn(server)],
  ['an outbound firewall', 'BlockedByOutboundFirewall', () => change({ restrictOutboundNetworkAccess: 'Enabled' })],
  ['a warehouse', 'UnSupportedImportExportEdition', () => tier('DataWarehouse')],
  ['Hyperscale', 'UnSupportedImportExportEdition', () => tier('Hyperscale')],
  ['keys that are off', 'InvalidImportExportStorageCredentials', () => keysOff()],
])('refuses an export because of %s with %s', async (_why, code, arrange) => {
  arrange()
  expect(await ask('POST', `${orders}/export`, definition())).toMatchObject({ status: 400, code })
  expect(sandbox.state.operations).toEqual([])
})

test('lets an export out to a host that the outbound rules name in another case', async () => {
  change({
    restrictOutboundNetworkAccess: 'Enabled',
    outboundFirewallRules: ['STBACKUPS.blob.core.windows.net'],
  })
  expect((await ask('POST', `${orders}/export`, definition())).status).toBe(202)
})

test('minds a lock without private link only when it forbids writing', async () => {
  const { networkIsolation: _, ...open } = definition()
  lockOn(server)
  expect((await ask('POST', `${orders}/export`, open)).status).toBe(202)
  sandbox.state.operations = []
  const [lock] = sandbox.state.locks
  if (lock) lock.level = 'ReadOnly'
  expect(await ask('POST', `${orders}/export`, open)).toMatchObject({ status: 409, code: 'ScopeLocked' })
})

function lockOn(scope: string): void {
  sandbox.state.locks.push({ scope, name: 'keep', level: 'CanNotDelete', notes: '' })
}

function change(fields: Partial<AzureSandbox['state']['servers'][number]>): void {
  Object.assign(sandbox.state.servers[0] ?? {}, fields)
}

function tier(name: string): void {
  const database = sandbox.state.databases.find((each) => each.name === 'orders')
  if (database) database.sku.tier = name
}

function keysOff(): void {
  const [first] = sandbox.state.accounts
  if (first) first.allowSharedKeyAccess = false
}
