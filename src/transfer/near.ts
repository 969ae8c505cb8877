import { distance } from 'fastest-levenshtein'

/** The name that was most likely meant; undefined when nothing is near enough to be worth asking. */
export function didYouMean(typed: string, known: readonly string[]): string | undefined {
  const wanted = typed.toLowerCase()
  const most = Math.min(3, Math.ceil(wanted.length / 3))
  const far = (name: string): number => distance(wanted, name.toLowerCase())
  return known.filter((name) => far(name) <= most).sort((a, b) => far(a) - far(b))[0]
}
