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
import { readButtonValue } from '../cards/view.ts'
import type { Answer, DecisionInput } from '../transfer/ports.ts'
import { answerInTime } from './answer-in-time.ts'
import type { Handlers } from './handlers-type.ts'
import type { Log } from './log.ts'
import type { Answers, Asker } from './slack-answers.ts'
import { denyForm, denyView, readDenyForm, reasonError, refusedView } from './slack-deny-modal.ts'
import { slackErrorCode } from './slack-errors.ts'
import { type Home, isInHome, whoseHome } from './slack-home.ts'
import { personOf } from './slack-payloads.ts'

/** Milliseconds for the question whether a reason may be asked: the click's trigger lives 3 s, and the form must still open. */
const BEFORE_FORM = 1_700

type Clicking = { app: App; handlers: Handlers; answers: Answers; client: webApi.WebClient; home: Home; log: Log }
type Click = { body: BlockAction<ButtonAction>; action: ButtonAction; ack: AckFn<void>; respond: RespondFn }

/** Clicks on Approve and Deny, and the form that asks for the reason, become decisions. */
export function listenToClicks(clicking: Clicking): void {
  const { app } = clicking
  app.action<BlockAction<ButtonAction>>('approve', (click) => approve(clicking, click))
  app.action<BlockAction<ButtonAction>>('deny', (click) => askWhy(clicking, click))
  app.view<ViewSubmitAction>({ callback_id: denyForm, type: 'view_submission' }, async ({ ack, body, view }) => {
    const { reason, channel, home, ...shown } = readDenyForm(view)
    if (reason === '') return ack(reasonError('Say in a few words why.'))
    const by = personOf(body.user.team_id, body.user.id)
    const input: DecisionInput = { delivery: `slack:${view.id}`, by, ...shown, verdict: 'deny', reason }
    const to = { channel, user: body.user.id }
    await submitted(clicking, input, ack, (answer) =>
      home
        ? clicking.home.publish({ team: body.user.team_id, user: body.user.id }, answer)
        : channel === ''
          ? Promise.resolve()
          : clicking.answers.inChannel(to, answer),
    )
  })
}

async function approve(clicking: Clicking, { body, action, ack, respond }: Click): Promise<void> {
  const input: DecisionInput = { delivery: deliveryOf(body, action), ...shownTo(body, action), verdict: 'approve' }
  const { answer } = await answerInTime(() => clicking.handlers.onDecision(input))
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

async function askWhy(clicking: Clicking, click: Click): Promise<void> {
  const { handlers, client, log } = clicking
  const { body, action, ack } = click
  await ack()
  const { by, transfer, digest } = shownTo(body, action)
  const { answer: refusal } = await answerInTime(() => handlers.beforeDeny({ by, transfer, digest }), BEFORE_FORM)
  if (refusal) return tell(clicking, click, refusal)
  const { channel } = placeOf(body)
  const from = isInHome(body) ? { home: true as const } : {}
  try {
    await client.views.open({ trigger_id: body.trigger_id, view: denyView({ transfer, digest, channel, ...from }) })
  } catch (error) {
    log.warn({ code: slackErrorCode(error) }, 'the form for a reason could not be opened')
    await tell(clicking, click, clickAgain)
  }
}

async function submitted(
  { handlers }: Clicking,
  input: DecisionInput,
  ack: (answer?: ViewResponseAction) => Promise<void>,
  told: (answer: Answer) => Promise<void>,
): Promise<void> {
  const { answer, late } = await answerInTime(() => handlers.onDecision(input))
  // Submitted again, the form has the same id: whatever became of the first one counts.
  if (late) return ack(reasonError('This could not be recorded in time. Press Deny again.'))
  if (!answer.ok) return ack({ response_action: 'update', view: refusedView(answer.lines) })
  await ack()
  await told(answer)
}

const clickAgain: Answer = {
  ok: false,
  lines: [['Slack could not open the form for your reason. Nothing was recorded: please click Deny again.']],
}

/** What was on the button: the transfer and the digest of what the card showed. */
function shownTo(body: BlockAction, action: ButtonAction): { by: string; transfer: string; digest: string } {
  // A value that is none of ours belongs to no transfer, and the handler says so.
  const shown = readButtonValue(action.value ?? '') ?? { transfer: '', digest: '' }
  return { by: personOf(body.user.team_id, body.user.id), ...shown }
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
