import { isGroup } from '../transfer/groups.ts'
import type { Person, Principal } from '../transfer/model.ts'
import { accountsOf, type Somebody } from '../transfer/people.ts'
import { seatsFilled } from '../transfer/quorum.ts'
import type { Rule } from '../transfer/rule.ts'

/** What a rule lacks: which stage (its number, where there are several; none when only all together lack people), and the groups that could have more. */
export type Gap = { where?: string; need: number; found: number; groups: readonly Principal[] }

/** What keeps a rule from ever being passed by the people who are behind its approvers now; undefined when nothing does. */
export async function gapIn(
  rule: Pick<Rule, 'stages'>,
  peopleOf: (approvers: readonly Principal[]) => Promise<readonly Somebody[]>,
): Promise<Gap | undefined> {
  const { stages } = rule
  const sets: (readonly Somebody[])[] = []
  for (const [index, { approvers, need }] of stages.entries()) {
    const people = await peopleOf(approvers)
    if (people.length < need) {
      const where = stages.length > 1 ? { where: `stage ${index + 1}` } : {}
      return { ...where, need, found: people.length, groups: approvers.filter(isGroup) }
    }
    sets.push(people)
  }
  const needs = stages.map(({ need }) => need)
  const need = needs.reduce((sum, each) => sum + each, 0)
  const found = seatsFilled(needs, seatedIn(sets))
  if (found >= need) return undefined
  return {
    where: 'its stages together',
    need,
    found,
    groups: [...new Set(stages.flatMap(({ approvers }) => approvers.filter(isGroup)))],
  }
}

/** The gap as a refusal carries it; groups stand behind each other with a space between. */
export function factsOf({ where, need, found, groups }: Gap): Readonly<Record<string, string>> {
  const named = groups.length > 0 ? { groups: groups.join(' ') } : {}
  return { ...(where === undefined ? {} : { where }), need: String(need), found: String(found), ...named }
}

/** Of each person, the stages in which they could sit. */
function seatedIn(sets: readonly (readonly Somebody[])[]): readonly (readonly number[])[] {
  const persons: Set<number>[] = []
  const known = new Map<Person, Set<number>>()
  for (const [stage, people] of sets.entries()) {
    for (const person of people) {
      const accounts = accountsOf(person)
      const seats = accounts.flatMap((each) => known.get(each) ?? [])[0] ?? new Set<number>()
      if (seats.size === 0) persons.push(seats)
      seats.add(stage)
      for (const each of accounts) known.set(each, seats)
    }
  }
  return persons.map((seats) => [...seats])
}
