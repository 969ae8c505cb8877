import { z } from 'zod'
import { askVerb } from '../cards/adaptive-form.ts'
import { type FormId, inputId } from '../cards/click-forms.ts'
import { sentence } from '../cards/sentence.ts'
import { Refusal } from '../transfer/errors.ts'
import type { Answer } from '../transfer/ports.ts'
import { answerInTime } from './answer-in-time.ts'
import { withDeadline } from './deadline.ts'
import type { Handlers } from './handlers-type.ts'
import { type Act, sendAct } from './send-act.ts'
import { deliveryOf, originOf, personOf, placeOf, type TeamsActivity } from './teams-activity.ts'
import { closeForm, type FormTools, takeForm } from './teams-forms.ts'
import { cardType, type TeamsRender } from './teams-render.ts'
import { typedReason } from './teams-text.ts'

/** The body of an answer to `adaptiveCard/action`; Teams shows it only when HTTP says 200. */
export type ClickReply = { statusCode: number; type: string; value: object | string }

const clicked = z.object({
  verb: z.enum(['approve', 'comment', 'question', 'deny', 'withdraw']),
  // What is none of ours belongs to no transfer, and nothing of it gets any further.
  transfer: z.string().transform((written) => (/^[a-z0-9]{8}$/.test(written) ? written : '')),
  digest: z
    .string()
    .prefault('')
    .transform((written) => (/^[0-9a-f]{8,64}$/.test(written) ? written : '')),
})
const fetched = z.object({ transfer: z.string(), round: z.number() })
const invoked = z.object({ action: z.object({ verb: z.string(), data: z.record(z.string(), z.unknown()).nullish() }) })

/** Milliseconds for the card as it stands now, so that the answer leaves within 3 s. */
const VIEW_WITHIN = 2_600

/** What the buttons of a card stand for, with the words that were typed for it; undefined when the data is not of one of our cards. */
export function actIn(activity: TeamsActivity, data: unknown): Act | undefined {
  const read = clicked.safeParse(data).data
  if (!read) return undefined
  const { verb: act, transfer, digest } = read
  const words = act === 'approve' ? '' : typedIn(data as Readonly<Record<string, unknown>>, act, transfer)
  const said = words === '' ? {} : { words: typedReason(words) }
  return { act, delivery: deliveryOf(activity), by: personOf(activity), transfer, digest, ...said }
}

/** A card with several buttons of a kind has a field for each transfer. */
function typedIn(data: Readonly<Record<string, unknown>>, act: FormId, transfer: string): string {
  const typed = data[inputId(act, transfer)] ?? data[inputId(act)]
  return typeof typed === 'string' ? typed : ''
}

/** What a click gives back, and what is left to do once that is out. */
export type ClickOutcome = { body: ClickReply; after?: () => Promise<void> }

/** Answers a click, a form that is sent, or a card that fetches itself anew for one person. Always in time. */
export async function answerClick(
  tools: { handlers: Handlers; render: TeamsRender; forms: FormTools },
  activity: TeamsActivity,
): Promise<ClickOutcome> {
  const { verb, data } = invoked.safeParse(activity.value).data?.action ?? { verb: '' }
  if (verb === askVerb) return answerForm(tools, activity, data ?? {})
  return { body: await answerButton(tools, activity, verb, data) }
}

async function answerForm(
  { handlers, render, forms }: { handlers: Handlers; render: TeamsRender; forms: FormTools },
  activity: TeamsActivity,
  data: Readonly<Record<string, unknown>>,
): Promise<ClickOutcome> {
  const answer = await takeForm(forms, handlers, activity, data)
  if (!answer) return { body: failure(400, 'BadRequest', notOurs) }
  const place = placeOf(activity)
  // The form stays as it is filled in, to be corrected.
  if (!answer.ok) return { body: said(await render.text(place, answer.lines)) }
  const [card] = (await render.lines(place, answer.lines)).attachments
  return {
    body: { statusCode: 200, type: cardType, value: card?.content ?? {} },
    after: () => closeForm(forms, activity, answer),
  }
}

function said(value: string): ClickReply {
  return { statusCode: 200, type: 'application/vnd.microsoft.activity.message', value }
}

async function answerButton(
  { handlers, render }: { handlers: Handlers; render: TeamsRender },
  activity: TeamsActivity,
  verb: string,
  data: Readonly<Record<string, unknown>> | null | undefined,
): Promise<ClickReply> {
  if (verb === 'refresh') return fetchView({ handlers, render }, activity, data)
  const act = actIn(activity, { ...data, verb })
  if (!act) return failure(400, 'BadRequest', notOurs)
  const { answer } = await answerInTime(() => sendAct(handlers, act))
  return said(await render.text(placeOf(activity), answer.lines))
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
