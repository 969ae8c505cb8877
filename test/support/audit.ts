import { generateKeyPairSync } from 'node:crypto'
import { Redis } from 'ioredis'
import type { AuditLog } from '../../src/audit/audit-log.ts'
import { digestOf, type Entry, linkOf, noHead } from '../../src/audit/entry.ts'
import { parseJson, readSeal, type Seal, type Signed } from '../../src/audit/seal.ts'
import { createSealer, type Sealer, type SealerTools } from '../../src/audit/sealer.ts'
import { readSigningKey, type SigningKey } from '../../src/audit/signing-key.ts'
import type { Verdict } from '../../src/audit/verdict.ts'
import { verifyAudit } from '../../src/audit/verify.ts'
import { createAuditLog } from '../../src/queue/audit-log.ts'
import { type Connections, createConnections } from '../../src/queue/connection.ts'
import { createStore, type RedisStore } from '../../src/queue/store.ts'
import { quietLog } from './quiet-log.ts'
import { startTestRedis, type TestRedis } from './redis.ts'

export const prefix = 'drawbridge'
export const tag = '{drawbridge}'
export const strangers = { most: 3, window: 60_000 }

/** A store and its audit on a real Redis, with a clock that tests set. */
export type AuditWorld = {
  server: TestRedis
  admin: Redis
  store: RedisStore
  audit: AuditLog
  clock: { now(): number; at: number }
  key: SigningKey
  /** What the sealers wrote to the log, and at which level. */
  logged: { level: string; fields: Readonly<Record<string, unknown>>; message: string }[]
  sealer(change?: Partial<SealerTools>): Sealer
  entries(): Promise<readonly Entry[]>
  verify(seals?: readonly Signed<Seal>[], keys?: readonly SigningKey[]): Promise<Verdict>
  /** Empties it for the next test. */
  empty(): Promise<void>
  close(): Promise<void>
}

/** A new key for seals. */
export function newKey(): SigningKey {
  return readSigningKey(newPem())
}

/** A new key for seals, PEM. */
export function newPem(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** Starts a Redis for one test file. */
export async function startAuditWorld(): Promise<AuditWorld> {
  const server = await startTestRedis()
  const admin = new Redis({ path: server.path })
  const connections: Connections = createConnections({ target: { path: server.path }, log: quietLog })
  await connections.ready()
  const store = createStore({ redis: connections.forWork, prefix, log: quietLog })
  await store.ready()
  const audit = createAuditLog({ redis: connections.forWork, prefix })
  const clock = { at: 1_800_000_000_000, now: () => clock.at }
  const logged: AuditWorld['logged'] = []
  const level = (name: string) => (fields: Readonly<Record<string, unknown>>, message: string) =>
    void logged.push({ level: name, fields, message })
  const log = { info: level('info'), warn: level('warn'), error: level('error') }
  const key = newKey()
  let holders = 0
  return {
    ...{ server, admin, store, audit, clock, key, logged },
    sealer: (change) => {
      holders += 1
      const own = { audit, key, clock, every: 60_000, limit: strangers, holder: `sealer ${holders}`, log }
      return createSealer({ ...own, ...change })
    },
    entries: async () => (await audit.page(0, 10_000)).map(({ entry }) => entry),
    verify: (seals = [], keys = [key]) => verifyAudit(audit, { keys: keys.map((each) => each.public), seals }),
    empty: async () => {
      await admin.flushall()
      logged.length = 0
    },
    close: async () => {
      await connections.close()
      admin.disconnect()
      await server.stop()
    },
  }
}

/** The seals that the sealers wrote to the log. */
export function sealsLogged({ logged }: Pick<AuditWorld, 'logged'>): readonly Signed<Seal>[] {
  return logged.flatMap(({ fields }) => readSeal(fields.seal) ?? [])
}

/** The seals in the audit. */
export function sealsIn(entries: readonly Entry[]): readonly Signed<Seal>[] {
  return entries.flatMap(({ kind, event }) => (kind === 'sealed' ? (readSeal(parseJson(event)) ?? []) : []))
}

/** The head that the entries of a chain come to, by what they say. */
export function headOf(chain: readonly Entry[]): string {
  return chain.reduce((head, entry) => linkOf(head, digestOf(entry), Number(entry.n)), noHead)
}

/** Puts other entries in the place of all, as somebody does who holds Redis; their numbers are their ids. */
export async function rewrite({ admin }: Pick<AuditWorld, 'admin'>, entries: readonly Entry[]): Promise<void> {
  await admin.del(`${tag}:audit`)
  for (const entry of entries) await admin.xadd(`${tag}:audit`, `${entry.n}-0`, ...Object.entries(entry).flat())
}

/** Links entries anew, with all digests right: a history that nobody could tell from a true one without a seal. */
export function relink(entries: readonly Entry[]): readonly Entry[] {
  const heads = new Map<string, string>()
  return entries.map((entry) => {
    const chain = entry.chain ?? ''
    const digest = digestOf(entry)
    const head = linkOf(heads.get(chain) ?? noHead, digest, Number(entry.n))
    heads.set(chain, head)
    return { ...entry, digest, head }
  })
}
