import { distance } from 'fastest-levenshtein'

// What looks like a token, a signed address, a key or an address with a password is never repeated.
const secretive =
  /xox[a-z]-|xapp-|eyJ|sig=|AccountKey|SharedAccess|:\/\/[^/]*@|[A-Za-z0-9+/]{44,}|[A-Za-z0-9._-]*~[A-Za-z0-9._~-]{20,}/
const longest = 200

/** A value of the file as it may be repeated in an error. */
export function quote(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (typeof value === 'string') {
    return value.length > longest || secretive.test(value) ? 'something that is not shown here' : JSON.stringify(value)
  }
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'a group of keys' : String(value)
}

/** ` (did you mean "…"?)` when one of the known words is close to the one written, or nothing. */
export function didYouMean(written: string, known: readonly string[]): string {
  const plain = (word: string) => word.toLowerCase().replaceAll(/[_-]/g, '')
  const letters = (word: string) => [...plain(word)].sort().join('')
  const ranked = known
    // Two letters in the wrong order are one slip, not two.
    .map((word) => ({ word, steps: letters(word) === letters(written) ? 1 : distance(plain(written), plain(word)) }))
    .sort((a, b) => a.steps - b.steps)
  const best = ranked[0]
  const close = best && best.steps <= Math.max(1, Math.floor(best.word.length / 3))
  return close ? ` (did you mean ${JSON.stringify(best.word)}?)` : ''
}

/** `a, b or c`, shortened beyond ten. */
export function listed(words: readonly string[], last = 'or'): string {
  if (words.length > 10) return `${words.slice(0, 10).join(', ')} … (${words.length} in all)`
  const end = words.at(-1)
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} ${last} ${end}` : (end ?? 'nothing')
}

/** What is wrong with a value, and what to write instead. */
export function complaint(value: unknown, hint: string): string {
  if (value === undefined) return `is missing — write ${hint}`
  const empty = value === null || value === '' || (Array.isArray(value) && value.length === 0)
  return empty ? `is empty — write ${hint}` : `is ${quote(value)} — write ${hint}`
}
