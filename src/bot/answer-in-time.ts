import { sentence } from '../cards/sentence.ts'
import { Refusal } from '../transfer/errors.ts'
import type { Answer } from '../transfer/ports.ts'
import { withDeadline } from './deadline.ts'

/** Milliseconds in which a handler must answer, so that the acknowledgement leaves within Slack's 3 s. */
const ANSWER_WITHIN = 2_600

/** The handler's answer; what it throws or leaves open becomes a sentence that says what to do. `late`: it did not answer in `ms`. */
export async function answerInTime<T extends Answer | undefined>(
  work: () => Promise<T>,
  ms: number = ANSWER_WITHIN,
): Promise<{ answer: T | Answer; late: boolean }> {
  const settled = Promise.resolve()
    .then(work)
    .then<{ answer: T | Answer; late: boolean }>((answer) => ({ answer, late: false }))
    .catch((error: unknown) => ({ answer: no(error), late: false }))
  return withDeadline(ms, settled, () => ({ answer: no(new Refusal('try_again')), late: true }))
}

function no(error: unknown): Answer {
  return { ok: false, lines: sentence(error) }
}
