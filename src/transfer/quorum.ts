import type { Decision, Transfer } from './model.ts'
import { isSamePerson } from './people.ts'

/** Where the current round stands: approvals that count, how many are needed, and whether that is enough. */
export type Tally = { have: number; need: number; reached: boolean; denied?: Decision; approvals: readonly Decision[] }

/**
 * Counts the decisions about what the current cards show. A person counts once in one stage; it is enough when every
 * stage can be filled with distinct people. The last word of a person stands.
 */
export function tally(transfer: Transfer): Tally {
  const { round, request } = transfer
  // Whoever turned out to be the requester only after their yes has none.
  const counted = transfer.decisions.filter((each) => each.digest === round?.digest && !isSamePerson(each, request))
  const decisions = lastWords(counted)
  const denied = decisions.find((decision) => decision.verdict === 'deny')
  const approvals = decisions.filter((decision) => decision.verdict === 'approve')
  const needs = transfer.rule.stages.map((stage) => stage.need)
  const need = needs.reduce((sum, each) => sum + each, 0)
  const have = seatsFilled(
    needs,
    approvals.map((decision) => decision.stages),
  )
  return { have, need, reached: need > 0 && have === need && !denied, approvals, ...(denied ? { denied } : {}) }
}

/** Indexes of the stages in which one more person would count, others moving over where that makes room. */
export function openStages(transfer: Transfer): readonly number[] {
  const { approvals, have } = tally(transfer)
  const needs = transfer.rule.stages.map((stage) => stage.need)
  const seated = approvals.map((decision) => decision.stages)
  return needs.flatMap((_, stage) => (seatsFilled(needs, [...seated, [stage]]) > have ? [stage] : []))
}

/** Of each person, whatever the account, the last decision; in the order in which people first spoke. */
function lastWords(all: readonly Decision[]): readonly Decision[] {
  return all.reduce<readonly Decision[]>((last, decision) => {
    const before = last.findIndex((each) => isSamePerson(each, decision))
    const others = last.filter((each) => !isSamePerson(each, decision))
    return before === -1 ? [...others, decision] : others.toSpliced(before, 0, decision)
  }, [])
}

/** The most seats (a stage has `need` of them) that the people can fill, each person sitting once: augmenting paths. */
export function seatsFilled(needs: readonly number[], people: readonly (readonly number[])[]): number {
  const seats = needs.map(() => [] as number[])
  const seat = (person: number, tried: Set<number>): boolean => {
    for (const stage of people[person] ?? []) {
      const seated = seats[stage]
      if (!seated || tried.has(stage)) continue
      tried.add(stage)
      if (seated.length < (needs[stage] ?? 0)) return seated.push(person) > 0
      for (const [index, other] of seated.entries()) {
        if (!seat(other, tried)) continue
        seated[index] = person
        return true
      }
    }
    return false
  }
  return people.reduce((sum, _, person) => sum + (seat(person, new Set()) ? 1 : 0), 0)
}
