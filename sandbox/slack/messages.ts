import { randomBytes } from 'node:crypto'
import { isFields } from './check-blocks.ts'
import { APP, TEAM } from './seed.ts'
import type { Block, Fields, SlackEphemeral, SlackMessage } from './types.ts'
import type { World } from './world.ts'

/** What a new message is made of. */
export type Draft = {
  channel: string
  user: string
  text: string
  blocks?: Block[]
  metadata?: SlackMessage['metadata'] | undefined
  threadTs?: string | undefined
}

/** Posts for everybody in the channel. */
export function addMessage(world: World, draft: Draft): SlackMessage {
  const message = build(world, draft)
  world.state.messages.push(message)
  return message
}

/** Posts for one person's eyes. */
export function addEphemeral(world: World, draft: Draft, to: string, via: SlackEphemeral['via']): SlackEphemeral {
  const ephemeral = { ...build(world, draft), to, via }
  world.state.ephemerals.push(ephemeral)
  return ephemeral
}

/** Gives the message another version; what is undefined stays. */
export function editMessage(
  world: World,
  message: SlackMessage,
  change: { text?: string | undefined; blocks?: Block[] | undefined; metadata?: SlackMessage['metadata'] | undefined },
): void {
  if (change.text !== undefined) message.text = change.text
  if (change.blocks) message.blocks = change.blocks.map((block) => complete(block))
  if (change.metadata) message.metadata = change.metadata
  message.edits.push(version(world, message))
}

/** The message at this place, unless it was deleted. */
export function findMessage(world: World, channel: string, ts: unknown): SlackMessage | undefined {
  return world.state.messages.find((m) => m.channel === channel && m.ts === ts && !m.deleted)
}

/** Replies to a root message that are still there, oldest first. */
export function repliesTo(world: World, root: SlackMessage): SlackMessage[] {
  return world.state.messages.filter(
    (m) => m.channel === root.channel && m.threadTs === root.ts && m.ts !== root.ts && !m.deleted,
  )
}

/** The message as the wire carries it; metadata only when asked for. */
export function wireMessage(world: World, message: SlackMessage, withMetadata = false): Fields {
  const replies = repliesTo(world, message)
  const last = message.edits.at(-1)
  return {
    type: 'message',
    user: message.user,
    ts: message.ts,
    team: world.user(message.user)?.team_id ?? TEAM.id,
    text: message.text,
    ...(message.blocks.length > 0 && { blocks: message.blocks }),
    ...(message.botId && { bot_id: message.botId, app_id: APP.id, bot_profile: botProfile() }),
    ...(message.threadTs && { thread_ts: message.threadTs }),
    ...(replies.length > 0 && {
      thread_ts: message.ts,
      reply_count: replies.length,
      reply_users: [...new Set(replies.map((reply) => reply.user))],
      latest_reply: replies.at(-1)?.ts,
    }),
    ...(message.edits.length > 1 &&
      last && { edited: { user: message.user, ts: `${Math.floor(last.at / 1000)}.000000` } }),
    ...(withMetadata && message.metadata && { metadata: message.metadata }),
  }
}

/** The bot's profile on its messages. */
export function botProfile(): Fields {
  return { id: APP.botId, app_id: APP.id, name: APP.name, team_id: TEAM.id, deleted: false, updated: 0, icons: {} }
}

function build(world: World, draft: Draft): SlackMessage {
  const message: SlackMessage = {
    channel: draft.channel,
    ts: world.ts(),
    user: draft.user,
    ...(draft.user === APP.botUser && { botId: APP.botId }),
    text: draft.text,
    blocks: (draft.blocks ?? []).map((block) => complete(block)),
    ...(draft.metadata && { metadata: draft.metadata }),
    ...(draft.threadTs && { threadTs: draft.threadTs }),
    edits: [],
    deleted: false,
  }
  message.edits.push(version(world, message))
  return message
}

function version(world: World, message: SlackMessage) {
  return { at: world.now(), text: message.text, blocks: structuredClone(message.blocks) }
}

/** A block with what Slack adds by itself: ids, and the defaults of text objects. */
export function complete(block: Block): Block {
  const whole: Block = {
    block_id: randomBytes(3).toString('base64url'),
    ...(defaults(structuredClone(block)) as Block),
  }
  if (Array.isArray(whole.elements)) for (const element of whole.elements) name(element)
  name(whole.accessory)
  name(whole.element)
  return whole
}

function name(element: unknown): void {
  if (isFields(element) && !['image', 'mrkdwn', 'plain_text'].includes(String(element.type))) {
    element.action_id ??= randomBytes(3).toString('base64url')
  }
}

function defaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(defaults)
  if (!isFields(value)) return value
  const inner: Fields = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, defaults(item)]))
  if (inner.type === 'mrkdwn') return { ...inner, verbatim: inner.verbatim ?? false }
  if (inner.type === 'plain_text') return { ...inner, emoji: inner.emoji ?? true }
  return inner
}
