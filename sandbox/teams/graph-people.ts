import { HOME_TENANT } from './seed.ts'
import type { Fields, TeamsUser } from './types.ts'
import type { World } from './world.ts'

/** Everybody in a group of Entra, also through other groups, each once. */
export function transitiveUsers(
  { state }: Pick<World, 'state'>,
  group: string,
  seen: Set<string> = new Set(),
): TeamsUser[] {
  if (seen.has(group)) return []
  seen.add(group)
  const members = state.groups.find(({ id }) => id === group)?.members ?? []
  const found = members.flatMap((id) => {
    const user = state.users.find(({ objectId, tenantId }) => objectId === id && tenantId === HOME_TENANT)
    return user ? [user] : transitiveUsers({ state }, id, seen)
  })
  return [...new Set(found)]
}

/** A person as Graph shows them; what the app may not see (`open` false) is null, but for the id. */
export function userAsGraph(user: TeamsUser, url: URL, open = true): Fields {
  const {
    objectId: id,
    name: displayName,
    userPrincipalName,
    givenName,
    surname,
    userRole,
    accountEnabled = true,
  } = user
  const all: Fields = {
    ...{ id, displayName, userPrincipalName, givenName, surname, accountEnabled },
    userType: userRole === 'guest' ? 'Guest' : 'Member',
  }
  const asked = (url.searchParams.get('$select') ?? 'id,displayName,userPrincipalName').split(',')
  return Object.fromEntries(asked.map((key) => [key, key === 'id' || open ? all[key] : null]))
}
