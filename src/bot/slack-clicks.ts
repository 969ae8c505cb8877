import type {
  AckFn,
  App,
  BlockAction,
  ButtonAction,
  RespondFn,
  ViewResponseAction,
  ViewSubmitAction,
  webApi,
} from '@slack/bolt'
import { clickForms, type FormId, isFormId } from '../cards/click-forms.ts'
import { readButtonValue } from '../cards/view.ts'
import type { Answer } from '../transfer/ports.ts'
import { answerInTime } from './answer-in-time.ts'
import type { Handlers } from './handlers-type.ts'
import type { Log } from './log.ts'
import { type Act, sendAct } from './send-act.ts'
import type { Answers, Asker } from './slack-answers.ts'
import { clickView, fieldError, readClickForm, refusedView } from './slack-click-form.ts'
import { slackErrorCode } from './slack-errors.ts'
import { type Home, isInHome, whoseHome } from './slack-home.ts'
import { actorOf, teamOf } from './slack-payloads.ts'

/** Milliseconds for the question whether somebody may be asked for words: the click's trigger lives 3 s, and the form must still open. */
const BEFORE_FORM = 1_700

type Clicking = { app: App; handlers: Handlers; answers: Answers; client: webApi.WebClient; home: Home; log: Log }
type Click = { body: BlockAction<ButtonAction>; action: ButtonAction; ack: AckFn<void>; respond: RespondFn }

/** Clicks on the buttons of cards, and the forms in which some of them ask for words, become what people say. */
export function listenToClicks(clicking: Clicking): void {
  const { app } = clicking
  app.action<BlockAction<ButtonAction>>('approve', (click) => approve(clicking, click))
  for (const id of Object.keys(clickForms).filter(isFormId)) {
    app.action<BlockAction<ButtonAction>>(id, (click) => askForWords(clicking, id, click))
    app.view<ViewSubmitAction>({ callback_id: id, type: 'view_submission' }, async ({ ack, body, view }) => {
      const { words, channel, home, ...shown } = readClickForm(id, view)
      const { required, missing } = clickForms[id]
      if (required && words === '') return ack(fieldError(id, missing))
      const act: Act = { act: id, delivery: `slack:${view.id}`, by: actorOf(body), ...shown, words }
      const user = body.user.id
      const told = (answer: Answer): Promise<void> =>
        home
          ? clicking.home.publish({ team: teamOf(body), user }, answer)
          : clicking.answers.inChannel({ channel, user }, answer)
      await submitted(clicking, id, act, ack, told)
    })
  }
}

async function approve(clicking: Clicking, { body, action, ack, respond }: Click): Promise<void> {
  const act: Act = { act: 'approve', delivery: deliveryOf(body, action), ...shownTo(body, action) }
  const { answer } = await answerInTime(() => sendAct(clicking.handlers, act))
  await ack()
  await tell(clicking, { body, respond }, answer)
}

/** In the Home tab the answer stands above what is shown there, drawn anew. */
async function tell(
  { answers, home }: Clicking,
  { body, respond }: Pick<Click, 'body' | 'respond'>,
  answer: Answer,
): Promise<void> {
  await (isInHome(body) ? home.publish(whoseHome(body), answer) : answers.toClick(respond, placeOf(body), answer))
}

async function askForWords(clicking: Clicking, id: FormId, click: Click): Promise<void> {
  const { handlers, client, log } = clicking
  const { body, action, ack } = click
  await ack()
  const { by, transfer, digest } = shownTo(body, action)
  const { answer: refusal } = await answerInTime(
    () => handlers.beforeAct({ act: id, by, transfer, digest }),
    BEFORE_FORM,
  )
  if (refusal) return tell(clicking, click, refusal)
  const { channel } = placeOf(body)
  const from = isInHome(body) ? { home: true as const } : {}
  try {
    await client.views.open({
      trigger_id: body.trigger_id,
      view: clickView(id, { transfer, digest, channel, ...from }),
    })
  } catch (error) {
    const code = slackErrorCode(error)
    // The same click came twice, and the first one opened it.
    if (code === 'exchanged_trigger_id') return
    log.warn({ code }, 'the form of a click could not be opened')
    await tell(clicking, click, clickAgain(clickForms[id].title))
  }
}

async function submitted(
  { handlers }: Clicking,
  id: FormId,
  act: Act,
  ack: (answer?: ViewResponseAction) => Promise<void>,
  told: (answer: Answer) => Promise<void>,
): Promise<void> {
  const { answer, late } = await answerInTime(() => sendAct(handlers, act))
  // Submitted again, the form has the same id: whatever became of the first one counts.
  if (late) return ack(fieldError(id, `This could not be recorded in time. Press ${clickForms[id].send} again.`))
  if (!answer.ok) return ack({ response_action: 'update', view: refusedView(answer.lines) })
  await ack()
  await told(answer)
}

function clickAgain(title: string): Answer {
  return {
    ok: false,
    lines: [[`Slack could not open the form. Nothing was recorded: please click ${title} again.`]],
  }
}

/** What was on the button: the transfer and the digest of what the card showed. */
function shownTo(body: BlockAction, action: ButtonAction): { by: string; transfer: string; digest: string } {
  // A value that is none of ours belongs to no transfer, and the handler says so.
  const shown = readButtonValue(action.value ?? '') ?? { transfer: '', digest: '' }
  return { by: actorOf(body), ...shown }
}

function deliveryOf(body: BlockAction, { action_id, action_ts }: ButtonAction): string {
  return `slack:${messageTs(body) || (body.view?.id ?? '')}:${body.user.id}:${action_id}:${action_ts}`
}

function placeOf(body: BlockAction): Asker {
  const thread = body.message?.thread_ts as string | undefined
  const channel = body.channel?.id ?? (body.container.channel_id as string | undefined) ?? ''
  // A reply stays in its thread; the head of a thread names itself.
  return { channel, user: body.user.id, thread: thread === messageTs(body) ? undefined : thread }
}

function messageTs(body: BlockAction): string {
  return (body.message?.ts ?? body.container.message_ts ?? '') as string
}
