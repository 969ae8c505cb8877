import { PermanentError, TransientError } from '../transfer/errors.ts'
import type { Directory } from '../transfer/ports.ts'
import { createFreshCache } from './fresh-cache.ts'
import type { GraphClient } from './graph-client.ts'
import { type GraphUser, isAbsent, readGroupName, readMembership, readPeople, readUser } from './graph-reads.ts'
import type { Log } from './log.ts'

const MAX_AGE = 60_000

type Standing = Awaited<ReturnType<Directory['standing']>>

/** Who is in which group of Entra, by object ids; answers are at most 60 s old. Throws `TransientError` when Graph cannot say. */
export type EntraGroups = {
  /** The tenant whose groups they are. */
  tenant: string
  /** Those of the groups that the person belongs to, directly or through other groups; none for guests and disabled accounts. */
  among(user: string, groups: readonly string[]): Promise<readonly string[]>
  /** The full members of the tenant behind a group whose accounts are enabled; nobody when there is no such group. */
  people(group: string): Promise<readonly string[]>
  person(user: string): Promise<{ standing: Standing; name?: string }>
  /** What the group is called. */
  name(group: string): Promise<string | undefined>
  /** Forgets everything that was read. */
  drop(): void
  /** What keeps groups from being read until somebody mends it; undefined when nothing does. */
  trouble(): string | undefined
}

/** What Graph answers when the bot's identity may not ask. */
const REFUSED = 403
const grant =
  'grant the identity of the bot the application permissions GroupMember.Read.All and User.Read.All of Microsoft Graph, with admin consent'

/** The groups of the bot's own tenant; `now` is monotonic, in milliseconds. */
export function createEntraGroups(options: {
  client: GraphClient
  tenant: string
  log: Log
  now: () => number
}): EntraGroups {
  const { client, tenant, log, now } = options
  const troubles = new Map<string, string>()
  const read = reader(troubles, log)
  const fresh = { maxAge: MAX_AGE, now }
  const users = createFreshCache({ ...fresh, load: (id) => read.people(() => readUser(client, id)) })
  const memberships = createFreshCache({
    ...fresh,
    load: (key) => {
      const [user = '', ...groups] = key.split(' ')
      return read.people(() => readMembership(client, user, groups))
    },
  })
  const members = createFreshCache({
    ...fresh,
    load: (id) =>
      read.group(id, () =>
        read.people(() => readPeople(client, id, (most) => log.warn({ group: id, most }, cutShort))),
      ),
  })
  const names = createFreshCache({
    ...fresh,
    load: (id) => read.group(id, () => read.any(() => readGroupName(client, id))),
  })
  return {
    tenant,
    async among(user, groups) {
      const asked = [user, ...groups.toSorted()].join(' ')
      const [person, held] = await Promise.all([users.get(user), memberships.get(asked)])
      return standingOf(person) === 'member' ? groups.filter((each) => held.includes(each)) : []
    },
    async people(group) {
      const all = (await members.get(group)) ?? []
      return all.filter((each) => standingOf(each) === 'member').map(({ id }) => id)
    },
    async person(user) {
      const found = await users.get(user)
      return { standing: standingOf(found), ...(found?.name === undefined ? {} : { name: found.name }) }
    },
    name: names.get,
    drop() {
      for (const each of [users, memberships, members, names]) each.clear()
    },
    trouble: () => (troubles.size === 0 ? undefined : [...troubles.values()].join('; ')),
  }
}

const cutShort = 'this Entra group has more people than are read: the others may decide, but get no card of their own'

function standingOf(user: GraphUser | undefined): Standing {
  if (!user) return 'stranger'
  if (user.guest) return 'guest'
  return user.enabled ? 'member' : 'deactivated'
}

/** Runs readings; tells the log what failed, and keeps what only an administrator can mend. */
function reader(troubles: Map<string, string>, log: Log) {
  const any = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw unread(error, troubles, log)
    }
  }
  return {
    any,
    /** A reading for which all permissions are needed. */
    async people<T>(work: () => Promise<T>): Promise<T> {
      const found = await any(work)
      troubles.delete('permissions')
      return found
    },
    /** Undefined when there is no such group: it gives nobody a right until somebody mends the file. */
    async group<T>(id: string, work: () => Promise<T>): Promise<T | undefined> {
      const found = await work().catch(absent)
      if (found !== undefined) {
        troubles.delete(id)
        return found
      }
      const text = `there is no Entra group ${id}, which counts as empty: nobody gets a right by it`
      troubles.set(id, text)
      log.error({ group: id }, text)
      return undefined
    },
  }
}

function absent(error: unknown): undefined {
  if (isAbsent(error)) return undefined
  throw error
}

/** Whatever kept Graph from answering, the click is not recorded and the person is told to try again. */
function unread(error: unknown, troubles: Map<string, string>, log: Log): unknown {
  if (isAbsent(error) || !(error instanceof TransientError || error instanceof PermanentError)) return error
  const { code, status } = error.fault
  if (status === REFUSED) {
    const text = `Microsoft Graph does not tell who is in Entra groups: ${grant}`
    troubles.set('permissions', text)
    log.error({ code }, text)
  } else log.warn({ code, status }, 'Microsoft Graph could not be read')
  return error instanceof TransientError ? error : new TransientError(error.fault)
}
