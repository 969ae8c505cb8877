import type { Explanation, RuleFinding } from '../transfer/candidates.ts'
import type { Inline, Line } from '../transfer/text.ts'
import { fitWords, missesOf } from './condition-words.ts'
import { code } from './phrases.ts'
import { count } from './quantities.ts'

const mostShown = 10

/** How the rules met a request, one line each, in the order of the file. */
export function explainLines({ rules, hidden }: Explanation): readonly Line[] {
  const read = rules.filter(({ outcome }) => outcome !== 'unreached')
  const shown = read.slice(0, mostShown)
  const behind = rules.filter(({ outcome }) => outcome === 'unreached')
  const more = read.length - shown.length
  return [
    ...shown.map(ruleLine),
    ...(more > 0 ? [[`… and ${count(more, 'more rule')} of yours.`]] : []),
    ...(behind.length > 0 ? [['▫️ Not reached, as an earlier rule matches: ', ...names(behind), '.']] : []),
    ...(hidden > 0 ? [[`${count(hidden, 'other rule')} ${hidden === 1 ? 'is' : 'are'} not yours to see.`]] : []),
  ]
}

/** Rules by name: "`small` or `large`". */
export function ruleNames(rules: readonly { name: string }[]): Line {
  return rules.flatMap(({ name }, index): Inline[] => [
    ...(index === 0 ? [] : [index === rules.length - 1 ? ' or ' : ', ']),
    code(name),
  ])
}

function ruleLine(finding: RuleFinding): Line {
  const { rule, outcome, findings } = finding
  switch (outcome) {
    case 'match':
      return ['✔️ Rule ', code(rule), ` matches, ${fitWords(findings)}.`]
    case 'later':
      return ['❔ Rule ', code(rule), ' may match: ', ...missesOf(finding), '.']
    default:
      return ['✖️ Rule ', code(rule), ' does not match: ', ...missesOf(finding), '.']
  }
}

function names(rules: readonly RuleFinding[]): Line {
  const shown = rules.slice(0, mostShown)
  const more = rules.length - shown.length
  return [
    ...shown.flatMap(({ rule }, index): Inline[] => [...(index > 0 ? [', '] : []), code(rule)]),
    ...(more > 0 ? [` and ${more} more`] : []),
  ]
}
