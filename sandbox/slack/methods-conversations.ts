import { type Answer, fail, flagOf, good, type Method, textOf } from './answer.ts'
import { repliesTo, wireMessage } from './messages.ts'
import { APP, TEAM } from './seed.ts'
import type { Fields, SlackChannel, SlackMessage } from './types.ts'
import type { World } from './world.ts'

const PREFIX = { public: 'channels', private: 'groups', im: 'im' } as const

/** conversations.*: DMs, facts about a channel, and what was said in it. */
export const conversationMethods: Record<string, Method> = {
  'conversations.open': { token: 'bot', tier: 3, scope: () => 'im:write', run: open },
  'conversations.info': { token: 'bot', tier: 3, scope: scopeFor('read'), run: info },
  'conversations.history': { token: 'bot', tier: 3, scope: scopeFor('history'), run: history },
  'conversations.replies': { token: 'bot', tier: 3, scope: scopeFor('history'), run: replies },
}

function scopeFor(right: 'read' | 'history') {
  return (args: Fields, world: World) => `${PREFIX[world.channel(textOf(args, 'channel'))?.kind ?? 'public']}:${right}`
}

function open(world: World, args: Fields): Answer {
  const users = textOf(args, 'users').split(',').filter(Boolean)
  const known = world.channel(textOf(args, 'channel'))
  if (known) return good({ channel: { id: known.id } })
  if (users.length === 0) return fail('users_list_not_supplied')
  if (users.length > 1)
    return fail('missing_scope', [], { needed: 'mpim:write', provided: world.state.scopes.join(',') })
  const user = world.user(users[0] ?? '')
  if (!user) return fail('user_not_found')
  if (user.deleted) return fail('user_disabled')
  if (user.is_bot) return fail('cannot_dm_bot')
  const before = world.state.channels.length
  const dm = world.dm(user.id)
  const already = world.state.channels.length === before
  const channel = flagOf(args, 'return_im') ? describe(dm) : { id: dm.id }
  return good({ channel, ...(already && { no_op: true, already_open: true }) })
}

function info(world: World, args: Fields): Answer {
  const channel = visible(world, args)
  return channel ? good({ channel: describe(channel) }) : fail('channel_not_found')
}

function history(world: World, args: Fields): Answer {
  const channel = visible(world, args)
  if (!channel) return fail('channel_not_found')
  if (!channel.botIsMember) return fail('not_in_channel')
  const roots = world.state.messages.filter(
    (m) => m.channel === channel.id && !m.deleted && (!m.threadTs || m.threadTs === m.ts),
  )
  return page(world, args, within(roots, args).reverse(), [])
}

function replies(world: World, args: Fields): Answer {
  const channel = visible(world, args)
  if (!channel) return fail('channel_not_found')
  if (!channel.botIsMember) return fail('not_in_channel')
  const asked = world.state.messages.find((m) => m.channel === channel.id && m.ts === textOf(args, 'ts'))
  const root = asked?.threadTs
    ? world.state.messages.find((m) => m.channel === channel.id && m.ts === asked.threadTs)
    : asked
  if (!root) return fail('thread_not_found')
  const all = repliesTo(world, root)
  if (root.deleted && all.length === 0) return fail('thread_not_found')
  return page(world, args, within(all, args), [root])
}

/** One page of messages after those that head every page (the root of a thread). */
function page(world: World, args: Fields, messages: SlackMessage[], head: SlackMessage[]): Answer {
  const limit = Math.min(Math.max(Number(args.limit ?? 100) || 100, 1), 999)
  const cursor = textOf(args, 'cursor')
  const from = cursor ? Number(Buffer.from(cursor, 'base64').toString().replace('next:', '')) : 0
  if (!Number.isInteger(from)) return fail('invalid_cursor')
  const more = from + limit < messages.length
  const shown = [...head, ...messages.slice(from, from + limit)]
  const withMetadata = flagOf(args, 'include_all_metadata')
  return good({
    messages: shown.map((m) => (m.deleted ? tombstone(m) : wireMessage(world, m, withMetadata))),
    has_more: more,
    ...(more && { response_metadata: { next_cursor: Buffer.from(`next:${from + limit}`).toString('base64') } }),
  })
}

function within(messages: SlackMessage[], args: Fields): SlackMessage[] {
  const oldest = Number(args.oldest ?? 0)
  const latest = args.latest === undefined ? Number.POSITIVE_INFINITY : Number(args.latest)
  const edges = flagOf(args, 'inclusive')
  return messages.filter((m) => {
    const ts = Number(m.ts)
    return edges ? ts >= oldest && ts <= latest : ts > oldest && ts < latest
  })
}

function visible(world: World, args: Fields): SlackChannel | undefined {
  const channel = world.channel(textOf(args, 'channel'))
  return channel?.kind === 'private' && !channel.botIsMember ? undefined : channel
}

function tombstone(message: SlackMessage): Fields {
  return {
    type: 'message',
    subtype: 'tombstone',
    text: 'This message was deleted.',
    user: 'USLACKBOT',
    ts: message.ts,
    thread_ts: message.ts,
  }
}

function describe(channel: SlackChannel): Fields {
  const im = channel.kind === 'im'
  return {
    id: channel.id,
    ...(im
      ? { user: channel.user }
      : { name: channel.name, name_normalized: channel.name, num_members: channel.members.length }),
    is_channel: channel.kind === 'public',
    is_group: channel.kind === 'private',
    is_im: im,
    is_mpim: false,
    is_private: channel.kind !== 'public',
    is_archived: channel.archived,
    is_member: channel.botIsMember,
    is_general: false,
    is_shared: false,
    is_ext_shared: false,
    is_org_shared: false,
    creator: APP.botUser,
    context_team_id: TEAM.id,
    created: 0,
  }
}
