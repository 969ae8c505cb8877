import type { Request, Rule, Transfer } from '../transfer/model.ts'
import { accountsOf } from '../transfer/people.ts'
import type { Inline, Line } from '../transfer/text.ts'
import { people } from './phrases.ts'
import { count, duration } from './quantities.ts'

/** Who would be asked under a rule, and where: "1 of @dba would be asked in #dba". The requester never is. */
export function askedWords({ stages, cards }: Rule, request: Pick<Request, 'by' | 'also'>): Line {
  const own = accountsOf(request)
  const needs = stages.flatMap(({ approvers, need }, index): Line => {
    const others = approvers.filter((each) => !own.includes(each))
    return [index > 0 ? ', then ' : '', `${need} of `, ...people(others)]
  })
  const many = stages.reduce((sum, { need }) => sum + need, 0)
  return [...needs, ` would be asked in `, ...placesOf(cards), ` (${count(many, 'approval')} needed)`]
}

/** How many people that is: "It will ask 3 people in #dba." */
export function willAsk({ cards }: Rule, many: number): Line {
  return [`It will ask ${many === 1 ? '1 person' : `${many} people`} in `, ...placesOf(cards), '.']
}

/** The same of a dry run, where it was found out, and what comes later. */
export function countedWords({ explained }: Pick<Transfer, 'explained'>, rule: Rule): Line {
  const many = explained?.rules.find((each) => each.rule === rule.name)?.people
  return [...(many === undefined ? [] : willAsk(rule, many)), ...laterWords(rule)]
}

/** What happens by itself while they do not decide; nothing where the rule has nothing of it. */
export function laterWords({ remindAfter, escalate }: Pick<Rule, 'remindAfter' | 'escalate'>): Line {
  return [
    ...(remindAfter === undefined ? [] : [` Who can still say yes after ${duration(remindAfter)} is reminded.`]),
    ...(escalate ? [` After ${duration(escalate.after)} `, ...people(escalate.to), ' may decide too.'] : []),
  ]
}

function placesOf(cards: Rule['cards']): Line {
  return cards.flatMap((each, index): Inline[] => [
    index > 0 ? ' and ' : '',
    each === 'approvers' ? 'direct messages to them' : { place: each },
  ])
}
