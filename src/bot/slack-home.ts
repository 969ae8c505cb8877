import type { App, BlockAction, webApi } from '@slack/bolt'
import { homeActions, toHomeTab } from '../cards/home-kit.ts'
import { noHome } from '../cards/home-view.ts'
import { sentence } from '../cards/sentence.ts'
import { Refusal } from '../transfer/errors.ts'
import type { Answer } from '../transfer/ports.ts'
import { withDeadline } from './deadline.ts'
import type { Handlers } from './handlers-type.ts'
import type { Log } from './log.ts'
import type { Answers } from './slack-answers.ts'
import { slackErrorCode } from './slack-errors.ts'
import { type Forms, openWhat } from './slack-forms.ts'
import { type Envelope, personOf, teamOf } from './slack-payloads.ts'

/** Milliseconds for what a Home tab shows. */
const READ_WITHIN = 2_600

/** Whose Home tab: `hash` is of the one that they see, so that a newer one is not replaced by what was read before it. */
export type Whose = { team: string | undefined; user: string; hash?: string | undefined }

/** Publishes people's Home tabs. */
export type Home = {
  /** Draws the tab anew, with the answer to a click above it; an answer that cannot stand there is sent as a message. Never throws. */
  publish(whose: Whose, answer?: Answer): Promise<void>
}

type Tools = { client: webApi.WebClient; handlers: Handlers; answers: Answers; log: Log }

/** Home tabs over the Web API. */
export function createHome(tools: Tools): Home {
  return {
    async publish(whose, answer) {
      const shown = await publishOnce(tools, whose, answer)
      // Somebody published a newer one meanwhile: what is read now is newer still.
      const done = shown === 'hash_conflict' ? await publishOnce(tools, { ...whose, hash: undefined }, answer) : shown
      if (done !== undefined && answer) await tools.answers.inChannel({ channel: '', user: whose.user }, answer)
    },
  }
}

/** The Home tab is drawn when it is opened and when somebody asks for it, and its button opens the form for a request. */
export function listenToHome(forms: Forms & { home: Home }): void {
  const { app, home } = forms
  app.event('app_home_opened', async ({ event, body, context }) => {
    // Slack opens the tab for messages with the same event.
    if (event.tab !== 'home') return
    // Nothing is lost when it is not drawn: opening it again does it.
    await context.acknowledge?.()
    await home.publish({ team: (body as Envelope).team_id, user: event.user, hash: hashOf(event.view) })
  })
  onButton(app, homeActions.refresh, (body) => home.publish(whoseHome(body)))
  onButton(app, homeActions.request, (body) => openWhat(forms, body.trigger_id, body.user.id))
}

/** True for a click in a Home tab, which comes from no channel and has no address to answer to. */
export function isInHome({ view }: Pick<BlockAction, 'view'>): boolean {
  return view?.type === 'home'
}

/** Whose tab a click came from. */
export function whoseHome(body: BlockAction): Whose {
  return { team: teamOf(body), user: body.user.id, hash: body.view?.hash }
}

/** Slack's types know the view as it is sent, and not as it comes back. */
function hashOf(view: object | undefined): string | undefined {
  return view && 'hash' in view && typeof view.hash === 'string' ? view.hash : undefined
}

function onButton(app: App, action: string, work: (body: BlockAction) => Promise<void>): void {
  app.action<BlockAction>(action, async ({ ack, body }) => {
    await ack()
    await work(body)
  })
}

/** Undefined when it stands; the error's code when it does not. */
async function publishOnce(
  { client, handlers, log }: Tools,
  { team, user, hash }: Whose,
  answer: Answer | undefined,
): Promise<string | undefined> {
  const late = () => noHome(sentence(new Refusal('home_unread')))
  const views = await withDeadline(READ_WITHIN, handlers.onHome(personOf(team, user)).catch(late), late)
  try {
    const view = toHomeTab(views, answer?.lines)
    await client.views.publish({ user_id: user, view, ...(hash === undefined ? {} : { hash }) })
    return undefined
  } catch (error) {
    const code = slackErrorCode(error)
    if (code !== 'hash_conflict') log.warn({ code }, 'a Home tab could not be published')
    return code
  }
}
