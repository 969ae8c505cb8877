import { activityFrom } from './activities.ts'
import type { Deliveries } from './deliveries.ts'
import { plainResult } from './invoke-answer.ts'
import { CARD, viewFor } from './messages.ts'
import { click, refresh, refreshIsDue } from './person-click.ts'
import { say } from './person-say.ts'
import { CHANNELS } from './seed.ts'
import type { Fields, TeamsConversation, TeamsMessage, TeamsUser } from './types.ts'
import type { SeenMessage, TeamsPerson } from './use-types.ts'
import type { World } from './world.ts'

/** This person at their Teams, acting through deliveries to the bot. */
export function createPerson(world: World, deliveries: Deliveries, name: string): TeamsPerson {
  const user = userCalled(world, name)
  return {
    user,
    say: async (text, { in: place = CHANNELS.data, ...options } = {}) =>
      say(world, deliveries, user, placeFor(world, user, place), { text, options }),
    chat: async (text, options = {}) => say(world, deliveries, user, world.personal(user), { text, options }),
    click: async (message, options = {}) => click(world, deliveries, user, messageFor(world, user, message), options),
    refresh: async (message, options = {}) =>
      refresh(world, deliveries, user, messageFor(world, user, message), options),
    async invoke(invoked, value, { in: place = CHANNELS.data, ...options } = {}) {
      const conversation = placeFor(world, user, place)
      const activity = { ...activityFrom(world, { user, conversation }, 'invoke'), name: invoked, value }
      const about = { user, conversation: conversation.id, what: invoked }
      return plainResult(world, await deliveries.deliver(activity, options), about, activity)
    },
    async see(place = CHANNELS.data) {
      const conversation = placeFor(world, user, place)
      for (const message of visible(world, user, conversation)) {
        if (refreshIsDue(world, user, message)) await refresh(world, deliveries, user, message, {})
      }
      return visible(world, user, conversation).map((message) => seen(world, user, message))
    },
  }
}

/** The person of this name, object id or MRI; throws when there is none. */
export function userCalled(world: World, name: string): TeamsUser {
  const user = world.user(name)
  if (!user) throw new Error(`There is nobody called ${name}`)
  return user
}

function visible(world: World, user: TeamsUser, conversation: TeamsConversation): TeamsMessage[] {
  return world.state.messages.filter(
    (m) => m.conversation === conversation.id && !m.deleted && (!m.targetedTo || m.targetedTo === user.id),
  )
}

/** The message with this person's card in the place of the common one. */
function seen(world: World, user: TeamsUser, message: TeamsMessage): SeenMessage {
  const view = viewFor(world, message, user.id)
  if (!view) return { ...message, viewed: false }
  const attachments: Fields[] = message.attachments.map((one) =>
    one.contentType === CARD ? { ...one, content: view.card } : one,
  )
  return { ...message, attachments, viewed: true }
}

/** A conversation that this person is in; an anonymous caller joins by being there. */
function placeFor(world: World, user: TeamsUser, id: string): TeamsConversation {
  const conversation = world.conversation(id)
  if (!conversation) throw new Error(`There is no conversation ${id}`)
  if (user.userRole === 'anonymous' && conversation.kind !== 'personal' && !conversation.members.includes(user.id)) {
    conversation.members.push(user.id)
  }
  if (!conversation.members.includes(user.id)) throw new Error(`${user.name} is not in ${id}`)
  return conversation
}

function messageFor(world: World, user: TeamsUser, wanted: TeamsMessage | string): TeamsMessage {
  const id = typeof wanted === 'string' ? wanted : wanted.id
  const place = typeof wanted === 'string' ? undefined : wanted.conversation
  const found = world.state.messages.find((m) => m.id === id && (place === undefined || m.conversation === place))
  if (!found) throw new Error(`There is no message ${id}`)
  placeFor(world, user, found.conversation)
  if (found.targetedTo && found.targetedTo !== user.id) throw new Error(`${user.name} does not see message ${id}`)
  return found
}
