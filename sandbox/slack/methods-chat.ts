import { type Answer, fail, good, type Method, textOf } from './answer.ts'
import { checkBlocks, isFields } from './check-blocks.ts'
import { addEphemeral, addMessage, editMessage, findMessage, wireMessage } from './messages.ts'
import { APP, TEAM } from './seed.ts'
import type { Block, Fields, SlackChannel, SlackMessage } from './types.ts'
import type { World } from './world.ts'

const LONGEST_POST = 40_000
const LONGEST_UPDATE_BYTES = 4_000
const LONGEST_BLOCKS = 13_200

/** What a message may say: its text and blocks, or why not. */
export type Content = { text: string | undefined; blocks: Block[] | undefined; refusal?: Answer }

/** chat.*: posting, editing, deleting. */
export const chatMethods: Record<string, Method> = {
  'chat.postMessage': { token: 'bot', tier: 'post', scope: () => 'chat:write', run: post },
  'chat.update': { token: 'bot', tier: 3, scope: () => 'chat:write', run: update },
  'chat.delete': { token: 'bot', tier: 3, scope: () => 'chat:write', run: remove },
  'chat.postEphemeral': { token: 'bot', tier: 4, scope: () => 'chat:write', run: postEphemeral },
  'chat.getPermalink': { token: 'bot', tier: 'none', run: permalink },
}

/** Reads and checks `text` and `blocks` as every way of posting does. */
export function readContent(args: Fields): Content {
  const blocks = args.blocks as Block[] | undefined
  const text = args.text === undefined ? undefined : textOf(args, 'text')
  const refuse = (refusal: Answer): Content => ({ text, blocks, refusal })
  if (blocks !== undefined && !Array.isArray(blocks)) return refuse(fail('invalid_blocks_format'))
  const problems = blocks ? checkBlocks(blocks, 'message') : []
  if (problems.length > 0) return refuse(fail('invalid_blocks', problems, { errors: problems }))
  if (!text?.trim() && !blocks?.length && !(args.attachments as unknown[] | undefined)?.length)
    return refuse(fail('no_text'))
  if ((text?.length ?? 0) > LONGEST_POST) return refuse(fail('msg_too_long'))
  if (textLength(blocks) > LONGEST_BLOCKS) return refuse(fail('msg_blocks_too_long'))
  return { text, blocks }
}

function post(world: World, args: Fields, told: (what: 'posted', message: SlackMessage) => void): Answer {
  const channel = postTarget(world, textOf(args, 'channel'))
  if (!channel || (channel.kind === 'private' && !channel.botIsMember)) return fail('channel_not_found')
  if (channel.archived) return fail('is_archived')
  if (!channel.botIsMember && !world.state.scopes.includes('chat:write.public')) return fail('not_in_channel')
  const content = readContent(args)
  if (content.refusal) return content.refusal
  const threadTs = args.thread_ts === undefined ? undefined : textOf(args, 'thread_ts')
  if (threadTs !== undefined && !isRoot(world, channel.id, threadTs)) return fail('invalid_thread_ts')
  const metadata = readMetadata(args)
  if (metadata === 'invalid') return fail('invalid_metadata_format')
  const { text = '', blocks = [] } = content
  const message = addMessage(world, { channel: channel.id, user: APP.botUser, text, blocks, metadata, threadTs })
  told('posted', message)
  return good({ channel: channel.id, ts: message.ts, message: wireMessage(world, message, true) })
}

function update(
  world: World,
  args: Fields,
  told: (what: 'changed', message: SlackMessage, before: Fields) => void,
): Answer {
  const channel = world.channel(textOf(args, 'channel'))
  if (!channel || (channel.kind === 'private' && !channel.botIsMember)) return fail('channel_not_found')
  if (channel.archived) return fail('is_archived')
  const message = findMessage(world, channel.id, args.ts)
  if (!message) return fail('message_not_found')
  if (message.user !== APP.botUser) return fail('cant_update_message')
  const content = readContent(args)
  if (content.refusal) return content.refusal
  if (Buffer.byteLength(escaped(content.text ?? '')) > LONGEST_UPDATE_BYTES) return fail('msg_too_long')
  const metadata = readMetadata(args)
  if (metadata === 'invalid') return fail('invalid_metadata_format')
  const before = wireMessage(world, message)
  editMessage(world, message, { text: content.text, blocks: content.blocks, metadata })
  told('changed', message, before)
  return good({ channel: channel.id, ts: message.ts, text: message.text, message: wireMessage(world, message, true) })
}

function remove(world: World, args: Fields, told: (what: 'deleted', message: SlackMessage) => void): Answer {
  const channel = world.channel(textOf(args, 'channel'))
  if (!channel) return fail('channel_not_found')
  const message = findMessage(world, channel.id, args.ts)
  if (!message) return fail('message_not_found')
  if (message.user !== APP.botUser) return fail('cant_delete_message')
  message.deleted = true
  told('deleted', message)
  return good({ channel: channel.id, ts: message.ts })
}

function postEphemeral(world: World, args: Fields): Answer {
  const channel = world.channel(textOf(args, 'channel'))
  if (!channel || (channel.kind === 'private' && !channel.botIsMember)) return fail('channel_not_found')
  if (channel.archived) return fail('is_archived')
  if (!channel.botIsMember) return fail('not_in_channel')
  const to = textOf(args, 'user')
  if (!channel.members.includes(to)) return fail('user_not_in_channel')
  const content = readContent(args)
  if (content.refusal) return content.refusal
  const { text = '', blocks = [] } = content
  const threadTs = args.thread_ts === undefined ? undefined : textOf(args, 'thread_ts')
  const draft = { channel: channel.id, user: APP.botUser, text, blocks, threadTs }
  return good({ message_ts: addEphemeral(world, draft, to, 'chat.postEphemeral').ts })
}

function permalink(world: World, args: Fields): Answer {
  const channel = world.channel(textOf(args, 'channel'))
  if (!channel || (channel.kind === 'private' && !channel.botIsMember)) return fail('channel_not_found')
  const message = findMessage(world, channel.id, args.message_ts)
  if (!message) return fail('message_not_found')
  const thread = message.threadTs ? `?thread_ts=${message.threadTs}&cid=${channel.id}` : ''
  const place = `https://${TEAM.domain}.slack.com/archives/${channel.id}/p${message.ts.replace('.', '')}`
  return good({ channel: channel.id, permalink: place + thread })
}

/** The conversation meant by an id, a `#name`, or a person's id (their DM with the bot). */
function postTarget(world: World, target: string): SlackChannel | undefined {
  const found = world.channel(target) ?? world.state.channels.find((c) => `#${c.name}` === target)
  const user = found ? undefined : world.user(target)
  return user && !user.is_bot && !user.deleted ? world.dm(user.id) : found
}

function isRoot(world: World, channel: string, ts: string): boolean {
  return world.state.messages.some((m) => m.channel === channel && m.ts === ts && (!m.threadTs || m.threadTs === m.ts))
}

function readMetadata(args: Fields): SlackMessage['metadata'] | 'invalid' | undefined {
  const metadata = args.metadata
  if (metadata === undefined) return undefined
  if (!isFields(metadata)) return 'invalid'
  if (typeof metadata.event_type !== 'string' || !isFields(metadata.event_payload)) return 'invalid'
  return { event_type: metadata.event_type, event_payload: metadata.event_payload }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + textLength(item), 0)
  if (!isFields(value)) return 0
  const own = typeof value.text === 'string' ? value.text.length : 0
  return own + Object.values(value).reduce((sum: number, item) => sum + textLength(item), 0)
}
