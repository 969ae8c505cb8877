import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type AzureSandbox, startAzureSandbox } from '../sandbox/azure/index.ts'
import { createAzure } from '../src/azure/azure.ts'
import { withinBudget } from '../src/jobs/within-budget.ts'
import { TransientError } from '../src/transfer/errors.ts'
import type { Request } from '../src/transfer/model.ts'
import type { Azure, Spend } from '../src/transfer/ports.ts'

const password = 'Sandbox-Passw0rd!'
const subscription = '11111111-1111-1111-1111-111111111111'
const home = `/subscriptions/${subscription}/resourceGroups/rg-data/providers`
const go = () => {}

let sandbox: AzureSandbox
let azure: Azure & { close(): void }
let spent: Partial<Record<Spend, number>>
let room = true

beforeAll(async () => {
  // One page a list: what more pages cost depends on the subscription.
  sandbox = await startAzureSandbox({ password, options: { pageSize: 100 } })
})
beforeEach(() => {
  sandbox.reset()
  spent = {}
  room = true
  const real = createAzure({
    cloud: 'public',
    credential: { kind: 'token', token: () => sandbox.token },
    resourceManagerUrl: sandbox.url,
    operationHosts: [new URL(sandbox.regionalUrl).host],
    requestTimeout: 5_000,
    sqlLogin: () => ({ user: 'drawbridge', password }),
    log: () => {},
  })
  const take = async (_: string, kind: Spend, count: number): Promise<number> => {
    if (kind === 'write' && !room) return 1_234
    spent[kind] = (spent[kind] ?? 0) + count
    return 0
  }
  azure = { ...withinBudget(real, { take }), close: () => real.close() }
})
afterAll(() => sandbox.close())

const requests: Readonly<Record<string, Request>> = {
  'an export': ask({ operation: 'export', database: 'orders-test' }),
  'an export without private link': ask({ operation: 'export', database: 'orders-test', privateLink: false }),
  'an import': ask({ database: 'staging' }),
  'an import that makes its database': ask({ database: 'restored', create: { edition: 'Standard' } }),
}

test.each(Object.entries(requests))('plan and checks of %s cost what is taken for them', async (_, request) => {
  const plan = await azure.plan(request)
  await azure.preflight(request, plan, { connections: [] })
  azure.close()
  const { requests: sent } = sandbox.state
  expect(sent.filter(({ method }) => method !== 'GET')).toEqual([])
  // The offer of a region is kept for an hour, and a target is read only where one stands.
  const least = request.create ? 4 : 0
  expect(sent.length).toBeLessThanOrEqual(spent.read ?? 0)
  expect(sent.length).toBeGreaterThanOrEqual((spent.read ?? 0) - least)
  expect(spent).toEqual({ read: spent.read })
})

test('making a database costs one write, however often it is looked at', async () => {
  const request = ask({ database: 'restored', create: {} })
  const plan = await azure.plan(request)
  for (let look = 0; look < 5; look += 1)
    expect(await azure.prepare(request, plan, go)).toMatchObject({ kind: 'working' })
  sandbox.passTime(2_000)
  expect(await azure.prepare(request, plan, go)).toEqual({ kind: 'ready', made: true })
  azure.close()
  expect(sandbox.state.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1)
  expect(spent.write).toBe(1)
})

test('nothing is made while there is no room for a write', async () => {
  const request = ask({ database: 'restored', create: {} })
  const plan = await azure.plan(request)
  room = false
  const error = await azure.prepare(request, plan, go).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(TransientError)
  expect(error).toMatchObject({ retryAfter: 1_234 })
  azure.close()
  expect(sandbox.state.requests.filter(({ method }) => method === 'PUT')).toEqual([])
})

function ask({
  operation = 'import',
  database,
  ...more
}: Pick<Partial<Request>, 'operation' | 'create' | 'privateLink'> & { database: string }): Request {
  const place = { subscription, resourceGroup: 'rg-data' }
  const sqlId = `${home}/Microsoft.Sql/servers/sql-test/databases/${database}`
  const storageId = `${home}/Microsoft.Storage/storageAccounts/stbackups`
  const blob = 'in/a.bacpac'
  const uri = `https://stbackups.blob.core.windows.net/bacpacs/${blob}`
  return {
    ...{ operation, privateLink: true, ...more },
    database: { alias: database, id: sqlId, ...place, server: 'sql-test', database },
    storage: { alias: 'b', id: storageId, ...place, account: 'stbackups', container: 'bacpacs', blob, uri },
    by: 'slack:T1/U1',
    at: Date.now(),
    origin: { address: 'slack:T1/C1' },
  }
}
