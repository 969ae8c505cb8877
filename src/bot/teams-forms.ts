import { askVerb, formCard, readFormCard } from '../cards/adaptive-form.ts'
import { notThere, requestForm, typedInstead } from '../cards/request-form.ts'
import { Refusal, TransientError } from '../transfer/errors.ts'
import type { ChoiceKind } from '../transfer/form-choices.ts'
import type { Operation } from '../transfer/model.ts'
import type { Answer, Command } from '../transfer/ports.ts'
import { answerInTime } from './answer-in-time.ts'
import type { Handlers } from './handlers-type.ts'
import type { Log } from './log.ts'
import { deliveryOf, isForBot, isPersonal, originOf, personOf, placeOf, type TeamsActivity } from './teams-activity.ts'
import { ownChat, type TeamsAnswers } from './teams-answers.ts'
import type { TeamsDirectory } from './teams-directory.ts'
import { portError } from './teams-errors.ts'
import { inThread, splitThread, teamsId } from './teams-ids.ts'
import type { TeamsNotes } from './teams-notes.ts'
import type { TeamsPlace, TeamsSdk } from './teams-port.ts'
import { cardType, type TeamsRender } from './teams-render.ts'
import { typedText } from './teams-text.ts'

/** What forms are sent and taken with. */
export type FormTools = {
  sdk: TeamsSdk
  notes: TeamsNotes
  render: TeamsRender
  answers: TeamsAnswers
  directory: Pick<TeamsDirectory, 'memberOf'>
  log: Log
}

/** What of a message wants a form: the command alone; undefined for all other words. */
export function formWanted(activity: TeamsActivity): Operation | undefined {
  if (!isForBot(activity)) return undefined
  const [, word] = /^\/?(export|import)[\s.!]*$/i.exec(typedText(activity)) ?? []
  return word?.toLowerCase() as Operation | undefined
}

/** Sends the form to the asker's personal chat. Whoever cannot get it is told what to type. Never throws. */
export async function sendForm(
  tools: FormTools,
  handlers: Handlers,
  activity: TeamsActivity,
  operation: Operation,
): Promise<void> {
  const by = personOf(activity)
  const offer = (field: ChoiceKind['field']) => handlers.choices({ operation, field }, '', by)
  const [database, storage] = await Promise.all([offer('database'), offer('storage')])
  if (storage.length === 0 || database.length === 0) {
    const words: Command = { delivery: deliveryOf(activity), by, text: operation, origin: originOf(activity) }
    return tools.answers(activity, (await answerInTime(() => handlers.onCommand(words))).answer)
  }
  const content = formCard({ form: operation, ...whereAsked(activity) }, { database, storage })
  try {
    const place = isPersonal(activity) ? placeOf(activity) : await ownChat(tools, activity)
    const { title } = requestForm(operation)
    await tools.sdk.send(place, { summary: title, attachments: [{ contentType: cardType, content }] })
  } catch (error) {
    tools.log.warn({ code: portError(error, 'sendToConversation').fault.code }, 'the form for a request was not taken')
    await tools.answers(activity, { ok: false, lines: typedInstead(operation) })
  }
}

/** True for what the button of a form sends. */
export function isFormSent(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && 'verb' in value && value.verb === askVerb
}

/** Asks for what was filled in, once for each form however often it is sent; undefined when it is none of ours. */
export async function takeForm(
  tools: FormTools,
  handlers: Handlers,
  activity: TeamsActivity,
  data: Readonly<Record<string, unknown>>,
): Promise<Answer | undefined> {
  const read = readFormCard(data)
  if (!read || !activity.id) return undefined
  const by = personOf(activity)
  const attempt = deliveryOf(activity)
  const form = activity.replyToId ? deliveryOf({ ...activity, id: `${activity.replyToId}:form` }) : attempt
  const work = async (): Promise<Answer> => {
    const origin = await originFor(tools, activity, read)
    if (!origin) return { ok: false, lines: notThere }
    return handlers.onForm({ delivery: form, attempt, by, filled: read.filled, origin })
  }
  return (await answerInTime(work)).answer
}

/** Puts the answer in the form's place for good, so that it is not filled in again. Never throws. */
export async function closeForm(
  { sdk, render, log }: FormTools,
  activity: TeamsActivity,
  answer: Answer,
): Promise<void> {
  if (!activity.replyToId) return
  const place = placeOf(activity)
  try {
    await sdk.update(place, activity.replyToId, await render.lines(place, answer.lines))
  } catch (error) {
    log.warn({ code: portError(error, 'updateActivity').fault.code }, 'a form that was sent still stands')
  }
}

/** The conversation and thread that the form was asked for in; nothing in a personal chat. */
function whereAsked(activity: TeamsActivity): { conversation?: string; root?: string } {
  if (isPersonal(activity)) return {}
  const { conversation, root } = splitThread(activity.conversation.id)
  return { conversation, ...(root !== undefined && originOf(activity).thread ? { root } : {}) }
}

/** Data of a card comes from a client: the story goes where the form was asked for only if whoever sent it is there. */
async function originFor(
  { notes, directory }: FormTools,
  activity: TeamsActivity,
  { conversation, root }: { conversation?: string; root?: string },
): Promise<Command['origin'] | undefined> {
  const by = personOf(activity)
  if (conversation === undefined) return { address: by }
  const { tenant } = placeOf(activity)
  const { conversation: id } = splitThread(conversation)
  const there = await isThere(notes, directory, { tenant, id, by })
  if (!there) return undefined
  const address = teamsId({ tenant, id })
  return root === undefined
    ? { address }
    : { address, thread: teamsId({ tenant, id: inThread(id, root), message: root }) }
}

async function isThere(
  notes: TeamsNotes,
  directory: FormTools['directory'],
  { tenant, id, by }: { tenant: string; id: string; by: string },
): Promise<boolean> {
  try {
    const place: TeamsPlace = await notes.place(tenant, id)
    return (await directory.memberOf(place, by)) !== undefined
  } catch (error) {
    // Where the bot is not, nothing can be told.
    if (error instanceof TransientError && error.fault.status === 403) return false
    throw new Refusal('try_again')
  }
}
