import type { Decision, Transfer } from '../transfer/model.ts'
import type { Stored } from '../transfer/ports.ts'
import { digestOf, type Entry, linkOf, noHead } from './entry.ts'
import { timeOf } from './export.ts'
import { replayRounds } from './replay.ts'
import { checkSigned, parseJson, type Seal, type Signed } from './seal.ts'
import type { PublicKey } from './signing-key.ts'

/** What the pack of one transfer is made from. `head`: of its record; `seal`: the newest one that names its chain. */
export type EvidenceSource = {
  id: string
  stored: Stored | undefined
  head: string | undefined
  /** All that are about it, oldest first. */
  entries: readonly Entry[]
  seal?: { n: number; seal: Signed<Seal> }
  keys: readonly PublicKey[]
}

/** Everything that shows how one transfer came about, as one JSON value that can be checked by itself. */
export function evidenceOf(source: EvidenceSource, madeAt: number): Readonly<Record<string, unknown>> {
  const { id, stored, entries } = source
  const transfer = stored?.transfer
  return {
    transfer: id,
    madeAt: new Date(madeAt).toISOString(),
    asked: transfer && { ...transfer.request, ...ruledBy(transfer), time: iso(transfer.request.at) },
    shown: shownIn(source),
    decided: decidedIn(entries),
    said: told(entries, (kind) => words.has(kind)),
    refused: told(entries, (kind) => kind.endsWith('_refused') && kind !== 'submit_refused'),
    azure: transfer && azureOf(transfer, entries),
    result: transfer?.ending ? { ...transfer.ending, time: iso(transfer.ending.at) } : { status: transfer?.status },
    messages: told(entries, (kind) => kind === 'message'),
    timeline: entries.map((entry) => ({ n: Number(entry.n), time: timeOf(entry), kind: entry.kind, by: entry.by })),
    integrity: integrityOf(source),
    entries,
  }
}

/** The rule of the transfer; where it ended or waits before it was clear which one counts, all that could have become it. */
function ruledBy({ rule, candidates }: Transfer): object {
  return candidates ? { rule: 'not settled', candidates } : { rule }
}

/** What people said besides their decisions, and when they were reminded. */
const words = new Set('command question_asked cancel_asked withdrawn settled reminded escalated'.split(' '))

/** Each round with its facts; from the record alone, the last one, where the entries do not tell. */
function shownIn({ stored, entries }: EvidenceSource): unknown {
  const rounds = replayRounds(entries)
  if (rounds) return { from: 'the entries, played again', rounds }
  const round = stored?.transfer.round
  return { from: 'the record, which has the last round only', rounds: round ? [round] : [] }
}

function decidedIn(entries: readonly Entry[]): unknown {
  return entries.flatMap((entry) => {
    if (entry.kind !== 'decided') return []
    const { decision } = parseJson(entry.event) as { decision: Decision }
    return [{ n: Number(entry.n), time: timeOf(entry), ...decision }]
  })
}

/** Entries of some kinds, each with what it says. */
function told(entries: readonly Entry[], wanted: (kind: string) => boolean): unknown {
  return entries.flatMap((entry) => {
    if (entry.kind === undefined || !wanted(entry.kind)) return []
    const { at, type, ...facts } = Object(parseJson(entry.event)) as Record<string, unknown>
    return [{ n: Number(entry.n), time: timeOf(entry), kind: entry.kind, by: entry.by, ...facts }]
  })
}

/** Operation and connections by the record, each call with effect by its entry, with Azure's own id of the request. */
function azureOf(
  { operation, connections, snapshot, bypassed, leftOver }: Transfer,
  entries: readonly Entry[],
): unknown {
  const calls = told(entries, (kind) =>
    ['effect', 'undo', 'creation_sent', 'approve_failed', 'submit_refused'].includes(kind),
  )
  return { operation, connections, bypassed, leftOver, connectionsBefore: snapshot?.length, calls }
}

/** How far the chain and the seal hold, and how anybody can check it without us. */
function integrityOf({ id, head, entries, seal, keys }: EvidenceSource): unknown {
  const chain = entries.filter((entry) => entry.chain === id)
  const [first] = chain
  const begins = first?.version === '1'
  let at = begins ? noHead : undefined
  const broken: number[] = []
  for (const entry of chain) {
    const n = Number(entry.n)
    const follows = at === undefined || linkOf(at, entry.digest ?? '', n) === entry.head
    if (digestOf(entry) !== entry.digest || !follows) broken.push(n)
    at = entry.head
  }
  const sealed = seal && chain.findLast((entry) => Number(entry.n) <= seal.seal.to)
  return {
    head,
    chain: broken.length > 0 ? { broken } : begins ? 'whole' : 'begins after its first entry, which was taken out',
    endsInRecord: head !== undefined && chain.at(-1)?.head === head,
    sealedUpTo: sealed ? Number(sealed.n) : undefined,
    sealNamesHead: seal !== undefined && sealed?.head === seal.seal.heads[id],
    sealSignature: seal ? checkSigned(seal.seal, keys) : 'not sealed yet',
    seal,
    publicKeys: keys.map((key) => ({ id: key.id, pem: key.pem })),
    how,
  }
}

const how = [
  'digest = SHA-256 of `name=<bytes>:value;` for each field of an entry but n, chain, head and digest, sorted by name.',
  'head = SHA-256 of the 32 bytes of the head before (zeros for the first), the 32 of the digest, and n as 8 bytes, big endian.',
  'seal.heads names the head of this transfer at entry seal.to; the Ed25519 signature (base64) is over the canonical JSON (RFC 8785) of the seal without `signature`.',
]

function iso(at: number): string {
  return new Date(at).toISOString()
}
