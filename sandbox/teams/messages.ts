import { fieldsOf, listOf, stringOf } from './fields.ts'
import type { Fields, MessageContent, TeamsMessage } from './types.ts'
import { baseId, type World } from './world.ts'

export const CARD = 'application/vnd.microsoft.card.adaptive'

/** What a new message is made of; its id is made here unless given. */
export type Draft = MessageContent & {
  conversation: string
  from: string
  id?: string
  rootId?: string | undefined
  targetedTo?: string | undefined
  replyToId?: string | undefined
}

/** What an activity of the wire says. */
export function contentOf(activity: Fields): MessageContent {
  return {
    text: stringOf(activity.text),
    attachments: structuredClone(listOf(activity.attachments)),
    entities: structuredClone(listOf(activity.entities)),
    ...(typeof activity.summary === 'string' && { summary: activity.summary }),
    ...(typeof activity.importance === 'string' && { importance: activity.importance }),
    ...(activity.channelData !== undefined && { channelData: structuredClone(fieldsOf(activity.channelData)) }),
  }
}

/** Posts; in a channel a message without a root starts a chain of its own, unless only one person sees it. */
export function addMessage(world: World, draft: Draft): TeamsMessage {
  const { rootId, targetedTo, replyToId, id = world.messageId(), conversation, ...said } = draft
  const channel = world.conversation(conversation)?.kind === 'channel'
  const root = channel && !targetedTo ? (rootId ?? id) : undefined
  const { from, ...content } = said
  const message: TeamsMessage = {
    conversation: baseId(conversation),
    id,
    ...(root !== undefined && { rootId: root }),
    from,
    at: world.now(),
    ...content,
    edits: [],
    deleted: false,
    ...(targetedTo && { targetedTo }),
    ...(replyToId && { replyToId }),
  }
  message.edits.push({ at: message.at, ...structuredClone(content) })
  world.state.messages.push(message)
  return message
}

/** Replaces what the message says, and with it what single persons saw in its place. */
export function editMessage(world: World, message: TeamsMessage, content: MessageContent): void {
  for (const key of ['summary', 'importance', 'channelData'] as const) delete message[key]
  Object.assign(message, content)
  message.edits.push({ at: world.now(), ...structuredClone(content) })
  dropViews(world, message)
}

/** Takes the message away; it stays in the state with all its versions. */
export function deleteMessage(world: World, message: TeamsMessage): void {
  message.deleted = true
  dropViews(world, message)
}

/** The message at this place, unless it was deleted. */
export function findMessage(world: World, conversation: string, id: string): TeamsMessage | undefined {
  const where = baseId(conversation)
  return world.state.messages.find((m) => m.conversation === where && m.id === id && !m.deleted)
}

/** The first Adaptive Card of the message. */
export function cardOf(message: Pick<TeamsMessage, 'attachments'>): Fields | undefined {
  const attachment = message.attachments.find((one) => one.contentType === CARD)
  return attachment && fieldsOf(attachment.content)
}

/** Conversation id as the wire carries it for this message: with the root post in a channel. */
export function wireConversationId(message: Pick<TeamsMessage, 'conversation' | 'rootId'>): string {
  return message.rootId ? `${message.conversation};messageid=${message.rootId}` : message.conversation
}

/** The card that stands in the message for this person alone. */
export function viewFor(world: World, message: TeamsMessage, user: string) {
  return world.state.views.find(
    (v) => v.user === user && v.conversation === message.conversation && v.message === message.id,
  )
}

/** Shows this person another card in the message. */
export function putView(world: World, message: TeamsMessage, user: string, card: Fields): void {
  const others = world.state.views.filter((view) => view !== viewFor(world, message, user))
  const place = { conversation: message.conversation, message: message.id }
  world.state.views = [...others, { at: world.now(), user, ...place, card: structuredClone(card) }]
}

function dropViews(world: World, { conversation, id }: TeamsMessage): void {
  world.state.views = world.state.views.filter((v) => v.conversation !== conversation || v.message !== id)
}
