import { helpAnswer } from '../cards/answers.ts'
import { noHome } from '../cards/home-view.ts'
import { sentence } from '../cards/sentence.ts'
import { Refusal } from '../transfer/errors.ts'
import { fieldOf, readForm } from '../transfer/form.ts'
import { type Intent, parseCommand } from '../transfer/grammar.ts'
import type { Millis, Person } from '../transfer/model.ts'
import { platformOf } from '../transfer/people.ts'
import type { Answer, Click, Command } from '../transfer/ports.ts'
import { askQuestion, checkAct, withdraw, withdrawByClick } from './act.ts'
import { ask, retry } from './ask.ts'
import {
  type About,
  aboutClick,
  aboutCommand,
  changes,
  isPassing,
  keepReading,
  keepRefusal,
  kindOfAct,
  noteHome,
  noteRefusal,
  noticeOf,
} from './audited.ts'
import { choices } from './choices.ts'
import { cancel, decide, settle } from './decide.ts'
import { type Desk, stored, type Visit } from './desk.ts'
import type { Handlers } from './handlers-type.ts'
import { pending, readHome } from './home.ts'
import { createLocalWords } from './local-words.ts'
import { history, list, status } from './look-up.ts'
import { viewFor } from './view-for.ts'
import { why } from './why.ts'

/** The whole time of one delivery, in milliseconds; chat waits for 3 s. */
const patience = 2_300

/**
 * What people ask and decide. Every delivery is answered within 2.3 s and never throws; a delivery that comes again
 * gets its first answer and changes nothing.
 */
export function createHandlers(desk: Desk, onMembershipChange: (group: string) => void): Handlers {
  return {
    onMembershipChange,
    onCommand: (command) => {
      return answer(desk, command, 'command', (visit) => obey(desk, visit, command), aboutCommand(command))
    },
    onForm: (input) => {
      const work = async (visit: Visit): Promise<Answer> =>
        ask(desk, visit, input, readForm(input.filled, desk.policy.catalogue))
      return answer(desk, input, 'form', work, { facts: { place: input.origin.address } })
    },
    choices: (kind, typed, by) => limited(choices(desk, kind, typed, by), patience).catch(() => []),
    onDecision: (input) => {
      return answer(desk, input, 'decision', (visit) => decide(desk, visit, input), aboutClick(input, input.verdict))
    },
    onQuestion: (input) => {
      return answer(desk, input, 'question', (visit) => askQuestion(desk, visit, input), aboutClick(input, 'question'))
    },
    onWithdrawal: (input) => {
      return answer(
        desk,
        input,
        'withdrawal',
        (visit) => withdrawByClick(desk, visit, input),
        aboutClick(input, 'withdraw'),
      )
    },
    beforeAct: (click) => beforeAct(desk, click),
    onHome: (by) => home(desk, by),
    onView: (input) => limited(viewFor(desk, input), patience).catch(() => undefined),
  }
}

/** Nothing is recorded here, so that a question that took too long has words of its own. */
function home(desk: Desk, by: Person): ReturnType<Handlers['onHome']> {
  const unread = (error: unknown): unknown =>
    error instanceof Refusal && error.code === 'try_again' ? new Refusal('home_unread') : error
  const shown = async (): ReturnType<Handlers['onHome']> => {
    const views = await readHome(desk, by)
    await noteHome(desk, by, views)
    return views
  }
  return limited(shown(), patience).catch((error: unknown) => noHome(say(desk, unread(error)).lines))
}

/** What a click gets before the person is asked for words; that no is kept as no answer, but has its entry. */
async function beforeAct(desk: Desk, click: Click): Promise<Answer | undefined> {
  const checked = checkAct(desk, click).then(() => undefined)
  const refusal = await limited(checked, 1_500).catch((error: unknown) => error)
  if (refusal === undefined) return undefined
  if (refusal instanceof Refusal) {
    const noted = noteRefusal(desk, click.by, kindOfAct(click.act), refusal, aboutClick(click, click.act))
    await limited(noted, 600).catch(() => undefined)
  }
  return localized(desk, click.by, say(desk, refusal))
}

async function obey(desk: Desk, visit: Visit, command: Command): Promise<Answer> {
  const intent = parseCommand(command.text)
  const answer = await follow(desk, visit, command, intent)
  return changes[intent.kind] ? answer : keepReading(desk, visit, answer, aboutCommand(command))
}

async function follow(desk: Desk, visit: Visit, command: Command, intent: Intent): Promise<Answer> {
  switch (intent.kind) {
    case 'export':
    case 'import':
      return ask(desk, visit, command, intent)
    case 'help':
      return { ok: true, lines: helpAnswer(desk.policy.catalogue, intent.topic) }
    case 'status':
      return status(desk, command, intent.id)
    case 'why':
      return why(desk, command, intent.id)
    case 'list':
      return list(desk, command, intent)
    case 'pending':
      return pending(desk, command)
    case 'history':
      return history(desk, command, intent.database)
    case 'retry':
      return retry(desk, visit, command, intent.id)
    case 'cancel':
      return cancel(desk, visit, command, intent.id, intent.reason)
    case 'withdraw':
      return withdraw(desk, visit, command, intent.id, intent.reason)
    case 'settle':
      return settle(desk, visit, command, intent.id, intent.running)
  }
}

/** `attempt` is what a no is kept for, where one delivery may be tried with other words. */
type Delivery = { delivery: string; by: Person; attempt?: string }

async function answer(
  desk: Desk,
  { delivery, by, attempt = delivery }: Delivery,
  kind: string,
  work: (visit: Visit) => Promise<Answer>,
  about: About,
): Promise<Answer> {
  const began = performance.now()
  const visit: Visit = { delivery, by, left: () => patience - (performance.now() - began) }
  const all = async (): Promise<Answer> => {
    const first = await stored(desk.store.answered(delivery))
    if (first) return first
    const tried = attempt === delivery ? undefined : await stored(desk.store.answered(attempt))
    if (tried) return tried
    const trying = { ...visit, delivery: attempt }
    return work(visit).catch((error: unknown) => keep(desk, trying, kind, error, about))
  }
  const given = await limited(all(), patience).catch((error: unknown) => {
    if (error instanceof Refusal) void noteRefusal(desk, by, kind, error, about)
    return say(desk, error)
  })
  return localized(desk, by, given)
}

/** The answer in the words of the asker's chat: it is kept as it is, for whichever chat asks again. */
async function localized({ policy, directory }: Desk, by: Person, answer: Answer): Promise<Answer> {
  return {
    ...answer,
    lines: await createLocalWords(platformOf(by), policy.people, directory, 'quick').lines(answer.lines),
  }
}

/** A refusal is an answer too: it is kept, and the audit has its line. */
async function keep(desk: Desk, visit: Visit, kind: string, error: unknown, about: About): Promise<Answer> {
  const field = kind === 'form' && error instanceof Refusal ? fieldOf(error) : undefined
  const no = { ...say(desk, error), ...(field ? { about: field } : {}) }
  if (!(error instanceof Refusal)) return no
  if (!isPassing(error)) return keepRefusal(desk, visit, no, noticeOf(desk, visit.by, kind, error, about))
  void noteRefusal(desk, visit.by, kind, error, about)
  return no
}

function say(desk: Desk, error: unknown): Answer {
  if (!(error instanceof Refusal)) {
    desk.log({ error: error instanceof Error ? `${error.name}: ${error.message}` : 'unknown' }, 'a delivery failed')
  }
  return { ok: false, lines: sentence(error) }
}

async function limited<T>(work: Promise<T>, limit: Millis): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Refusal('try_again')), limit)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
