import type { Principal, Stage, Transfer } from './model.ts'
import { accountsOf } from './people.ts'
import { approversOf, peopleOf } from './policy.ts'

/** What tells who has a say: the rule, and whether the transfer was escalated under it. */
export type Ruled = Pick<Transfer, 'rule' | 'escalated'>

/** The stages as they are now: those of the rule, and once it was escalated the people of `escalate.to` in each of them. */
export function stagesNow({ rule, escalated }: Ruled): readonly Stage[] {
  const to = escalated ? (rule.escalate?.to ?? []) : []
  return rule.stages.map(({ approvers, need }) => ({ approvers: [...new Set([...approvers, ...to])], need }))
}

/** Every principal that decides in some stage now. */
export function approversNow(ruled: Ruled): readonly Principal[] {
  return approversOf({ stages: stagesNow(ruled) })
}

/** Every principal that the rule gives a say now: those of an escalation from then on, not before. */
export function peopleNow(ruled: Ruled): readonly Principal[] {
  return [...new Set([...peopleOf(ruled.rule), ...approversNow(ruled)])]
}

/** Whom an escalation asks: never the requester, by any account that is known of them. */
export function escalatedTo({ rule, request }: Pick<Transfer, 'rule' | 'request'>): readonly Principal[] {
  const own = accountsOf(request)
  return (rule.escalate?.to ?? []).filter((each) => !own.includes(each))
}
