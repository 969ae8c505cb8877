import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { AuditLog, LastSeal } from '../audit/audit-log.ts'
import { serviceChain } from '../audit/entry.ts'
import { sealDigest } from '../audit/seal.ts'
import { hashTag } from './keys.ts'
import * as scripts from './lua/audit-scripts.ts'
import { runScript, type Script } from './lua/script.ts'
import { fieldsOf, noticeLine } from './store-format.ts'

/** The audit in Redis. */
export function createAuditLog({ redis, prefix }: { redis: Redis; prefix: string }): AuditLog {
  const tag = hashTag(prefix)
  const run = (script: Script, input: Readonly<Record<string, unknown>>) => runScript(redis, script, tag, input)
  const line = (at: number, kind: string, value: object) => [jsonLine(at, kind, value)]
  return {
    count: async () => Number((await redis.get(`${tag}:audit:count`)) ?? 0),
    page: async (from, most) => {
      const found = await redis.xrange(`${tag}:audit`, `${from}-0`, '+', 'COUNT', most)
      return found.map(([id, flat]) => ({ id, entry: fieldsOf(flat) }))
    },
    sealed: async () => lastSeal(await redis.hgetall(`${tag}:audit:sealed`)),
    seal: async (seal) => {
      const { previous, to, at } = seal
      const input = { call: callId(), previous, to, at, digest: sealDigest(seal), audit: line(at, 'sealed', seal) }
      return (await run(scripts.seal, input)) === 1
    },
    trim: async (trim, sealed) => {
      return (await run(scripts.trim, { sealed, to: trim.to, audit: line(trim.at, 'trimmed', trim) })) === 1
    },
    heldBack: async (at, { most, window }) => {
      while (Number(await run(scripts.heldBack, { at, most, window })) > 0) {
        // A hundred actors at a time.
      }
    },
    known: async (name) => (await redis.hget(`${tag}:audit:known`, name)) ?? undefined,
    note: async (notices, change) => {
      const input = { call: callId(), audit: notices.map(noticeLine), ...(change ? { expect: change } : {}) }
      return (await run(scripts.note, input)) === 'kept'
    },
    heads: async (chains) => {
      const place = (chain: string) => (chain === serviceChain ? `${tag}:audit:chain` : `${tag}:transfer:${chain}`)
      const heads = await Promise.all(chains.map((chain) => redis.hget(place(chain), 'head')))
      return Object.fromEntries(chains.map((chain, index) => [chain, heads[index] ?? undefined]))
    },
    turn: async (holder, length) => {
      const turn = `${tag}:audit:turn`
      if ((await redis.set(turn, holder, 'PX', length, 'NX')) === 'OK') return true
      if ((await redis.get(turn)) !== holder) return false
      return (await redis.set(turn, holder, 'PX', length, 'XX')) === 'OK'
    },
  }
}

/** Tells the same call, sent twice by the connection, from another one that wants the same. */
function callId(): string {
  return randomBytes(6).toString('base64url')
}

function lastSeal({ digest, to, at }: Readonly<Record<string, string>>): LastSeal | undefined {
  return digest === undefined ? undefined : { digest, to: Number(to), at: Number(at) }
}

function jsonLine(at: number, kind: string, value: object): readonly string[] {
  return noticeLine({ at, kind, facts: value as Readonly<Record<string, string>> })
}
