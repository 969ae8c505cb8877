import type { AuditLog, Stamped } from './audit-log.ts'
import { digestOf, type Entry } from './entry.ts'
import type { Seal, Signed } from './seal.ts'
import type { PublicKey } from './signing-key.ts'
import { joinSpans, type Problem, type Verdict } from './verdict.ts'
import { createChains } from './verify-chains.ts'
import { createLogSeals } from './verify-log.ts'
import { createSeals, type Seals } from './verify-seals.ts'

/** `seals`: those of the log, without which nobody can tell that Redis as a whole is an older one. */
export type VerifyOptions = { keys: readonly PublicKey[]; seals: readonly Signed<Seal>[] }

const pageSize = 500

/**
 * Reads the whole audit, page by page, and names every entry that is changed, missing or out of its place, every chain that
 * does not end in its record, and every seal that is not ours. What is written meanwhile is no problem.
 */
export async function verifyAudit(audit: AuditLog, { keys, seals }: VerifyOptions): Promise<Verdict> {
  const count = await audit.count()
  const start = (await audit.page(0, 1))[0]
  const first = start ? numberIn(start.id) : 1
  const chains = createChains(first === 1)
  const inside = createSeals(keys, first)
  const ofLog = createLogSeals(keys, seals)
  const numbering = createNumbering(first)
  const entries = await readAll(audit, 0, (n, { id, entry }) => {
    numbering.take(n, id, entry)
    chains.take(n, entry)
    inside.take(n, entry)
    ofLog.take(n, entry)
  })
  const last = numbering.last()
  const trim = inside.trimmed()
  const problems = [
    ...(first > 1 && !trim ? [withoutTrim(first)] : []),
    ...numbering.problems(),
    ...(count > last ? [cut(last, count)] : []),
    ...chains.problems(),
    ...inside.problems(),
    ...ofLog.end(first, last),
    ...(await wrongHeads(audit, chains.heads(), last)),
  ].toSorted((a, b) => a.from - b.from)
  return {
    ...{ entries, seals: inside.count(), problems, vouched: joinSpans(inside.spans(), problems) },
    ...(trim ? { trimmed: { to: trim.to, at: trim.at } } : {}),
    ...unsealed(inside, first, last),
  }
}

/** Reads from a number to the end, page by page; answers how many there were. */
async function readAll(audit: AuditLog, from: number, take: (n: number, stamped: Stamped) => void): Promise<number> {
  let entries = 0
  for (let next = from; ; ) {
    const page = await audit.page(next, pageSize)
    for (const stamped of page) {
      const n = numberIn(stamped.id)
      take(n, stamped)
      next = n + 1
    }
    entries += page.length
    if (page.length < pageSize) return entries
  }
}

/** Digests and numbers of entries: each says what was written, and no number is left out. */
function createNumbering(first: number) {
  const problems: Problem[] = []
  let last = first - 1
  return {
    take: (n: number, id: string, entry: Entry): void => {
      const at = Number(entry.at)
      const say = (kind: Problem['kind'], from: number, to: number, text: string) => {
        problems.push({ kind, from, to, at, text })
      }
      if (n > last + 1) say('missing', last + 1, n - 1, 'missing')
      if (entry.n !== String(n) || id !== `${n}-0`) say('reordered', n, n, `carries the number ${entry.n ?? 'of none'}`)
      if (digestOf(entry) !== entry.digest) say('changed', n, n, 'does not say what was written')
      last = n
    },
    last: () => last,
    problems: () => problems,
  }
}

/** A chain that ends elsewhere than in its record lost its newest entries, or the record was changed. */
async function wrongHeads(
  audit: AuditLog,
  heads: ReadonlyMap<string, string>,
  last: number,
): Promise<readonly Problem[]> {
  const stored: Record<string, string | undefined> = {}
  const names = [...heads.keys()]
  for (let at = 0; at < names.length; at += pageSize) {
    Object.assign(stored, await audit.heads(names.slice(at, at + pageSize)))
  }
  const wrong = names.filter((name) => stored[name] !== heads.get(name))
  if (wrong.length === 0) return []
  const newer = new Set<string>()
  await readAll(audit, last + 1, (_, { entry }) => newer.add(`${entry.chain} ${entry.head}`))
  return wrong
    .filter((name) => !newer.has(`${name} ${stored[name]}`))
    .map((name) => {
      const text = `the chain of ${name} does not end where its record says: its newest entries are missing`
      return { kind: 'wrong_head', from: last + 1, to: last + 1, text }
    })
}

function withoutTrim(first: number): Problem {
  return {
    kind: 'missing',
    from: 1,
    to: first - 1,
    text: 'missing, and no signed statement says that they were taken out',
  }
}

function cut(last: number, count: number): Problem {
  return { kind: 'missing', from: last + 1, to: count, text: `missing: ${count} were written, its end was cut` }
}

/** The last seal is an entry itself, for which only the next one vouches. */
function unsealed(inside: Seals, first: number, last: number): Pick<Verdict, 'unsealed'> {
  const seal = inside.last()
  const from = (seal?.to ?? first - 1) + 1
  const isOnlySeal = seal !== undefined && seal.n === last && from === last
  return from > last || isOnlySeal ? {} : { unsealed: { from, to: last, fromAt: inside.unsealedSince() } }
}

function numberIn(id: string): number {
  return Number(id.split('-')[0])
}
