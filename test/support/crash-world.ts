import { Redis } from 'ioredis'
import { connectionId } from '../../sandbox/azure/connections.ts'
import type { AzureState } from '../../sandbox/azure/index.ts'
import * as records from '../../src/queue/lua/record-scripts.ts'
import * as work from '../../src/queue/lua/work-scripts.ts'
import { fieldsOf, parseStored } from '../../src/queue/store-format.ts'
import type { Stored } from '../../src/transfer/ports.ts'
import { addChannels, configureTeams } from './crash-teams.ts'
import { type Moment, startWatch, type Watch } from './moments.ts'
import { type RedisProxy, startRedisProxy } from './redis-proxy.ts'
import { type Config, type Running, startWorld, type World, type WorldOptions } from './world.ts'

/** A world in which each transfer has a database, a server and an account of its own, named by its key: `k01`, `k02` … */
export type CrashWorld = Omit<World, 'proxy' | 'start'> & {
  /** Where the story is told. */
  chats: 'slack' | 'teams'
  /** Starts a process behind a Redis proxy of its own. */
  start(role: Running['role'], options?: { deliver?: boolean }): Promise<Running>
  /** The process that a moment belongs to. */
  at(moment: Moment): Running
  isProcess(by: string | undefined, process: Running): boolean
  /** Chat delivers to a process that is not this one (or the one that it delivers to now), as the load balancer in front of them does. */
  deliverPast(process?: Running): void
  watch: Watch
  redisClient: Redis
  keys: readonly string[]
  /** The one process of a role that lives; throws when there are none or several. */
  only(role: Running['role']): Running
  read(id: string): Promise<Stored | undefined>
  /** True when neither queue has the transfer to look at again. */
  isAtRest(id: string): Promise<boolean>
  audit(): Promise<readonly Readonly<Record<string, string>>[]>
  /** The head of the transfer's chain, as its record has it. */
  headOf(id: string): Promise<string | null>
}

export type CrashWorldOptions = {
  transfers: number
  /** How long Drawbridge waits for an answer of Azure, and then on top before an export is sent again. */
  requestTimeout?: string
  resubmitAfter?: string
  slack?: WorldOptions['slack']
  /** Slack unless told. */
  chats?: CrashWorld['chats']
}

const tag = '{drawbridge}'

/** Starts both sandboxes and Redis, ready for so many transfers; no process runs yet. */
export async function startCrashWorld(options: CrashWorldOptions): Promise<CrashWorld> {
  const { chats = 'slack' } = options
  const keys = Array.from({ length: options.transfers }, (_, index) => `k${String(index + 1).padStart(2, '0')}`)
  const world = await startWorld({
    azure: {
      seed: (state) => {
        for (const key of keys) addPlaces(state, key)
      },
    },
    chats,
    slack: { rateLimits: 'off', ...options.slack },
    config: (config) => configure(config, keys, options),
  })
  if (chats === 'teams') addChannels(world.teams, keys)
  const redisClient = new Redis({ path: world.redis.path })
  // Or the first call of each script would be told twice: by its hash, and with its text.
  for (const { lua } of Object.values({ ...records, ...work })) await redisClient.script('LOAD', lua)
  const due = (role: string, id: string) => redisClient.zscore(`${tag}:due:${role}`, id)
  const watch = startWatch(world, chats)
  const proxies: RedisProxy[] = []
  const named = new Map<string, Running>()
  const { azure, slack, redis, folder, running, output } = world
  let hearing: Running | undefined
  const deliverTo = (process: Running) => {
    hearing = process
    slack.control.deliverTo(`http://127.0.0.1:${process.port}/slack/events`)
    if (chats === 'teams') world.teams.control.deliverTo(`http://127.0.0.1:${process.port}/api/messages`)
  }
  return {
    ...{ azure, slack, redis, folder, running, output, chats },
    get teams() {
      return world.teams
    },
    keys,
    redisClient,
    watch,
    start: async (role, deliver = {}) => {
      const proxy = await startRedisProxy({ target: world.redis.path })
      const by = String(proxies.push(proxy))
      watch.listenTo(proxy, by)
      const started = await world.start(role, { ...deliver, redisUrl: proxy.url })
      named.set(by, started)
      if (role !== 'worker' && deliver.deliver !== false) hearing = started
      return started
    },
    at: (moment) => {
      // Who is looked up for a click: by whoever was told of it.
      if (/^teams member /.test(moment.names[0] ?? '') && hearing) return hearing
      return known(named, moment.by ?? lastBy(watch, moment))
    },
    isProcess: (by, process) => by !== undefined && named.get(by) === process,
    deliverPast: (process = hearing) => {
      const other = running.find((each) => each !== process && each.role !== 'worker' && !each.exited())
      if (other) deliverTo(other)
    },
    only: (role) => onlyOf(running, role),
    read: async (id) => parseStored(await redisClient.hgetall(`${tag}:transfer:${id}`)),
    isAtRest: async (id) => (await due('advance', id)) === null && (await due('show', id)) === null,
    headOf: (id) => redisClient.hget(`${tag}:transfer:${id}`, 'head'),
    audit: async () => (await redisClient.xrange(`${tag}:audit`, '-', '+')).map(([, flat]) => fieldsOf(flat)),
    close: async () => {
      redisClient.disconnect()
      await Promise.all(running.map((each) => each.kill()))
      await Promise.all(proxies.map((proxy) => proxy.close()))
      await world.close()
    },
  }
}

