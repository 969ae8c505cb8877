const letters = 'abcdefghjkmnpqrstvwxyz'
const alphabet = `23456789${letters}`
const length = 8

/**
 * A new transfer id: 8 characters that can't be mistaken for one another, always with a letter (an id of digits alone
 * is taken for a number elsewhere). `random(n)` answers an integer from 0 to n - 1.
 */
export function newTransferId(random: (n: number) => number): string {
  const id = Array.from({ length }, () => alphabet.charAt(random(alphabet.length))).join('')
  return isTransferId(id) ? id : id.slice(0, -1) + letters.charAt(random(letters.length))
}

/** True for exactly what `newTransferId` makes. */
export function isTransferId(text: string): boolean {
  return /^[2-9a-hjkmnp-tv-z]{8}$/.test(text) && /[a-z]/.test(text)
}

/** The id that a person typed: upper case, quotes and punctuation around it are no mistake. Undefined when it is none. */
export function readTransferId(text: string): string | undefined {
  const id = text.replace(/^[^a-z0-9]+|[^a-z0-9]+$/gi, '').toLowerCase()
  return isTransferId(id) ? id : undefined
}
