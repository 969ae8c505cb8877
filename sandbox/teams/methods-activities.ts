import { cardIsTooBig, cardProblems } from './check-card.ts'
import {
  noActivity,
  noConversation,
  notInRoster,
  type Reply,
  refuse,
  refuseAs,
  reply,
  writesBlocked,
} from './errors.ts'
import { fieldsOf, listOf, stringOf } from './fields.ts'
import { addMessage, CARD, contentOf, deleteMessage, editMessage, findMessage } from './messages.ts'
import type { Asked } from './methods.ts'
import { APP } from './seed.ts'
import type { Fields, TeamsConversation, TeamsMessage } from './types.ts'
import { baseId, botIsIn, type World } from './world.ts'

/** Most bytes of a message, counted as UTF-16. */
const MOST_BYTES = 100 * 1024

/** POST v3/conversations/{id}/activities. */
export function sendToConversation(world: World, asked: Asked): Reply {
  return post(world, asked, rootIn(asked.place))
}

/** POST v3/conversations/{id}/activities/{replyToId}: in a channel it answers in the chain of that message. */
export function replyToActivity(world: World, asked: Asked): Reply {
  const named = rootIn(asked.place)
  const channel = world.conversation(asked.place)?.kind === 'channel'
  if (named || !channel || asked.item.startsWith('f:')) return post(world, asked, named)
  const target = findMessage(world, asked.place, asked.item)
  return target ? post(world, asked, target.rootId) : noActivity()
}

/** PUT v3/conversations/{id}/activities/{activityId}. */
export function updateActivity(world: World, { call, place, item }: Asked): Reply {
  const refusal = problemWithPlace(world, place) ?? problemWithActivity(world, call.body)
  if (refusal) return refusal
  const message = ownMessage(world, place, item, isTargeted(call.query))
  if (!message) return noActivity()
  editMessage(world, message, contentOf(call.body))
  return { ...reply(200, { id: message.id }), activityId: message.id }
}

/** DELETE v3/conversations/{id}/activities/{activityId}. */
export function deleteActivity(world: World, { call, place, item }: Asked): Reply {
  const refusal = problemWithPlace(world, place)
  if (refusal) return refusal
  const message = ownMessage(world, place, item, isTargeted(call.query))
  if (!message) return noActivity()
  deleteMessage(world, message)
  return { status: 200, activityId: message.id }
}

/** Why the bot may not write here; undefined when it may. */
export function problemWithPlace(world: World, place: string): Reply | undefined {
  const conversation = world.conversation(place)
  if (!conversation) return noConversation()
  if (!botIsIn(world, conversation)) return notInRoster()
  return world.user(conversation.person ?? '')?.blocked ? writesBlocked() : undefined
}

/** Why Teams does not take this activity; undefined when it does. */
export function problemWithActivity(world: World, activity: Fields): Reply | undefined {
  if (activity.type === 'typing') return undefined
  if (activity.type !== 'message') return refuse(400, 'BadSyntax', 'Unknown activity type')
  if (JSON.stringify(activity).length * 2 > MOST_BYTES) return refuseAs(413)
  if (activity.attachments !== undefined && !Array.isArray(activity.attachments)) {
    return refuse(400, 'BadSyntax', 'attachments must be a list')
  }
  const attachments = listOf(activity.attachments)
  if (!stringOf(activity.text) && attachments.length === 0) {
    return refuse(400, 'BadSyntax', 'Activity must have text or attachments')
  }
  for (const { contentType, content } of attachments) {
    if (contentType !== CARD) continue
    if (cardIsTooBig(fieldsOf(content))) return refuseAs(413)
    const problems = cardProblems(world, content)
    if (problems.length > 0) return refuse(400, 'BadArgument', `Invalid Adaptive Card: ${problems.join('; ')}`)
  }
  return undefined
}

/** Posts what was checked already. */
export function postChecked(
  world: World,
  conversation: TeamsConversation,
  activity: Fields,
  more: { rootId?: string | undefined; targetedTo?: string | undefined; replyToId?: string | undefined } = {},
): TeamsMessage {
  return addMessage(world, { ...contentOf(activity), conversation: conversation.id, from: APP.bot, ...more })
}

function post(world: World, { call, place, item }: Asked, rootId: string | undefined): Reply {
  const conversation = world.conversation(place)
  const refusal = problemWithPlace(world, place) ?? problemWithActivity(world, call.body)
  if (refusal || !conversation) return refusal ?? noConversation()
  if (call.body.type === 'typing') return reply(202, { id: world.messageId() })
  const target = isTargeted(call.query) ? recipientOf(world, conversation, call.body) : undefined
  if (target && typeof target !== 'string') return target
  if (!target && rootId && !findMessage(world, place, rootId)) return noActivity()
  const message = postChecked(world, conversation, call.body, {
    ...(target ? { targetedTo: target } : { rootId }),
    replyToId: item || undefined,
  })
  return { ...reply(201, { id: message.id }), activityId: message.id }
}

/** MRI of the person that a targeted message is for, or why there is none. */
function recipientOf(world: World, conversation: TeamsConversation, activity: Fields): string | Reply {
  if (conversation.kind === 'personal') {
    return refuse(400, 'BadArgument', 'Targeted messages are not supported in personal chats.')
  }
  const person = world.user(stringOf(fieldsOf(activity.recipient).id))
  if (person && conversation.members.includes(person.id)) return person.id
  return refuse(400, 'BadArgument', 'A targeted message needs a recipient who is in the conversation.')
}

/** A message of the bot; a targeted one is found only by calls that say so. */
function ownMessage(world: World, place: string, id: string, targeted: boolean): TeamsMessage | undefined {
  const message = findMessage(world, place, id)
  return message?.from === APP.bot && Boolean(message.targetedTo) === targeted ? message : undefined
}

function isTargeted(query: Record<string, string>): boolean {
  return query.isTargetedActivity?.toLowerCase() === 'true'
}

function rootIn(place: string): string | undefined {
  return place.slice(baseId(place).length + ';messageid='.length) || undefined
}
