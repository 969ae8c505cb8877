import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { findRedis, type RedisProgram } from '../../src/queue/redis-binary.ts'
import { probeRedis, type RedisPlace, spawnRedis } from '../../src/queue/redis-process.ts'
import { quickFolder } from './quick-folder.ts'
import { until } from './until.ts'

/** Where an unpacked server is kept between test runs: the repository's own folder, which is not under version control. */
export const repositoryFolder = resolve(import.meta.dirname, '../../.drawbridge')

/** A real Redis for one test file, with the product's own durability settings and its own data. */
export type TestRedis = {
  /** The unix socket. */
  path: string
  /** Kills it (-9); the data stays. */
  kill(): Promise<void>
  /** Starts it again on the same socket and data, killing it first if it still runs; resolves once it answers. */
  restart(): Promise<void>
  /** Hangs it (SIGSTOP): it accepts connections and bytes, and answers nothing. */
  stopProcess(): void
  /** Lets it go on (SIGCONT). */
  cont(): void
  /** Every byte of the append-only file, as latin1. */
  aofContents(): Promise<string>
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

/** Finds or unpacks a Redis, and starts it for this test file alone. */
export async function startTestRedis(): Promise<TestRedis> {
  const program = await findRedis({
    folder: repositoryFolder,
    searchPath: process.env.PATH ?? '',
    log: () => undefined,
  })
  const folder = await mkdtemp(join(quickFolder(), 'test-redis-'))
  const place = {
    path: join(folder, 'redis.sock'),
    dataFolder: join(folder, 'data'),
    logFile: join(folder, 'redis.log'),
  }
  await mkdir(place.dataFolder)
  const start = () => startServer(program, place)
  let server = await start()
  const atExit = () => server.kill('SIGKILL')
  process.once('exit', atExit)
  const kill = () => killProcess(server)
  return {
    path: place.path,
    kill,
    restart: async () => {
      await kill()
      server = await start()
    },
    stopProcess: () => server.kill('SIGSTOP'),
    cont: () => server.kill('SIGCONT'),
    aofContents: () => contentsOf(join(place.dataFolder, 'appendonlydir')),
    stop: async () => {
      await kill()
      process.removeListener('exit', atExit)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function startServer(program: RedisProgram, place: RedisPlace): Promise<ChildProcess> {
  const server = await spawnRedis(program, place, false)
  await until(async () => {
    if (!isAlive(server)) throw new Error(`Redis did not start: ${await readFile(place.logFile, 'utf8')}`)
    return (await probeRedis(place.path)) === 'ready'
  })
  return server
}

async function killProcess(child: ChildProcess): Promise<void> {
  if (!isAlive(child)) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}

async function contentsOf(folder: string): Promise<string> {
  const names = (await readdir(folder)).sort()
  return (await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')))).join('')
}
