import type { Milestone, Transfer } from '../transfer/model.ts'
import { isStalled, standingOf } from '../transfer/stall.ts'
import type { Line } from '../transfer/text.ts'
import { forms } from './forms.ts'
import { wordsOf } from './operation-words.ts'
import { code, person } from './phrases.ts'
import { duration } from './quantities.ts'
import { usualWords } from './usual-words.ts'

/** Tells the requester that the job stands still, what that may mean, and how to end it. */
export function tellStall(milestone: Extract<Milestone, { kind: 'stalled' }>, transfer: Transfer): readonly Line[] {
  const { request, id } = transfer
  const { at, since, text, percent } = milestone
  const where = percent === undefined ? '' : ` at ${Math.floor(percent)} %`
  return [
    [
      ...['🐌 ', person(request.by), `: the ${request.operation} has stood still${where} for ${duration(at - since)}`],
      ...[' (Azure says ', code(text), ').'],
    ],
    [meaning(percent, request), usualWords(transfer)],
    ['Drawbridge goes on watching. If you do not want to wait, cancel it: ', cancelForm(id), '.'],
  ]
}

/** On the root for as long as the standstill that was told goes on. */
export function stallLines(transfer: Transfer): readonly Line[] {
  const standing = standingOf(transfer)
  if (!standing || !isStalled(transfer)) return []
  return [
    ['🐌 It has stood still since ', { time: standing.since }, '. Wait, or cancel it: ', cancelForm(transfer.id), '.'],
  ]
}

function meaning(percent: number | undefined, request: Transfer['request']): string {
  if (percent === undefined || percent < 1) {
    return 'Azure may not have begun: jobs wait for a free machine in the region, from seconds to many hours.'
  }
  if (percent >= 100) return 'Azure has done all of it and does not close the job, which may pass by itself.'
  return request.operation === 'export'
    ? 'A large table without a clustered index, or a busy database, can hold an export up for hours.'
    : `${wordsOf(request).writes} Large tables and a small tier can hold it up for hours.`
}

function cancelForm(id: string): Line[number] {
  return { code: forms.cancel.replace('<id> [reason]', id) }
}
