import type { Milestone, Transfer } from '../transfer/model.ts'
import type { Line } from '../transfer/text.ts'
import { person, quote } from './phrases.ts'

/** What was asked while it waits for a decision: how many questions, and the last one. */
export function questionLines({ questions = [], status }: Transfer): readonly Line[] {
  const last = questions.at(-1)
  if (!last || status !== 'awaiting_approval') return []
  const many =
    questions.length === 1 ? '' : `${questions.length} questions were asked, all in the request’s thread. The last: `
  return [[`❓ ${many}`, person(last.by), ' asked, ', { time: last.at }, `: ${quote(last.text)}`]]
}

/** The question as the requester gets it. */
export function tellQuestion(
  { by, text, until }: Extract<Milestone, { kind: 'question_asked' }>,
  { request }: Transfer,
): readonly Line[] {
  const limit: Line = until === undefined ? ['.'] : [', until ', { time: until }, '.']
  return [
    ['❓ ', person(request.by), ': ', person(by), ` asks before deciding: ${quote(text)}`],
    ['Answer here. This is no decision, and the time to decide goes on', ...limit],
  ]
}
