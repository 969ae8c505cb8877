import type { RuleFinding } from '../transfer/candidates.ts'
import type { Finding } from '../transfer/conditions.ts'
import type { Inline, Line } from '../transfer/text.ts'
import { code } from './phrases.ts'
import { size } from './quantities.ts'

/** Why one condition of a rule does not match, or cannot be told yet; the rest of a sentence. */
export function missWords(finding: Finding): Line {
  if (finding.fact === 'size') return sizeWords(finding)
  const { fact, stated, known } = finding
  switch (fact) {
    case 'operation':
      return [`this is an ${known ?? 'operation'}, not an `, ...either(stated)]
    case 'environment':
    case 'from':
    case 'to':
      return labelWords(fact, stated, known)
    case 'requester':
      return ['the requester is not one of those that it is for']
    case 'privateLink':
      return [known === 'true' ? 'this goes over Private Link' : 'this does not go over Private Link']
    default:
      if (stated.length === 0)
        return [`${fact} `, ...one(known), ' is not of the catalogue, and the rule does not name it']
      return [`${fact} `, ...one(known), ' is not ', ...either(stated)]
  }
}

/** What the conditions that fit are about: "by operation, database". */
export function fitWords(findings: readonly Finding[]): string {
  const facts = findings.flatMap(({ fact, verdict }) => (verdict === 'fits' ? [factNames[fact]] : []))
  return facts.length === 0 ? 'which states no condition' : `by ${facts.join(', ')}`
}

/** All that stands against one rule, in one line. */
export function missesOf({ findings }: Pick<RuleFinding, 'findings'>): Line {
  const misses = findings.filter(({ verdict }) => verdict !== 'fits')
  // As long as something is plainly wrong, what is not known yet does not matter.
  const plain = misses.filter(({ verdict }) => verdict !== 'later')
  return (plain.length > 0 ? plain : misses).flatMap((each, index): Line => {
    return [...(index > 0 ? ['; '] : []), ...missWords(each)]
  })
}

const factNames: Readonly<Record<Finding['fact'], string>> = {
  operation: 'operation',
  database: 'database',
  storage: 'storage',
  subscription: 'subscription',
  server: 'server',
  container: 'container',
  environment: 'environment',
  from: 'where the data comes from',
  to: 'where the data goes',
  size: 'size',
  requester: 'requester',
  privateLink: 'Private Link',
}

function sizeWords({ verdict, below, atLeast, known }: Extract<Finding, { fact: 'size' }>): Line {
  if (verdict === 'later') return ['its size is not known before Azure is read']
  const wanted = [
    ...(atLeast === undefined ? [] : [`at least ${size(atLeast)}`]),
    ...(below === undefined ? [] : [`below ${size(below)}`]),
  ].join(' and ')
  if (known === undefined) return [`its size is not known, and the rule is for ${wanted}`]
  return [`it has ${size(known)} of data, and the rule is for ${wanted}`]
}

function labelWords(fact: 'environment' | 'from' | 'to', stated: readonly string[], known: string | undefined): Line {
  const what = { environment: 'the database is in', from: 'the data comes from', to: 'the data goes to' }[fact]
  if (known !== undefined) return [`${what} `, code(known), ', not ', ...either(stated)]
  const side = { environment: 'the database has', from: 'where the data comes from has', to: 'where the data goes has' }
  return [`${side[fact]} no environment in the catalogue, and the rule is for `, ...either(stated)]
}

function one(known: string | undefined): Line {
  return known === undefined ? [] : [code(known)]
}

/** At most five of them: patterns can be many. */
function either(stated: readonly string[]): Line {
  const shown = stated.slice(0, 5)
  const more = stated.length > shown.length ? [` or ${stated.length - shown.length} others`] : []
  return [
    ...shown.flatMap((each, index): Inline[] => [
      ...(index === 0 ? [] : [index === shown.length - 1 && more.length === 0 ? ' or ' : ', ']),
      code(each),
    ]),
    ...more,
  ]
}
