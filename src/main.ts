import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Logger, pino } from 'pino'
import { openAudit } from './audit-side.ts'
import { createServer, type Readiness } from './bot/server.ts'
import { botSide } from './bot-side.ts'
import type { Config, Role as ProcessRole } from './config/config.ts'
import { describe } from './config/describe.ts'
import { loadConfig } from './config/load-config.ts'
import { ConfigError } from './config/problems.ts'
import { type Connections, createConnections } from './queue/connection.ts'
import { startEmbeddedRedis } from './queue/embedded-redis.ts'
import { createHints } from './queue/hints.ts'
import { createStore } from './queue/store.ts'
import { startWorkers } from './queue/workers.ts'
import { type Base, clock, type Handle, type Part, type Side } from './side.ts'
import type { Role } from './transfer/ports.ts'
import { workerSide } from './worker-side.ts'

/** All of a stop, in milliseconds: requests and steps under way end, the rest is picked up by the due sets. */
const drainWithin = 7_000

/** A running process; `close` drains it. */
export type Drawbridge = { port: number; close(): Promise<void> }

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
  const startSealing = await openAudit(base)
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
  const sealing = startSealing()
  const workers = startWorkers({ roles, handle, connections, prefix, store: work, clock, log })
  return {
    port,
    async close() {
      await Promise.all([server.stop(drainWithin), ...sides.map((side) => side.stop?.()), workers.close(drainWithin)])
      for (const side of sides) side.close?.()
      await sealing.stop()
      await hints.close()
      await release()
    },
  }
}

async function readiness(connections: Connections, sides: readonly Side[]): Promise<Readiness> {
  const { ok, why, lossWindow } = await connections.health()
  const redis: Part = ok ? { ok, reason: `loss window on a crash: ${lossWindow}` } : { ok, reason: why ?? 'no answer' }
  const parts: Record<string, Part> = Object.assign({ redis }, ...sides.map((side) => side.ready?.()))
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
