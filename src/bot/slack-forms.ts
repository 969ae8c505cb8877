import type { AckFn, App, GlobalShortcut, types, ViewResponseAction, ViewSubmitAction, webApi } from '@slack/bolt'
import { typedInstead } from '../cards/request-form.ts'
import type { Operation } from '../transfer/model.ts'
import type { FormInput } from '../transfer/ports.ts'
import { answerInTime } from './answer-in-time.ts'
import { withDeadline } from './deadline.ts'
import type { Handlers } from './handlers-type.ts'
import type { Log } from './log.ts'
import type { Answers, Asker } from './slack-answers.ts'
import { refusedView } from './slack-click-form.ts'
import { slackErrorCode } from './slack-errors.ts'
import {
  fieldError,
  formView,
  kindOf,
  optionsOf,
  readContext,
  readFilled,
  readWhat,
  requestFormId,
  type SentView,
  shortcut,
  whatForm,
  whatView,
} from './slack-form.ts'
import { slackId } from './slack-ids.ts'
import { actorOf } from './slack-payloads.ts'

/** Milliseconds for the options of a field, which Slack waits 3 s for. */
const OPTIONS_WITHIN = 2_600

/** What opens, fills and takes forms; `team` is our workspace, where every address is. */
export type Forms = {
  app: App
  team: string
  handlers: Handlers
  answers: Answers
  client: webApi.WebClient
  log: Log
}

/** The global shortcut opens a form; what is looked for in a form is found; a form that is sent becomes a request. */
export function listenToForms(forms: Forms): void {
  const { app, handlers } = forms
  app.shortcut<GlobalShortcut>({ callback_id: shortcut, type: 'shortcut' }, async ({ ack, body }) => {
    await ack()
    await openWhat(forms, body.trigger_id, body.user.id)
  })
  app.view<ViewSubmitAction>({ callback_id: whatForm, type: 'view_submission' }, async ({ ack, view }) => {
    await ack({ response_action: 'update', view: formView(readWhat(view as SentView)) })
  })
  app.options<'block_suggestion'>({ action_id: /^(?:database|storage|container)$/ }, async ({ body, ack }) => {
    const kind = body.view && kindOf(body.action_id, body.view as unknown as SentView)
    const by = actorOf(body)
    const asked = kind ? handlers.choices(kind, body.value, by) : Promise.resolve([])
    const found = await withDeadline(
      OPTIONS_WITHIN,
      asked.catch(() => []),
      () => [],
    )
    await ack({ options: optionsOf(found) })
  })
  app.view<ViewSubmitAction>({ callback_id: requestFormId, type: 'view_submission' }, async ({ ack, body, view }) => {
    await send(forms, body, view as SentView & { id: string }, ack)
  })
}

/** Opens the form of a command that was sent without words; whoever cannot get it is told what to type. */
export async function openForm(forms: Forms, operation: Operation, triggerId: string, to: Asker): Promise<void> {
  await open(forms, triggerId, formView({ operation, channel: to.channel }), to, operation)
}

/** Opens the form that begins with the question what is to be moved. */
export async function openWhat(forms: Forms, triggerId: string, user: string): Promise<void> {
  await open(forms, triggerId, whatView(), { user })
}

async function open(
  { client, answers, log }: Forms,
  trigger_id: string,
  view: types.ModalView,
  to: { user: string; channel?: string },
  operation?: Operation,
): Promise<void> {
  try {
    await client.views.open({ trigger_id, view })
  } catch (error) {
    const code = slackErrorCode(error)
    // The same delivery came twice, and the first one opened it.
    if (code === 'exchanged_trigger_id') return
    log.warn({ code }, 'the form for a request could not be opened')
    await tell(answers, to, { ok: false, lines: typedInstead(operation) })
  }
}

async function send(
  { team, handlers, answers }: Forms,
  body: ViewSubmitAction,
  view: SentView & { id: string },
  ack: AckFn<ViewResponseAction> | ((answer?: ViewResponseAction) => Promise<void>),
): Promise<void> {
  const { user, trigger_id } = body
  const { channel } = readContext(view)
  const by = actorOf(body)
  const input: FormInput = {
    delivery: `slack:${view.id}`,
    attempt: `slack:${trigger_id}`,
    by,
    filled: readFilled(view),
    origin: { address: channel === '' ? by : slackId({ team, id: channel }) },
  }
  const { answer, late } = await answerInTime(() => handlers.onForm(input))
  // Sent again, the form has the same id: whatever became of the first one counts.
  if (late) return ack(fieldError('database', [['This could not be recorded in time. Press Ask again.']]))
  if (!answer.ok && answer.about) return ack(fieldError(answer.about, answer.lines))
  // Below it the form stays as it is, to be corrected.
  if (!answer.ok) return ack({ response_action: 'push', view: refusedView(answer.lines) })
  await ack({ response_action: 'clear' })
  await tell(answers, { user: user.id, channel }, answer)
}

async function tell(
  answers: Answers,
  { user, channel = '' }: { user: string; channel?: string },
  answer: Parameters<Answers['inChannel']>[1],
): Promise<void> {
  await answers.inChannel({ channel, user }, answer)
}
