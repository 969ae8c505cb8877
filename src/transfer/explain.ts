import { type Facts, type Finding, findingsOf } from './conditions.ts'
import type { Policy } from './policy.ts'
import type { Rule } from './rule.ts'

/** What became of one rule: `later` may match once Azure is read, `unreached` stands behind the one that matched. */
export type Outcome = 'match' | 'no' | 'later' | 'unreached'
export type Explained = { rule: Rule; outcome: Outcome; findings: readonly Finding[] }

/** A rule that may count: certain, or once it is known what only Azure tells. */
export type Possible = { rule: Rule; outcome: 'match' | 'later' }

type Rules = Pick<Policy, 'rules' | 'catalogue'>

/** Every rule, in order: whether it matches, and by which of its conditions. */
export function explain({ rules, catalogue }: Rules, facts: Facts): readonly Explained[] {
  const aliases = catalogue.storage.map(({ alias }) => alias)
  let isFound = false
  return rules.map((rule) => {
    if (isFound) return { rule, outcome: 'unreached', findings: [] }
    const findings = findingsOf(rule.when, facts, aliases)
    const outcome = outcomeOf(findings)
    isFound = outcome === 'match'
    return { rule, outcome, findings }
  })
}

/** The rules that may count for the request, in order: the first that matches, and before it those that are not certain. */
export function possibleRules(policy: Rules, facts: Facts): readonly Possible[] {
  return explain(policy, facts).flatMap(({ rule, outcome }) =>
    outcome === 'match' || outcome === 'later' ? [{ rule, outcome }] : [],
  )
}

/** The rule that a request falls under: the first one that matches; what is not known yet matches nothing. */
export function matchRule(policy: Rules, facts: Facts): Rule | undefined {
  return explain(policy, facts).find(({ outcome }) => outcome === 'match')?.rule
}

function outcomeOf(findings: readonly Finding[]): 'match' | 'no' | 'later' {
  if (findings.some(({ verdict }) => verdict === 'differs' || verdict === 'unknown')) return 'no'
  return findings.some(({ verdict }) => verdict === 'later') ? 'later' : 'match'
}
