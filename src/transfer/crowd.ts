import type { Transfer } from './model.ts'
import { isSamePerson, type Somebody } from './people.ts'
import type { Rule } from './rule.ts'

const mostNamed = 5

/** Facts of the refusal when a rule lets no more transfers be open: how many, and those that the asker may know of. */
export function crowdFacts(
  rule: Rule,
  open: readonly string[],
  visible: readonly Transfer[],
): Readonly<Record<string, string>> {
  const named = visible.slice(0, mostNamed)
  return {
    rule: rule.name,
    open: String(open.length),
    ...(named.length > 0
      ? { ids: named.map(({ id }) => id).join(' '), by: named.map(({ request }) => request.by).join(' ') }
      : {}),
  }
}

/**
 * Whether somebody who may ask under the rule may see another open transfer of it, where no chat can be asked: their own,
 * and those of the same requesters where the rule names these.
 */
export function mayKnowOf(rule: Rule, asker: Somebody, other: Transfer): boolean {
  if (isSamePerson(asker, other.request)) return true
  const theirs = other.rule.requesters
  return !rule.requesters.includes('anyone') && rule.requesters.every((each) => theirs.includes(each))
}
