import { createHash } from 'node:crypto'
import type { Millis } from '../transfer/model.ts'
import type { Clock, RefusalLimit } from '../transfer/ports.ts'
import type { AuditLog, LastSeal } from './audit-log.ts'
import { type Seal, type Signed, sealDigest, sealLine, signed } from './seal.ts'
import type { SigningKey } from './signing-key.ts'
import { trimBehind } from './trim.ts'

/** What sealing needs. `every`: the least time between two seals; `keep`: how long entries stay, for ever when left out. */
export type SealerTools = {
  audit: AuditLog
  key: SigningKey
  clock: Clock
  every: Millis
  keep?: Millis
  limit: RefusalLimit
  /** Of this process alone. */
  holder: string
  log: Readonly<Record<'info' | 'warn' | 'error', (fields: Readonly<Record<string, unknown>>, message: string) => void>>
}

/** One turn at a time. `round` seals when it is due and nobody else does it; `finish` seals what is left, whoever's turn it is. */
export type Sealer = { round(): Promise<void>; finish(): Promise<void> }

/** The most entries that one seal covers: its heads go to the log with it. */
const mostSealed = 1_000
const pageSize = 250
/** So many times the least time between two seals nobody seals before another process does it out of its turn. */
const mostTurnsWaited = 5

/** Makes the sealer of a process; of several, one has the turn, and the store takes only a seal that follows on the last. */
export function createSealer(tools: SealerTools): Sealer {
  const { audit, clock, every, keep, limit, holder, log } = tools
  let newest: LastSeal | undefined
  let missed: Seal['missed']
  let newestSince = clock.now()
  let under: Promise<unknown> = Promise.resolve()
  const look = async (): Promise<LastSeal | undefined> => {
    const last = await audit.sealed()
    if (newest && isOther(newest, last)) {
      log.error({ sealed: newest.to, found: last?.to ?? 0 }, 'the audit was cut or an older one put in its place')
      missed ??= { to: newest.to, digest: newest.digest }
    }
    if (last?.to !== newest?.to) newestSince = clock.now()
    newest = last
    return last
  }
  /** The turn stands in Redis, where somebody may have put it for good. */
  const isStuck = async (last: LastSeal | undefined): Promise<boolean> => {
    const isLong = clock.now() - newestSince > mostTurnsWaited * every
    if (!isLong || !hasMore(await audit.count(), last)) return false
    log.error({ sealed: last?.to ?? 0 }, 'whoever has the turn to seal the audit does not seal it: this process does')
    return true
  }
  const seal = async (last: LastSeal | undefined): Promise<void> => {
    const sealed = await sealAll(tools, last, missed)
    if (!sealed) return
    if (sealed.to !== last?.to) missed = undefined
    newest = sealed
  }
  const one = (work: () => Promise<void>): Promise<void> => {
    const turn = under.then(work)
    under = turn.catch(() => undefined)
    return turn
  }
  return {
    round: () =>
      one(async () => {
        const last = await look()
        if (!(await audit.turn(holder, every)) && !(await isStuck(last))) return
        await audit.heldBack(clock.now(), limit)
        if (isDue(last, clock.now(), every)) await seal(last)
        if (keep !== undefined) await trimBehind({ ...tools, keep })
      }),
    finish: () => one(async () => seal(await look())),
  }
}

/** Runs a sealer until it is stopped; the end seals what is left, within `patience` milliseconds. */
export function startSealer(tools: SealerTools): { stop(patience: Millis): Promise<void> } {
  const sealer = createSealer(tools)
  const failed = (error: unknown): void => {
    tools.log.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'the audit could not be sealed now')
  }
  const timer = setInterval(() => void sealer.round().catch(failed), tools.every / 4)
  timer.unref()
  return {
    stop: async (patience) => {
      clearInterval(timer)
      const { promise, resolve } = Promise.withResolvers<void>()
      const limit = setTimeout(resolve, patience)
      await Promise.race([sealer.finish().catch(failed), promise])
      clearTimeout(limit)
    },
  }
}

/** Others seal too, so that a newer one is no wonder. */
function isOther(known: LastSeal, found: LastSeal | undefined): boolean {
  return (found?.to ?? 0) < known.to || (found?.to === known.to && found.digest !== known.digest)
}

/** A time that lies ahead, by a wrong clock or a hand in Redis, must not put the next seal off. */
function isDue(last: LastSeal | undefined, now: Millis, every: Millis): boolean {
  return !last || now >= last.at + every || last.at > now
}

/** The last seal is an entry too, and alone it needs no other one. */
function hasMore(count: number, last: LastSeal | undefined): boolean {
  return count - (last?.to ?? 0) > (last ? 1 : 0)
}

async function sealAll(
  tools: SealerTools,
  before: LastSeal | undefined,
  missed: Seal['missed'],
): Promise<LastSeal | undefined> {
  const { audit, key, log } = tools
  const count = await audit.count()
  let last = before
  while (hasMore(count, last)) {
    const said = last === before && missed ? { missed } : {}
    const seal = signed({ ...(await makeSeal(tools, last, count)), ...said }, key)
    if (!(await audit.seal(seal))) return undefined
    log.info({ seal }, 'audit sealed')
    last = { digest: sealDigest(seal), to: seal.to, at: seal.at }
    if (last.to >= count) break
  }
  return last
}

async function makeSeal({ audit, clock, log }: SealerTools, last: LastSeal | undefined, count: number): Promise<Seal> {
  const from = (last?.to ?? 0) + 1
  const to = Math.min(count, from + mostSealed - 1)
  const hash = createHash('sha256')
  const heads: Record<string, string> = {}
  let found = 0
  for (let next = from; next <= to; ) {
    const page = (await audit.page(next, pageSize)).filter(({ entry }) => Number(entry.n) <= to)
    for (const { entry } of page) {
      hash.update(sealLine(entry))
      if (entry.chain !== undefined && entry.head !== undefined) heads[entry.chain] = entry.head
    }
    found += page.length
    const end = page.at(-1)
    if (!end) break
    next = Number(end.entry.n) + 1
  }
  if (found !== to - from + 1) log.error({ from, to, found }, 'entries of the audit are missing')
  const previous = last?.digest ?? ''
  return { schema: 1, from, to, at: clock.now(), previous, digest: hash.digest('hex'), heads }
}

/** The log line of a seal, as `verify` reads it back. */
export function sealOfLine(line: unknown): unknown {
  return (Object(line) as { seal?: Signed<Seal> }).seal
}
