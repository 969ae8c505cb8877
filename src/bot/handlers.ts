import { helpAnswer } from '../cards/answers.ts'
import { sentence } from '../cards/sentence.ts'
import { Refusal } from '../transfer/errors.ts'
import { fieldOf, readForm } from '../transfer/form.ts'
import { parseCommand } from '../transfer/grammar.ts'
import type { Millis, Person } from '../transfer/model.ts'
import { platformOf } from '../transfer/people.ts'
import type { Answer, Command } from '../transfer/ports.ts'
import { askQuestion, checkAct, withdraw, withdrawByClick } from './act.ts'
import { ask, retry } from './ask.ts'
import { choices } from './choices.ts'
import { cancel, decide, settle } from './decide.ts'
import { type Desk, once, stored, type Visit } from './desk.ts'
import type { Handlers } from './handlers-type.ts'
import { createLocalWords } from './local-words.ts'
import { list, status } from './look-up.ts'
import { viewFor } from './view-for.ts'

/** The whole time of one delivery, in milliseconds; chat waits for 3 s. */
const patience = 2_300

/**
 * What people ask and decide. Every delivery is answered within 2.3 s and never throws; a delivery that comes again
 * gets its first answer and changes nothing.
 */
export function createHandlers(desk: Desk, onMembershipChange: (group: string) => void): Handlers {
  return {
    onMembershipChange,
    onCommand: (command) => answer(desk, command, 'command', (visit) => obey(desk, visit, command)),
    onForm: (input) => {
      const work = async (visit: Visit): Promise<Answer> =>
        ask(desk, visit, input, readForm(input.filled, desk.policy.catalogue))
      return answer(desk, input, 'form', work)
    },
    choices: (kind, typed, by) => limited(choices(desk, kind, typed, by), patience).catch(() => []),
    onDecision: (input) => {
      return answer(desk, input, 'decision', (visit) => decide(desk, visit, input), input.transfer)
    },
    onQuestion: (input) => {
      return answer(desk, input, 'question', (visit) => askQuestion(desk, visit, input), input.transfer)
    },
    onWithdrawal: (input) => {
      return answer(desk, input, 'withdrawal', (visit) => withdrawByClick(desk, visit, input), input.transfer)
    },
    beforeAct: async (click) => {
      const refusal = await limited(
        checkAct(desk, click).then(() => undefined),
        1_500,
      ).catch((error: unknown) => error)
      return refusal === undefined ? undefined : localized(desk, click.by, say(desk, refusal))
    },
    onView: (input) => limited(viewFor(desk, input), patience).catch(() => undefined),
  }
}

async function obey(desk: Desk, visit: Visit, command: Command): Promise<Answer> {
  const intent = parseCommand(command.text)
  switch (intent.kind) {
    case 'export':
    case 'import':
      return ask(desk, visit, command, intent)
    case 'help':
      return { ok: true, lines: helpAnswer(desk.policy.catalogue, intent.topic) }
    case 'status':
      return status(desk, command, intent.id)
    case 'list':
      return list(desk, command)
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
  transfer?: string,
): Promise<Answer> {
  const began = performance.now()
  const visit: Visit = { delivery, by, left: () => patience - (performance.now() - began) }
  const all = async (): Promise<Answer> => {
    const first = await stored(desk.store.answered(delivery))
    if (first) return first
    const tried = attempt === delivery ? undefined : await stored(desk.store.answered(attempt))
    if (tried) return tried
    const trying = { ...visit, delivery: attempt }
    return work(visit).catch((error: unknown) => keep(desk, trying, kind, error, transfer))
  }
  return localized(desk, by, await limited(all(), patience).catch((error: unknown) => say(desk, error)))
}

/** The answer in the words of the asker's chat: it is kept as it is, for whichever chat asks again. */
async function localized({ policy, directory }: Desk, by: Person, answer: Answer): Promise<Answer> {
  return {
    ...answer,
    lines: await createLocalWords(platformOf(by), policy.people, directory, 'quick').lines(answer.lines),
  }
}

/** Refusals that only mean "not now": the next try must be looked at anew. */
const passing = new Set(['try_again', 'store_down', 'store_unsure'])

/** A refusal is an answer too: it is kept, and the audit has its line. */
async function keep(desk: Desk, visit: Visit, kind: string, error: unknown, transfer?: string): Promise<Answer> {
  const field = kind === 'form' && error instanceof Refusal ? fieldOf(error) : undefined
  const no = { ...say(desk, error), ...(field ? { about: field } : {}) }
  if (!(error instanceof Refusal) || passing.has(error.code)) return no
  const about = transfer === undefined ? {} : { transfer }
  const notice = { at: desk.clock.now(), kind: `${kind}_refused`, by: visit.by, facts: { code: error.code }, ...about }
  const result = await stored(desk.store.remember(once(desk, visit, no), notice))
  // Told without its line it would be missing from the audit.
  if (result.kind === 'late') throw new Refusal('try_again')
  return result.kind === 'repeat' ? result.answer : no
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
