import { isMadeFirst } from '../transfer/creation.ts'
import type { Cause, Ending, Fault, FinalStatus, Transfer } from '../transfer/model.ts'
import { tally } from '../transfer/quorum.ts'
import type { Line } from '../transfer/text.ts'
import { askedWords, countedWords } from './asked-words.ts'
import { checkLines, stopLines } from './check-lines.ts'
import { explainLines } from './explain-lines.ts'
import { faultOnTheWay, faultSentence } from './fault-sentence.ts'
import { leftOverLines } from './left-over-lines.ts'
import { deleteCommand, wordsOf } from './operation-words.ts'
import { code, person, quote } from './phrases.ts'
import { refusalSentence } from './sentence.ts'
import { causeWords } from './status-words.ts'
import { workLines } from './work-lines.ts'

/** How a transfer ended and what to do next; what is left over in Azure comes last. */
export function endingLines(transfer: Transfer): readonly Line[] {
  const { ending } = transfer
  if (!ending) return []
  const lines = ending.released ? releasedLines(transfer, ending) : outcomes[ending.outcome](transfer, ending)
  return [...lines, ...emptyDatabase(transfer, ending), ...leftOverLines(transfer)]
}

type Say = (transfer: Transfer, ending: Ending) => readonly Line[]

const outcomes: Readonly<Record<FinalStatus, Say>> = {
  refused: ({ plan }, { refusal }) =>
    refusal?.code === 'preflight' ? stopLines(plan) : refusalSentence(refusal?.code ?? 'unknown', refusal?.facts),
  checked: (transfer) => checkedLines(transfer),
  succeeded: (transfer) => [...wordsOf(transfer.request).done(transfer), ...workLines(transfer)],
  failed: failedLines,
  denied: (transfer, ending) => {
    const { denied } = tally(transfer)
    const who: Line = denied ? ['Denied by ', person(denied.by), ...because(denied.reason)] : ['An approver said no.']
    return [who, ...withoutData(transfer, ending), again(transfer)]
  },
  expired: (transfer, ending) => [
    ['Not enough approvers said yes in time.'],
    ...withoutData(transfer, ending),
    again(transfer),
  ],
  cancelled: (transfer, ending) => {
    const { cancel } = transfer
    const who: Line = cancel
      ? [cancel.withdrawn ? 'Withdrawn by ' : 'Cancelled by ', person(cancel.by), ...because(cancel.reason)]
      : ['The job was cancelled in Azure, not through Drawbridge.']
    return [who, ...withoutData(transfer, ending), again(transfer)]
  },
}

function checkedLines(transfer: Transfer): readonly Line[] {
  const { plan, rule, request, explained } = transfer
  return [
    ...checkLines(plan),
    [
      'Nothing was sent to Azure. Asked for in earnest, rule ',
      code(rule.name),
      ' counts, and ',
      ...askedWords(rule, request),
      '. ',
      ...countedWords(transfer, rule),
    ],
    ...(explained ? explainLines(explained) : []),
  ]
}

function again({ request }: Transfer): Line {
  return ['If it is still wanted, ask again: ', code(wordsOf(request).again(request)), '.']
}

function failedLines(transfer: Transfer, { fault, cause, nothingSent }: Ending): readonly Line[] {
  const what = mayBeMade(transfer) ? 'No job' : 'Nothing'
  const sent: readonly Line[] = nothingSent ? [[`${what} was started in Azure.`]] : []
  if (fault && (cause === undefined || cause === 'azure')) return [...faultSentence(fault), ...sent]
  if (fault?.code === 'ImportExportOperationIdNotFound') return unseenLines(transfer, cause ?? 'azure', fault)
  const why: Line = [`It failed because ${causeWords[cause ?? 'azure']}.`]
  return [why, ...(fault ? [faultOnTheWay(fault)] : []), ...sent, again(transfer)]
}

/** Closed, and forgotten by Azure before anybody saw the end: nothing is claimed of the data. */
function unseenLines(transfer: Transfer, cause: Cause, fault: Fault): readonly Line[] {
  const closed = `It was closed because ${causeWords[cause]}, but nobody saw its end, so it is not known whether data crossed.`
  return [[closed], ...faultSentence(fault), wordsOf(transfer.request).unseen(transfer)]
}

/** A no that came too late is never told as a no. */
function releasedLines(transfer: Transfer, { outcome, cause }: Ending): readonly Line[] {
  const no = {
    denied: 'It was denied',
    expired: 'Its approval expired',
    cancelled: cause === 'withdrawn' ? 'It was withdrawn' : 'It was cancelled',
    failed: 'It was stopped',
  }
  const said = outcome === 'denied' || outcome === 'expired' || outcome === 'cancelled' ? no[outcome] : no.failed
  return [
    [`${said}, but Azure completed the ${transfer.request.operation}.`],
    wordsOf(transfer.request).released(transfer),
  ]
}

function withoutData(transfer: Transfer, { nothingSent }: Ending): readonly Line[] {
  const { operation } = transfer
  if (nothingSent) return [[mayBeMade(transfer) ? 'No job was sent to Azure.' : 'Nothing was sent to Azure.']]
  return [[operation ? 'The job in Azure has ended without data.' : 'No job of it runs in Azure.']]
}

/** Drawbridge never deletes a database, also not the one that it has made. */
function emptyDatabase(transfer: Transfer, { outcome, released, fault }: Ending): readonly Line[] {
  const { created, request } = transfer
  const { database, server } = request.database
  if (!created && !fault && mayBeMade(transfer)) {
    const open = [
      ' that was to be made may stand on server ',
      code(server),
      '. See the portal; if it does and is not wanted: ',
    ]
    return [['The database ', code(database), ...open, deleteCommand(request)]]
  }
  if (!created || outcome === 'succeeded' || released) return []
  return [
    [
      'The database ',
      code(database),
      ' that was made for it stands on server ',
      code(server),
      ' and costs money. If it is not wanted: ',
      deleteCommand(request),
    ],
  ]
}

/** After the yes the database is made, and an end that comes before it is known to be there leaves that open. */
function mayBeMade(transfer: Transfer): boolean {
  const { created, story } = transfer
  const isMade = isMadeFirst(transfer) && tally(transfer).reached
  return created === true || (isMade && !story.some(({ kind }) => kind === 'prepared'))
}

function because(reason: string | undefined): Line {
  return reason === undefined ? ['.'] : [`: ${quote(reason)}.`]
}
