import { type Facts, type Finding, findSize } from './conditions.ts'
import type { Outcome, Possible } from './explain.ts'
import type { Plan, Transfer } from './model.ts'
import type { Rule } from './rule.ts'
import { dataBytes } from './work.ts'

/** A no as it is kept: which sentence, with its facts. */
export type Kept = { code: string; facts: Readonly<Record<string, string>> }

/** A rule that may count once the plan is read, and the no that the requester then gets under it, if it is one. */
export type Candidate = Possible & { refusal?: Kept }

/** What became of one rule, as it may be told; `people`: how many it asks. */
export type RuleFinding = { rule: string; outcome: Outcome; findings: readonly Finding[]; people?: number }

/** What a person may know of how the rules met a request; `hidden` counts the rules that are not theirs to know. */
export type Explanation = { rules: readonly RuleFinding[]; hidden: number }

/** The rule of a transfer, or all that may still become it. */
export function rulesOf({ rule, candidates }: Pick<Transfer, 'rule' | 'candidates'>): readonly Rule[] {
  return candidates ? candidates.map((each) => each.rule) : [rule]
}

/** The rules under which the transfer may go on: of those that may become it, the ones that do not refuse it. */
export function openRulesOf({ rule, candidates }: Pick<Transfer, 'rule' | 'candidates'>): readonly Rule[] {
  const open = candidates?.filter(({ refusal }) => !refusal)
  return open && open.length > 0 ? open.map((each) => each.rule) : [rule]
}

/** Bytes of data by which the rule is chosen: undefined before the plan is read, `unknown` where it does not say. */
export function sizeOf(transfer: Transfer): Facts['size'] {
  return transfer.measured ?? dataBytes(transfer) ?? (transfer.plan ? 'unknown' : undefined)
}

/** Which candidate counts now that the plan is read, or the no that comes of it. What the plan does not say matches nothing. */
export function settleRule(
  transfer: Pick<Transfer, 'request' | 'candidates' | 'plan'>,
): { rule: Rule; refusal?: undefined } | { rule?: undefined; refusal: Kept } {
  const { candidates = [], request } = transfer
  const size = dataBytes(transfer) ?? 'unknown'
  const findings = candidates.map(({ rule, outcome }) =>
    outcome === 'match' ? undefined : findSize(rule.when.size ?? {}, size, request.operation),
  )
  const index = findings.findIndex((each) => each === undefined || each.verdict === 'fits')
  const found = candidates[index]
  if (found) return found.refusal ? { refusal: found.refusal } : { rule: found.rule }
  const { database, storage } = request
  // Only of rules under which the requester may ask: others are not theirs to know.
  const closest = candidates.flatMap(({ rule, refusal }, at): RuleFinding[] => {
    const finding = findings[at]
    const isTheirs = refusal?.code !== 'not_requester'
    return finding && isTheirs ? [{ rule: rule.name, outcome: 'no', findings: [finding] }] : []
  })
  return {
    refusal: {
      code: 'no_rule',
      facts: { database: database.alias, storage: storage.alias, ...closestFacts(closest) },
    },
  }
}

/** The fact of a refusal that says why the closest rules did not match; none where there is nothing to say. */
export function closestFacts(closest: readonly RuleFinding[]): { closest?: string } {
  return closest.length === 0 ? {} : { closest: JSON.stringify(closest.slice(0, 2)) }
}

/** What was explained before the plan was read, with what the plan says. */
export function explainedWith(
  { explained, candidates = [], request }: Pick<Transfer, 'explained' | 'candidates' | 'request'>,
  plan: Plan,
): Explanation | undefined {
  if (!explained) return undefined
  const size = dataBytes({ plan, request }) ?? 'unknown'
  let isFound = false
  const rules = explained.rules.map((each): RuleFinding => {
    if (isFound) return { ...each, outcome: 'unreached', findings: [] }
    const range = candidates.find(({ rule }) => rule.name === each.rule)?.rule.when.size
    const read = range && each.outcome === 'later' ? findSize(range, size, request.operation) : undefined
    const findings = read ? each.findings.map((old) => (old.fact === 'size' ? read : old)) : each.findings
    const outcome = read ? (read.verdict === 'fits' ? 'match' : 'no') : each.outcome
    isFound = outcome === 'match'
    return { ...each, outcome, findings }
  })
  return { ...explained, rules }
}
