import type { Rule } from '../transfer/model.ts'
import type { Inline, Line } from '../transfer/text.ts'
import { people } from './phrases.ts'
import { count } from './quantities.ts'

/** Who would be asked under a rule, and where: "1 of @dba would be asked in #dba". */
export function askedWords({ stages, cards }: Rule): Line {
  const needs = stages.flatMap(
    ({ approvers, need }, index): Line => [index > 0 ? ', then ' : '', `${need} of `, ...people(approvers)],
  )
  const places = cards.flatMap((each, index): Inline[] => [
    index > 0 ? ' and ' : '',
    each === 'approvers' ? 'direct messages to them' : { place: each },
  ])
  const many = stages.reduce((sum, { need }) => sum + need, 0)
  return [...needs, ` would be asked in `, ...places, ` (${count(many, 'approval')} needed)`]
}
