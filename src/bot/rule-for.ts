import { type Candidate, closestFacts, type Explanation, type Kept, type RuleFinding } from '../transfer/candidates.ts'
import type { Facts } from '../transfer/conditions.ts'
import { unmetDemand } from '../transfer/demands.ts'
import { Refusal } from '../transfer/errors.ts'
import { type Explained, explain, type Possible } from '../transfer/explain.ts'
import type { Person, Principal, Request, Rule } from '../transfer/model.ts'
import { approversOf } from '../transfer/policy.ts'
import { approversFor, checkApprovers, type Desk, held, isAmong } from './desk.ts'

/** The rule that a request falls under, with the candidates where only Azure can tell which one it is. */
export type Found = { rule: Rule; candidates?: readonly Candidate[] }

/** What is known of a request now: the catalogue's labels as they came with it, and the requester's groups as they are today. */
export async function factsOf(desk: Desk, request: Request, size?: Facts['size']): Promise<Facts> {
  const { operation, database, storage, privateLink } = request
  const stated = [...new Set(desk.policy.rules.flatMap(({ when }) => when.requester ?? []))]
  const requester = stated.length === 0 ? [] : await held(desk, request.by, stated)
  return { operation, database, storage, privateLink, requester, ...(size === undefined ? {} : { size }) }
}

/** Finds the rule for a new request, or refuses; `checkTargets` throws what has to be said before the rest. */
export async function ruleFor(desk: Desk, request: Request, checkTargets: () => void): Promise<Found> {
  const explained = explain(desk.policy, await factsOf(desk, request))
  const found = explained.filter((each): each is Explained & Possible => isPossible(each))
  if (found.length === 0) throw await noRule(desk, request, explained)
  const may = await Promise.all(found.map(({ rule }) => isAmong(desk, request.by, rule.requesters)))
  const [first] = found
  if (first && !may.includes(true)) throw await notRequester(desk, request.by, first.rule)
  checkTargets()
  const candidates = await Promise.all(
    found.map(async ({ rule, outcome }, index): Promise<Candidate> => {
      const refusal = may[index] ? await refusalUnder(desk, rule, request) : notAsked(rule)
      return { rule, outcome, ...(refusal ? { refusal } : {}) }
    }),
  )
  const open = candidates.find(({ refusal }) => !refusal)
  // With no way open, what the asker can mend is said.
  const no = candidates.find(({ refusal }, index) => refusal && may[index])?.refusal
  if (!open) throw new Refusal(no?.code ?? 'no_rule', no?.facts ?? {})
  return candidates.length === 1 && open.outcome === 'match' ? { rule: open.rule } : { rule: open.rule, candidates }
}

/** How the rules met a request, as far as it is this person's to know: those under which they may ask or decide, for operators and auditors all. */
export async function explanationFor(desk: Desk, by: Person, request: Request, facts: Facts): Promise<Explanation> {
  const { operators, auditors } = desk.policy
  const seesAll = await isAmong(desk, by, [...operators, ...auditors])
  const all = explain(desk.policy, facts)
  const known = await Promise.all(
    all.map(async ({ rule }) => seesAll || isAmong(desk, by, [...rule.requesters, ...approversOf(rule)])),
  )
  const shown = all.filter((_, index) => known[index])
  const rules = await Promise.all(
    shown.map(async (each): Promise<RuleFinding> => {
      const people = isPossible(each) ? (await approversFor(desk, approversOf(each.rule), request)).length : undefined
      const { outcome, findings, rule } = each
      return { rule: rule.name, outcome, findings, ...(people === undefined ? {} : { people }) }
    }),
  )
  return { rules, hidden: all.length - shown.length }
}

function isPossible({ outcome }: Explained): boolean {
  return outcome === 'match' || outcome === 'later'
}

async function refusalUnder(desk: Desk, rule: Rule, request: Request): Promise<Kept | undefined> {
  const aliases = desk.policy.catalogue.storage.map(({ alias }) => alias)
  const unmet = unmetDemand(rule, request, aliases)
  if (unmet) return unmet
  try {
    await checkApprovers(desk, rule, request)
    return undefined
  } catch (error) {
    if (error instanceof Refusal && error.code === 'no_approvers') return { code: error.code, facts: error.facts }
    throw error
  }
}

function notAsked(rule: Rule): Kept {
  return { code: 'not_requester', facts: { rule: rule.name } }
}

/** Whoever may ask under no rule at all learns of none. */
async function notRequester(desk: Desk, by: Person, rule: Rule): Promise<Refusal> {
  const asks = await isAmong(desk, by, everyRequester(desk))
  return new Refusal('not_requester', asks ? { rule: rule.name } : {})
}

async function noRule(desk: Desk, request: Request, explained: readonly Explained[]): Promise<Refusal> {
  const { by, database, storage } = request
  const may = await Promise.all(explained.map(({ rule }) => isAmong(desk, by, rule.requesters)))
  const misses = explained
    .filter((_, index) => may[index])
    .map(({ rule, outcome, findings }): RuleFinding => {
      return { rule: rule.name, outcome, findings: findings.filter(({ verdict }) => verdict !== 'fits') }
    })
  // A rule about another database is far away, however little else is wrong.
  const distance = ({ findings }: RuleFinding): number =>
    findings.length + (findings.some(({ fact }) => fact === 'database') ? 100 : 0)
  const closest = misses.toSorted((a, b) => distance(a) - distance(b))
  return new Refusal('no_rule', { database: database.alias, storage: storage.alias, ...closestFacts(closest) })
}

function everyRequester({ policy }: Desk): readonly Principal[] {
  return [...new Set(policy.rules.flatMap(({ requesters }) => requesters))]
}
