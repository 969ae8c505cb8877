import type { Principal } from './model.ts'
import { type Policy, peopleOf } from './policy.ts'

/** True for a group, of which nobody but a `Directory` knows who is behind it. */
export function isGroup(principal: Principal): boolean {
  return /^slack:[^/]*\/S|^teams:[^/]*\/group:/.test(principal)
}

/** Every group that a policy names anywhere, each once. */
export function groupsOf({
  rules,
  operators,
  auditors,
}: Pick<Policy, 'rules' | 'operators' | 'auditors'>): readonly Principal[] {
  const named = rules.flatMap((rule) => [...peopleOf(rule), ...(rule.escalate?.to ?? [])])
  return [...new Set([...named, ...operators, ...auditors].filter(isGroup))]
}
