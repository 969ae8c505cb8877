import { beyondOf, mayUse } from './beyond.ts'
import type { Discovered } from './discovered.ts'
import type { Policy } from './policy.ts'

/** The most that a searchable select of either chat shows. */
export const mostChoices = 100

/**
 * What was discovered outside of the catalogue and some rule names, as it is typed: `server/database`, the account, or
 * the containers of the account `of` (its name or resource id). At most 100 that hold the fragment, those that begin
 * with it first, in order of the alphabet.
 */
export function choices(
  { policy, discovered }: { policy: Policy; discovered: Discovered | undefined },
  wish: Wish,
): readonly string[] {
  const beyond = beyondOf(policy, discovered)
  if (!beyond) return []
  switch (wish.kind) {
    case 'database':
      return holding(
        beyond.databases.map(({ alias }) => alias),
        wish.fragment,
      )
    case 'storage':
      return holding(
        beyond.storage.map(({ alias }) => alias),
        wish.fragment,
      )
    case 'container': {
      const wanted = wish.of.toLowerCase()
      const accounts = beyond.storage.filter(({ account, id }) => account === wanted || id.toLowerCase() === wanted)
      const containers = accounts.flatMap((entry) =>
        (discovered?.containers[entry.id.toLowerCase()] ?? []).filter((name) => mayUse(policy, entry, name)),
      )
      return holding(containers, wish.fragment)
    }
  }
}

type Wish = { kind: 'database' | 'storage'; fragment: string } | { kind: 'container'; of: string; fragment: string }

function holding(names: readonly string[], fragment: string): readonly string[] {
  const wanted = fragment.trim().toLowerCase()
  const at = (name: string): number => name.toLowerCase().indexOf(wanted)
  return names
    .filter((name) => at(name) >= 0)
    .sort((a, b) => Number(at(a) > 0) - Number(at(b) > 0) || (a < b ? -1 : 1))
    .slice(0, mostChoices)
}
