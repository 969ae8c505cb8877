import type { Declared } from '../transfer/policy.ts'
import { fullId, type Homes, shortId } from './ids.ts'
import { type Path, type Problems, pathText } from './problems.ts'
import type { Salvaged } from './salvage.ts'
import type { File } from './schema.ts'

type People = Salvaged<File>['people']

/** Tells every account, in either chat, that two entries of `people` claim. */
export function checkAccounts(file: Salvaged<File>, problems: Problems): void {
  const first = new Map<string, string>()
  for (const { account, path, name } of accountsOf(file.people, homesOf(file))) {
    const entry = name === undefined ? pathText(path.slice(0, 2)) : `${pathText(path.slice(0, 2))} (${name})`
    const other = first.get(account)
    // With two, whoever has the account could pass for either of them.
    const why = `is also the account that ${other} has, and ${entry} cannot have it too`
    if (other) problems.add(path, `${why} — correct one of the two, or take one entry out`)
    else first.set(account, entry)
  }
}

/** Who an id of a rule is: one word for all accounts of one person, the Slack id, which errors can show. */
export function whoIsIn(file: Salvaged<File>): (id: string) => string {
  const homes = homesOf(file)
  const accounts = accountsOf(file.people, homes)
  const persons = new Map(accounts.map(({ account, person }) => [account, person]))
  // As long as two entries claim one account, nobody can say who is who: that was told, and more would be guesses.
  if (persons.size < accounts.length) persons.clear()
  return (id) => {
    const account = shortId(id, homes)
    return persons.get(account) ?? account
  }
}

/** The people of a valid file, by accounts in full form. */
export function declaredIn(file: File): readonly Declared[] {
  const homes = homesOf(file)
  return file.people.map(({ name, slack, teams }) => ({
    ...(name === undefined ? {} : { name }),
    accounts: [fullId(slack, homes), fullId(teams, homes)],
  }))
}

/** Where the ids of the file belong. */
export function homesOf({ slack, teams }: Salvaged<File>): Homes {
  return { team: slack?.team, tenant: teams?.tenant }
}

type Account = { account: string; person: string; path: Path; name: string | undefined }

function accountsOf(people: People, homes: Homes): readonly Account[] {
  return (people ?? []).flatMap((entry, index) =>
    (['slack', 'teams'] as const).flatMap((chat) => {
      const id = entry?.[chat]
      if (!id) return []
      const account = shortId(id, homes)
      return [{ account, person: entry.slack ?? account, path: ['people', index, chat], name: entry.name }]
    }),
  )
}
