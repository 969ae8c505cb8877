import { noConversation, notInRoster, type Reply, refuse, reply, writesBlocked } from './errors.ts'
import { fieldsOf, isFields, listOf, stringOf } from './fields.ts'
import { wireConversationId } from './messages.ts'
import type { Asked } from './methods.ts'
import { postChecked, problemWithActivity } from './methods-activities.ts'
import type { Fields } from './types.ts'
import { botIsIn, type World } from './world.ts'

/** POST v3/conversations: a new root post in a channel, or the personal chat with one person. */
export function createConversation(world: World, { call }: Asked): Reply {
  const parameters = call.body
  const channel = stringOf(fieldsOf(fieldsOf(parameters.channelData).channel).id)
  if (channel) return inChannel(world, channel, parameters)
  // A bot cannot make a group chat.
  return parameters.isGroup === true ? wrongParameters() : withPerson(world, parameters)
}

/** Whom or where a call of create is about, for limits and faults. */
export function placeOfCreate(world: World, parameters: Fields): string {
  const channel = stringOf(fieldsOf(fieldsOf(parameters.channelData).channel).id)
  if (channel) return channel
  const user = world.user(stringOf(listOf(parameters.members)[0]?.id))
  return world.state.conversations.find((c) => c.kind === 'personal' && c.person === user?.id)?.id ?? ''
}

function inChannel(world: World, id: string, parameters: Fields): Reply {
  const { activity } = parameters
  if (parameters.isGroup !== true || !isFields(activity)) return wrongParameters()
  const channel = world.conversation(id)
  if (channel?.kind !== 'channel') return noConversation()
  if (!botIsIn(world, channel)) return notInRoster()
  const refusal = problemWithActivity(world, activity)
  if (refusal) return refusal
  const message = postChecked(world, channel, activity)
  const body = { id: wireConversationId(message), activityId: message.id }
  return { ...reply(201, body), activityId: message.id }
}

function withPerson(world: World, parameters: Fields): Reply {
  const [member, ...others] = listOf(parameters.members)
  const tenant = stringOf(parameters.tenantId) || stringOf(fieldsOf(fieldsOf(parameters.channelData).tenant).id)
  if (!member || others.length > 0 || !tenant) return wrongParameters()
  const id = stringOf(member.id)
  const user = world.user(id)
  // A handle is a name of this sandbox, and no id that Teams knows.
  if (!user || user.handle === id || user.userPrincipalName === id) {
    if (!id.startsWith('29:')) return refuse(400, 'BadSyntax', 'Invalid user identity in provided tenant')
    return refuse(400, 'MemberNotFoundInConversation', 'Member not found in conversation.')
  }
  if (user.tenantId !== tenant) return refuse(400, 'BadSyntax', 'Invalid user identity in provided tenant')
  if (!user.installed) {
    return refuse(403, 'ForbiddenOperationException', "The bot is not installed in user's personal scope")
  }
  if (user.blocked) return writesBlocked()
  const chat = world.personal(user)
  const { activity } = parameters
  if (!isFields(activity)) return reply(201, { id: chat.id })
  const refusal = problemWithActivity(world, activity)
  if (refusal) return refusal
  const message = postChecked(world, chat, activity)
  return { ...reply(201, { id: chat.id, activityId: message.id }), activityId: message.id }
}

function wrongParameters(): Reply {
  return refuse(400, 'BadSyntax', 'Incorrect conversation creation parameters')
}
