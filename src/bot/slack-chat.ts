import type { types, webApi } from '@slack/bolt'
import { toBlockKit } from '../cards/block-kit.ts'
import { PermanentError, TransientError } from '../transfer/errors.ts'
import type { Address, MessageRef } from '../transfer/model.ts'
import type { Drawing } from '../transfer/ports.ts'
import type { ChatSide, Drawn } from './chats.ts'
import type { LocalWords } from './local-words.ts'
import type { Log } from './log.ts'
import { createSlackClient } from './slack-client.ts'
import { portError, slackErrorCode } from './slack-errors.ts'
import { findMessage, messageEvent } from './slack-history.ts'
import { isUser, readSlackId, slackId } from './slack-ids.ts'

const CALL_WITHIN = 8_000
/** A link is nice to have; the message's own id must be kept soon after it was posted. */
const LINK_WITHIN = 1_500

/** What an adapter sends: the blocks, and the text that notifications and screen readers get. */
export type SlackMessage = { text: string; blocks: types.KnownBlock[] }

/** Outbound Slack. Nothing is repeated here: `show` looks for a message before it posts it again. */
export function createSlackChat(options: {
  slack: { team: string; apiUrl?: string | undefined }
  botToken: string
  words: LocalWords
  log: Log
}): ChatSide {
  const { slack, botToken, words, log } = options
  const { team } = slack
  const access = { botToken, apiUrl: slack.apiUrl, log }
  const client = createSlackClient({ ...access, timeout: CALL_WITHIN })
  const quick = createSlackClient({ ...access, timeout: LINK_WITHIN })
  const open = directMessages(client)
  const place = (to: { address: Address; thread?: MessageRef }) => placeOf(to, open)
  return {
    async post(to, drawing, mark) {
      const where = await place(to)
      const metadata = { event_type: messageEvent, event_payload: mark }
      const message = {
        ...(await messageOf(drawing, words)),
        ...where,
        metadata,
        unfurl_links: false,
        unfurl_media: false,
      }
      const { ts, channel = where.channel } = await call('chat.postMessage', () => client.chat.postMessage(message))
      if (ts === undefined) throw new TransientError({ code: 'no_ts', message: 'Slack named no message.' })
      const link = await linkTo(quick, channel, ts, log)
      return { ref: slackId({ team, id: channel, ts }), ...(link && { link }) }
    },
    async update(ref, drawing) {
      const { channel, ts } = partsOf(ref)
      const message = await messageOf(drawing, words)
      await call('chat.update', () => client.chat.update({ channel, ts, ...message }))
    },
    async find(to, mark, since) {
      const ts = await findMessage({ client, where: await place(to), mark, since })
      if (ts.kind !== 'found') return ts.kind
      return slackId({ team, id: ts.channel, ts: ts.ts })
    },
    async remove(ref) {
      const { channel, ts } = partsOf(ref)
      await client.chat.delete({ channel, ts }).catch((error: unknown) => {
        if (slackErrorCode(error) !== 'message_not_found') throw portError(error, 'chat.delete')
      })
    },
  }
}

/** Channels of direct messages by person, opened once; their ids never change. */
function directMessages(client: webApi.WebClient): (user: string) => Promise<string> {
  const opened = new Map<string, string>()
  return async (user) => {
    const known = opened.get(user)
    if (known !== undefined) return known
    const { channel } = await call('conversations.open', () => client.conversations.open({ users: user }))
    if (channel?.id === undefined) throw new TransientError({ code: 'no_channel', message: 'Slack named no channel.' })
    opened.set(user, channel.id)
    return channel.id
  }
}

async function placeOf(
  to: { address: Address; thread?: MessageRef },
  open: (user: string) => Promise<string>,
): Promise<{ channel: string; thread_ts?: string }> {
  // A thread names its channel; the address above it may be a person.
  if (to.thread !== undefined) {
    const { channel, ts } = partsOf(to.thread)
    return { channel, thread_ts: ts }
  }
  const target = readSlackId(to.address)
  if (!target) throw foreign(to.address)
  return { channel: isUser(target.id) ? await open(target.id) : target.id }
}

function partsOf(ref: MessageRef): { channel: string; ts: string } {
  const read = readSlackId(ref)
  if (read?.ts === undefined) throw foreign(ref)
  return { channel: read.id, ts: read.ts }
}

function foreign(id: string): PermanentError {
  return new PermanentError({ code: 'not_of_slack', message: `${id} is no place in Slack.` })
}

async function messageOf({ body }: Drawing, words: LocalWords): Promise<SlackMessage> {
  return toBlockKit(await words.view((body as Drawn).view))
}

async function linkTo(client: webApi.WebClient, channel: string, ts: string, log: Log): Promise<string | undefined> {
  try {
    return (await client.chat.getPermalink({ channel, message_ts: ts })).permalink
  } catch (error) {
    log.warn({ code: slackErrorCode(error) }, 'a message has no link, because Slack did not name it')
    return undefined
  }
}

async function call<T>(method: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw portError(error, method)
  }
}
