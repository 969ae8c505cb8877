import type { Decision, Transfer } from '../transfer/model.ts'
import { tally } from '../transfer/quorum.ts'
import type { Line } from '../transfer/text.ts'
import { people, person, quote } from './phrases.ts'
import { count } from './quantities.ts'
import { causeWords, statusOf } from './status-words.ts'

/** What stands on a card instead of its buttons; undefined while there is something to decide. */
export function decisionLines(transfer: Transfer): readonly Line[] | undefined {
  const { denied, reached, approvals } = tally(transfer)
  if (denied) return [deniedLine(denied)]
  const why = closedLine(transfer)
  if (reached) return [approvedLine(approvals), ...(why ? [why] : [])]
  if (why) return [why]
  if (transfer.status === 'awaiting_approval' && transfer.round) return undefined
  const { icon, words } = statusOf(transfer)
  return [[`${icon} ${words}: there is nothing to decide any more.`]]
}

/** Who has decided so far, in one line; undefined when nobody was asked, or nobody answered until the end. */
export function decidedLine(transfer: Transfer): Line | undefined {
  const { denied, reached, approvals, need } = tally(transfer)
  if (!transfer.round) return undefined
  if (denied) return deniedLine(denied)
  if (reached) return approvedLine(approvals)
  const open = !transfer.ending && !transfer.closing
  if (approvals.length === 0) return open ? [`Nobody yet; ${count(need, 'approval')} needed`] : undefined
  return [...people(approvals.map((each) => each.by)), ` said yes; ${count(need, 'approval')} needed`]
}

function approvedLine(approvals: readonly Decision[]): Line {
  const last = approvals.at(-1)
  // Alone, whose comment it is needs no name.
  const whose = ({ by }: Decision): Line => (approvals.length === 1 ? [' '] : [' ', person(by), ': '])
  const comments = approvals.flatMap((each) => (each.reason === undefined ? [] : [...whose(each), quote(each.reason)]))
  return [
    '👍 Approved by ',
    ...people(approvals.map((each) => each.by)),
    ...(last ? [', ', { time: last.at }] : []),
    '.',
    ...comments,
  ]
}

function deniedLine({ by, at, reason }: Decision): Line {
  return ['⛔ Denied by ', person(by), ', ', { time: at }, reason === undefined ? '.' : `: ${quote(reason)}`]
}

/** Why there is nothing to decide when it was not a decision. */
function closedLine({ cancel, closing, ending }: Transfer): Line | undefined {
  if (cancel) {
    const why = cancel.reason === undefined ? '.' : `: ${quote(cancel.reason)}`
    return [cancel.withdrawn ? '↩️ Withdrawn by ' : '⏹️ Cancelled by ', person(cancel.by), ', ', { time: cancel.at }, why]
  }
  const outcome = ending?.outcome ?? closing?.outcome
  const at = closing?.since ?? ending?.at
  if (outcome === 'expired' && at !== undefined)
    return ['⌛ Expired, ', { time: at }, ': not enough approvers said yes in time.']
  const cause = closing?.cause ?? ending?.cause
  return cause === undefined || cause === 'denied' ? undefined : [`Closed because ${causeWords[cause]}.`]
}
