import { type Stringifier, stringify } from 'csv-stringify'
import type { Millis } from '../transfer/model.ts'
import type { AuditLog } from './audit-log.ts'
import type { Entry } from './entry.ts'
import { parseJson } from './seal.ts'

/** Which entries: from and until in milliseconds since 1970, the end not included. */
export type ExportFilter = { since: Millis; until: Millis; transfer?: string }

const pageSize = 500
const columns = ['n', 'time', 'kind', 'transfer', 'version', 'by', 'event', 'chain', 'digest', 'head']

/** Entries that fit, oldest first. */
export async function* entriesOf(audit: AuditLog, { since, until, transfer }: ExportFilter): AsyncGenerator<Entry> {
  for (let next = 0; ; ) {
    const page = await audit.page(next, pageSize)
    for (const { id, entry } of page) {
      next = Number(id.split('-')[0]) + 1
      const at = Number(entry.at)
      if (at >= since && at < until && (transfer === undefined || entry.transfer === transfer)) yield entry
    }
    if (page.length < pageSize) return
  }
}

/** One entry as a line of JSON; what an event says is JSON in it, and as text (`JSON.stringify`) what the digest is of. */
export function jsonLine({ event, ...entry }: Entry): string {
  return `${JSON.stringify({ ...entry, time: timeOf(entry), event: parseJson(event) ?? event })}\n`
}

/** Takes rows of `csvRow` and gives CSV with a header; what a spreadsheet would run as a formula gets a quote before it. */
export function csvWriter(): Stringifier {
  return stringify({ header: true, columns, escape_formulas: true })
}

/** One entry as a row of CSV. */
export function csvRow(entry: Entry): Readonly<Record<string, string>> {
  return { ...entry, time: timeOf(entry) }
}

/** The time of an entry as in ISO 8601, UTC; empty when it tells none. */
export function timeOf({ at }: Entry): string {
  const date = new Date(Number(at))
  return Number.isNaN(date.valueOf()) ? '' : date.toISOString()
}
