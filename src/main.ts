import { randomInt, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Logger, pino } from 'pino'
import { createServer, type Listener, type Readiness } from './bot/server.ts'
import type { Config, Role as ProcessRole } from './config/config.ts'
import { describe } from './config/describe.ts'
import { loadConfig } from './config/load-config.ts'
import { ConfigError } from './config/problems.ts'
import { createAdvance } from './jobs/advance.ts'
import { createShow } from './jobs/show.ts'
import { startSweep } from './jobs/sweep.ts'
import { withinBudget } from './jobs/within-budget.ts'
import { createBudget } from './queue/budget.ts'
import { type Connections, createConnections } from './queue/connection.ts'
import { startEmbeddedRedis } from './queue/embedded-redis.ts'
import { createHints } from './queue/hints.ts'
import { createStore } from './queue/store.ts'
import { startWorkers } from './queue/workers.ts'
import type { HeldLease, Hint, Role, Store } from './transfer/ports.ts'
import { newTransferId } from './transfer/transfer-id.ts'

/** Least time between two edits of a message that only tell progress, in milliseconds. */
const progressEvery = 5_000
/** How often what nothing would wake is looked for, in milliseconds. */
const sweepEvery = 3_600_000
/** All of a stop, in milliseconds: requests and steps under way end, the rest is picked up by the due sets. */
const drainWithin = 7_000

/** A running process; `close` drains it. */
export type Drawbridge = { port: number; close(): Promise<void> }

type Part = { reason?: string; ok: boolean }
type Handle = (lease: HeldLease, tries: number) => Promise<void>
/** What a role adds to the process. */
type Side = {
  handle: Partial<Record<Role, Handle>>
  routes?: Record<string, Listener | undefined>
  start?(): Promise<void>
  stop?(): Promise<void>
  /** After the last step: nothing of it is under way any more. */
  close?(): void
  ready?(): Part
}
type Base = { config: Config; log: Logger; connections: Connections; hint: Hint; work: Store }

/** Starts what the configuration's role asks for; resolves once Redis answers and requests can arrive. */
export async function startDrawbridge(config: Config, log: Logger): Promise<Drawbridge> {
  for (const line of describe(config)) log.info(line)
  const url = config.secrets.redisUrl()
  const folder = join(config.folder, '.drawbridge')
  const said = (message: string): void => log.info({ part: 'redis' }, message)
  const embedded =
    url === undefined ? await startEmbeddedRedis({ folder, searchPath: config.searchPath, log: said }) : undefined
  const connections = createConnections({ target: embedded ? { path: embedded.path } : { url: url ?? '' }, log })
  const release = async (): Promise<void> => {
    await connections.close()
    await embedded?.release()
  }
  try {
    await connections.ready()
    return await open(config, log, connections, release)
  } catch (error) {
    // What is open would keep alive a process that does nothing.
    await release()
    throw error
  }
}

async function open(
  config: Config,
  log: Logger,
  connections: Connections,
  release: () => Promise<void>,
): Promise<Drawbridge> {
  const { prefix } = config.redis
  const hints = createHints({ connections, prefix, log })
  const work = createStore({ redis: connections.forWork, prefix, log })
  const base: Base = { config, log, connections, hint: hints.hint, work }
  const sides = [
    ...(config.role === 'worker' ? [] : [await botSide(base)]),
    ...(config.role === 'bot' ? [] : [await workerSide(base)]),
  ]
  const server = createServer({
    ...config.server,
    routes: Object.assign({}, ...sides.map(({ routes }) => routes)),
    ready: () => readiness(connections, sides),
    alive: () => true,
    log,
  })
  const handle: Partial<Record<Role, Handle>> = Object.assign({}, ...sides.map((side) => side.handle))
  const roles = Object.keys(handle) as Role[]
  for (const side of sides) await side.start?.()
  // Before the workers: a port that is taken ends the process, and then nothing may be under way.
  const { port } = await server.start()
  const workers = startWorkers({ roles, handle, connections, prefix, store: work, clock, log })
  return {
    port,
    async close() {
      await Promise.all([server.stop(drainWithin), ...sides.map((side) => side.stop?.()), workers.close(drainWithin)])
      for (const side of sides) side.close?.()
      await hints.close()
      await release()
    },
  }
}

const clock = { now: () => Date.now() }

