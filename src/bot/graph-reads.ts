import { z } from 'zod'
import { PermanentError, TransientError } from '../transfer/errors.ts'
import type { GraphClient } from './graph-client.ts'

/** A person as Graph knows them. */
export type GraphUser = { id: string; name?: string; guest: boolean; enabled: boolean }

/** `checkMemberGroups` takes so many ids. */
const MOST_CHECKED = 20
/** The largest page, and as many as are read of one group. */
const PAGE = 999
const MOST_PAGES = 5

/** What a user is asked for; `accountEnabled` and `userType` are what User.Read.All is needed for. */
const fields = '$select=id,displayName,userType,accountEnabled,userPrincipalName'

const user = z.object({
  id: z.string(),
  displayName: z.string().nullish(),
  userType: z.string().nullish(),
  accountEnabled: z.boolean().nullish(),
  userPrincipalName: z.string().nullish(),
})
const page = z.object({ value: z.array(user), '@odata.nextLink': z.string().nullish() })
const checked = z.object({ value: z.array(z.string()) })
const group = z.object({ id: z.string(), displayName: z.string().nullish() })

/** One person; undefined when the tenant has none of that id. */
export async function readUser(client: GraphClient, id: string): Promise<GraphUser | undefined> {
  try {
    return userOf(parsed(user, await client.get(`/users/${id}?${fields}`)))
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

/** Those of the groups that the person is in, directly or through other groups, as the directory itself knows it now. */
export async function readMembership(
  client: GraphClient,
  id: string,
  groups: readonly string[],
): Promise<readonly string[]> {
  const chunks = Array.from({ length: Math.ceil(groups.length / MOST_CHECKED) }, (_, index) =>
    groups.slice(index * MOST_CHECKED, (index + 1) * MOST_CHECKED),
  )
  return (await Promise.all(chunks.map((chunk) => check(client, id, chunk)))).flat()
}

/** Everybody behind a group; `cut` hears of a group of which not all are read. Throws `PermanentError` (404) when there is none. */
export async function readPeople(
  client: GraphClient,
  id: string,
  cut: (most: number) => void,
): Promise<readonly GraphUser[]> {
  const found: GraphUser[] = []
  // To ask for people alone is an advanced query, which Graph answers from an index only when it is told that this will do.
  const eventual = { ConsistencyLevel: 'eventual' }
  let path: string | undefined =
    `/groups/${id}/transitiveMembers/microsoft.graph.user?$count=true&$top=${PAGE}&${fields}`
  for (let pages = 0; path !== undefined; pages += 1) {
    if (pages === MOST_PAGES) {
      cut(found.length)
      return found
    }
    const { value, '@odata.nextLink': link }: z.output<typeof page> = parsed(page, await client.get(path, eventual))
    found.push(...value.map(userOf))
    path = link ? client.next(link) : undefined
    if (link && path === undefined) throw unreadable('foreign_link')
  }
  return found
}

/** What a group is called. Throws `PermanentError` (404) when there is none. */
export async function readGroupName(client: GraphClient, id: string): Promise<string> {
  const { displayName } = parsed(group, await client.get(`/groups/${id}?$select=id,displayName`))
  return displayName || id
}

/** True for what Graph says when there is nothing of that id. */
export function isAbsent(error: unknown): boolean {
  return error instanceof PermanentError && error.fault.status === 404
}

async function check(client: GraphClient, id: string, groupIds: readonly string[]): Promise<readonly string[]> {
  try {
    const { value } = parsed(checked, await client.post(`/users/${id}/checkMemberGroups`, { groupIds }))
    return value.map((each) => each.toLowerCase())
  } catch (error) {
    if (!isAbsent(error)) throw error
    // Either the person or one of the groups is not there, and the others must not go with it.
    if (groupIds.length < 2) return []
    return (await Promise.all(groupIds.map((each) => check(client, id, [each])))).flat()
  }
}

function userOf({ id, displayName, userType, accountEnabled, userPrincipalName }: z.output<typeof user>): GraphUser {
  // Graph leaves out what the identity may not see instead of refusing: nobody may pass for enabled by that.
  if (typeof accountEnabled !== 'boolean') {
    throw new TransientError({ code: 'users_hidden', message: 'Microsoft Graph shows no accounts.', status: 403 })
  }
  const away = userPrincipalName?.toUpperCase().includes('#EXT#') ?? false
  return {
    id: id.toLowerCase(),
    ...(displayName ? { name: displayName } : {}),
    guest: away || userType?.toLowerCase() === 'guest',
    enabled: accountEnabled,
  }
}

function parsed<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const read = schema.safeParse(body)
  if (read.success) return read.data
  throw unreadable('unreadable')
}

function unreadable(code: string): TransientError {
  return new TransientError({ code, message: 'Microsoft Graph answered something unknown.' })
}
