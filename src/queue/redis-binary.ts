import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, readdir, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { type AptTools, unpackRedis } from './redis-unpack.ts'

const run = promisify(execFile)
const usualFolders = ['/usr/local/bin', '/opt/homebrew/bin', '/usr/bin']

/** A Redis (or Valkey) server that can be started here, with all the environment it needs. */
export type RedisProgram = { command: string; env: Record<string, string> }

export type FindRedisOptions = { folder: string; searchPath: string; log: (message: string) => void }

/** Finds a Redis server, if need be by unpacking the Debian package below `folder`, or throws an error that says what to install. */
export async function findRedis({ folder, searchPath, log }: FindRedisOptions): Promise<RedisProgram> {
  for (const name of ['valkey-server', 'redis-server']) {
    const command = await findProgram(name, [...searchPath.split(delimiter), ...usualFolders])
    // Only the path is handed on: the environment of the bot holds its secrets.
    if (command) return { command, env: { PATH: searchPath } }
  }
  const tree = join(folder, 'redis')
  const before = await unpackedRedis(tree)
  if (before) return before
  try {
    await unpackRedis({ folder, tree, log, aptTools: await findAptTools(searchPath), works: isComplete })
  } catch (error) {
    throw new Error(
      `No Redis found: ${error instanceof Error ? error.message : String(error)}. ` +
        'Install Redis or Valkey (apt-get install redis-server, brew install valkey), or set REDIS_URL.',
    )
  }
  return findRedis({ folder, searchPath, log })
}

async function findAptTools(searchPath: string): Promise<AptTools> {
  const find = async (name: string) => {
    const program = await findProgram(name, searchPath.split(delimiter))
    if (program) return program
    throw new Error(`neither valkey-server nor redis-server is on the PATH, and without ${name} none can be fetched`)
  }
  return {
    aptGet: await find('apt-get'),
    aptCache: await find('apt-cache'),
    dpkgDeb: await find('dpkg-deb'),
    dpkgQuery: await find('dpkg-query'),
  }
}

async function findProgram(name: string, folders: string[]): Promise<string | undefined> {
  for (const folder of folders) {
    // An empty entry of a PATH means the working directory: never run what happens to lie there.
    if (folder && (await isProgram(join(folder, name)))) return join(folder, name)
  }
  return undefined
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK)
    return (await stat(file)).isFile()
  } catch {
    return false
  }
}

async function isComplete(tree: string): Promise<boolean> {
  return (await unpackedRedis(tree)) !== undefined
}

async function unpackedRedis(tree: string): Promise<RedisProgram | undefined> {
  const command = join(tree, 'usr/bin/redis-server')
  if (!(await isProgram(command))) return undefined
  const libraries = [...(await foldersIn(join(tree, 'usr/lib'))), ...(await foldersIn(join(tree, 'lib')))]
  const program = { command, env: { LD_LIBRARY_PATH: libraries.join(delimiter) } }
  // The folder may have come from another machine or an older system.
  return run(command, ['--version'], { env: program.env }).then(
    () => program,
    () => undefined,
  )
}

async function foldersIn(parent: string): Promise<string[]> {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(parent, entry.name))
}
