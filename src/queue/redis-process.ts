import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { RedisProgram } from './redis-binary.ts'

const run = promisify(execFile)
const pidFile = 'redis.pid'

export type RedisPlace = { path: string; dataFolder: string; logFile: string }

/** What a socket says: `silent` is a server that accepts but does not answer, `refused` a socket without a server. */
export type RedisState = 'ready' | 'loading' | 'silent' | 'refused' | 'missing'

/** Asks for a PONG on a fresh connection, at most `patienceMs`. */
export function probeRedis(path: string, patienceMs = 1_000): Promise<RedisState> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path)
    const answer = (state: RedisState) => {
      socket.destroy()
      resolve(state)
    }
    socket.setTimeout(patienceMs, () => answer('silent'))
    socket.once('connect', () => socket.write('PING\r\n'))
    socket.once('data', (reply) => answer(reply.toString('latin1').startsWith('-LOADING') ? 'loading' : 'ready'))
    socket.once('close', () => answer('silent'))
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EACCES') reject(error)
      else answer(stateOf(error))
    })
  })
}

/** Starts a server whose every acknowledged write is on disk, and resolves once the process runs (not yet: answers). */
export async function spawnRedis(program: RedisProgram, place: RedisPlace, detached: boolean): Promise<ChildProcess> {
  const log = openSync(place.logFile, 'a', 0o600)
  try {
    // The data folder is the working directory: before Redis 7, an argument could not hold a space.
    const child = spawn(program.command, flags(place.path), {
      cwd: place.dataFolder,
      env: program.env,
      detached,
      stdio: ['ignore', log, log],
    })
    await once(child, 'spawn')
    return child
  } finally {
    closeSync(log)
  }
}

/** Stops a server in order, with its append-only file complete; answers false when it has not gone within `patienceMs`. */
export function shutdownRedis(path: string, patienceMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path, () => socket.write('SHUTDOWN\r\n'))
    socket.resume()
    socket.setTimeout(patienceMs, () => {
      resolve(false)
      socket.destroy()
    })
    // The kernel closes the connection when the process has ended: from here on nobody writes to the data.
    socket.once('close', () => resolve(true))
    socket.on('error', () => undefined)
  })
}

/** The process that serves `dataFolder` for a socket folder named `socketFolderName` (anywhere), if it is alive. */
export async function findServerProcess(dataFolder: string, socketFolderName: string): Promise<number | undefined> {
  const pid = Number(await readFile(join(dataFolder, pidFile), 'latin1').catch(() => ''))
  if (!Number.isSafeInteger(pid) || pid < 2) return undefined
  // Redis puts its socket into its title; another process that got the number has no such title, nor has a zombie.
  return (await titleOf(pid)).includes(`${socketFolderName}/`) ? pid : undefined
}

function flags(path: string): string[] {
  return [
    ...['--port', '0', '--unixsocket', path, '--unixsocketperm', '700'],
    ...['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''],
    ...['--maxmemory-policy', 'noeviction', '--pidfile', pidFile],
  ]
}

function stateOf(error: NodeJS.ErrnoException): RedisState {
  if (error.code === 'ECONNREFUSED') return 'refused'
  return error.code === 'ENOENT' ? 'missing' : 'silent'
}

async function titleOf(pid: number): Promise<string> {
  try {
    if (process.platform === 'linux') return await readFile(`/proc/${pid}/cmdline`, 'latin1')
    return (await run('/bin/ps', ['-o', 'command=', '-p', String(pid)])).stdout
  } catch {
    return ''
  }
}
