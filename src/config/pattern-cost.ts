import { reasonLimit } from '../transfer/reason.ts'

/** How often an engine may try a valid pattern (flag u) on the longest reason, at most; infinite where each letter doubles it. */
export function triesOf(pattern: string): number {
  const reader = { pattern, at: 0 }
  const first = readSequence(reader)
  const isWhole = reader.at >= pattern.length
  const ways = isWhole ? first : first + readChoices({ pattern, at: reader.at + 1 })
  // What does not begin at the beginning is tried from every letter on.
  return pattern.startsWith('^') && isWhole ? ways : ways * reasonLimit
}

/** So many take an engine about 0.1 s, in which the bot answers nobody else. */
export const mostTries = 12_500_000

type Reader = { readonly pattern: string; at: number }

function readChoices(reader: Reader): number {
  let ways = readSequence(reader)
  while (reader.pattern[reader.at] === '|') {
    reader.at += 1
    ways += readSequence(reader)
  }
  return ways
}

function readSequence(reader: Reader): number {
  let ways = 1
  while (reader.at < reader.pattern.length && !'|)'.includes(reader.pattern[reader.at] ?? '')) {
    const once = readAtom(reader)
    ways *= repeated(once, reader)
  }
  return ways
}

function readAtom(reader: Reader): number {
  const rest = reader.pattern.slice(reader.at)
  const group = /^\((?:\?(?:[:=!]|<[=!]|<[^>]*>|[a-z-]*:))?/.exec(rest)?.[0]
  if (group !== undefined) {
    reader.at += group.length
    const ways = readChoices(reader)
    // The bracket that closes it.
    reader.at += 1
    return ways
  }
  const single = /^(?:\[(?:\\.|[^\]\\])*\]|\\[pPu]\{[^}]*\}|\\k<[^>]*>|\\\d+|\\.|.)/su.exec(rest)?.[0] ?? rest
  reader.at += single.length
  return 1
}

/** How often what was just read may stand there; a repetition of what itself has several ways multiplies them each time. */
function repeated(once: number, reader: Reader): number {
  const quantifier = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(reader.pattern.slice(reader.at))
  if (!quantifier) return once
  const [whole, least, comma, most] = quantifier
  reader.at += whole.length
  if (whole.startsWith('?')) return once + 1
  const isFree = whole.startsWith('*') || whole.startsWith('+') || (comma === ',' && most === '')
  if (isFree) return once === 1 ? reasonLimit : Number.POSITIVE_INFINITY
  const top = Number(comma === ',' ? most : least)
  return once ** top * (top - Number(least) + 1)
}
