import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { withLock } from './file-lock.ts'

const patienceMs = 5 * 60_000
const run = promisify(execFile)

/** The programs of Debian that unpack a package without installing it. */
export type AptTools = { aptGet: string; aptCache: string; dpkgDeb: string; dpkgQuery: string }

export type UnpackOptions = {
  /** Where the lock and the scratch folder live. */
  folder: string
  /** The folder that is to hold usr/bin/redis-server. */
  tree: string
  aptTools: AptTools
  log: (message: string) => void
  works: (tree: string) => Promise<boolean>
}

/** Unpacks Debian's Redis server and the libraries that the system lacks into `tree`, without root and without touching the system. */
export async function unpackRedis(options: UnpackOptions): Promise<void> {
  const { folder, tree, log, works } = options
  await mkdir(folder, { recursive: true })
  await withLock(join(folder, 'redis-unpack.lock'), patienceMs, async () => {
    if (await works(tree)) return
    log('No Redis on the PATH: fetching the Debian package')
    const scratch = join(folder, 'redis-unpack')
    // A leftover of a killed process: whoever holds the lock is the only one at work here.
    await rm(scratch, { recursive: true, force: true })
    try {
      const fresh = await fetchInto(scratch, options.aptTools)
      if (!(await works(fresh))) throw new Error('the unpacked Debian package does not run')
      await rm(tree, { recursive: true, force: true })
      await rename(fresh, tree)
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
    log(`Unpacked Redis into ${tree}`)
  })
}

async function fetchInto(scratch: string, tools: AptTools): Promise<string> {
  const packages = join(scratch, 'packages')
  const tree = join(scratch, 'tree')
  for (const part of ['lists/partial', 'cache/archives/partial', 'packages', 'tree']) {
    await mkdir(join(scratch, part), { recursive: true })
  }
  const configuration = join(scratch, 'apt.conf')
  await writeFile(configuration, aptConfiguration(scratch))
  const apt = (tool: string, ...words: string[]) => command(tool, ['-c', configuration, ...words], packages)
  // One broken source of many makes `update` fail although Debian's own lists arrived: the download decides.
  const updated = await apt(tools.aptGet, '-qq', 'update').catch((error: unknown) => error)
  try {
    const libraries = await missingLibraries(await apt(tools.aptCache, 'depends', 'redis-tools'), tools)
    await apt(tools.aptGet, '-qq', 'download', 'redis-tools', ...libraries)
    for (const file of await readdir(packages)) await command(tools.dpkgDeb, ['-x', file, tree], packages)
  } catch (error) {
    throw new Error(`apt could not fetch it (${reasonOf(updated instanceof Error ? updated : error)})`)
  }
  await nameServer(join(tree, 'usr/bin'))
  return tree
}

/** Debian ships the server under the name of one of its checkers; its name decides what it does. */
async function nameServer(folder: string): Promise<void> {
  const server = join(folder, 'redis-server')
  if (!existsSync(server)) await symlink('redis-check-rdb', server)
}

/** Own lists and cache, no locks, no hooks of the system (they clean or refresh its caches). */
function aptConfiguration(scratch: string): string {
  return [
    `Dir::State::Lists "${scratch}/lists";`,
    `Dir::Cache "${scratch}/cache";`,
    'Dir::Cache::pkgcache "";',
    'Dir::Cache::srcpkgcache "";',
    'Debug::NoLocking "1";',
    // As root, apt would hand the download to a user who may not enter our folder.
    'APT::Sandbox::User "root";',
    'Acquire::Languages "none";',
    'Acquire::Retries "2";',
    '#clear APT::Update::Pre-Invoke;',
    '#clear APT::Update::Post-Invoke;',
    '#clear APT::Update::Post-Invoke-Success;',
    '',
  ].join('\n')
}

/** The libraries among `dependencies` (lines such as "  Depends: liblzf1", in the system's language) that are not installed. */
async function missingLibraries(dependencies: string, tools: AptTools): Promise<string[]> {
  const libraries = [...dependencies.matchAll(/^[ |]+[^\s:][^:]*: (lib\S+)$/gm)].map((match) => match[1] ?? '')
  const query = ['-W', '-f', `\${db:Status-Abbrev} \${Package}\n`, ...libraries]
  const installed = await command(tools.dpkgQuery, query, '/').catch(outputOf)
  const present = new Set([...installed.matchAll(/^ii\s+(\S+)$/gm)].map((match) => match[1]))
  return libraries.filter((library) => !present.has(library))
}

/** dpkg-query fails when one of many packages is unknown, and has listed the others all the same. */
function outputOf(error: unknown): string {
  return error instanceof Error && 'stdout' in error ? String(error.stdout) : ''
}

async function command(tool: string, words: string[], cwd: string): Promise<string> {
  const { stdout } = await run(tool, words, { cwd, timeout: patienceMs })
  return stdout
}

function reasonOf(error: unknown): string {
  const told = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
  return told.split('\n').at(-1) || String(error)
}
