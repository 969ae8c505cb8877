import { createHash, type Hash } from 'node:crypto'
import type { Entry } from './entry.ts'
import { checkSigned, type Seal, type Signed, sealLine } from './seal.ts'
import type { PublicKey } from './signing-key.ts'
import type { Problem } from './verdict.ts'

/** Compares the audit with seals that were kept elsewhere: in the log. */
export type LogSeals = { take(n: number, entry: Entry): void; end(first: number, last: number): readonly Problem[] }

type Watched = { seal: Signed<Seal>; hash: Hash; entries: number }

/** What is not signed by one of the keys is a problem of its own: it came with the log. */
export function createLogSeals(keys: readonly PublicKey[], seals: readonly Signed<Seal>[]): LogSeals {
  const problems: Problem[] = []
  const watched: Watched[] = []
  for (const seal of seals) {
    const state = checkSigned(seal, keys)
    const { from, to, at } = seal
    if (state === 'good') watched.push({ seal, hash: createHash('sha256'), entries: 0 })
    else if (state === 'forged') {
      problems.push({ kind: 'bad_seal', from, to, at, text: 'the log has a seal of these entries that is forged' })
    } else {
      const text = 'the log has a seal of these entries by a key that was not given'
      problems.push({ kind: 'unknown_key', from, to, at, text })
    }
  }
  watched.sort((a, b) => a.seal.from - b.seal.from)
  let under: Watched[] = []
  let next = 0
  return {
    take: (n, entry) => {
      for (let each = watched[next]; each && each.seal.from <= n; each = watched[++next]) under.push(each)
      for (const each of under) {
        if (n > each.seal.to) continue
        each.hash.update(sealLine(entry))
        each.entries += 1
      }
      under = under.filter(({ seal }) => seal.to > n)
    },
    end: (first, last) => [...problems, ...watched.flatMap((each) => compare(each, first, last))],
  }
}

/** What was taken out since cannot be compared any more. */
function compare({ seal, hash, entries }: Watched, first: number, last: number): readonly Problem[] {
  const { from, to, at } = seal
  if (to > last) {
    const text = `the log has a seal of entries up to ${to}, but the audit ends with ${last}: its end was cut`
    return [{ kind: 'missing', from: last + 1, to, at, text }]
  }
  if (from < first || (entries === to - from + 1 && hash.digest('hex') === seal.digest)) return []
  return [{ kind: 'not_as_sealed', from, to, at, text: 'these are not the entries that the log has a seal of' }]
}
