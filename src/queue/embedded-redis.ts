import { createHash } from 'node:crypto'
import { chmod, lstat, mkdir, readFile, rm, rmdir } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Attendance, attend, withLock } from './file-lock.ts'
import { findRedis, type RedisProgram } from './redis-binary.ts'
import { findServerProcess, probeRedis, type RedisPlace, shutdownRedis, spawnRedis } from './redis-process.ts'
import { superviseRedis } from './redis-supervisor.ts'

const lockPatienceMs = 30_000
const answerPatienceMs = 10_000
const pollMs = 10
const maxSocketBytes = 103

/** A Redis that all processes of one folder share: `path` is its unix socket, and the last `release` stops it. */
export type EmbeddedRedis = { path: string; release(): Promise<void> }

export type EmbeddedRedisOptions = {
  /** The project's `.drawbridge` folder, absolute. */
  folder: string
  /** The value of PATH. */
  searchPath: string
  log: (message: string) => void
}

/** Starts or adopts the folder's own Redis and keeps it running until released; resolves once it answers. */
export async function startEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  const { folder, log } = options
  await mkdir(join(folder, 'redis-data'), { recursive: true, mode: 0o700 })
  const site = siteOf(folder, await findRedis(options), log)
  // Enter first, look second: whoever leaves holds the lock, and either sees this entry or is done before the look.
  const attendance = await attend(join(folder, 'redis-users.lock'), lockPatienceMs)
  try {
    await bringUp(site)
    const supervisor = superviseRedis({ path: site.path, bringUp: () => bringUp(site), log })
    let released: Promise<void> | undefined
    const release = async () => {
      await supervisor.stop()
      await leave(site, attendance)
    }
    return {
      path: site.path,
      release: () => {
        released ??= release()
        return released
      },
    }
  } catch (error) {
    await leave(site, attendance)
    throw error
  }
}

type Site = RedisPlace & { lock: string; program: RedisProgram; log: (message: string) => void }

function siteOf(folder: string, program: RedisProgram, log: (message: string) => void): Site {
  return {
    path: socketPath(folder),
    dataFolder: join(folder, 'redis-data'),
    logFile: join(folder, 'redis.log'),
    lock: join(folder, 'redis.lock'),
    program,
    log,
  }
}

/** A unix socket's path must stay below 104 bytes, so it cannot live in the folder itself. */
function socketPath(folder: string): string {
  const name = `drawbridge-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}/redis.sock`
  const path = join(tmpdir(), name)
  return Buffer.byteLength(path) > maxSocketBytes ? join('/tmp', name) : path
}

async function bringUp(site: Site): Promise<void> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    await withLock(site.lock, lockPatienceMs, () => ensureServer(site))
    // Outside of the lock: loading much data takes time, and others may wait for it as well.
    if (await becomesReady(site)) return
  }
  throw new Error(`Redis does not stay up: ${await lastWords(site)}`)
}

/** Leaves a server that accepts connections, or one that has just died: whoever waits for its answer finds out. */
async function ensureServer(site: Site): Promise<void> {
  const state = await probeRedis(site.path)
  if (state !== 'refused' && state !== 'missing') return
  await refuseSecondServer(site)
  await prepareSocketFolder(dirname(site.path))
  // ECONNREFUSED is the proof that nobody listens; any other failure must leave the socket alone.
  if (state === 'refused') await rm(site.path, { force: true })
  const child = await spawnRedis(site.program, site, true)
  child.unref()
  while (['refused', 'missing'].includes(await probeRedis(site.path))) {
    if (child.exitCode !== null || child.signalCode !== null) return
    await delay(pollMs)
  }
  site.log(`Started Redis (pid ${child.pid}) on ${site.path}`)
}

/** Two servers on one append-only file destroy it: a live one that cannot be reached is for a person to stop. */
async function refuseSecondServer(site: Site): Promise<void> {
  const pid = await findServerProcess(site.dataFolder, basename(dirname(site.path)))
  if (pid === undefined) return
  throw new Error(
    `A Redis (pid ${pid}) already serves ${site.dataFolder}, but its socket cannot be reached at ${site.path} ` +
      `(removed, or another temporary folder). Stop it with "kill ${pid}" and start again.`,
  )
}

/** The temporary folder is shared with other users: the socket's folder must be ours alone. */
async function prepareSocketFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const found = await lstat(folder)
  if (!found.isDirectory() || found.uid !== userInfo().uid) throw new Error(`${folder} belongs to somebody else`)
  await chmod(folder, 0o700)
}

async function becomesReady(site: Site): Promise<boolean> {
  let lastAnswer = performance.now()
  for (;;) {
    const state = await probeRedis(site.path)
    if (state === 'ready') return true
    if (state === 'refused' || state === 'missing') return false
    if (state === 'loading') lastAnswer = performance.now()
    if (performance.now() - lastAnswer > answerPatienceMs) {
      throw new Error(`Redis on ${site.path} accepts connections, but has not answered for ${answerPatienceMs} ms`)
    }
    await delay(pollMs)
  }
}

async function leave(site: Site, attendance: Attendance): Promise<void> {
  await withLock(site.lock, lockPatienceMs, async () => {
    if (attendance.leave()) return
    if (!(await shutdownRedis(site.path, answerPatienceMs))) {
      site.log(`Redis on ${site.path} does not stop: left running, the next start adopts it`)
      return
    }
    // Nobody can be about to use it: a server is started under this lock only.
    await rmdir(dirname(site.path)).catch(() => undefined)
  })
}

async function lastWords(site: Site): Promise<string> {
  const log = await readFile(site.logFile, 'utf8').catch(() => '')
  return `${log.trim().split('\n').slice(-3).join(' / ')} (see ${site.logFile})`
}