function known(named: ReadonlyMap<string, Running>, by: string): Running {
  const found = named.get(by)
  if (!found) throw new Error(`No process is known as ${by}`)
  return found
}

/** Whoever asks Azure or chat for something has just written that it will. */
function lastBy({ log }: Watch, { key, names }: Moment): string {
  const isChat = /^(slack|teams) /.test(names[0] ?? '')
  const wrote = (name: string) => (isChat ? /^redis commitChat / : /^redis (commit|park|result) /).test(name)
  return log.findLast((moment) => moment.key === key && moment.names.some(wrote))?.by ?? ''
}

function onlyOf(running: readonly Running[], role: Running['role']): Running {
  const [one, ...more] = running.filter((each) => each.role === role && !each.exited())
  if (!one || more.length > 0) throw new Error(`${one ? 'More than one' : 'No'} ${role} runs`)
  return one
}

function configure(config: Config, keys: readonly string[], options: CrashWorldOptions): void {
  const { requestTimeout, resubmitAfter } = options
  const group = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-data/providers'
  for (const key of keys) {
    config.databases[key] = `${group}/Microsoft.Sql/servers/sql-${key}/databases/${key}`
    const account = `${group}/Microsoft.Storage/storageAccounts/st${key}`
    config.storage[`s${key}`] = { account, container: 'bacpacs' }
    config.sqlLogins[`sql-${key}`] = { kind: 'environment', user: 'drawbridge', password: 'SQL_PROD_PASSWORD' }
  }
  config.rules[0].when.database = ['orders', 'customers', 'k*']
  config.rules[0].maxOpen = 100
  if (options.chats === 'teams') configureTeams(config, keys)
  if (requestTimeout) config.azure.requestTimeout = requestTimeout
  if (resubmitAfter) config.azure.resubmitAfter = resubmitAfter
}

/** A server with a database, an account with a container, and on both sides a pending connection of somebody else. */
function addPlaces(state: AzureState, key: string): void {
  const [server, database, account, container] = [
    state.servers[0],
    state.databases.find(({ name }) => name === 'orders'),
    state.accounts[0],
    state.containers[0],
  ]
  if (!server || !database || !account || !container) throw new Error('The seed of the sandbox is not what it was')
  state.servers.push({ ...structuredClone(server), name: `sql-${key}` })
  state.databases.push({ ...structuredClone(database), server: `sql-${key}`, name: key })
  state.accounts.push({ ...structuredClone(account), name: `st${key}` })
  state.containers.push({ ...container, account: `st${key}` })
  for (const foreign of state.connections.filter(({ parent }) => ['sql-prod', 'stbackups'].includes(parent))) {
    const parent = foreign.side === 'sql' ? `sql-${key}` : `st${key}`
    const { subscriptionId, resourceGroup } = foreign
    const id = connectionId(foreign.side, { subscriptionId, resourceGroup, name: parent }, foreign.name)
    state.connections.push({ ...foreign, parent, id })
  }
}
