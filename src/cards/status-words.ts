import type { Cause, FinalStatus, Material, Side, Status, Transfer, Verdict } from '../transfer/model.ts'
import { wordsOf } from './operation-words.ts'

/** What a status is called everywhere: root, cards, replies and answers. */
export const statusWords: Readonly<Record<Status, { icon: string; words: string }>> = {
  requested: { icon: '⏳', words: 'Reading the plan from Azure' },
  preparing: { icon: '⏳', words: 'Preparing the database' },
  submitting: { icon: '⏳', words: 'Submitting to Azure' },
  awaiting_endpoints: { icon: '⏳', words: 'Waiting for the private endpoint connections' },
  awaiting_approval: { icon: '✋', words: 'Waiting for approval' },
  approving: { icon: '🔑', words: 'Approving the connections' },
  running: { icon: '🚚', words: 'Running' },
  closing: { icon: '🧹', words: 'Closing' },
  refused: { icon: '🚫', words: 'Refused' },
  checked: { icon: '🔎', words: 'Checked, nothing was sent' },
  succeeded: { icon: '✅', words: 'Finished' },
  failed: { icon: '❌', words: 'Failed' },
  denied: { icon: '⛔', words: 'Denied' },
  expired: { icon: '⌛', words: 'Expired' },
  cancelled: { icon: '⏹️', words: 'Cancelled' },
}

/** Status of a record in words; data that crossed after a no comes before everything else. */
export function statusOf(transfer: Pick<Transfer, 'status' | 'ending' | 'request'>): { icon: string; words: string } {
  const { ending, request, status } = transfer
  if (ending?.released) return { icon: '🚨', words: `The data ${wordsOf(request).crossed} all the same` }
  return ending?.cause === 'withdrawn' ? { icon: '↩️', words: 'Withdrawn' } : statusWords[status]
}

/** The words for a status that arrives as text. */
export function statusText(status: string): string {
  return (
    Object.entries(statusWords)
      .find(([each]) => each === status)?.[1]
      .words.toLowerCase() ?? status
  )
}

/** How the final reply says what became of it: "the export … was denied". */
export const endWords: Readonly<Record<FinalStatus, string>> = {
  refused: 'was refused',
  checked: 'was only checked',
  succeeded: 'has finished',
  failed: 'has failed',
  denied: 'was denied',
  expired: 'has expired',
  cancelled: 'was cancelled',
}

export const sideWords: Readonly<Record<Side, string>> = { sql: 'SQL server', storage: 'storage account' }

export const verdictWords: Readonly<Record<Verdict, { icon: string; past: string }>> = {
  approve: { icon: '👍', past: 'approved' },
  deny: { icon: '⛔', past: 'denied' },
}

/** What a chat is called. */
export function chatWords(platform = ''): string {
  return (
    new Map([
      ['slack', 'Slack'],
      ['teams', 'Teams'],
    ]).get(platform) ?? 'the other chat'
  )
}

/** Why a transfer is closed, as the rest of a sentence that begins with "because". */
export const causeWords: Readonly<Record<Cause, string>> = {
  denied: 'an approver said no',
  expired: 'not enough approvers said yes in time',
  cancelled: 'somebody cancelled it',
  withdrawn: 'its requester withdrew it',
  bypassed: 'a connection was approved outside of Drawbridge',
  unclear: 'Azure did not say whether the job had started',
  endpoints_missing: 'Azure did not create and name both connections in time',
  half_approved: 'only one of the two connections could be approved',
  not_approved: 'the two connections could not be approved',
  connection_lost: 'a connection was rejected, disconnected or removed',
  clock: 'it took longer than it may',
  settled: 'an operator found no job of it in Azure',
  azure: 'Azure ended it',
}

/** What the facts of a card are called when a new round tells which of them changed. */
export const factWords: Readonly<Record<keyof Material, string>> = {
  operation: 'the operation',
  gate: 'what the click releases',
  database: 'the database',
  storage: 'the storage account',
  uri: 'the blob',
  privateLink: 'the use of Private Link',
  create: 'the database to be made',
  warnings: 'what the checks warn of',
  rule: 'the rule',
  connections: 'the connections',
}

/** Names of changed facts in words; a fact that is not known here keeps its name. */
export function changedWords(changed: readonly string[]): string {
  const words = changed.map((name) => Object.entries(factWords).find(([each]) => each === name)?.[1] ?? name)
  return words.length === 0 ? 'the facts' : words.join(', ')
}
