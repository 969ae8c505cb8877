import type { Names } from '../../src/cards/adaptive-card.ts'
import { cancelAnswer, decisionAnswer, helpAnswer, recordedAnswer, settleAnswer } from '../../src/cards/answers.ts'
import { approvalCard } from '../../src/cards/approval-card.ts'
import { listAnswer } from '../../src/cards/list-answer.ts'
import { replyView } from '../../src/cards/reply-view.ts'
import { rootView } from '../../src/cards/root-view.ts'
import { refusalCodes, refusalSentence } from '../../src/cards/sentence.ts'
import { statusAnswer } from '../../src/cards/status-answer.ts'
import type { View } from '../../src/cards/view.ts'
import type { Connection, Fault, Milestone, Round, Status, Transfer } from '../../src/transfer/model.ts'
import { finalStatuses, workingStatuses } from '../../src/transfer/model.ts'
import type { ChatState } from '../../src/transfer/ports.ts'
import type { Line } from '../../src/transfer/text.ts'
import { askedAt, transferOf } from './transfers.ts'

export const minute = 60_000
export const digest = 'd'.repeat(32)
export const ana = 'teams:tenant/ana'
export const ben = 'teams:tenant/ben'
export const sam = 'teams:tenant/sam'
export const group = 'teams:tenant/group-dba'
export const operator = 'teams:tenant/olga'
const fault: Fault = { code: 'InternalServerError', message: 'An unexpected error', status: 500, requestId: 'req-1' }

const people = new Map([
  [ana, 'Ana Lima'],
  [ben, 'Ben Ode'],
  [sam, 'Sam Okafor'],
  [operator, 'Olga Petrova'],
])

/** The people above make mentions, everybody else is a group without an id. */
export const names: Names = {
  mention: (principal) => {
    const name = people.get(principal)
    return name === undefined ? { name: 'Database admins' } : { name, id: principal.replace('teams:tenant/', '29:') }
  },
  place: (address) => `General (${address.split('/').at(-1)})`,
}

/** A connection of a transfer on one side. */
export function connectionOf(side: Connection['side']): Connection {
  const id = `/subscriptions/s/resourceGroups/g/providers/x/${side}/privateEndpointConnections/PEC-${side}`
  return { side, id, name: `PEC-${side}`, privateEndpoint: `/x/pe-${side}`, state: 'Pending', named: true }
}

/** One milestone of each kind. */
export const milestones: { readonly [K in Milestone['kind']]: Extract<Milestone, { kind: K }> } = {
  rule_settled: { at: askedAt, kind: 'rule_settled', rule: 'small', size: 30 * 2 ** 30 },
  prepared: { at: askedAt, kind: 'prepared', made: true },
  submitted: { at: askedAt, kind: 'submitted', operation: 'op-1', adopted: false },
  unclear: { at: askedAt, kind: 'unclear', fault },
  asked: { at: askedAt, kind: 'asked', round: 1 },
  new_round: { at: askedAt, kind: 'new_round', round: 2, changed: ['connections', 'uri'] },
  decided: { at: askedAt, kind: 'decided', by: ana, verdict: 'deny', reason: 'not today', have: 0, need: 2 },
  question_asked: { at: askedAt, kind: 'question_asked', by: ana, text: 'why today?', until: askedAt + 60 * minute },
  withdrawn: { at: askedAt, kind: 'withdrawn', by: sam, reason: 'not needed' },
  cancel_asked: { at: askedAt, kind: 'cancel_asked', by: sam, reason: 'wrong one' },
  settled: { at: askedAt, kind: 'settled', by: operator, how: 'not-running' },
  settle_refused: {
    at: askedAt,
    kind: 'settle_refused',
    by: operator,
    code: 'operation_not_ours',
    facts: { operation: 'op-2' },
  },
  card_undeliverable: { at: askedAt, kind: 'card_undeliverable', address: 'teams:tenant/19:general', fault },
  reminded: { at: askedAt, kind: 'reminded', have: 1, need: 2 },
  escalated: { at: askedAt, kind: 'escalated', to: [ben], after: 14_400_000, have: 1, need: 2 },
  unnamed: { at: askedAt, kind: 'unnamed', candidates: [connectionOf('sql'), connectionOf('storage')] },
  bypassed: { at: askedAt, kind: 'bypassed', side: 'sql', onBypass: 'stop' },
  half_approved: { at: askedAt, kind: 'half_approved', approved: 'sql', missing: 'storage', fault },
  running: { at: askedAt, kind: 'running' },
  stalled: { at: askedAt + 5_400_000, kind: 'stalled', since: askedAt, text: 'Pending' },
  closing: { at: askedAt, kind: 'closing', outcome: 'denied', cause: 'denied' },
  not_undone: { at: askedAt, kind: 'not_undone', what: 'cancel', fault },
  closing_slow: { at: askedAt, kind: 'closing_slow' },
  ended: { at: askedAt, kind: 'ended' },
  left_over: {
    at: askedAt,
    kind: 'left_over',
    outcomes: [{ side: 'sql', id: connectionOf('sql').id, name: 'pec-sql', state: 'kept', fault }],
  },
  connections_changed: {
    at: askedAt,
    kind: 'connections_changed',
    changed: [
      { side: 'sql', id: connectionOf('sql').id, name: 'pec-sql', was: 'Rejected', now: 'Approved' },
      { side: 'storage', id: connectionOf('storage').id, name: 'pec-st', was: 'Approved', now: 'Gone' },
    ],
  },
}

