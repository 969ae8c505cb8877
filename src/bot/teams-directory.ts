import { TransientError } from '../transfer/errors.ts'
import type { Address, Person } from '../transfer/model.ts'
import type { Directory } from '../transfer/ports.ts'
import { withDeadline } from './deadline.ts'
import { createFreshCache } from './fresh-cache.ts'
import type { Log } from './log.ts'
import { portError } from './teams-errors.ts'
import { isObjectId, readTeamsId, type TeamsId } from './teams-ids.ts'
import type { TeamsNotes } from './teams-notes.ts'
import type { TeamsMember, TeamsPlace, TeamsSdk } from './teams-port.ts'

const MAX_AGE = 60_000
const CALL_WITHIN = 1_200
/** In so many channels somebody is looked up by name. */
const MOST_ROOMS = 3

/** Teams' directory: who somebody is in a conversation that the bot is in, as there is no other without more permissions. */
export type TeamsDirectory = Directory & {
  /** The person in this conversation, at most 60 s old; undefined when they are not there. Throws `TransientError`. */
  memberOf(place: TeamsPlace, person: Person): Promise<TeamsMember | undefined>
  /** Forgets who is where: the next question reads it anew. */
  onMembershipChange(): void
}

type Standing = Awaited<ReturnType<Directory['standing']>>
/** What another directory says of somebody whom Teams never heard of; undefined when it does not know either. */
export type Unheard = (id: TeamsId) => Promise<{ standing: Standing; name?: string } | undefined>

/** Who is who in the tenants that may use the bot; `now` is monotonic, in milliseconds. */
export function createTeamsDirectory(options: {
  sdk: Pick<TeamsSdk, 'member'>
  notes: TeamsNotes
  tenants: readonly string[]
  /** Where cards go: people who never wrote to the bot are looked up there by name. */
  channels?: readonly Address[]
  unheard?: Unheard | undefined
  log: Log
  now?: () => number
}): TeamsDirectory {
  const { sdk, notes, tenants, channels = [], unheard, log, now = () => performance.now() } = options
  const members = createFreshCache({
    maxAge: MAX_AGE,
    now,
    load: (key) => {
      const { place, user } = JSON.parse(key) as { place: TeamsPlace; user: string }
      return readMember(sdk, place, user, log)
    },
  })
  /** Undefined: nobody knows, as they were never heard of, or are gone from where they were. */
  const standingOf = async (person: Person): Promise<Standing | undefined> => {
    const id = readTeamsId(person)
    if (!id || !isObjectId(id.id) || !tenants.includes(id.tenant)) return 'stranger'
    const known = await notes.person(id.tenant, id.id)
    if (!known) return (await unheard?.(id))?.standing
    const member = await members.get(keyOf(known.seenIn, known.id))
    return member && judged(member, id.id, tenants)
  }
  /** As they wrote it themselves, or as they are called in a team that the bot is in. */
  const nameOf = async (tenant: string, objectId: string): Promise<string | undefined> => {
    const known = await notes.person(tenant, objectId)
    if (known?.name !== undefined) return known.name
    const team = await notes.team(tenant)
    const rooms = channels.flatMap((each) => readTeamsId(each) ?? []).filter((each) => each.tenant === tenant)
    const named = await Promise.all(rooms.slice(0, MOST_ROOMS).map(({ id }) => notes.place(tenant, id)))
    for (const place of [...(team ? [team] : []), ...named]) {
      const member = await members.get(keyOf(place, objectId)).catch(() => undefined)
      if (member?.name !== undefined) return member.name
    }
    return (await unheard?.({ tenant, id: objectId }))?.name
  }
  const standing = async (person: Person): Promise<Standing> => (await standingOf(person)) ?? 'stranger'
  return {
    standing,
    async among(person, principals) {
      if (!principals.includes(person) && !principals.includes('anyone')) return []
      // An account that never wrote to the bot is still the one that the rule names; whoever acts was seen, and is known.
      const held = await standingOf(person)
      if (held !== undefined && held !== 'member') return []
      return principals.filter((each) => (each === 'anyone' ? held === 'member' : each === person))
    },
    async people(principals) {
      const all = [...new Set(principals.filter((each) => isObjectId(readTeamsId(each)?.id ?? '')))]
      // Whoever never wrote to the bot cannot be looked up, and is asked all the same: the click is checked.
      const whole = await Promise.all(all.map(async (each) => ((await standingOf(each)) ?? 'member') === 'member'))
      return all.filter((_, index) => whole[index])
    },
    async name(id) {
      const read = readTeamsId(id)
      if (!read) return undefined
      const { tenant, id: named } = read
      const known = isObjectId(named) ? nameOf(tenant, named) : notes.placeName(tenant, named)
      return known.catch(() => undefined)
    },
    async memberOf(place, person) {
      const id = readTeamsId(person)
      return id && isObjectId(id.id) ? members.get(keyOf(place, id.id)) : undefined
    },
    onMembershipChange: () => members.clear(),
  }
}

/** One roster is asked for all channels of a team, and Teams takes 14 questions a second about it: they share the answer. */
function keyOf({ serviceUrl, tenant, conversation, team }: TeamsPlace, user: string): string {
  const [id] = (team ?? conversation).split(';')
  return JSON.stringify({ place: { serviceUrl, tenant, conversation: id, ...(team ? { team } : {}) }, user })
}

function judged(member: TeamsMember, objectId: string, tenants: readonly string[]): Standing {
  const { aadObjectId, objectId: other, tenantId, userRole, userPrincipalName } = member
  const own = (aadObjectId ?? other ?? objectId).toLowerCase() === objectId
  const away = tenantId !== undefined && tenantId !== null && !tenants.includes(tenantId.toLowerCase())
  if (!own || away || userRole?.toLowerCase() === 'anonymous') return 'stranger'
  const guest = userRole?.toLowerCase() === 'guest' || userPrincipalName?.toUpperCase().includes('#EXT#')
  return guest ? 'guest' : 'member'
}

async function readMember(
  sdk: Pick<TeamsSdk, 'member'>,
  place: TeamsPlace,
  user: string,
  log: Log,
): Promise<TeamsMember | undefined> {
  try {
    const member = await withDeadline<TeamsMember | 'late'>(CALL_WITHIN, sdk.member(place, user), () => 'late')
    if (member !== 'late') return member
    throw new TransientError({ code: 'timeout', message: 'Teams did not say in time who is a member.' })
  } catch (error) {
    const cause = portError(error, 'getConversationMember')
    if (cause.fault.status === 404) return undefined
    log.warn({ code: cause.fault.code }, 'the directory of Teams could not be read')
    throw cause instanceof TransientError ? cause : new TransientError(cause.fault)
  }
}
