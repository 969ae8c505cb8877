import { gateOf } from '../transfer/material.ts'
import type { Status, Transfer } from '../transfer/model.ts'
import { tally } from '../transfer/quorum.ts'
import { isStalled } from '../transfer/stall.ts'
import type { Line } from '../transfer/text.ts'
import { clockWords } from './asking-lines.ts'
import { faultOnTheWay } from './fault-sentence.ts'
import { settleLine } from './forms.ts'
import { wordsOf } from './operation-words.ts'
import { count } from './quantities.ts'
import { causeWords, sideWords, statusWords } from './status-words.ts'
import { usualWords } from './usual-words.ts'

/** What happens or is to be done next while a transfer is open; nothing once it has ended. */
export function nextLines(transfer: Transfer): readonly Line[] {
  if (transfer.cancel && transfer.status !== 'closing' && !transfer.ending) {
    const what = transfer.cancel.withdrawn ? 'withdrawal' : 'cancellation'
    return [[`Next: the ${what} takes hold before anything else is done in Azure.`]]
  }
  return next[transfer.status](transfer)
}

const none = (): readonly Line[] => []

const next: Readonly<Record<Status, (transfer: Transfer) => readonly Line[]>> = {
  requested: (transfer) => [
    transfer.request.dryRun
      ? ['Next: what Azure says about it is read and checked. Nothing is sent, and nobody is asked.']
      : transfer.candidates
        ? [
            'Next: what Azure says about it is read; the size of the data tells which rule counts. Nothing is sent before.',
          ]
        : gateOf(transfer) === 'submission'
          ? ['Next: what Azure says about it is read, then the approvers are asked. Nothing is sent before.']
          : ['Next: what Azure says about it is read, then the job is submitted. It waits there for the approval.'],
  ],
  preparing: () => [['Next: the empty database is made, then the job is submitted.']],
  submitting: () => [['Next: Azure takes the job.']],
  awaiting_endpoints: (transfer) => [
    [
      'Next: Azure creates a connection on the server and one on the storage account, which takes up to 10 minutes; ',
      gateOf(transfer) === 'endpoints' ? 'then the approvers are asked.' : 'then both are approved.',
    ],
  ],
  awaiting_approval: awaitingApproval,
  approving: () => [['Next: both connections are approved and read back, then Azure starts the job.']],
  running: (transfer) => [
    [
      `Next: ${wordsOf(transfer.request).writes}${isStalled(transfer) ? '' : ' Nothing is to be done.'}${usualWords(transfer)}`,
    ],
  ],
  closing: closingLines,
  refused: none,
  checked: none,
  succeeded: none,
  failed: none,
  denied: none,
  expired: none,
  cancelled: none,
}

function awaitingApproval(transfer: Transfer): readonly Line[] {
  const { have, need, reached, denied } = tally(transfer)
  if (denied) return [['Next: what was started is undone.']]
  if (reached) return [['Next: what was approved is carried out.']]
  const until = transfer.round?.expiresAt
  const limit: Line = until === undefined ? [] : [' It expires ', { time: until }, '.', ...clockWords(transfer)]
  return [
    [`Next: ${count(need - have, need > have && have > 0 ? 'more approval' : 'approval')} on the card.`, ...limit],
  ]
}

function closingLines({ closing, id, operation, settled, request }: Transfer): readonly Line[] {
  if (!closing) return []
  if (closing.cause === 'unclear' && !operation && (!settled || settled.refused)) {
    return [
      ['Azure did not say whether it had started the job. Nothing is sent again, and the database stays reserved.'],
      ['Next: an operator looks into the portal and says how it is: ', ...settleLine(id)],
    ]
  }
  const stuck = Object.entries(closing.undone).flatMap(([what, { state, fault }]): readonly Line[] => {
    if (state !== 'refused') return []
    const which =
      what === 'sql' || what === 'storage' ? `reject the connection on the ${sideWords[what]}` : 'cancel the job'
    return [[`Azure would not ${which}. `, ...(fault ? faultOnTheWay(fault) : [])]]
  })
  const words = statusWords[closing.outcome].words.toLowerCase()
  return [
    [`It ends as ${words} because ${causeWords[closing.cause]}.`],
    ...stuck,
    [
      `Next: ${request.privateLink ? 'its connections are rejected, ' : ''}the job is cancelled and watched until it is over.`,
    ],
  ]
}
