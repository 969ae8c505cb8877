import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { Rule } from './rule.ts'

/** Under which rule something was said: the one that the transfer keeps, and today's for the same request where it is another. */
export type RuleVersions = { ruleVersion: string; ruleToday?: string }

/** Names what a rule says: 12 hex digits, the same for equal rules and another one as soon as anything in it differs. */
export function ruleVersion(rule: Rule): string {
  return createHash('sha256')
    .update(canonicalize(rule) ?? '')
    .digest('hex')
    .slice(0, 12)
}

/** The versions to keep with what a person says now; `today` is undefined when no rule fits any more. */
export function ruleVersions(kept: Rule, today: Rule | undefined): RuleVersions {
  const version = ruleVersion(kept)
  const now = today && ruleVersion(today)
  return now === undefined || now === version ? { ruleVersion: version } : { ruleVersion: version, ruleToday: now }
}
