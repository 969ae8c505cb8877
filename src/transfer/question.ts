import { cleanText, holdsSecret } from './clean-text.ts'
import { Refusal } from './errors.ts'
import type { Change } from './lifecycle.ts'
import type { Millis, Transfer } from './model.ts'
import type { Somebody } from './people.ts'
import type { RuleVersions } from './rule-version.ts'
import { unquote } from './words.ts'

/** What an approver asked the requester before deciding; it is no decision, and stops no clock. */
export type Question = Somebody &
  RuleVersions & {
    text: string
    at: Millis
    /** Digest of what the person was shown. */
    digest: string
    /** Indexes of the stages of the rule in which the person was an approver then. */
    stages: readonly number[]
  }

/** The most questions of one transfer, and the longest one in characters. */
export const mostQuestions = 20
export const questionLimit = 500

/** A question as it is kept: one line, without the quotes around it. Throws `Refusal` when it is empty, too long or holds a secret. */
export function readQuestion(text: string): string {
  if (holdsSecret(text)) throw new Refusal('secret_in_text')
  const question = unquote(cleanText(text))
  if (question === '') throw new Refusal('question_required')
  if (question.length > questionLimit) {
    throw new Refusal('question_too_long', { length: String(question.length), most: String(questionLimit) })
  }
  return question
}

/** The question, kept and told; when the round ends is told with it, as that does not change. Throws when there are too many. */
export function asked(transfer: Transfer, question: Question): Change {
  const { questions = [], round } = transfer
  if (questions.length >= mostQuestions) throw new Refusal('too_many_questions', { most: String(mostQuestions) })
  const { by, text } = question
  const until = round?.expiresAt === undefined ? {} : { until: round.expiresAt }
  return { questions: [...questions, question], told: [{ kind: 'question_asked', by, text, ...until }] }
}
