import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startEmbeddedRedis } from '../src/queue/embedded-redis.ts'
import { findRedis } from '../src/queue/redis-binary.ts'
import { probeRedis } from '../src/queue/redis-process.ts'
import { repositoryFolder } from './support/redis.ts'
import { until } from './support/until.ts'

const searchPath = process.env.PATH ?? ''
const userScript = resolve(import.meta.dirname, 'support/embedded-redis-user.ts')
let folder: string
let users: ChildProcess[] = []

beforeAll(async () => {
  await findRedis({ folder: repositoryFolder, searchPath, log: () => undefined })
})

beforeEach(async () => {
  folder = join(await mkdtemp(join(await realpath(tmpdir()), 'drawbridge folder ')), '.drawbridge')
  await mkdir(folder)
  // The server that was unpacked once for the repository serves every folder of a test.
  if (existsSync(join(repositoryFolder, 'redis'))) await symlink(join(repositoryFolder, 'redis'), join(folder, 'redis'))
})

afterEach(async () => {
  await Promise.all(users.filter(isRunning).map(killUser))
  users = []
  // A server whose users were all killed is stopped by the next one that leaves.
  await (await startEmbeddedRedis({ folder, searchPath, log: () => undefined })).release()
  await rm(dirname(folder), { recursive: true, force: true })
})

describe('the embedded Redis', () => {
  it('starts on a short socket of its owner alone and writes every change to disk', async () => {
    const redis = await start()
    const client = connect(redis.path)
    expect(redis.path.length).toBeLessThan(104)
    expect(await client.config('GET', 'append*')).toContain('always')
    expect(await client.config('GET', 'maxmemory-policy')).toContain('noeviction')
    await client.quit()
    await redis.release()
  })

  it('is shared by two processes, and the last one out stops it', async () => {
    const [first, second] = [await startUser(), await startUser()]
    expect(second.path).toBe(first.path)
    const client = connect(first.path)
    const pid = await serverPid(client)
    await release(first.process)
    expect(await serverPid(client)).toBe(pid)
    client.disconnect()
    await release(second.process)
    expect(isAlive(pid)).toBe(false)
    expect(await probeRedis(first.path)).toBe('missing')
  })

  it('counts two handles of one process separately, and a handle released twice once', async () => {
    const [first, second] = [await start(), await start()]
    await first.release()
    await first.release()
    expect(await probeRedis(second.path)).toBe('ready')
    await second.release()
    expect(await probeRedis(second.path)).toBe('missing')
  })

  it('keeps its data when its parent is killed, and the next process adopts it', async () => {
    const first = await startUser()
    const client = connect(first.path)
    await client.set('kept', 'yes')
    const pid = await serverPid(client)
    await killUser(first.process)
    const second = await startUser()
    expect(await client.get('kept')).toBe('yes')
    expect(await serverPid(client)).toBe(pid)
    client.disconnect()
    await release(second.process)
    expect(isAlive(pid)).toBe(false)
  })

  it('does not count a killed process among its users', async () => {
    const [killed, second] = [await startUser(), await startUser()]
    await killUser(killed.process)
    await release(second.process)
    expect(await probeRedis(second.path)).toBe('missing')
  })

  it('starts one server when five processes start at the same moment', async () => {
    const started = await Promise.all(Array.from({ length: 5 }, startUser))
    expect(new Set(started.map((user) => user.path)).size).toBe(1)
    expect(await serversStarted()).toBe(1)
    await Promise.all(started.map((user) => release(user.process)))
    expect(await probeRedis(started[0]?.path ?? '')).toBe('missing')
  })

  it('gives a newcomer a working server while the last user leaves', async () => {
    for (let round = 0; round < 20; round++) {
      const last = await start()
      const [newcomer] = await Promise.all([start(), last.release()])
      const client = connect(newcomer.path)
      expect(await client.set('round', round)).toBe('OK')
      client.disconnect()
      await newcomer.release()
    }
  })

  it('keeps its data over an orderly stop', async () => {
    const first = await start()
    const client = connect(first.path)
    await client.set('kept', 'yes')
    client.disconnect()
    await first.release()
    const second = await start()
    const next = connect(second.path)
    expect(await next.get('kept')).toBe('yes')
    next.disconnect()
    await second.release()
  })

  it('comes back with its data within a second when the server is killed, whoever started it', async () => {
    const [starter, other] = [await startUser(), await startUser()]
    await killUser(starter.process)
    const client = connect(other.path)
    await client.set('kept', 'yes')
    const killedAt = performance.now()
    const pid = await serverPid(client)
    process.kill(pid, 'SIGKILL')
    await until(async () => (await serverPid(client).catch(() => pid)) !== pid)
    expect(performance.now() - killedAt).toBeLessThan(1_000)
    expect(await client.get('kept')).toBe('yes')
    client.disconnect()
    await release(other.process)
    expect(await serversStarted()).toBe(2)
  })

  it('is started once again, not five times, when five processes see it die', async () => {
    const started = await Promise.all(Array.from({ length: 5 }, startUser))
    const client = connect(started[0]?.path ?? '')
    const pid = await serverPid(client)
    process.kill(pid, 'SIGKILL')
    await until(async () => (await serverPid(client).catch(() => pid)) !== pid)
    await Promise.all(started.map((user) => release(user.process)))
    client.disconnect()
    expect(await serversStarted()).toBe(2)
  })

  it('replaces a socket that nobody listens on', async () => {
    const first = await startUser()
    const client = connect(first.path)
    const pid = await serverPid(client)
    client.disconnect()
    await killUser(first.process)
    process.kill(pid, 'SIGKILL')
    await until(async () => (await probeRedis(first.path)) === 'refused')
    const second = await start()
    expect(await probeRedis(second.path)).toBe('ready')
    await second.release()
  })

  it('refuses to start a second server on data whose server cannot be reached', async () => {
    const first = await startUser()
    const client = connect(first.path)
    const pid = await serverPid(client)
    await rm(first.path)
    await expect(start()).rejects.toThrow(`Stop it with "kill ${pid}"`)
    process.kill(pid, 'SIGKILL')
    await until(async () => (await probeRedis(first.path)) === 'ready')
    client.disconnect()
    await release(first.process)
  })

  it('says what the server said when it cannot start', async () => {
    const data = join(folder, 'redis-data', 'appendonlydir')
    await mkdir(data, { recursive: true })
    await writeFile(join(data, 'appendonly.aof.manifest'), 'no manifest\n')
    await expect(start()).rejects.toThrow(/Redis does not stay up: .*manifest.*redis\.log/i)
    await rm(data, { recursive: true })
  })
})

