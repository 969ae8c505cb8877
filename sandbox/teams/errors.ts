import type { Fields } from './types.ts'

/** One answer on its way out; without a body nothing is written. */
export type Reply = { status: number; body?: Fields | string; headers?: Record<string, string>; activityId?: string }

/** Codes and messages that the Bot Connector answers with when a fault names only a status. */
const BY_STATUS: Record<number, [code: string, message: string]> = {
  400: ['BadArgument', 'The request is not valid.'],
  401: ['Unauthorized', 'Authorization has been denied for this request.'],
  403: ['BotNotInConversationRoster', 'The bot is not part of the conversation roster.'],
  404: ['ConversationNotFound', 'Conversation not found.'],
  412: ['PreconditionFailed', 'Precondition failed, please try again.'],
  413: ['MessageSizeTooBig', 'Message size too large.'],
  429: ['Throttled', 'Too many requests.'],
  500: ['ServiceError', 'Internal server error.'],
  502: ['ServiceError', 'Bad gateway.'],
  503: ['ServiceError', 'Service is unavailable.'],
  504: ['ServiceError', 'Gateway timeout.'],
}

/** A good answer. */
export function reply(status: number, body?: Fields | string): Reply {
  return { status, ...(body !== undefined && { body }) }
}

/** A refusal in the shape of the Bot Connector. */
export function refuse(status: number, code: string, message: string, headers: Record<string, string> = {}): Reply {
  return { status, body: { error: { code, message } }, headers }
}

/** The usual refusal for a status. */
export function refuseAs(status: number, headers: Record<string, string> = {}): Reply {
  const [code, message] = BY_STATUS[status] ?? ['ServiceError', `Status ${status}.`]
  return refuse(status, code, message, { ...(status === 429 && { 'retry-after': '1' }), ...headers })
}

/** The bot is not in the team or chat. */
export const notInRoster = (): Reply => refuseAs(403)

/** There is no such conversation. */
export const noConversation = (): Reply => refuseAs(404)

/** There is no such message, or it is not the bot's. */
export const noActivity = (): Reply => refuse(404, 'ActivityNotFoundInConversation', 'Conversation not found.')

/** The person blocked the bot: this one answer has another shape than all the others. */
export function writesBlocked(): Reply {
  const inner = {
    subCode: 'MessageWritesBlocked',
    details: 'Thread is blocked from message writes.',
    errorCode: null,
    errorSubCode: null,
  }
  return { status: 403, body: { errorCode: 209, message: JSON.stringify(inner, null, 2) } }
}

/** The code that an answer names, for the log. */
export function codeOf(body: Reply['body']): string | undefined {
  if (typeof body !== 'object') return undefined
  if (body.errorCode === 209) return 'MessageWritesBlocked'
  if (typeof body.error === 'string') return body.error
  return typeof body.error === 'object' && body.error && 'code' in body.error ? String(body.error.code) : undefined
}
