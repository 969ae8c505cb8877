import type { Problem, Verdict } from '../audit/verdict.ts'

/** More problems than these are counted. */
const mostTold = 50

/** What people read of a verdict, line by line. */
export function tellVerdict(verdict: Verdict, withLog: boolean): readonly string[] {
  const { entries, seals, trimmed, vouched, unsealed, problems } = verdict
  const more = problems.length - mostTold
  return [
    `${count(entries, 'entry', 'entries')}, ${count(seals, 'seal', 'seals')}.`,
    ...(trimmed ? [`Entries up to ${trimmed.to} were taken out on ${time(trimmed.at)}, by a signed statement.`] : []),
    ...vouched.map(({ from, to, fromAt, toAt }) => {
      return `Vouched for: entries ${range(from, to)}, from ${time(fromAt)} to ${time(toAt)}.`
    }),
    ...(vouched.length === 0 ? ['No entry is vouched for.'] : []),
    ...(unsealed
      ? [`Not sealed yet: entries ${range(unsealed.from, unsealed.to)}, since ${time(unsealed.fromAt)}.`]
      : []),
    ...(problems.length === 0 ? ['No problem was found.'] : [`${count(problems.length, 'problem', 'problems')}:`]),
    ...problems.slice(0, mostTold).map(tell),
    ...(more > 0 ? [`  and ${more} more.`] : []),
    ...(withLog
      ? []
      : [
          'Seals of the log were not compared (--seals <file>): an older copy of Redis, or one that was written anew while nothing ran, would pass.',
        ]),
  ]
}

function tell({ kind, from, to, at, text }: Problem): string {
  const when = at === undefined ? '' : ` (${time(at)})`
  return `  ${range(from, to)}${when}, ${kind.replaceAll('_', ' ')}: ${text}`
}

function range(from: number, to: number): string {
  return from === to ? String(from) : `${from}–${to}`
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}

function time(at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.valueOf())
    ? 'an unreadable time'
    : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
