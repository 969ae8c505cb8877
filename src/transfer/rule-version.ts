import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { Rule } from './rule.ts'

/** A short digest of everything that a rule says, 16 hexadecimal digits: two rules with the same one are the same rule. */
export function ruleVersion(rule: Rule): string {
  return createHash('sha256')
    .update(canonicalize(rule) ?? '')
    .digest('hex')
    .slice(0, 16)
}
