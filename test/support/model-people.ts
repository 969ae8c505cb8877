import { TransientError } from '../../src/transfer/errors.ts'
import type { Rule, Verdict } from '../../src/transfer/model.ts'
import type { Declared } from '../../src/transfer/policy.ts'
import type { Directory } from '../../src/transfer/ports.ts'

/** A human being of the model, whose accounts are truly theirs; `declared`: the configuration knows so. */
export type Human = { name: string; accounts: readonly string[]; declared: boolean }

const slack = (name: string): string => `slack:T1/U${name.toUpperCase()}`
const teams = (name: string): string => `teams:x/${name}`

/** Dana asks; she and Sam have two accounts each. Kim's two are declared by nobody. Rio is in no rule unless one names him. */
export const humans: readonly Human[] = [
  { name: 'dana', accounts: [slack('dana'), teams('dana')], declared: true },
  { name: 'sam', accounts: [slack('sam'), teams('sam')], declared: true },
  { name: 'lee', accounts: [slack('lee')], declared: true },
  { name: 'kim', accounts: [slack('kim'), teams('kim')], declared: false },
  { name: 'ada', accounts: [slack('ada')], declared: true },
  { name: 'rio', accounts: [slack('rio')], declared: true },
  { name: 'gus', accounts: [slack('gus')], declared: true },
]
export const operator = slack('ops')
export const groups = ['slack:T1/SDBA', 'slack:T1/SSEC'] as const
export const accounts: readonly string[] = humans.flatMap((each) => each.accounts)
/** Who can stand in a stage of a rule. */
export const principals: readonly string[] = [...accounts, ...groups]

export const declared: readonly Declared[] = humans
  .filter((each) => each.declared && each.accounts.length > 1)
  .map(({ name, accounts }) => ({ name, accounts }))

/** Who an account belongs to in truth. */
export function humanBehind(account: string): Human | undefined {
  return humans.find((each) => each.accounts.includes(account))
}

/** Who is in which group now; `down` questions more are not answered. Gus is a guest. */
export type Memberships = { members: Record<string, readonly string[]>; down: number }

/** A chat's directory over memberships that change. */
export function createModelDirectory(memberships: Memberships): Directory {
  const asked = (): void => {
    if (memberships.down <= 0) return
    memberships.down -= 1
    throw new TransientError({ code: 'ratelimited', message: 'Not now.' })
  }
  return {
    among: async (person, principals) => {
      asked()
      return principals.filter((each) => each === person || memberships.members[each]?.includes(person))
    },
    people: async (principals) => principals.flatMap((each) => memberships.members[each] ?? [each]),
    standing: async (person) => {
      asked()
      return person === slack('gus') ? 'guest' : 'member'
    },
    name: async () => undefined,
  }
}

/** A vote that was taken, with what its human saw and was entitled to, by nothing of the product's own reckoning. */
export type Vote = {
  human: Human
  account: string
  verdict: Verdict
  at: number
  /** The asking that was under way, and the facts of the card that was clicked. */
  round: number
  shown: unknown
  /** Stages of the rule in which this human could decide then. */
  stages: readonly number[]
}

/** Stages of the kept rule in which the human is an approver now, and whether today's rule has them too. */
export function entitled(
  human: Human,
  account: string,
  { members }: Memberships,
  kept: Rule,
  today: Rule | undefined,
  isEscalated = false,
): readonly number[] {
  if (human.name === 'gus') return []
  const known = human.declared ? human.accounts : [account]
  const holds = (principal: string): boolean =>
    known.some((each) => each === principal || members[principal]?.includes(each))
  const asked = (rule: Rule): readonly (readonly string[])[] =>
    rule.stages.map(({ approvers }) => [...approvers, ...(isEscalated ? (rule.escalate?.to ?? []) : [])])
  if (!today || !asked(today).some((stage) => stage.some(holds))) return []
  return asked(kept).flatMap((stage, index) => (stage.some(holds) ? [index] : []))
}

/** Tries every way to seat distinct human beings on the votes that count: no cleverness to be wrong in. */
export function isQuorum(rule: Rule, votes: readonly Vote[]): boolean {
  const last = new Map(votes.map((vote) => [vote.human.name, vote]))
  if ([...last.values()].some(({ verdict }) => verdict === 'deny')) return false
  const seats = rule.stages.flatMap(({ need }, index) => Array.from({ length: need }, () => index))
  const fill = (seat: number, left: readonly Vote[]): boolean => {
    const stage = seats[seat]
    if (stage === undefined) return seats.length > 0
    return left.some(
      (vote) =>
        vote.stages.includes(stage) &&
        fill(
          seat + 1,
          left.filter((each) => each !== vote),
        ),
    )
  }
  return fill(0, [...last.values()])
}
