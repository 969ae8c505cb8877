import { createHash } from 'node:crypto'

/** One entry of the audit as Redis has it: a flat list of names and texts. */
export type Entry = Readonly<Record<string, string>>

/** The head before the first entry of a chain. */
export const noHead = '0'.repeat(64)

/** The chain of entries that belong to no transfer. */
export const serviceChain = 'service'

/** What is added where the entry is written: its number, its place in a chain, and the digest itself. */
const added: readonly string[] = ['n', 'chain', 'head', 'digest']

/**
 * SHA-256 of what an entry says, hex: of `name=<bytes of the value>:value;` for each field, sorted by name. The same is
 * reckoned in Lua, for entries that only Redis can word.
 */
export function digestOf(fields: Entry): string {
  const names = Object.keys(fields).filter((name) => !added.includes(name))
  const text = names.toSorted().map((name) => `${name}=${Buffer.byteLength(fields[name] ?? '')}:${fields[name]};`)
  return sha256(text.join(''))
}

/** The head that an entry gives its chain: SHA-256 of the bytes of the head before, of its digest and of its number (8, big endian). */
export function linkOf(head: string, digest: string, n: number): string {
  const number = Buffer.alloc(8)
  number.writeBigUInt64BE(BigInt(n))
  return sha256(Buffer.concat([Buffer.from(head, 'hex'), Buffer.from(digest, 'hex'), number]))
}

/** SHA-256, hex. */
export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}
