import { setTimeout as delay } from 'node:timers/promises'
import { apply } from '../transfer/apply.ts'
import { rulesOf } from '../transfer/candidates.ts'
import type { Finder } from '../transfer/discovered.ts'
import { PermanentError, Refusal, TransientError } from '../transfer/errors.ts'
import type { Event } from '../transfer/events.ts'
import type { Millis, Person, Principal, Request, Rule, Transfer } from '../transfer/model.ts'
import {
  accountsOf,
  distinctPeople,
  isSamePerson,
  mayDecideOn,
  personBehind,
  platformOf,
  type Somebody,
} from '../transfer/people.ts'
import type { Policy } from '../transfer/policy.ts'
import type { Answer, Clock, Directory, Hint, Once, Store, Stored } from '../transfer/ports.ts'
import { peopleNow } from '../transfer/stages-now.ts'
import { factsOf, gapIn } from './approver-sets.ts'

/** What the handlers work with; `store` fails fast. */
export type Desk = {
  store: Store
  policy: Policy
  /** Absent where nothing is discovered. */
  finder?: Finder
  directory: Directory
  clock: Clock
  hint: Hint
  newId(): string
  log(fields: Readonly<Record<string, unknown>>, message: string): void
}

/** The time that one delivery has, and its key. Milliseconds left are read from a monotonic clock. */
export type Visit = { delivery: string; by: Person; left(): Millis }

/** Longer than this no single call to the store is waited for: the connection gives up after 1,500 ms. */
const longestCall = 1_400
/** Time that one more try must have, and what lies between two, in milliseconds. */
const leastForAgain = 600
const everyTry = 50

/** What the store keeps with the change. Its not-after ends before we stop waiting, so that no ghost is written later. */
export function once(desk: Desk, visit: Visit, answer: Answer): Once {
  const budget = Math.min(longestCall, visit.left() - 200)
  if (budget <= 0) throw new Refusal('try_again')
  return { delivery: visit.delivery, answer, notAfter: desk.store.notAfter(budget) }
}

/** A call to the store, with its failure as the sentence that a person gets. */
export async function stored<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch {
    throw new Refusal('store_down')
  }
}

/**
 * A change, sent again while there is time when its connection breaks: the delivery makes the second one a repeat. What
 * fails only when its not-after is over was not written; what breaks off for good may have been.
 */
export async function written<T>(visit: Visit, change: () => Promise<T>): Promise<T> {
  for (;;) {
    const sent = performance.now()
    try {
      return await change()
    } catch (error) {
      if (error instanceof Refusal) throw error
      if (performance.now() - sent >= longestCall) throw new Refusal('store_down')
      if (visit.left() < leastForAgain) throw new Refusal('store_unsure')
      await delay(everyTry)
    }
  }
}

/** A question to the directory, with its failure as the sentence that a person gets: never a guess. */
export async function known<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (error instanceof TransientError || error instanceof PermanentError) throw new Refusal('try_again')
    throw error
  }
}

/** The record, or the refusal that tells nothing. */
export async function readTransfer(desk: Desk, id: string): Promise<Stored> {
  const found = await stored(desk.store.read(id))
  if (!found) throw new Refusal('unknown_transfer', { id })
  return found
}

/** Refuses guests, strangers of shared channels and the deactivated. */
export async function checkStanding(desk: Desk, by: Person): Promise<void> {
  const standing = await known(desk.directory.standing(by))
  if (standing !== 'member') throw new Refusal(standing)
}

/** True for an operator. */
export async function isOperator(desk: Desk, by: Person): Promise<boolean> {
  return isAmong(desk, by, desk.policy.operators)
}

/** True for the requester, those of `viewersOf`, operators and auditors. */
export async function maySee(desk: Desk, transfer: Transfer, by: Person): Promise<boolean> {
  const { operators, auditors } = desk.policy
  return (
    isSamePerson(transfer.request, personBehind(desk.policy.people, by)) ||
    isAmong(desk, by, [...viewersOf(transfer), ...operators, ...auditors])
  )
}

/** The people of the rule or of those that may become it, and those of an escalation once there was one. */
export function viewersOf(transfer: Transfer): readonly Principal[] {
  return [...new Set(rulesOf(transfer).flatMap((rule) => peopleNow({ ...transfer, rule })))]
}

/** True when the person, with any of their accounts, is one of the principals or belongs to one of the groups. */
export async function isAmong(desk: Desk, by: Person, principals: readonly Principal[]): Promise<boolean> {
  return principals.length > 0 && (await held(desk, by, principals)).length > 0
}

/** Refuses a rule that too few people but the requester could say yes under. */
export async function checkApprovers(desk: Desk, rule: Rule, request: Somebody): Promise<void> {
  const gap = await gapIn(rule, (approvers) => approversFor(desk, approvers, request))
  if (gap) throw new Refusal('no_approvers', { rule: rule.name, ...factsOf(gap) })
}

/** Who could decide on the request: each person once, never the requester, nobody who would have to be declared first. */
export async function approversFor(
  { directory, policy }: Pick<Desk, 'directory' | 'policy'>,
  approvers: readonly Principal[],
  request: Pick<Request, 'by' | 'also'>,
): Promise<readonly Somebody[]> {
  const accounts = await known(directory.people(approvers))
  const people = distinctPeople(policy.people, accounts, platformOf(request.by))
  return people.filter((person) => !isSamePerson(request, person) && mayDecideOn(request, person))
}

/** Those of the principals that the person, with any of their accounts, is or belongs to. */
export async function held(desk: Desk, by: Person, principals: readonly Principal[]): Promise<readonly Principal[]> {
  const accounts = accountsOf(personBehind(desk.policy.people, by))
  return (await Promise.all(accounts.map((account) => known(desk.directory.among(account, principals))))).flat()
}

/**
 * States one person's fact in the record: read, apply, commit; whoever loses the race is answered from the new
 * record. Both queues are woken.
 */
export async function change(
  desk: Desk,
  visit: Visit,
  id: string,
  make: (transfer: Transfer) => Promise<Event>,
  say: (next: Transfer) => Answer,
): Promise<Answer> {
  for (;;) {
    const { transfer } = await readTransfer(desk, id)
    if (transfer.schema !== 1) throw new Refusal('try_again')
    const event = await make(transfer)
    const next = apply(transfer, event)
    const answer = say(next)
    const due = { advance: 0, show: 0 }
    const commit = () => desk.store.commit({ next, events: [event], due, once: once(desk, visit, answer) })
    const result = await written(visit, commit)
    if (result.kind === 'repeat') return result.answer
    if (result.kind === 'late') throw new Refusal('store_down')
    if (result.kind === 'committed') {
      desk.hint('advance', id)
      desk.hint('show', id)
      return answer
    }
  }
}
