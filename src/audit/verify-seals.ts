import { createHash } from 'node:crypto'
import type { Entry } from './entry.ts'
import {
  checkSigned,
  parseJson,
  readSeal,
  readTrim,
  type Seal,
  type Signed,
  sealDigest,
  sealLine,
  type Trim,
} from './seal.ts'
import type { PublicKey } from './signing-key.ts'
import type { Problem, Span } from './verdict.ts'

/** Checks the seals that are entries of the audit, against the entries that they name. */
export type Seals = {
  take(n: number, entry: Entry): void
  spans(): readonly Span[]
  problems(): readonly Problem[]
  count(): number
  /** Number up to which the last seal reaches, and its own. */
  last(): { to: number; n: number } | undefined
  /** When the oldest entry was written that no seal covers; not a number when there is none. */
  unsealedSince(): number
  /** The newest signed statement that everything before the first entry was taken out. */
  trimmed(): Signed<Trim> | undefined
}

type Line = { n: number; at: number; text: string; chain: string | undefined; head: string | undefined }

/** What was read so far. */
type Reading = {
  keys: readonly PublicKey[]
  /** The number of the first entry that is there. */
  first: number
  spans: Span[]
  problems: Problem[]
  /** Entries since the end of the last seal. */
  lines: Line[]
  count: number
  last?: { to: number; n: number; digest: string }
  trim?: Signed<Trim>
}

/** `first`: the number of the first entry that is there. */
export function createSeals(keys: readonly PublicKey[], first: number): Seals {
  const reading: Reading = { keys, first, spans: [], problems: [], lines: [], count: 0 }
  return {
    take: (n, entry) => {
      const at = Number(entry.at)
      reading.lines.push({ n, at, text: sealLine(entry), chain: entry.chain, head: entry.head })
      if (entry.kind === 'sealed') takeSeal(reading, n, at, readSeal(parseJson(entry.event)))
      if (entry.kind === 'trimmed') takeTrim(reading, n, at, readTrim(parseJson(entry.event)))
    },
    spans: () => reading.spans,
    problems: () => reading.problems,
    count: () => reading.count,
    last: () => reading.last,
    unsealedSince: () => reading.lines[0]?.at ?? Number.NaN,
    trimmed: () => reading.trim,
  }
}

function takeSeal(reading: Reading, n: number, at: number, seal: Signed<Seal> | undefined): void {
  const { keys, first, spans, problems, last } = reading
  const complain = complaints(problems, n, at)
  reading.count += 1
  if (!seal) {
    complain.say(n, n, 'cannot be read')
    return
  }
  if (complain.signature(checkSigned(seal, keys))) return
  if (last ? seal.previous !== last.digest || seal.from !== last.to + 1 : !begins(seal, first)) {
    complain.say(seal.from, seal.to, 'does not follow on the seal before it')
  }
  if (seal.missed)
    complain.say(
      seal.from,
      seal.to,
      `says that entries up to ${seal.missed.to} were sealed before, and gone or replaced by then`,
    )
  const sealed = reading.lines.filter((line) => line.n >= seal.from && line.n <= seal.to)
  reading.lines = reading.lines.filter((line) => line.n > seal.to)
  reading.last = { to: seal.to, n, digest: sealDigest(seal) }
  // Of one that ends where entries were taken out nothing is left to compare.
  if (seal.to < first) return
  if (!fits(seal, sealed)) complain.say(seal.from, seal.to, 'does not fit the entries that it names')
  else spans.push({ from: seal.from, to: seal.to, fromAt: sealed[0]?.at ?? seal.at, toAt: seal.at })
}

function takeTrim(reading: Reading, n: number, at: number, trim: Signed<Trim> | undefined): void {
  const { keys, first, problems } = reading
  if (!trim || complaints(problems, n, at).signature(checkSigned(trim, keys))) return
  if (trim.to === first - 1) reading.trim = trim
}

/** The first seal that is there is the first one of all, or one that ends where entries were taken out. */
function begins(seal: Seal, first: number): boolean {
  return first === 1 ? seal.previous === '' && seal.from === 1 : seal.to === first - 1
}

function fits(seal: Seal, lines: readonly Line[]): boolean {
  const hash = createHash('sha256')
  const heads: Record<string, string> = {}
  for (const { text, chain, head } of lines) {
    hash.update(text)
    if (chain !== undefined && head !== undefined) heads[chain] = head
  }
  const names = Object.keys(heads)
  return (
    lines.length === seal.to - seal.from + 1 &&
    hash.digest('hex') === seal.digest &&
    names.length === Object.keys(seal.heads).length &&
    names.every((name) => seal.heads[name] === heads[name])
  )
}

function complaints(problems: Problem[], n: number, at: number) {
  const say = (from: number, to: number, text: string): void => {
    problems.push({ kind: 'bad_seal', from, to, at, text: `the seal ${n} ${text}` })
  }
  return {
    say,
    /** True when it is not a good one. */
    signature: (state: ReturnType<typeof checkSigned>): boolean => {
      if (state === 'forged') say(n, n, 'was not signed by the key that it names: it is forged')
      if (state === 'unknown') {
        const text = `the seal ${n} names a key that was not given: nobody can say whether it is good`
        problems.push({ kind: 'unknown_key', from: n, to: n, at, text })
      }
      return state !== 'good'
    },
  }
}
