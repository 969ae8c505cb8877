import type { Facts } from './conditions.ts'
import { allowsDestination } from './demands.ts'
import { possibleRules } from './explain.ts'
import type { Operation, Rule } from './model.ts'
import type { Policy, StorageEntry } from './policy.ts'

/** One thing that may be chosen in a form: `value` is what a typed command would say. */
export type Choice = { value: string; label: string }

/** Which field of which form is being filled in; `storage` is what is chosen there already, where that is known. */
export type ChoiceKind = { operation: Operation; field: 'database' | 'storage' | 'container'; storage?: string }

/**
 * A choice, with the rules under which it could be asked for, whoever asks: `ways` has them in order for each thing that
 * the choice may be asked for together with.
 */
export type Offer = { choice: Choice; rules: readonly Rule[]; ways: readonly Way[] }

/** `certain`: no later rule can count for whom this one is for. `allowed`: its destinations hold the place. */
type Way = readonly { rule: Rule; certain: boolean; allowed: boolean }[]

/** Whether some rule lets this person ask for it: `may` are the rules that name them as a requester, `is` those whose condition of requesters they meet. */
export function isOpenTo({ ways }: Offer, { may, is }: { may: ReadonlySet<Rule>; is: ReadonlySet<Rule> }): boolean {
  return ways.some((way) => {
    const theirs = way.filter(({ rule }) => rule.when.requester === undefined || is.has(rule))
    const last = theirs.findIndex(({ certain }) => certain)
    const reached = last === -1 ? theirs : theirs.slice(0, last + 1)
    return reached.some(({ rule, allowed }) => allowed && may.has(rule))
  })
}

/** What the catalogue holds for a field; worked out once for each policy, which does not change while we run. */
export function offered(policy: Policy, kind: ChoiceKind): readonly Offer[] {
  const known = found.get(policy) ?? new Map<string, readonly Offer[]>()
  found.set(policy, known)
  const { operation, field } = kind
  const storage = policy.catalogue.storage.some(({ alias }) => alias === kind.storage) ? kind.storage : undefined
  const key = `${operation} ${field} ${field === 'container' ? (storage ?? '') : ''}`
  const offers = known.get(key) ?? workOut(policy, { operation, field, ...(storage === undefined ? {} : { storage }) })
  known.set(key, offers)
  return offers
}

const found = new WeakMap<Policy, Map<string, readonly Offer[]>>()

function workOut(policy: Policy, kind: ChoiceKind): readonly Offer[] {
  const { databases, storage } = policy.catalogue
  const places = storage.flatMap((entry) => containersOf(policy, entry).map((container) => ({ ...entry, container })))
  const rulesOf = (somewhere: readonly Place[], some: Policy['catalogue']['databases']): Omit<Offer, 'choice'> => {
    const all = some.flatMap((database) =>
      somewhere.map((place) => wayOf(policy, { operation: kind.operation, database, storage: place })),
    )
    const ways = [...new Map(all.map((way) => [keyOf(way), way])).values()]
    return { rules: [...new Set(ways.flatMap((way) => way.map(({ rule }) => rule)))], ways }
  }
  switch (kind.field) {
    case 'database':
      return databases.map((each) => ({
        choice: { value: each.alias, label: `${each.alias} (${each.server}/${each.database})` },
        ...rulesOf(places, [each]),
      }))
    case 'storage':
      return storage.map(({ alias, account }) => ({
        choice: { value: alias, label: alias === account ? alias : `${alias} (${account})` },
        ...rulesOf(
          places.filter((each) => each.alias === alias),
          databases,
        ),
      }))
    case 'container': {
      const chosen = places.filter(({ alias }) => kind.storage === undefined || alias === kind.storage)
      const names = [...new Set(chosen.map(({ container }) => container))].filter((name) => name !== '')
      return names.map((name) => ({
        choice: { value: name, label: name },
        ...rulesOf(
          chosen.filter(({ container }) => container === name),
          databases,
        ),
      }))
    }
  }
}

/** The choices that fit what has been typed so far: those that begin with it come first. */
export function fitting(choices: readonly Choice[], typed: string): readonly Choice[] {
  const wanted = typed.trim().toLowerCase()
  const fits = choices.filter(({ label }) => label.toLowerCase().includes(wanted))
  const begins = ({ label }: Choice): boolean => label.toLowerCase().startsWith(wanted)
  return [...fits.filter(begins), ...fits.filter((each) => !begins(each))]
}

/** What a form leaves open, who asks and over which network, any rule may be about. */
function wayOf(policy: Policy, facts: Facts): Way {
  const aliases = policy.catalogue.storage.map(({ alias }) => alias)
  return possibleRules(policy, facts).map(({ rule, outcome }) => {
    const { size, privateLink } = rule.when
    const certain = outcome === 'match' || (size === undefined && privateLink === undefined)
    return { rule, certain, allowed: allowsDestination(rule, facts, aliases) }
  })
}

function keyOf(way: Way): string {
  return JSON.stringify(way.map(({ rule, ...rest }) => [rule.name, rest]))
}

type Place = Omit<StorageEntry, 'container'> & { container: string }

/** The usual container, and those that a rule names for this storage; an empty name for a storage without any. */
function containersOf({ rules }: Policy, { alias, container }: StorageEntry): readonly string[] {
  const named = rules.flatMap(({ when }) =>
    when.storage.flatMap((glob) => {
      const [name, inside = '', ...more] = glob.split('/')
      return name === alias && more.length === 0 && /^[a-z0-9-]+$/.test(inside) ? [inside] : []
    }),
  )
  return [...new Set([container ?? '', ...named])]
}
