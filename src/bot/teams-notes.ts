import { TransientError } from '../transfer/errors.ts'
import type { Notes } from '../transfer/ports.ts'
import { isPersonal, placeOf, type TeamsActivity } from './teams-activity.ts'
import { isChannel, splitThread, teamsId } from './teams-ids.ts'
import type { TeamsPlace } from './teams-port.ts'

/** A conversation as it was last heard of. */
export type KnownPlace = TeamsPlace & { group?: string }
/** A person as they were last heard of: the id that Teams has for them, and where they wrote. */
export type KnownPerson = { id: string; name?: string; seenIn: TeamsPlace }

/** What has to be known to write to Teams again, whoever heard it: kept in Redis, refreshed by every activity. Throws `TransientError`. */
export type TeamsNotes = {
  /** Keeps where the activity came from and who wrote it. */
  keep(activity: TeamsActivity): Promise<void>
  /** The conversation, with the newest address for it; never heard of, with the address for its tenant or for all. */
  place(tenant: string, conversation: string): Promise<KnownPlace>
  /** What the channel is called, where an activity ever said it. */
  placeName(tenant: string, conversation: string): Promise<string | undefined>
  person(tenant: string, objectId: string): Promise<KnownPerson | undefined>
  /** A channel of the tenant where the bot was last spoken to. */
  team(tenant: string): Promise<TeamsPlace | undefined>
  /** The personal chat with somebody. */
  chat(tenant: string, objectId: string): Promise<TeamsPlace | undefined>
  keepChat(tenant: string, objectId: string, place: TeamsPlace): Promise<void>
}

/** Notes of Teams over those of the store; `usual` is the address of a tenant that was never heard of. */
export function createTeamsNotes(notes: Notes, usual: string): TeamsNotes {
  // Each time anew, as another process may have heard something else in between.
  const write = (key: string, value: object): Promise<void> => notes.write(key, JSON.stringify(value)).catch(away)
  const read = async <T>(key: string): Promise<T | undefined> => {
    const text = await notes.read(key).catch(away)
    return text === undefined ? undefined : (JSON.parse(text) as T)
  }
  return {
    async keep(activity) {
      const place = placeOf(activity)
      const { tenant } = place
      const here = { ...place, conversation: splitThread(place.conversation).conversation }
      const { name } = activity.from
      const known: KnownPerson = { id: activity.from.id, seenIn: here, ...(name ? { name } : {}) }
      const person = activity.from.aadObjectId?.toLowerCase()
      const { channel, team } = activity.channelData ?? {}
      const group = team?.aadGroupId ? { group: team.aadGroupId } : {}
      await Promise.all([
        write(`tenant:${tenant}`, { serviceUrl: place.serviceUrl }),
        write(key('place', tenant, here.conversation), { ...here, ...group }),
        ...(channel?.name ? [write(key('name', tenant, here.conversation), { name: channel.name })] : []),
        ...(person ? [write(key('person', tenant, person), known)] : []),
        ...(isChannel(here.conversation) ? [write(`team:${tenant}`, here)] : []),
        ...(person && isPersonal(activity) ? [write(key('chat', tenant, person), here)] : []),
      ])
    },
    async place(tenant, conversation) {
      const { conversation: id } = splitThread(conversation)
      const known = await read<KnownPlace>(key('place', tenant, id))
      if (known) return { ...known, conversation }
      const own = await read<{ serviceUrl: string }>(`tenant:${tenant}`)
      return { serviceUrl: own?.serviceUrl ?? usual, tenant, conversation }
    },
    placeName: async (tenant, conversation) =>
      (await read<{ name: string }>(key('name', tenant, splitThread(conversation).conversation)))?.name,
    person: (tenant, objectId) => read(key('person', tenant, objectId)),
    team: (tenant) => read(`team:${tenant}`),
    chat: (tenant, objectId) => read(key('chat', tenant, objectId)),
    keepChat: (tenant, objectId, place) => write(key('chat', tenant, objectId), place),
  }
}

function away(): never {
  throw new TransientError({ code: 'notes_away', message: 'What is known of Teams could not be read or kept.' })
}

function key(kind: string, tenant: string, id: string): string {
  return `${kind}:${teamsId({ tenant, id })}`
}
