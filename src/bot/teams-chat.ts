import { PermanentError } from '../transfer/errors.ts'
import type { Address, MessageRef } from '../transfer/model.ts'
import type { ChatSide, Drawn } from './chats.ts'
import { portError } from './teams-errors.ts'
import { inThread, isChannel, isObjectId, readTeamsId, splitThread, teamsId } from './teams-ids.ts'
import type { KnownPlace, TeamsNotes } from './teams-notes.ts'
import type { TeamsPace } from './teams-pace.ts'
import type { TeamsPlace, TeamsSdk } from './teams-port.ts'
import type { TeamsRender } from './teams-render.ts'

/** How Teams is written to; `paced` throws while Teams would take no more. */
type Ways = {
  sdk: TeamsSdk
  notes: TeamsNotes
  render: TeamsRender
  paced: TeamsPace
}

/** Outbound Teams. Nothing is repeated here. Teams tells nobody what was posted, so a message is never found again. */
export function createTeamsChat(ways: Ways): ChatSide {
  const { sdk, notes, render, paced } = ways
  return {
    async post(to, drawing) {
      const place = await placeOf(ways, to)
      const { conversation, id } = await paced(place, async () => {
        const message = await render.message(place, isPersonal(place), drawing.body as Drawn)
        const opens = isChannel(place.conversation) && splitThread(place.conversation).root === undefined
        if (!opens) return { conversation: place.conversation, id: await sdk.send(place, message) }
        const made = await sdk.post(place, message)
        return { conversation: made, id: splitThread(made).root ?? '' }
      })
      const { tenant } = place
      const link = linkTo(place, id)
      return { ref: teamsId({ tenant, id: conversation, message: id }), ...(link && { link }) }
    },
    async update(ref, drawing) {
      const { place, id } = await messageAt(notes, ref)
      await paced(place, async () => {
        await sdk.update(place, id, await render.message(place, isPersonal(place), drawing.body as Drawn))
      })
    },
    find: async () => 'unreadable',
    async remove(ref) {
      const { place, id } = await messageAt(notes, ref)
      await sdk.remove(place, id).catch((error: unknown) => {
        const cause = portError(error, 'deleteActivity')
        if (cause.fault.status !== 404) throw cause
      })
    },
  }
}

/** The personal chat with somebody, made when it is not there yet. */
export async function chatWith(
  { sdk, notes }: Pick<Ways, 'sdk' | 'notes'>,
  tenant: string,
  objectId: string,
): Promise<TeamsPlace> {
  const known = await notes.chat(tenant, objectId)
  if (known) return known
  const person = await notes.person(tenant, objectId)
  const { serviceUrl } = person?.seenIn ?? (await notes.place(tenant, objectId))
  const conversation = await sdk.chatWith({ serviceUrl, tenant }, person?.id ?? objectId)
  const place = { serviceUrl, tenant, conversation }
  await notes.keepChat(tenant, objectId, place)
  return place
}

async function placeOf(ways: Ways, to: { address: Address; thread?: MessageRef }): Promise<KnownPlace> {
  // A thread names its conversation; the address above it may be a person.
  if (to.thread !== undefined) {
    const { place, id } = await messageAt(ways.notes, to.thread)
    return { ...place, conversation: inThread(place.conversation, id) }
  }
  const target = readTeamsId(to.address)
  if (!target || target.message !== undefined) throw foreign(to.address)
  const { tenant, id } = target
  return isObjectId(id) ? chatWith(ways, tenant, id) : ways.notes.place(tenant, id)
}

async function messageAt(notes: TeamsNotes, ref: MessageRef): Promise<{ place: KnownPlace; id: string }> {
  const read = readTeamsId(ref)
  if (read?.message === undefined) throw foreign(ref)
  return { place: await notes.place(read.tenant, read.id), id: read.message }
}

function foreign(id: string): PermanentError {
  return new PermanentError({ code: 'not_of_teams', message: `${id} is no place in Teams.` })
}

function isPersonal({ conversation }: TeamsPlace): boolean {
  return !conversation.startsWith('19:')
}

/** A link that opens the message; personal chats have none that another person could follow. */
function linkTo({ serviceUrl, tenant, conversation, group }: KnownPlace, id: string): string | undefined {
  const { conversation: where, root } = splitThread(conversation)
  if (!where.startsWith('19:') || id === '') return undefined
  const { hostname } = new URL(serviceUrl)
  const cloud = /\.(gov|dod)\.teams\.microsoft\.us$/.exec(hostname)?.[1]
  const host = cloud ? `${cloud}.teams.microsoft.us` : 'teams.microsoft.com'
  const about = isChannel(where)
    ? { tenantId: tenant, ...(group ? { groupId: group } : {}), parentMessageId: root ?? id }
    : { context: '{"contextType":"chat"}' }
  return `https://${host}/l/message/${encodeURIComponent(where)}/${id}?${new URLSearchParams(about)}`
}
