import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Redis } from 'ioredis'
import type { AuditLog } from '../audit/audit-log.ts'
import { readKeyFile } from '../audit/key-file.ts'
import { parseJson, readSeal, type Seal, type Signed } from '../audit/seal.ts'
import { sealOfLine } from '../audit/sealer.ts'
import { type PublicKey, readPublicKey } from '../audit/signing-key.ts'
import { loadPlace, type Place } from '../config/load-place.ts'
import { createAuditLog } from '../queue/audit-log.ts'
import { startEmbeddedRedis } from '../queue/embedded-redis.ts'
import { hashTag } from '../queue/keys.ts'
import { parseStored } from '../queue/store-format.ts'
import type { Stored } from '../transfer/ports.ts'

/** Where the audit is, by words of the command line. */
export type Where = { folder: string; config?: string }

/** The audit of an installation, whether it runs or not. */
export type OpenAudit = { audit: AuditLog; place: Place; record(id: string): Promise<Stored | undefined> }

/** Opens the audit for one piece of work, and closes it after it. Throws with a sentence when it cannot be reached. */
export async function withAudit<T>({ folder, config }: Where, work: (open: OpenAudit) => Promise<T>): Promise<T> {
  const place = loadPlace({ folder, ...(config === undefined ? {} : { file: config }) })
  const { redis, release } = await connect(place)
  try {
    const { prefix } = place
    const record = async (id: string) => parseStored(await redis.hgetall(`${hashTag(prefix)}:transfer:${id}`))
    return await work({ audit: createAuditLog({ redis, prefix }), place, record })
  } finally {
    redis.disconnect()
    await release()
  }
}

/** The keys that seals are checked with: the installation's own, and those of the files. Throws when there are none. */
export async function keysFor(
  { folder, auditSigningKey }: Place,
  files: readonly string[],
): Promise<readonly PublicKey[]> {
  const own = auditSigningKey ?? (await readKeyFile(join(folder, '.drawbridge')))
  const given = await Promise.all(files.map((file) => read(resolve(folder, file))))
  const all = [...(own === undefined ? [] : [own]), ...given]
  if (all.length === 0) throw new Error('There is no key to check seals with: give the public key with --key <file>.')
  return all.map((pem, index) => {
    try {
      return readPublicKey(pem)
    } catch {
      const where = index < all.length - given.length ? 'The signing key' : files[index - all.length + given.length]
      throw new Error(`${where} is no key of Ed25519 in PEM: give the public key that the log names at each start.`)
    }
  })
}

/** The seals in lines of a log; lines about anything else are passed over. */
export async function sealsIn(file: string): Promise<readonly Signed<Seal>[]> {
  const lines = (await read(file)).split('\n')
  return lines.flatMap((line) => readSeal(sealOfLine(parseJson(line))) ?? [])
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    throw new Error(`${file} cannot be read: correct the path, or who may read it.`)
  }
}

async function connect(place: Place): Promise<{ redis: Redis; release(): Promise<void> }> {
  const { redisUrl, folder, searchPath } = place
  const options = { lazyConnect: true, connectTimeout: 5_000, maxRetriesPerRequest: 0, retryStrategy: () => null }
  if (redisUrl !== undefined) return open(new Redis(redisUrl, options), async () => undefined)
  const home = join(folder, '.drawbridge')
  if (!existsSync(join(home, 'redis-data'))) {
    throw new Error(
      `There is no audit: REDIS_URL is not set, and ${home} holds no data. Run this where drawbridge.yaml is, or set REDIS_URL.`,
    )
  }
  // Running or not: it is adopted, or started for as long as we read.
  const embedded = await startEmbeddedRedis({ folder: home, searchPath, log: () => undefined })
  return open(new Redis({ ...options, path: embedded.path }), embedded.release)
}

async function open(redis: Redis, release: () => Promise<void>): Promise<{ redis: Redis; release(): Promise<void> }> {
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    return { redis, release }
  } catch {
    await release()
    throw new Error('Redis cannot be reached: check that it runs, and REDIS_URL with its password where that is set.')
  }
}
