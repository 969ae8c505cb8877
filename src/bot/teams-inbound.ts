import type { IncomingMessage, ServerResponse } from 'node:http'
import { noHome } from '../cards/home-view.ts'
import { sentence } from '../cards/sentence.ts'
import { Refusal, TransientError } from '../transfer/errors.ts'
import { withDeadline } from './deadline.ts'
import type { Handlers } from './handlers-type.ts'
import type { Log } from './log.ts'
import { readBody } from './read-body.ts'
import type { Listener } from './server.ts'
import { checkAccess, checkChannel, type TeamsAccess } from './teams-access.ts'
import { changedRoster, readActivity, type TeamsActivity } from './teams-activity.ts'
import type { TeamsAnswers } from './teams-answers.ts'
import { answerClick, type ClickOutcome, type ClickReply, failure } from './teams-clicks.ts'
import { TeamsDenied } from './teams-errors.ts'
import { type FormTools, formWanted, sendForm } from './teams-forms.ts'
import { isHomeWanted, sendHome } from './teams-home.ts'
import { answerMessage } from './teams-messages.ts'
import type { TeamsNotes } from './teams-notes.ts'
import type { TeamsSdk } from './teams-port.ts'
import type { TeamsRender } from './teams-render.ts'

export type TeamsInboundOptions = {
  sdk: Pick<TeamsSdk, 'receive'>
  forms: FormTools
  access: TeamsAccess
  notes: TeamsNotes
  render: TeamsRender
  answers: TeamsAnswers
  handlers: Handlers
  /** Counts what is refused before anybody looks at it, by its reason. */
  refused(reason: string): void
  log: Log
}

/** Teams' way in: `listener` is for POST /api/messages; `stop` waits (bounded) for what is under way. */
export type TeamsInbound = { listener: Listener; stop(): Promise<void> }

/** Activities of Teams are far below this, in bytes. */
const LARGEST = 512 * 1024
/** Milliseconds for keeping where an activity came from. */
const KEEP_WITHIN = 300
const DRAIN_WITHIN = 6_000

/** What to answer with, and what is left to do once it is out. */
type Outcome = { status: number; body?: ClickReply | undefined; after?: () => Promise<void> }

/** Translates activities of Teams into calls of the handlers, answered within 3 s. */
export function createTeamsInbound(options: TeamsInboundOptions): TeamsInbound {
  const underway = new Set<Promise<void>>()
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { status, body, after } = await outcomeOf(options, request)
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
    response.end(body === undefined ? '{}' : JSON.stringify(body))
    await after?.()
  }
  return {
    listener: (request, response) => {
      const run = answer(request, response)
        .catch((error: unknown) => options.log.error({ error: nameOf(error) }, 'an answer to Teams was lost'))
        .finally(() => underway.delete(run))
      underway.add(run)
    },
    async stop() {
      await withDeadline(DRAIN_WITHIN, Promise.allSettled([...underway]), () => [])
    },
  }
}

async function outcomeOf(options: TeamsInboundOptions, request: IncomingMessage): Promise<Outcome> {
  const { log, refused } = options
  const unread = (status: number, reason: string): Outcome => {
    refused(reason)
    return { status }
  }
  if (request.method !== 'POST') return unread(405, 'not_post')
  // Known before: whoever is still sending when reading stops may never see the answer.
  if (Number(request.headers['content-length']) > LARGEST) return unread(413, 'too_large')
  const raw = await readBody(request, LARGEST)
  if ('status' in raw) return unread(raw.status, raw.status === 413 ? 'too_large' : 'unreadable')
  const activity = readActivity(raw.json)
  if (!activity) return unread(400, 'unreadable')
  try {
    return await receive(options, activity, raw.json as TeamsActivity, request.headers.authorization ?? '')
  } catch (error) {
    if (error instanceof TeamsDenied) {
      refused(error.reason)
      log.warn({ reason: error.reason, status: error.status }, 'a request to /api/messages was refused')
      return { status: error.status }
    }
    if (error instanceof TransientError) {
      log.error({ code: error.fault.code }, 'a request of Teams could not be checked')
      return { status: 503 }
    }
    log.error({ error: nameOf(error) }, 'a request of Teams could not be processed')
    return { status: 500 }
  }
}

/** Checks the activity, and does what it says inside of the SDK's turn; what fails there has an answer of its own. */
async function receive(
  options: TeamsInboundOptions,
  activity: TeamsActivity,
  raw: TeamsActivity,
  authorization: string,
): Promise<Outcome> {
  checkChannel(activity)
  let outcome: Outcome = { status: 200 }
  await options.sdk.receive(
    raw,
    authorization,
    () => checkAccess(activity, options.access),
    async () => {
      outcome = await turn(options, activity)
    },
  )
  return outcome
}

async function turn(options: TeamsInboundOptions, activity: TeamsActivity): Promise<Outcome> {
  const { notes, handlers, answers } = options
  // Who acts and where to answer are known by it: what cannot be kept is not done.
  const kept = await withDeadline(
    KEEP_WITHIN,
    notes.keep(activity).then(
      () => true,
      () => false,
    ),
    () => false,
  )
  const working = kept ? handlers : away
  switch (activity.type) {
    case 'invoke':
      return { status: 200, ...(await invoked(options, working, activity)) }
    case 'message': {
      if (!activity.id) return { status: 400 }
      const form = kept ? formWanted(activity) : undefined
      if (form) return { status: 200, after: () => sendForm(options.forms, handlers, activity, form) }
      if (kept && isHomeWanted(activity)) {
        return { status: 200, after: () => sendHome(options.forms, handlers, activity) }
      }
      const answer = await answerMessage(working, options.forms, activity)
      return answer ? { status: 200, after: () => answers(activity, answer) } : { status: 200 }
    }
    default: {
      // Installations and the like: where they came from is all that is kept of them. Who came and went may be known wrongly now.
      const changed = changedRoster(activity)
      if (changed !== undefined) handlers.onMembershipChange(changed)
      return { status: 200 }
    }
  }
}

async function invoked(
  { render, forms, log }: TeamsInboundOptions,
  handlers: Handlers,
  activity: TeamsActivity,
): Promise<ClickOutcome> {
  if (activity.name !== 'adaptiveCard/action')
    return { body: failure(400, 'NotSupported', 'Drawbridge does not do this.') }
  try {
    return await answerClick({ handlers, render, forms }, activity)
  } catch (error) {
    log.error({ error: nameOf(error) }, 'a click in Teams could not be answered')
    return { body: broken() }
  }
}

/** While the store is away nothing is recorded, and everybody is told so. */
const away: Handlers = {
  onCommand: async () => ({ ok: false, lines: sentence(new Refusal('store_down')) }),
  onForm: async () => ({ ok: false, lines: sentence(new Refusal('store_down')) }),
  choices: async () => [],
  onDecision: async () => ({ ok: false, lines: sentence(new Refusal('store_down')) }),
  onQuestion: async () => ({ ok: false, lines: sentence(new Refusal('store_down')) }),
  onWithdrawal: async () => ({ ok: false, lines: sentence(new Refusal('store_down')) }),
  beforeAct: async () => undefined,
  onView: async () => undefined,
  onHome: async () => noHome(sentence(new Refusal('store_down'))),
  onMembershipChange: () => undefined,
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}

function broken(): ClickReply {
  const message =
    'Something went wrong inside Drawbridge. Try again; if it happens again, tell an operator when it was.'
  return failure(500, 'InternalServerError', message)
}
