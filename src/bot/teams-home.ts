import { overviewCards } from '../cards/home-cards.ts'
import type { View } from '../cards/view.ts'
import type { Command } from '../transfer/ports.ts'
import { answerInTime } from './answer-in-time.ts'
import type { Handlers } from './handlers-type.ts'
import { deliveryOf, isForBot, isPersonal, originOf, personOf, placeOf, type TeamsActivity } from './teams-activity.ts'
import { ownChat } from './teams-answers.ts'
import { portError } from './teams-errors.ts'
import type { FormTools } from './teams-forms.ts'
import type { TeamsMessage, TeamsPlace } from './teams-port.ts'
import { cardType } from './teams-render.ts'
import { typedText } from './teams-text.ts'

/** True for `pending` alone, which is answered with cards; among other words it is a command like any other. */
export function isHomeWanted(activity: TeamsActivity): boolean {
  return isForBot(activity) && wanted.test(typedText(activity))
}

/**
 * Sends the asker's view to their personal chat: one card with everything, then a card with buttons for each transfer that
 * waits for them. Whoever cannot get it is told in words. Never throws.
 */
export async function sendHome(tools: FormTools, handlers: Handlers, activity: TeamsActivity): Promise<void> {
  const by = personOf(activity)
  try {
    const place = isPersonal(activity) ? placeOf(activity) : await ownChat(tools, activity)
    const home = await handlers.onHome(by)
    // Cards of their own stay within what Teams takes of one, whatever stands on the others.
    for (const view of [...overviewCards(home), ...home.cards]) {
      await tools.sdk.send(place, await messageOf(tools, place, view))
    }
  } catch (error) {
    tools.log.warn({ code: portError(error, 'sendToConversation').fault.code }, 'a personal view was not taken')
    const words: Command = { delivery: deliveryOf(activity), by, text: 'pending', origin: originOf(activity) }
    await tools.answers(activity, (await answerInTime(() => handlers.onCommand(words))).answer)
  }
}

async function messageOf({ render }: FormTools, place: TeamsPlace, view: View): Promise<TeamsMessage> {
  const [content, summary] = await Promise.all([render.card(place, view, true), render.text(place, [view.text])])
  return { summary, attachments: [{ contentType: cardType, content }] }
}

/** As people type it here, and as help writes it for all chats. */
const wanted = /^(?:\/?drawbridge[\s:,]+)?\/?pending[\s.!?…]*$/i
