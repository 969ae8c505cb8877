import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type AzureSandbox, startAzureSandbox } from '../sandbox/azure/index.ts'
import { createAzure } from '../src/azure/azure.ts'
import { mostNames } from '../src/azure/discover.ts'
import { type DiscoveryTools, discoverOnce, freshFor } from '../src/jobs/discover.ts'
import { createBudget } from '../src/queue/budget.ts'
import { createFinder, createSharedLists } from '../src/queue/discovered.ts'
import { PermanentError, TransientError } from '../src/transfer/errors.ts'
import { checkExchange } from './support/azure-spec.ts'
import { startTestRedis, type TestRedis } from './support/redis.ts'

const subscription = '11111111-1111-1111-1111-111111111111'
const group = `/subscriptions/${subscription}/resourceGroups/rg-data/providers`
const server = `${group}/Microsoft.Sql/servers/sql-prod`
const account = `${group}/Microsoft.Storage/storageAccounts/stbackups`
const blobSuffix = 'blob.core.windows.net'

let sandbox: AzureSandbox
let azure: ReturnType<typeof createAzure>
let store: TestRedis
let redis: Redis
let now = 1_000_000_000_000
let prefix = ''
let cases = 0
const told: unknown[] = []

beforeAll(async () => {
  sandbox = await startAzureSandbox()
  azure = createAzure({
    cloud: 'public',
    credential: { kind: 'token', token: () => sandbox.token },
    resourceManagerUrl: sandbox.url,
    requestTimeout: 5_000,
    sqlLogin: () => ({ user: 'u', password: 'p' }),
    log: () => undefined,
  })
  store = await startTestRedis()
  redis = new Redis({ path: store.path })
})
beforeEach(() => {
  cases += 1
  prefix = `case${cases}`
  sandbox.setOptions({ listPageSize: 1 })
})
afterEach(() => {
  expect(sandbox.state.requests.flatMap(checkExchange)).toEqual([])
  sandbox.reset()
  told.length = 0
})
afterAll(async () => {
  azure.close()
  redis.disconnect()
  await Promise.all([store.stop(), sandbox.close()])
})

const sent = (name: string) => sandbox.state.requests.filter((each) => each.name === name)

function tools(more: Partial<DiscoveryTools> = {}): DiscoveryTools {
  return {
    lister: azure.lister,
    shared: createSharedLists({ redis, prefix }),
    budget: createBudget({ redis, prefix, percent: 60 }),
    clock: { now: () => now },
    subscriptions: [subscription],
    wanted: () => true,
    holder: 'one',
    log: (fields) => told.push(fields),
    ...more,
  }
}

/** What the bot knows: of its own, so that nothing of an earlier look stays. */
const known = () => createFinder({ redis, prefix, blobSuffix, clock: { now: () => now } }).known()
const round = (more: Partial<DiscoveryTools> = {}) => discoverOnce(tools(more), 60_000)
const databases = async () => (await known())?.databases.map(({ alias }) => alias)

async function laterRound(by: number, more: Partial<DiscoveryTools> = {}): Promise<void> {
  now += by
  await round(more)
}

