import type { webApi } from '@slack/bolt'
import type { Millis } from '../transfer/model.ts'
import { portError, slackErrorCode } from './slack-errors.ts'

/** The metadata event type of every message that Drawbridge posts. */
export const messageEvent = 'drawbridge_message'

/** What a look through the history saw. `unreadable`: it is closed to us, or too long to prove that the message is not there. */
export type Found = { kind: 'found'; channel: string; ts: string } | { kind: 'absent' } | { kind: 'unreadable' }

const PAGE = 200
const MOST_PAGES = 5
/** Clocks of ours and of Slack may differ by this much, in milliseconds. */
const SKEW = 60_000

const closed: ReadonlySet<string> = new Set([
  ...['missing_scope', 'not_in_channel', 'channel_not_found', 'no_permission', 'access_denied', 'is_archived'],
  ...['method_not_supported_for_channel_type', 'not_allowed_token_type'],
])

type Search = {
  client: webApi.WebClient
  where: { channel: string; thread_ts?: string }
  mark: { transfer: string; slot: string }
  since: Millis
}
type Page = { messages?: Message[] | undefined; response_metadata?: { next_cursor?: string } | undefined }
type Message = {
  ts?: string
  bot_id?: string
  metadata?: { event_type?: string; event_payload?: unknown }
}

/** Looks for our own message by its mark, posted at `since` or later. Throws `TransientError` or `PermanentError`. */
export async function findMessage(search: Search): Promise<Found> {
  try {
    return await look(search)
  } catch (error) {
    const code = slackErrorCode(error)
    if (closed.has(code)) return { kind: 'unreadable' }
    if (code === 'thread_not_found') return { kind: 'absent' }
    throw portError(error, 'conversations.history')
  }
}

async function look({ client, where, mark, since }: Search): Promise<Found> {
  const { channel } = where
  // Metadata can be copied by any app of the workspace; only a message of our own can be ours.
  const bot = (await client.auth.test()).bot_id
  const oldest = (Math.max(0, since - SKEW) / 1_000).toFixed(6)
  let cursor: string | undefined
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const part = await read(client, where, oldest, cursor)
    const hit = part.messages?.find((message) => message.bot_id === bot && carries(message, mark))
    if (hit?.ts !== undefined) return { kind: 'found', channel, ts: hit.ts }
    cursor = part.response_metadata?.next_cursor
    if (!cursor) return { kind: 'absent' }
  }
  return { kind: 'unreadable' }
}

async function read(
  client: webApi.WebClient,
  { channel, thread_ts }: Search['where'],
  oldest: string,
  cursor: string | undefined,
): Promise<Page> {
  const page = { channel, oldest, limit: PAGE, include_all_metadata: true, ...(cursor && { cursor }) }
  const answer =
    thread_ts === undefined
      ? await client.conversations.history(page)
      : await client.conversations.replies({ ...page, ts: thread_ts })
  return answer as Page
}

function carries({ metadata }: Message, mark: Search['mark']): boolean {
  const payload = metadata?.event_payload as Partial<Search['mark']> | undefined
  return metadata?.event_type === messageEvent && payload?.transfer === mark.transfer && payload?.slot === mark.slot
}
