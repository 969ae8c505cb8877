import type { Explanation } from '../transfer/candidates.ts'
import { isFinal } from '../transfer/lifecycle.ts'
import type { Rule, Transfer } from '../transfer/model.ts'
import { ruleVersion } from '../transfer/rule-version.ts'
import type { Line } from '../transfer/text.ts'
import { askedWords, laterWords, willAsk } from './asked-words.ts'
import { explainLines, ruleNames } from './explain-lines.ts'
import { code, lowerFirst, person } from './phrases.ts'
import { routeTitle } from './route.ts'

/** What the policy says of a transfer: its rules now, today's rule for it, and how many people each rule asks. */
export type Reasons = {
  explanation: Explanation
  asks: readonly { rule: Rule; people: number }[]
  today: Rule | undefined
}

/** Why a transfer is under its rule, which others there are and why not, and who may say yes. */
export function whyAnswer(transfer: Transfer, { explanation, asks, today }: Reasons): readonly Line[] {
  const { id, request, rule, candidates } = transfer
  const title = lowerFirst(routeTitle(request))
  const which: Line = candidates
    ? isFinal(transfer.status)
      ? [code(id), `, ${title}, came under no rule.`]
      : [
          code(id),
          `, ${title}: Azure has to say how much data there is, then it is under `,
          ...ruleNames(asks.map((each) => each.rule)),
          '.',
        ]
    : [code(id), `, ${title}, is under rule `, code(rule.name), ' as it was when it was asked.']
  return [
    which,
    ...(candidates ? [] : todayLines(rule, today, explanation)),
    ...explainLines(explanation),
    ...asks.map(({ rule: each, people }): Line => {
      return [
        'By rule ',
        code(each.name),
        ', ',
        ...askedWords(each, request),
        '. ',
        ...willAsk(each, people),
        ...laterWords(each),
      ]
    }),
    ['Nobody decides on a request of their own: ', person(request.by), ' does not count.'],
  ]
}

/** What has become of the rule in today's file. */
function todayLines(rule: Rule, today: Rule | undefined, { rules }: Explanation): readonly Line[] {
  if (!today) return [['⚠️ The policy has changed since: today no rule allows it, and nobody can say yes any more.']]
  if (today.name !== rule.name) {
    const isKnown = rules.some((each) => each.rule === today.name)
    const which: Line = isKnown ? ['rule ', code(today.name)] : ['another rule']
    return [['⚠️ The policy has changed since: today ', ...which, ' counts. Who decides has to be an approver by both.']]
  }
  if (ruleVersion(today) === ruleVersion(rule)) return []
  return [['⚠️ The rule has changed since. Who decides has to be an approver by it as it was and as it is.']]
}