/** A transfer as a team of Teams has it. */
export function transferAt(status: Status, change: Partial<Transfer> = {}): Transfer {
  const first = transferOf('k3v9x2mq', { by: sam, database: 'orders' })
  const rule = { ...first.rule, stages: [{ approvers: [ana, ben, group], need: 2 }], cards: ['teams:tenant/19:dba'] }
  const outcome = finalStatuses.find((each) => each === status)
  const at = askedAt + 12 * minute
  return {
    ...first,
    status,
    rule,
    request: { ...first.request, reason: 'monthly audit', origin: { address: 'teams:tenant/19:general' } },
    connections: { sql: connectionOf('sql'), storage: connectionOf('storage') },
    ...(status === 'requested' || status === 'refused' ? {} : { round: roundOf(first) }),
    ...(status === 'running' ? { progress: { text: 'Running', percent: 40, at } } : {}),
    ...(status === 'closing' ? { closing: { outcome: 'failed', cause: 'unclear', since: at, undone: {} } } : {}),
    ...(outcome ? { ending: { outcome, at, fault, leftOver: [connectionOf('sql')], nothingSent: false } } : {}),
    story: Object.values(milestones),
    ...change,
  }
}

function roundOf({ request: { database, storage } }: Transfer): Round {
  const connections = [connectionOf('sql'), connectionOf('storage')]
  const material: Round['material'] = {
    operation: 'export',
    gate: 'endpoints',
    database: database.id,
    storage: storage.id,
    uri: storage.uri,
    privateLink: true,
    rule: 'default',
    connections: connections.map(({ side, id, privateEndpoint, named }) => ({ side, id, privateEndpoint, named })),
  }
  return { number: 1, digest, material, askedAt, deliveredAt: askedAt, expiresAt: askedAt + 60 * minute }
}

/** Every view that there is of a transfer, by name. */
export function viewsOf(transfer: Transfer): readonly (readonly [string, View])[] {
  const { status } = transfer
  return [
    [`root, ${status}`, rootView(transfer, askedAt + minute, { quiet: false, moved: true })],
    [`card, ${status}`, approvalCard(transfer, 1)],
    [`replaced card, ${status}`, approvalCard(transfer, 0)],
    ...transfer.story.map(({ kind }, index) => {
      return [`reply ${kind}, ${status}`, replyView(transfer, index, [operator])] as const
    }),
  ]
}

/** Every view in every status, waiting with a yes among them, and one whose data went out after a no. */
export const everyView: readonly (readonly [string, View])[] = [
  ...[...workingStatuses, ...finalStatuses].flatMap((status) => viewsOf(transferAt(status))),
  ...viewsOf(transferAt('awaiting_approval', { decisions: [yes(ana)] })),
  ...viewsOf(transferAt('awaiting_approval', { decisions: [yes(ana), yes(ben)] })),
  ...viewsOf(released()),
]

/** A root that stands, with its link. */
const chat: ChatState = {
  slots: { root: { state: 'posted', address: ana, at: askedAt, ref: 'teams:t/c/1', link: 'https://teams.test/l/1' } },
}

/** Every private answer, by name. */
export const everyAnswer: readonly (readonly [string, readonly Line[]])[] = [
  ['help', helpAnswer({ databases: [transferAt('running').request.database], storage: [] })],
  [
    'list',
    listAnswer(
      { found: [transferAt('running'), released()].map((transfer) => ({ transfer })), more: true, unread: true },
      { at: askedAt + minute, asked: { kind: 'list' }, waiting: [], read: 1_000 },
    ),
  ],
  ['recorded', recordedAnswer(transferAt('requested'))],
  ['yes', decisionAnswer(transferAt('awaiting_approval', { decisions: [yes(ana)] }), 'approve')],
  ['no', decisionAnswer(transferAt('awaiting_approval', { decisions: [yes(ana)] }), 'deny')],
  ['cancel', cancelAnswer(transferAt('running', { snapshot: [] }))],
  ['settle', settleAnswer(transferAt('closing'))],
  ...[...workingStatuses, ...finalStatuses].map((status) => {
    return [`status ${status}`, statusAnswer({ transfer: transferAt(status), chat }, askedAt, [operator])] as const
  }),
  ...refusalCodes.map((code) => [`refusal ${code}`, refusalSentence(code, { id: 'k3v9x2mq', by: ana })] as const),
]

function yes(by: string): Transfer['decisions'][number] {
  return { by, verdict: 'approve', at: askedAt + minute, digest, stages: [0] }
}

function released(): Transfer {
  const denied = transferAt('denied')
  return { ...denied, ...(denied.ending ? { ending: { ...denied.ending, released: true } } : {}) }
}
