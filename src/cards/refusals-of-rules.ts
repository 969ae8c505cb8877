import type { RuleFinding } from '../transfer/candidates.ts'
import type { Inline, Line } from '../transfer/text.ts'
import { missesOf } from './condition-words.ts'
import { code, person } from './phrases.ts'
import { named, type Say } from './refusals-of-text.ts'

/** Refusals by what a rule says, or because no rule does. */
export const refusalsOfRules = {
  no_rule: ({ database, storage, closest }) => [
    [
      'No rule allows to move ',
      named(database, 'this database'),
      ' to ',
      named(storage, 'this storage'),
      ', and what no rule allows is refused. Ask an operator for a rule.',
    ],
    ...readClosest(closest).map(
      (each): Line => ['Rule ', code(each.rule), ' does not match: ', ...missesOf(each), '.'],
    ),
  ],
  no_rule_today: () => [
    [
      'The policy has changed since this was asked: today no rule allows it, so nobody can decide on it and your click is not counted. The requester, an approver or an operator can cancel it.',
    ],
  ],
  not_approver_today: ({ rule }) => [
    [
      'The policy has changed since this was asked: today ',
      rule ? 'rule ' : '',
      named(rule, 'another rule'),
      ' counts for it, and you are not among its approvers. Ask one who is an approver by both.',
    ],
  ],
  reason_missing: ({ rule, example }) => [
    [...byRule(rule), ' wants a reason. Add ', code(`--reason "${example ?? 'monthly audit'}"`), ' and ask again.'],
  ],
  reason_unfit: ({ rule, example }) => [
    [
      ...byRule(rule),
      ' wants another form of reason. Write it as in ',
      code(`--reason "${example ?? 'monthly audit'}"`),
      ' and ask again.',
    ],
  ],
  destination_not_allowed: ({ rule, to, allowed }) => [
    [
      ...byRule(rule),
      ' lets no data go to ',
      named(to, 'that place'),
      allowed ? `. Allowed: ${allowed}` : ', nor anywhere else',
      '. Name another destination, or ask an operator to add it.',
    ],
  ],
  crowded: ({ rule, open, ids = '', by = '' }) => [
    [
      ...byRule(rule),
      ` lets ${open ?? 'no more'} transfers be open at a time, whoever asked, and so many are. Wait for one to end, then ask again.`,
    ],
    ...openLines(ids, by),
  ],
} satisfies Readonly<Record<string, Say>>

function byRule(rule: string | undefined): Line {
  return rule === undefined ? ['The rule'] : ['Rule ', code(rule)]
}

/** Two lists of the same order. */
function openLines(ids: string, by: string): readonly Line[] {
  const people = by.split(' ').filter((each) => each !== '')
  const known = ids.split(' ').filter((each) => each !== '')
  if (known.length === 0) return []
  const all = known.flatMap((id, index): Inline[] => {
    const who = people[index]
    return [...(index > 0 ? [', '] : []), code(id), ...(who === undefined ? [] : [' of ', person(who)])]
  })
  return [['Open: ', ...all, '.']]
}

/** Facts of a refusal are text, and this one was written by the core. */
function readClosest(text: string | undefined): readonly RuleFinding[] {
  try {
    return text === undefined ? [] : (JSON.parse(text) as readonly RuleFinding[])
  } catch {
    return []
  }
}
