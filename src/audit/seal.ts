import canonicalize from 'canonicalize'
import type { Millis } from '../transfer/model.ts'
import { type Entry, sha256 } from './entry.ts'
import type { PublicKey, SigningKey } from './signing-key.ts'

/** What a seal vouches for: the entries `from` to `to` as they are, in their order. */
export type Seal = {
  schema: 1
  from: number
  to: number
  at: Millis
  /** Digest of the seal before; empty for the first one. */
  previous: string
  /** SHA-256 of a line for each entry, see `sealLine`. */
  digest: string
  /** The newest head of each chain that went on within these entries, by transfer; `service` is the rest. */
  heads: Readonly<Record<string, string>>
  /** The last seal that this process knew of, where the audit had an older one by now: it was cut or replaced. */
  missed?: { to: number; digest: string }
}

/** That the entries up to `to` were taken out on purpose. `seal` is the digest of the seal that ended there. */
export type Trim = { schema: 1; from: 1; to: number; at: Millis; seal: string }

/** Something signed, with the id of the key. */
export type Signed<Value> = Value & { key: string; signature: string }

/** Signs the canonical JSON of the value with the key's id. */
export function signed<Value extends object>(value: Value, key: SigningKey): Signed<Value> {
  const named = { ...value, key: key.public.id }
  return { ...named, signature: key.sign(textOf(named)) }
}

/** How a signature stands: `unknown` when none of the keys is the one that it names. */
export function checkSigned(value: Signed<object>, keys: readonly PublicKey[]): 'good' | 'forged' | 'unknown' {
  const { signature, ...named } = value
  const key = keys.find(({ id }) => id === named.key)
  if (!key) return 'unknown'
  return key.verifies(textOf(named), signature) ? 'good' : 'forged'
}

/** The digest by which the next seal and a trim name this one. */
export function sealDigest(seal: Signed<Seal>): string {
  return sha256(textOf(seal))
}

/** What a seal hashes of one entry: its number, chain, digest and head, with a line end. */
export function sealLine({ n, chain, digest, head }: Entry): string {
  return `${n} ${chain} ${digest} ${head}\n`
}

/** Reads a seal from JSON; undefined when it is none. */
export function readSeal(value: unknown): Signed<Seal> | undefined {
  const seal = Object(value) as Signed<Seal>
  const texts = [seal.previous, seal.digest, seal.key, seal.signature]
  const isOne =
    texts.every((each) => typeof each === 'string') &&
    Number.isSafeInteger(seal.from) &&
    Number.isSafeInteger(seal.to) &&
    typeof seal.heads === 'object' &&
    seal.heads !== null
  return isOne ? seal : undefined
}

/** Reads a statement about a trim from JSON; undefined when it is none. */
export function readTrim(value: unknown): Signed<Trim> | undefined {
  const trim = Object(value) as Signed<Trim>
  const isOne = Number.isSafeInteger(trim.to) && typeof trim.key === 'string' && typeof trim.signature === 'string'
  return isOne ? trim : undefined
}

/** JSON that was read, or undefined. */
export function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown)
  } catch {
    return undefined
  }
}

function textOf(value: object): string {
  return canonicalize(value) ?? ''
}
