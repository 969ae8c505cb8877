import type { Person } from './model.ts'
import type { Declared } from './policy.ts'

/** Somebody who acts: the account at hand, and the same person's other accounts as they were declared then. */
export type Somebody = { by: Person; also?: readonly Person[] }

/** The chat that an account, a place or a message belongs to: the word before the colon. */
export function platformOf(id: string): string {
  return id.slice(0, Math.max(0, id.indexOf(':')))
}

/** The person behind an account, with all the accounts that `people:` gives them. */
export function personBehind(people: readonly Declared[], account: Person): Somebody {
  const also = people.find(({ accounts }) => accounts.includes(account))?.accounts.filter((each) => each !== account)
  return also && also.length > 0 ? { by: account, also } : { by: account }
}

/** All accounts of a person, the one at hand first. */
export function accountsOf({ by, also = [] }: Somebody): readonly Person[] {
  return [by, ...also]
}

/** True when any account is the same: a person declared later or earlier counts once all the same. */
export function isSamePerson(one: Somebody, other: Somebody): boolean {
  const theirs = accountsOf(other)
  return accountsOf(one).some((account) => theirs.includes(account))
}

/** Of those who said something, who by now is declared with accounts that were not known as theirs then. */
export function declaredSince(people: readonly Declared[], said: readonly Somebody[]): readonly Somebody[] {
  return said.flatMap((then) => {
    const now = personBehind(people, then.by)
    return accountsOf(now).every((account) => accountsOf(then).includes(account)) ? [] : [now]
  })
}

/** What somebody said, with the accounts that they were declared with since. */
export function knownAs<Said extends Somebody>(said: Said, since: readonly Somebody[]): Said {
  const now = since.find(({ by }) => by === said.by)
  if (!now) return said
  const also = [...new Set([...(said.also ?? []), ...(now.also ?? [])])]
  return { ...said, also }
}

/** True when the person may decide on what was asked there: in the same chat, or declared with an account in it. */
export function mayDecideOn(request: Somebody, person: Somebody): boolean {
  const platform = platformOf(request.by)
  return platformOf(person.by) === platform || (person.also ?? []).some((account) => platformOf(account) === platform)
}

/** Each person once, by the account that comes first; one on `platform` wins over the others. Groups stay as they are. */
export function distinctPeople(
  people: readonly Declared[],
  accounts: readonly Person[],
  platform = '',
): readonly Somebody[] {
  const ranked = accounts.toSorted((a, b) => Number(platformOf(b) === platform) - Number(platformOf(a) === platform))
  // By their accounts, not one with the other: a group may have thousands.
  const taken = new Set<Person>()
  return ranked.flatMap((account) => {
    const person = personBehind(people, account)
    const all = accountsOf(person)
    if (all.some((each) => taken.has(each))) return []
    for (const each of all) taken.add(each)
    return [person]
  })
}