/** Inbound and `show`: chat credentials, none of Azure. */
async function botSide({ config, log, connections, hint, work }: Base): Promise<Side> {
  const { slack, policy, secrets } = config
  if (!slack) throw new ConfigError(['slack: the bot needs it'])
  const [{ createSlackInbound }, { createSlackChat }, { createSlackDirectory }, { createHandlers }] = await Promise.all(
    [
      import('./bot/slack-inbound.ts'),
      import('./bot/slack-chat.ts'),
      import('./bot/slack-directory.ts'),
      import('./bot/handlers.ts'),
    ],
  )
  const botToken = secrets.slackBotToken()
  const directory = createSlackDirectory({ slack, botToken, log })
  const store = createStore({ redis: connections.forPeople, prefix: config.redis.prefix, log })
  await store.ready()
  const newId = (): string => newTransferId((most) => randomInt(most))
  const desk = { store, policy, directory, clock, hint, newId, log: log.info.bind(log) }
  const handlers = createHandlers(desk, directory.onMembershipChange)
  const secret =
    slack.mode === 'http' ? { signingSecret: secrets.slackSigningSecret() } : { appToken: secrets.slackAppToken() }
  const inbound = createSlackInbound({ slack, botToken, ...secret, handlers, log })
  const chat = createSlackChat({ slack, botToken, directory, operators: policy.operators, log })
  const show = createShow({ chat, store: work, clock, progressEvery, token: randomUUID, log: log.warn.bind(log) }, hint)
  return {
    handle: { show },
    routes: { '/slack/events': inbound.listener },
    start: inbound.start,
    stop: inbound.stop,
    ready: () => (inbound.ready() ? { ok: true } : { ok: false, reason: 'Slack is not connected' }),
  }
}

/** `advance`: Azure credentials, none of chat. */
async function workerSide({ config, log, connections, hint, work }: Base): Promise<Side> {
  const [{ createAzure }, { matchConnections }] = await Promise.all([
    import('./azure/azure.ts'),
    import('./azure/match-connections.ts'),
  ])
  const { requestTimeout, resubmitAfter, resourceManagerUrl, operationHosts } = config.azure
  const azure = createAzure({
    cloud: config.cloud,
    credential: credentialOf(config),
    resourceManagerUrl,
    operationHosts,
    requestTimeout,
    sqlLogin: config.secrets.sqlLogin,
    secrets: config.policy.catalogue.databases.map(({ server }) => config.secrets.sqlLogin(server).password),
    log: (line) => log.info({ part: 'azure' }, line),
  })
  const { clocks, polls } = config
  const budget = createBudget({
    redis: connections.forWork,
    prefix: config.redis.prefix,
    percent: config.azure.budgetPercent,
  })
  const tools = {
    azure: withinBudget(azure, budget),
    store: work,
    clock,
    clocks,
    polls,
    matchConnections,
    resubmitAfter: requestTimeout + resubmitAfter,
    token: randomUUID,
    random: Math.random,
    log: log.warn.bind(log),
  }
  const sweep = startSweep({ store: work, every: sweepEvery, log: log.error.bind(log) })
  return { handle: { advance: createAdvance(tools, hint) }, stop: async () => sweep.stop(), close: azure.close }
}

function credentialOf({ azure: { credential }, secrets }: Config) {
  switch (credential.kind) {
    case 'servicePrincipal': {
      const { tenantId, clientId, clientSecret } = secrets.servicePrincipal()
      return { kind: credential.kind, tenantId, clientId, clientSecret: () => clientSecret } as const
    }
    case 'token':
      return { kind: credential.kind, token: secrets.azureToken } as const
    case 'workloadIdentity':
      return { kind: credential.kind, ...secrets.workloadIdentity() } as const
    default:
      return credential
  }
}

async function readiness(connections: Connections, sides: readonly Side[]): Promise<Readiness> {
  const { ok, why, lossWindow } = await connections.health()
  const redis: Part = ok ? { ok, reason: `loss window on a crash: ${lossWindow}` } : { ok, reason: why ?? 'no answer' }
  const chat = sides.flatMap((side) => (side.ready ? [side.ready()] : []))
  const parts = { redis, ...(chat[0] ? { slack: chat[0] } : {}) }
  return { ok: Object.values(parts).every((part) => part.ok), parts }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { role: { type: 'string', default: 'all' }, config: { type: 'string' } } })
  const config = loadConfig({
    folder: process.cwd(),
    role: values.role as ProcessRole,
    ...(values.config === undefined ? {} : { file: values.config }),
  })
  const log = pino({ level: config.logLevel, base: { role: config.role } })
  const drawbridge = await startDrawbridge(config, log)
  log.info({ port: drawbridge.port }, 'ready')
  const { promise, resolve } = Promise.withResolvers<string>()
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => resolve(signal))
  log.info({ signal: await promise }, 'stopping')
  await drawbridge.close()
  log.info('stopped')
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof ConfigError ? error.message : String(error)}\n`)
    process.exit(1)
  })
}
