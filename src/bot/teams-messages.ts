import type { Answer, Command } from '../transfer/ports.ts'
import { answerInTime } from './answer-in-time.ts'
import type { Handlers } from './handlers-type.ts'
import { sendAct } from './send-act.ts'
import { deliveryOf, isForBot, originOf, personOf, type TeamsActivity } from './teams-activity.ts'
import { actIn, unreadable } from './teams-clicks.ts'
import { type FormTools, isFormSent, takeForm } from './teams-forms.ts'
import { typedText } from './teams-text.ts'

/** Does what a message says, typed or sent by a button of an old client; undefined when it is not for the bot. */
export async function answerMessage(
  handlers: Handlers,
  forms: FormTools,
  activity: TeamsActivity,
): Promise<Answer | undefined> {
  if (isButton(activity)) {
    if (isFormSent(activity.value)) return (await takeForm(forms, handlers, activity, activity.value)) ?? unreadable()
    const act = actIn(activity, activity.value)
    if (!act) return unreadable()
    return (await answerInTime(() => sendAct(handlers, act))).answer
  }
  if (!isForBot(activity)) return undefined
  const command: Command = {
    delivery: deliveryOf(activity),
    by: personOf(activity),
    text: typedText(activity),
    origin: originOf(activity),
  }
  return (await answerInTime(() => handlers.onCommand(command))).answer
}

/** `Action.Submit` arrives as a message that says nothing and carries a value. */
function isButton({ text, value }: TeamsActivity): boolean {
  return (text ?? '').trim() === '' && typeof value === 'object' && value !== null
}
