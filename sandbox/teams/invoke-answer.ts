import { parseJson } from '../slack/wire.ts'
import { cardProblems } from './check-card.ts'
import { fieldsOf, isFields, stringOf } from './fields.ts'
import { CARD, putView } from './messages.ts'
import type { Delivery, Fields, Notice, TeamsMessage, TeamsUser } from './types.ts'
import type { Delivered, InvokeResult } from './use-types.ts'
import type { World } from './world.ts'

const WRONG = 'Something went wrong. Please try again.'
const UNREACHABLE = 'Unable to reach app. Please try again.'

type Seen = Pick<InvokeResult, 'shown' | 'card'> & { problem?: [error: Notice['error'], detail: string] }

/** Whom a delivery was for, and what it was about. */
export type About = { user: TeamsUser; conversation?: string; what: string }

/** What the person is shown after `adaptiveCard/action`: a card in place of the message's, a sentence, or that it went wrong. */
export function applyAnswer(
  world: World,
  delivered: Delivered,
  about: About,
  on: { message: TeamsMessage; activity: Fields },
): InvokeResult {
  const { card, shown, problem } = understand(world, delivered)
  if (card && !on.message.deleted) putView(world, on.message, about.user.id, card)
  const notice = problem ? tell(world, about, problem) : undefined
  world.changed()
  return {
    ...resultOf(delivered, on.activity),
    ...(shown !== undefined && { shown }),
    ...(card && { card }),
    ...(notice && { notice }),
  }
}

/** What became of any other delivery: only its status counts. */
export function plainResult(world: World, delivered: Delivered, about: About, activity: Fields): InvokeResult {
  const problem = problemOf(delivered)
  const notice = problem ? tell(world, about, problem) : undefined
  return { ...resultOf(delivered, activity), ...(notice && { notice }) }
}

function understand(world: World, delivered: Delivered): Seen {
  const problem = problemOf(delivered)
  if (problem) return { problem }
  const answer = parseJson(delivered.body)
  if (!isFields(answer)) return { problem: ['bad_answer', 'no JSON object'] }
  const { statusCode, type, value } = answer
  if (statusCode === 200 && type === CARD) return asCard(world, value)
  if (statusCode === 200 && type === 'application/vnd.microsoft.activity.message' && typeof value === 'string') {
    return { shown: value }
  }
  if (statusCode === 401 && type === 'application/vnd.microsoft.activity.loginRequest') {
    return { problem: ['login_required', ''] }
  }
  if (statusCode === 412) return { problem: ['precondition_failed', stringOf(fieldsOf(value).message)] }
  const refused = typeof statusCode === 'number' && statusCode >= 400 && type === 'application/vnd.microsoft.error'
  const message = stringOf(fieldsOf(value).message)
  if (refused && message && stringOf(fieldsOf(value).code)) return { shown: message }
  return { problem: ['bad_answer', `statusCode ${String(statusCode)}, type ${String(type)}`] }
}

function asCard(world: World, value: unknown): Seen {
  const problems = cardProblems(world, value)
  return problems.length > 0 ? { problem: ['bad_card', problems.join('; ')] } : { card: fieldsOf(value) }
}

/** An invoke is answered with 200 alone. */
function problemOf({ kind, status, error, body }: Delivery): [Notice['error'], string] | undefined {
  if (error) return [error, error === 'http_error' ? `HTTP ${status} ${body}`.trim() : '']
  return kind.startsWith('invoke') && status !== 200 ? ['http_error', `HTTP ${status}`] : undefined
}

function tell(world: World, about: About, [error, detail]: [Notice['error'], string]): Notice {
  const notice: Notice = {
    at: world.now(),
    user: about.user.id,
    ...(about.conversation && { conversation: about.conversation }),
    about: about.what,
    error,
    text: error === 'operation_timeout' || error === 'connection_failed' ? UNREACHABLE : WRONG,
    ...(detail && { detail }),
  }
  world.state.notices.push(notice)
  world.changed()
  return notice
}

function resultOf(delivery: Delivered, activity: Fields) {
  const { status, body, ms } = delivery
  return { status, body: parseJson(body) ?? body, ms, activity, delivery }
}
