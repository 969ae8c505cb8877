import type { Operation, Rule } from './model.ts'
import { matchRule, type Policy, type StorageEntry } from './policy.ts'

/** One thing that may be chosen in a form: `value` is what a typed command would say. */
export type Choice = { value: string; label: string }

/** Which field of which form is being filled in; `storage` is what is chosen there already, where that is known. */
export type ChoiceKind = { operation: Operation; field: 'database' | 'storage' | 'container'; storage?: string }

/** A choice, with the rules under which it could be asked for, whoever asks. */
export type Offer = { choice: Choice; rules: readonly Rule[] }

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
  const rulesOf = (somewhere: readonly Place[], some: Policy['catalogue']['databases']): readonly Rule[] => {
    const found = some.flatMap((database) =>
      somewhere.flatMap((place) => {
        const target = { ...place, blob: '', uri: '' }
        return matchRule(policy, { operation: kind.operation, database, storage: target }) ?? []
      }),
    )
    return [...new Set(found)]
  }
  switch (kind.field) {
    case 'database':
      return databases.map((each) => ({
        choice: { value: each.alias, label: `${each.alias} (${each.server}/${each.database})` },
        rules: rulesOf(places, [each]),
      }))
    case 'storage':
      return storage.map(({ alias, account }) => ({
        choice: { value: alias, label: alias === account ? alias : `${alias} (${account})` },
        rules: rulesOf(
          places.filter((each) => each.alias === alias),
          databases,
        ),
      }))
    case 'container': {
      const chosen = places.filter(({ alias }) => kind.storage === undefined || alias === kind.storage)
      const names = [...new Set(chosen.map(({ container }) => container))].filter((name) => name !== '')
      return names.map((name) => ({
        choice: { value: name, label: name },
        rules: rulesOf(
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
