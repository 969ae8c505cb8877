import { type Entry, linkOf, noHead, serviceChain } from './entry.ts'
import type { Problem } from './verdict.ts'

/** Follows every chain from entry to entry. */
export type Chains = {
  take(n: number, entry: Entry): void
  /** The head that each chain came to. */
  heads(): ReadonlyMap<string, string>
  problems(): readonly Problem[]
}

/** An entry that did not follow, and the head that it should have followed. */
type Loose = { n: number; chain: string; before: string; digest: string; head: string; problem: Problem }

/** So many loose ends are compared with what comes later. */
const mostLoose = 200

/** `isWhole`: the audit begins with its first entry, and so does every chain. */
export function createChains(isWhole: boolean): Chains {
  const heads = new Map<string, string>()
  const loose: Loose[] = []
  const problems: Problem[] = []
  const take = (n: number, entry: Entry): void => {
    const { chain = serviceChain, digest = '', head = '' } = entry
    const before = heads.get(chain) ?? noHead
    const isFirst = !heads.has(chain)
    heads.set(chain, head)
    if (linkOf(before, digest, n) === head || (isFirst && !isWhole)) return
    const swapped = loose.find((each) => belongsAt(each, { chain, before, digest, head }))
    if (swapped) {
      swapped.problem.kind = 'reordered'
      swapped.problem.text = `does not stand where it was written: the entry of this place is now ${n}`
      problems.push({ ...problemOf(n, entry), kind: 'reordered', text: `belongs where ${swapped.n} stands now` })
      // What came out of its place goes on from here.
      const back = linkOf(head, swapped.digest, n) === swapped.head
      if (back && swapped.chain === chain) heads.set(chain, swapped.head)
      loose.splice(loose.indexOf(swapped), 1)
      return
    }
    const problem = problemOf(n, entry)
    problems.push(problem)
    if (loose.length < mostLoose) loose.push({ n, chain, before, digest, head, problem })
  }
  return { take, heads: () => heads, problems: () => problems }
}

function belongsAt(place: Loose, { chain, before, digest, head }: Omit<Loose, 'n' | 'problem'>): boolean {
  const own = place.chain === chain ? place.before : before
  return [own, before].some((each) => linkOf(each, digest, place.n) === head)
}

function problemOf(n: number, { at, chain }: Entry): Problem {
  const whose = chain === undefined || chain === serviceChain ? 'of the service' : `of transfer ${chain}`
  const text = `does not follow on the entry before it: the chain ${whose} is broken`
  return { kind: 'broken_chain', from: n, to: n, at: Number(at), text }
}