function start() {
  return startEmbeddedRedis({ folder, searchPath, log: () => undefined })
}

async function startUser(): Promise<{ process: ChildProcess; path: string }> {
  const user = fork(userScript, [folder, searchPath], { execArgv: [] })
  users.push(user)
  const path = await new Promise<string>((resolve, reject) => {
    user.on('message', (told: { path?: string; error?: string }) => {
      if (told.path) resolve(told.path)
      if (told.error) reject(new Error(told.error))
    })
    user.once('exit', () => reject(new Error('The user process ended')))
  })
  return { process: user, path }
}

async function release(user: ChildProcess): Promise<void> {
  const exited = once(user, 'exit')
  user.send('release')
  expect(await exited).toEqual([0, null])
}

async function killUser(user: ChildProcess): Promise<void> {
  const exited = once(user, 'exit')
  user.kill('SIGKILL')
  await exited
}

function isRunning(user: ChildProcess): boolean {
  return user.exitCode === null && user.signalCode === null
}

function connect(path: string): Redis {
  const client = new Redis(path, { maxLoadingRetryTime: 20, retryStrategy: () => 20, maxRetriesPerRequest: null })
  client.on('error', () => undefined)
  return client
}

async function serverPid(client: Redis): Promise<number> {
  return Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1])
}

async function serversStarted(): Promise<number> {
  return (await readFile(join(folder, 'redis.log'), 'utf8')).split('Redis is starting').length - 1
}

/** Whether a process still runs; one that has ended may stay listed until its parent, perhaps a container's first process, asks. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z') === false
  } catch {
    return false
  }
}
