/** A word or a value, and the text after it. */
export type Taken = { text: string; quoted: boolean; rest: string }

const double = '"\u201c\u201d\u201e\u201f\u00ab\u00bb'
const single = "'\u2018\u2019\u201a\u201b\u2039\u203a"
const families: readonly string[] = [double, single, '`']

/** The next word: up to white space, or what stands in quotes of any kind; without the punctuation of a sentence. */
export function takeWord(text: string): Taken {
  const start = text.trimStart()
  const family = familyOf(start)
  const end = family ? closing(start, family, (after) => /^(?:$|[\s.,;:!?…])/.test(after)) : -1
  if (end > 0) return { text: start.slice(1, end).trim(), quoted: true, rest: skipPunctuation(start.slice(end + 1)) }
  const [raw = ''] = /^\S*/.exec(start) ?? []
  return { text: bare(raw), quoted: false, rest: start.slice(raw.length).trimStart() }
}

/** A sentence: in quotes, with quotes in it as they are, or up to where `ends` says yes. */
export function takeReason(text: string, ends: (text: string) => boolean): Taken {
  const family = familyOf(text)
  const end = family && family !== '`' ? balanced(text, family) : -1
  if (end > 0) return { text: text.slice(1, end), quoted: true, rest: skipPunctuation(text.slice(end + 1)) }
  for (const { index } of text.matchAll(/\s+/g)) {
    const rest = text.slice(index).trimStart()
    if (ends(rest)) return { text: text.slice(0, index), quoted: false, rest }
  }
  return { text, quoted: false, rest: '' }
}

/** Text without one pair of quotes around all of it; a quote that lacks its partner goes too. */
export function unquote(text: string): string {
  const family = familyOf(text)
  if (!family) return text
  const end = balanced(text, family)
  if (end === text.length - 1) return text.slice(1, end).trim()
  return end === -1 ? text.slice(1).trim() : text
}

/** Text after the punctuation that belongs to what was just read. */
export function skipPunctuation(text: string): string {
  return text.replace(/^[.,;:!?…]+(?=\s|$)/, '').trimStart()
}

function familyOf(text: string): string | undefined {
  const first = text.charAt(0)
  return first === '' ? undefined : families.find((family) => family.includes(first))
}

function closing(text: string, family: string, fits: (after: string) => boolean): number {
  for (let index = 1; index < text.length; index += 1) {
    if (family.includes(text.charAt(index)) && fits(text.slice(index + 1))) return index
  }
  return -1
}

/** Index of the quote that closes the first one, over quotations inside; -1 when none does. */
function balanced(text: string, family: string): number {
  let depth = 1
  let opened = 0
  for (let index = 1; index < text.length; index += 1) {
    if (!family.includes(text.charAt(index))) continue
    const before = text.charAt(index - 1)
    const after = text.charAt(index + 1)
    if (/\S/.test(after) && (/[\s([]/.test(before) || opened === index - 1)) {
      depth += 1
      opened = index
    } else if (/^(?:$|[\s.,;:!?…)\]])/.test(after) || family.includes(after)) depth -= 1
    if (depth === 0) return index
  }
  return -1
}

function bare(word: string): string {
  const plain = word.replaceAll('`', '').replace(/^["\u201c\u201d\u00ab]+|["\u201c\u201d\u00bb]+$/g, '')
  return plain.replace(/(?<=[\p{L}\p{N}_)-])[.,;:!?…]+$/u, '').replace(/["\u201c\u201d\u00bb]+$/, '')
}
