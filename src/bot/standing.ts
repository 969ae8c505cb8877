import { sizeOf } from '../transfer/candidates.ts'
import { allowsDestination } from '../transfer/demands.ts'
import { Refusal } from '../transfer/errors.ts'
import { matchRule } from '../transfer/explain.ts'
import { relabelled } from '../transfer/labels.ts'
import type { Person, Rule, Transfer } from '../transfer/model.ts'
import { approversNow, stagesNow } from '../transfer/stages-now.ts'
import { type Desk, held, isAmong } from './desk.ts'
import { factsOf } from './rule-for.ts'

/** Where a person stands in a transfer: in which stages by its rule, today's rule, and the no that today's policy has for them. */
export type Standing = { stages: readonly number[]; now?: Rule; today?: Refusal }

/**
 * The person's stages as they are now under the rule as it was, those whom an escalation asks included; `today` is there
 * when today's file no longer lets them decide.
 */
export async function standingIn(desk: Desk, transfer: Transfer, by: Person): Promise<Standing> {
  const then = await held(desk, by, approversNow(transfer))
  const stages = stagesNow(transfer).flatMap(({ approvers }, index) =>
    approvers.some((each) => then.includes(each)) ? [index] : [],
  )
  if (stages.length === 0) return { stages }
  const now = await ruleToday(desk, transfer)
  if (!now) return { stages, today: new Refusal('no_rule_today') }
  if (await isAmong(desk, by, approversNow({ ...transfer, rule: now }))) return { stages, now }
  const { operators, auditors } = desk.policy
  // A rule under which somebody may neither ask nor decide is not theirs to know.
  const isTheirs = await isAmong(desk, by, [...now.requesters, ...operators, ...auditors])
  return { stages, now, today: new Refusal('not_approver_today', isTheirs ? { rule: now.name } : {}) }
}

/** Stages in which the person may decide now: under the rule as it was and under today's for the same request. */
export async function stagesOf(desk: Desk, transfer: Transfer, by: Person): Promise<readonly number[]> {
  const { stages, today } = await standingIn(desk, transfer, by)
  return today ? [] : stages
}

/** The rule that today's file has for the same request: by today's labels and groups, and by what the plan says. */
export async function ruleToday(desk: Desk, transfer: Transfer): Promise<Rule | undefined> {
  const { catalogue } = desk.policy
  const request = relabelled(transfer.request, catalogue)
  const rule = matchRule(desk.policy, await factsOf(desk, request, sizeOf(transfer)))
  const aliases = catalogue.storage.map(({ alias }) => alias)
  return rule && allowsDestination(rule, request, aliases) ? rule : undefined
}
