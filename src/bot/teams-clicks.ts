import { z } from 'zod'
import { sentence } from '../cards/sentence.ts'
import { Refusal } from '../transfer/errors.ts'
import type { Answer, DecisionInput } from '../transfer/ports.ts'
import { answerInTime } from './answer-in-time.ts'
import { withDeadline } from './deadline.ts'
import type { Handlers } from './handlers-type.ts'
import { deliveryOf, originOf, personOf, placeOf, type TeamsActivity } from './teams-activity.ts'
import { cardType, type TeamsRender } from './teams-render.ts'
import { typedReason } from './teams-text.ts'

/** The body of an answer to `adaptiveCard/action`; Teams shows it only when HTTP says 200. */
export type ClickReply = { statusCode: number; type: string; value: object | string }

const shown = { transfer: z.string(), digest: z.string() }
const clicked = z.discriminatedUnion('verb', [
  z.object({ verb: z.literal('approve'), ...shown }),
  z.object({ verb: z.literal('deny'), ...shown, reason: z.string().nullish() }),
])
const fetched = z.object({ transfer: z.string(), round: z.number() })
const invoked = z.object({ action: z.object({ verb: z.string(), data: z.record(z.string(), z.unknown()).nullish() }) })

/** Milliseconds for the card as it stands now, so that the answer leaves within 3 s. */
const VIEW_WITHIN = 2_600

/** The decision that the buttons of a card stand for; undefined when the data is not of one of our cards. */
export function decisionIn(activity: TeamsActivity, data: unknown): DecisionInput | undefined {
  const read = clicked.safeParse(data).data
  if (!read) return undefined
  const { verb: verdict, transfer, digest } = read
  const reason = verdict === 'deny' && read.reason ? { reason: typedReason(read.reason) } : {}
  return { delivery: deliveryOf(activity), by: personOf(activity), transfer, digest, verdict, ...reason }
}

/** Answers a click, or a card that fetches itself anew for one person. Never throws and always in time. */
export async function answerClick(
  { handlers, render }: { handlers: Handlers; render: TeamsRender },
  activity: TeamsActivity,
): Promise<ClickReply> {
  const { verb, data } = invoked.safeParse(activity.value).data?.action ?? { verb: '' }
  if (verb === 'refresh') return fetchView({ handlers, render }, activity, data)
  const input = decisionIn(activity, { ...data, verb })
  if (!input) return failure(400, 'BadRequest', notOurs)
  const { answer } = await answerInTime(() => handlers.onDecision(input))
  const text = await render.text(placeOf(activity), answer.lines)
  return { statusCode: 200, type: 'application/vnd.microsoft.activity.message', value: text }
}

/** What Teams gets when something went wrong inside: an error that it can show, never a status that it hides. */
export function failure(statusCode: 400 | 500, code: string, message: string): ClickReply {
  return { statusCode, type: 'application/vnd.microsoft.error', value: { code, message } }
}

/** The answer for somebody whose click could not be read. */
export function unreadable(): Answer {
  return { ok: false, lines: sentence(new Refusal('unknown_transfer')) }
}

const notOurs = 'This button is not one of Drawbridge’s. Decide on the newest card.'

async function fetchView(
  { handlers, render }: { handlers: Handlers; render: TeamsRender },
  activity: TeamsActivity,
  data: unknown,
): Promise<ClickReply> {
  const read = fetched.safeParse(data).data
  const { address } = originOf(activity)
  const asked = read && handlers.onView({ by: personOf(activity), address, ...read })
  const found = asked && (await withDeadline(VIEW_WITHIN, asked, () => undefined))
  if (!found)
    return failure(400, 'NotFound', 'This card cannot be shown to you now. The newest one says how it stands.')
  const card = await render.card(placeOf(activity), found.view, found.mayDecide)
  return { statusCode: 200, type: cardType, value: card }
}
