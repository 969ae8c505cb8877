import type { Entry } from '../audit/entry.ts'
import type { EvidenceSource } from '../audit/evidence.ts'
import { entriesOf } from '../audit/export.ts'
import { parseJson, readSeal } from '../audit/seal.ts'
import { keysFor, type OpenAudit } from './open-audit.ts'

/** Reads all that is about one transfer, and the newest seal that names its chain. */
export async function collectEvidence(open: OpenAudit, id: string, files: readonly string[]): Promise<EvidenceSource> {
  const { audit, place, record } = open
  const keys = await keysFor(place, files)
  const entries: Entry[] = []
  let seal: EvidenceSource['seal']
  for await (const entry of entriesOf(audit, { since: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY })) {
    if (entry.transfer === id) entries.push(entry)
    if (entry.kind !== 'sealed') continue
    const found = readSeal(parseJson(entry.event))
    if (found?.heads[id] !== undefined) seal = { n: Number(entry.n), seal: found }
  }
  const [stored, heads] = [await record(id), await audit.heads([id])]
  return { id, stored, head: heads[id], entries, keys, ...(seal ? { seal } : {}) }
}
