/** What an operation may claim to be. */
export type State = 'working' | 'succeeded' | 'failed' | 'cancelled'

/** The state behind a status word of Azure; words that nobody knows keep working. */
export function stateOf(word: string): State {
  const plain = word.trim().toLowerCase()
  if (/^(succeeded|completed|complete|success)$/.test(plain)) return 'succeeded'
  if (/^(failed|failure|error)\b/.test(plain)) return 'failed'
  return /^(canceled|cancelled)$/.test(plain) ? 'cancelled' : 'working'
}

/** Percentage (0..100) in a text such as `Running, Progress = 5.00 %`. */
export function percentIn(text: string): number | undefined {
  const number = /(\d+(?:[.,]\d+)?)\s*%/.exec(text)?.[1]
  return number === undefined ? undefined : Math.min(100, Number(number.replace(',', '.')))
}