describe('a list of Azure', () => {
  test.each([
    ['servers', subscription, 'servers-all', [server, `${group}/Microsoft.Sql/servers/sql-test`]],
    ['databases', server, 'databases', ['orders', 'customers']],
    ['accounts', subscription, 'storage-all', [account, `${group}/Microsoft.Storage/storageAccounts/starchive`]],
    ['containers', account, 'containers', ['bacpacs', 'nightly']],
  ] as const)('%s is read to its last page', async (kind, of, route, names) => {
    expect(await azure.lister.read(kind, of)).toEqual({ names })
    expect(sent(route).length).toBeGreaterThanOrEqual(2)
    expect(sent(route).at(-1)?.query).toHaveProperty('$skipToken')
  })

  test('is read once for all who ask at the same time, and anew for who asks later', async () => {
    await Promise.all([1, 2, 3].map(() => azure.lister.read('servers', subscription)))
    expect(sent('servers-all')).toHaveLength(2)
    await azure.lister.read('servers', subscription)
    expect(sent('servers-all')).toHaveLength(4)
  })

  test('that is too long is cut, and says so', async () => {
    sandbox.setOptions({ listPageSize: 400 })
    const like = sandbox.state.containers[0]
    if (!like) throw new Error('there is no container')
    for (let index = 0; index < 1_500; index += 1) sandbox.state.containers.push({ ...like, name: `c-${index}` })
    const read = await azure.lister.read('containers', account)
    expect(read.names).toHaveLength(mostNames)
    expect(read.cut).toBe(true)
    expect(sent('containers')).toHaveLength(3)
  })

  test('without what can never be moved', async () => {
    sandbox.state.containers.unshift(...['$logs', '$web'].map((name) => ({ ...containerLike(), name })))
    for (const each of sandbox.state.accounts) if (each.name === 'starchive') each.kind = 'FileStorage'
    expect((await azure.lister.read('containers', account)).names).toEqual(['bacpacs', 'nightly'])
    expect((await azure.lister.read('accounts', subscription)).names).toEqual([account])
    expect((await azure.lister.read('databases', server)).names).not.toContain('master')
  })

  test('on whose second page Azure says no is no list at all', async () => {
    sandbox.arm({ name: 'servers-all', skip: 1, action: throttled })
    const error = await azure.lister.read('servers', subscription).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TransientError)
    expect(error).toMatchObject({ retryAfter: 17_000, fault: { code: 'SubscriptionRequestsThrottled' } })
    sandbox.arm({ name: 'storage-all', action: forbidden })
    const no = await azure.lister.read('accounts', subscription).catch((thrown: unknown) => thrown)
    expect(no).toBeInstanceOf(PermanentError)
    expect(no).toMatchObject({ fault: { message: expect.stringContaining('Microsoft.Storage/storageAccounts/read') } })
  })
})

const refused = (status: number, code: string, headers: Record<string, string> = {}) =>
  ({ kind: 'status', status, body: { error: { code, message: 'No.' } }, headers }) as const
const throttled = refused(429, 'SubscriptionRequestsThrottled', { 'retry-after': '17' })
const forbidden = refused(403, 'AuthorizationFailed')

function containerLike(): AzureSandbox['state']['containers'][number] {
  const like = sandbox.state.containers[0]
  if (!like) throw new Error('there is no container')
  return like
}

