import type { Person, Principal } from '../transfer/model.ts'
import type { EntraGroups } from './entra-groups.ts'
import type { TeamsDirectory, Unheard } from './teams-directory.ts'
import { entraGroupOf, isObjectId, readTeamsId, teamsId } from './teams-ids.ts'

/** Teams' directory that also knows who is in the groups of Entra. Graph is asked about groups alone. */
export function withEntraGroups(teams: TeamsDirectory, groups: EntraGroups): TeamsDirectory {
  const { tenant } = groups
  /** The object ids of the Entra groups among the principals, by principal. */
  const groupsIn = (principals: readonly Principal[]): ReadonlyMap<Principal, string> =>
    new Map(
      principals.flatMap((each): [Principal, string][] => {
        const read = readTeamsId(each)
        const group = read?.tenant === tenant ? entraGroupOf(read.id) : undefined
        return group === undefined ? [] : [[each, group]]
      }),
    )
  const held = async (person: Person, principals: readonly Principal[]): Promise<readonly Principal[]> => {
    const id = readTeamsId(person)
    const asked = groupsIn(principals)
    if (asked.size === 0 || id?.tenant !== tenant || !isObjectId(id.id)) return []
    const within = await groups.among(id.id.toLowerCase(), [...new Set(asked.values())])
    return principals.filter((each) => within.includes(asked.get(each) ?? ''))
  }
  return {
    ...teams,
    async among(person, principals) {
      const found = (await Promise.all([teams.among(person, principals), held(person, principals)])).flat()
      return principals.filter((each) => found.includes(each))
    },
    async people(principals) {
      const behind = [...new Set(groupsIn(principals).values())].map((group) => groups.people(group))
      const [named, ...shared] = await Promise.all([teams.people(principals), ...behind])
      return [...new Set([...named, ...shared.flat().map((id) => teamsId({ tenant, id }))])]
    },
    async name(id) {
      const group = groupsIn([id]).get(id)
      return group === undefined ? teams.name(id) : groups.name(group).catch(() => undefined)
    },
    onMembershipChange() {
      teams.onMembershipChange()
      groups.drop()
    },
  }
}

/** Who somebody is of whom Teams never heard. A Graph that is away is no reason to know less than without it. */
export function unheardIn(groups: EntraGroups): Unheard {
  return async ({ tenant, id }) =>
    tenant === groups.tenant ? groups.person(id.toLowerCase()).catch(() => undefined) : undefined
}