describe('a round', () => {
  test('finds everything, and whoever asks is answered from it', async () => {
    expect(await known()).toBeUndefined()
    await round()
    const found = await known()
    expect(found?.servers).toHaveLength(2)
    expect(found?.databases.map(({ id }) => id)).toEqual([
      `${server}/databases/orders`,
      `${server}/databases/customers`,
      ...['orders-test', 'staging'].map((name) => `${group}/Microsoft.Sql/servers/sql-test/databases/${name}`),
    ])
    expect(found?.storage.map(({ endpoint }) => endpoint)).toEqual(
      ['stbackups', 'starchive'].map((name) => `https://${name}.${blobSuffix}`),
    )
    expect(found?.containers[account.toLowerCase()]).toEqual(['bacpacs', 'nightly'])
    expect(found).toMatchObject({ partial: false })
    expect(found).not.toHaveProperty('behind')
  })

  test('asks nothing of Azure while the lists are fresh, and reads them again when they are not', async () => {
    await round()
    const before = sandbox.state.requests.length
    await laterRound(freshFor.databases - 1)
    expect(sandbox.state.requests).toHaveLength(before)
    sandbox.state.databases = sandbox.state.databases.filter(({ name }) => name !== 'customers')
    await laterRound(1)
    expect(await databases()).toEqual(['sql-prod/orders', 'sql-test/orders-test', 'sql-test/staging'])
    expect(sent('containers'), 'which are read more rarely').toHaveLength(3)
  })

  test('keeps the last good list when it cannot be read again, says so, and leaves Azure alone as long as it asks', async () => {
    await round()
    const first = now
    const all = await databases()
    sandbox.arm({ name: 'databases', path: /sql-prod/, action: throttled, times: 100 })
    sandbox.state.databases = sandbox.state.databases.filter(({ name }) => name !== 'staging')
    await laterRound(freshFor.databases)
    expect(await databases()).toEqual(all?.filter((alias) => alias !== 'sql-test/staging'))
    expect((await known())?.behind).toBe(first)
    expect(told).toEqual([{ list: 'databases', of: server, code: 'SubscriptionRequestsThrottled' }])
    const asked = sent('databases').length
    await laterRound(16_999)
    expect(sent('databases')).toHaveLength(asked)
    sandbox.disarm()
    await laterRound(1)
    expect(sent('databases').length).toBeGreaterThan(asked)
    expect(await known()).not.toHaveProperty('behind')
  })

  test('goes on where Azure forbids a list, and knows that it does not know everything', async () => {
    sandbox.arm({ name: 'storage-all', action: forbidden, times: 100 })
    await round()
    expect(await databases()).toHaveLength(4)
    expect(await known()).toMatchObject({ storage: [], partial: true })
  })

  test('forgets what is below a server that is gone, and never lists below what no rule could name', async () => {
    const wanted = (_kind: string, parent: string): boolean => parent === 'sql-prod'
    await round({ wanted })
    expect(await databases()).toEqual(['sql-prod/orders', 'sql-prod/customers'])
    expect(sent('containers')).toEqual([])
    expect(sent('databases').every(({ path }) => path.includes('sql-prod'))).toBe(true)
    sandbox.state.servers = sandbox.state.servers.filter(({ name }) => name !== 'sql-prod')
    await laterRound(freshFor.servers, { wanted })
    expect(await databases()).toEqual([])
  })

  test('leaves a list for later when all workers together have no room for it', async () => {
    const budget = createBudget({ redis, prefix, percent: 60 })
    await budget.take(subscription, 'storage_list', 60)
    await round()
    expect(sent('storage-all')).toEqual([])
    expect(await known()).toMatchObject({ partial: true })
    expect(await databases()).toHaveLength(4)
  })

  test('is taken by one worker at a time, which keeps its turn for all of it', async () => {
    const shared = createSharedLists({ redis, prefix })
    expect(await shared.turn('other', 60_000)).toBe(true)
    await round()
    expect(sandbox.state.requests).toEqual([])
    expect(await shared.turn('other', 60_000)).toBe(true)
    expect(await shared.turn('one', 60_000)).toBe(false)
  })

  test('that is stopped shares nothing half read', async () => {
    await discoverOnce(tools(), 60_000, () => sent('databases').length > 0)
    expect(await databases()).toEqual([])
    expect((await known())?.partial).toBe(true)
  })
})

describe('an answer in chat', () => {
  const finderOn = (connection: Redis) =>
    createFinder({ redis: connection, prefix, blobSuffix, clock: { now: () => now } })

  test('is never held up by a Redis that hangs, and keeps what was known', async () => {
    const own = new Redis({ path: store.path })
    const finder = finderOn(own)
    await round()
    expect((await finder.known())?.databases).toHaveLength(4)
    now += 60_000
    store.stopProcess()
    try {
      const began = performance.now()
      expect((await finder.known())?.databases).toHaveLength(4)
      expect(performance.now() - began).toBeLessThan(1_500)
    } finally {
      store.cont()
      own.disconnect()
    }
  })

  test('follows what the worker found within seconds, and does not read what it knows', async () => {
    const finder = finderOn(redis)
    await round()
    expect((await finder.known())?.databases).toHaveLength(4)
    const shared = createSharedLists({ redis, prefix })
    await shared.write([])
    expect((await finder.known())?.databases, 'within the same seconds').toHaveLength(4)
    now += 5_000
    expect((await finder.known())?.databases).toHaveLength(0)
  })
})
