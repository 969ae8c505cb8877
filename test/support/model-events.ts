import fc from 'fast-check'
import type { EventBody } from '../../src/jobs/job.ts'
import { apply } from '../../src/transfer/apply.ts'
import type { Event } from '../../src/transfer/events.ts'
import { isFinal } from '../../src/transfer/lifecycle.ts'
import { gateOf } from '../../src/transfer/material.ts'
import type { Connection, Plan, Side, Transfer } from '../../src/transfer/model.ts'
import { accounts, declared, entitled, humanBehind, isQuorum, type Memberships, type Vote } from './model-people.ts'

/** An event as it comes, or a decision that still lacks what only the record knows. */
export type Happening =
  | { after: number; event: EventBody }
  | { after: number; by: string; verdict: 'approve' | 'deny'; card: 'newest' | 'older' | 'none' }

const memberships: Memberships = {
  members: {
    'slack:T1/SDBA': ['slack:T1/USAM', 'slack:T1/ULEE'],
    'slack:T1/SSEC': ['slack:T1/UADA', 'slack:T1/UDANA'],
  },
  down: 0,
}
const fault = { code: 'Busy', message: 'Azure says no.' }
const operation = { id: 'op', resultUrl: 'https://x/', startedAt: 1, adopted: false }
const plan: Plan = {
  at: 1,
  location: 'westeurope',
  serverHost: 'sql.database.windows.net',
  edition: 'Standard',
  objective: 'S3',
  databaseStatus: 'Online',
  accountSku: 'Standard_LRS',
  accountKind: 'StorageV2',
  uri: 'https://st.blob.core.windows.net/bacpacs/orders.bacpac',
}
const terabyte = 1_000_000_000_000
const large: Plan = {
  ...plan,
  checks: [{ name: 'size', verdict: 'ok', code: 'fits', facts: { used: String(2 * terabyte) } }],
}
const side = fc.constantFrom<Side>('sql', 'storage')
const connection = (of: Side, id: string): Connection => {
  return { side: of, id: `/${of}/${id}`, name: id, privateEndpoint: `/pe/${id}`, state: 'Pending', named: true }
}
const both = fc.constantFrom('a', 'b').map((id) => [connection('sql', id), connection('storage', id)])
const outcome = fc.constantFrom('denied', 'expired', 'cancelled', 'failed', 'succeeded' as const)

const bodies = fc.oneof(
  fc.constantFrom<EventBody>(
    { type: 'planned', plan },
    { type: 'planned', plan: large },
    { type: 'rule_settled', rule: 'production' },
    { type: 'rule_settled', rule: 'large' },
    { type: 'checked' },
    { type: 'creation_sent' },
    { type: 'prepared', made: true },
    { type: 'submit_intended', attempt: 1, token: 't', snapshot: [] },
    { type: 'submitted', operation },
    { type: 'submit_refused', fault },
    { type: 'asked', changed: [] },
    { type: 'card_delivered' },
    { type: 'cancel_asked', by: 'slack:T1/ULEE' },
    { type: 'quorum_reached' },
    { type: 'running' },
    { type: 'refused', code: 'preflight', facts: {} },
    { type: 'settled', by: 'slack:T1/UOPS' },
    { type: 'closing_slow' },
    { type: 'reminded' },
    { type: 'escalated' },
    { type: 'connections_changed', changed: [{ side: 'sql', id: '/sql/a', name: 'a', was: 'Pending', now: 'Gone' }] },
  ),
  both.map((connections): EventBody => ({ type: 'connections_seen', connections })),
  side.map((of): EventBody => ({ type: 'approve_intended', side: of, token: 't' })),
  side.map((of): EventBody => ({ type: 'bypassed', side: of })),
  fc
    .constantFrom('denied', 'expired', 'cancelled', 'failed' as const)
    .map((of): EventBody => ({ type: 'closing', outcome: of, cause: 'clock' })),
  fc.record({ outcome, nothingSent: fc.boolean(), released: fc.boolean(), left: fc.boolean() }).map(
    ({ left, released, ...ending }): EventBody => ({
      type: 'ended',
      ending: { ...ending, ...(released ? { released } : {}), leftOver: left ? [connection('sql', 'a')] : [] },
    }),
  ),
  fc.constant<EventBody>({ type: 'left_over', outcomes: [{ side: 'sql', id: '/sql/a', name: 'a', state: 'removed' }] }),
)

const after = fc.constantFrom(0, 1_000, 1_000, 3_600_000)
/** The way that a transfer usually goes comes more often than chance would have it. */
export const happenings: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ after, event: bodies }),
  fc.record({
    after,
    by: fc.constantFrom(...accounts),
    verdict: fc.oneof(
      { weight: 6, arbitrary: fc.constant('approve' as const) },
      { weight: 1, arbitrary: fc.constant('deny' as const) },
    ),
    card: fc.oneof(
      { weight: 5, arbitrary: fc.constant('newest' as const) },
      { weight: 1, arbitrary: fc.constantFrom('older', 'none') },
    ),
  }) as fc.Arbitrary<Happening>,
)

/** The same, when only the plan can tell whether the rule for large data counts. */
export function undecided(transfer: Transfer): Transfer {
  const { rule } = transfer
  const stages = [{ approvers: ['slack:T1/ULEE', 'slack:T1/UADA'], need: 2 }]
  const other = { ...rule, name: 'large', stages, when: { ...rule.when, size: { atLeast: terabyte } } }
  return {
    ...transfer,
    candidates: [
      { rule: other, outcome: 'later' },
      { rule, outcome: 'match' },
    ],
  }
}

/** What leads to a card that can be decided on. */
export function usually(transfer: Transfer): readonly Happening[] {
  const sent: readonly EventBody[] = [
    { type: 'submit_intended', attempt: 1, token: 't', snapshot: [] },
    { type: 'submitted', operation },
    { type: 'connections_seen', connections: [connection('sql', 'a'), connection('storage', 'a')] },
  ]
  const all: readonly EventBody[] = [
    { type: 'planned', plan },
    ...(transfer.candidates ? [{ type: 'rule_settled', rule: transfer.rule.name } as const] : []),
    ...(gateOf(transfer) === 'endpoints' ? sent : []),
    { type: 'asked', changed: [] },
    { type: 'card_delivered' },
  ]
  return all.map((event) => ({ after: 1_000, event }))
}

/** What the core made of it all, in words, where it broke a rule. */
export function brokenBy(first: Transfer, all: readonly Happening[]): readonly string[] {
  const broken: string[] = []
  const votes: Vote[] = []
  const digests: string[] = []
  let transfer = first
  let at = first.since
  for (const happening of all) {
    at += happening.after
    const event = eventOf(transfer, happening, digests, at)
    const next = tried(transfer, event)
    if (!next) continue
    const claim = (holds: boolean, what: string): void => {
      if (!holds) broken.push(`${what} (${event.type} at ${transfer.status})`)
    }
    claim(next.version === transfer.version + 1, 'a version is missing')
    if (isFinal(transfer.status)) {
      claim(event.type === 'left_over' || event.type === 'connections_changed', 'something was stated after the end')
      claim(next.status === transfer.status && next.ending === transfer.ending, 'the end was changed')
    }
    claim(
      !transfer.closing || next.status === 'closing' || isFinal(next.status),
      'it went on after it was being closed',
    )
    const counting = votes.filter(({ round, verdict, human }) => {
      return round === transfer.round?.number && (verdict === 'deny' || human !== humanBehind(transfer.request.by))
    })
    const needsYes =
      event.type === 'approve_intended' ||
      event.type === 'quorum_reached' ||
      event.type === 'prepared' ||
      event.type === 'creation_sent' ||
      (event.type === 'submit_intended' && gateOf(transfer) === 'submission')
    claim(!needsYes || isQuorum(transfer.rule, counting), 'it went on before a quorum')
    claim(!transfer.closing || event.type !== 'cancel_asked', 'it was to be stopped when it was being closed')
    checkRule(transfer, next, event, claim)
    if (event.type === 'ended') checkEnding(transfer, event, claim)
    if (event.type === 'decided') votes.push(voteOf(transfer, event, counting, claim))
    if (next.round && next.round.digest !== digests.at(-1)) digests.push(next.round.digest)
    transfer = next
  }
  return broken
}

type Claim = (holds: boolean, what: string) => void

/** While it is open which rule counts nobody is asked and nothing is sent; the plan settles it once. */
function checkRule(transfer: Transfer, next: Transfer, event: Event, claim: Claim): void {
  const needsRule = ['asked', 'decided', 'submit_intended', 'creation_sent', 'quorum_reached']
  claim(!transfer.candidates || !needsRule.includes(event.type), 'it went on before its rule was settled')
  if (event.type !== 'rule_settled') {
    claim(next.rule === transfer.rule, 'its rule was changed')
    return
  }
  const isLarge = transfer.plan?.checks !== undefined && transfer.request.operation === 'export'
  claim(
    transfer.candidates !== undefined && next.rule.name === (isLarge ? 'large' : 'production'),
    'another rule counts',
  )
  claim(event.rule === next.rule.name, 'another rule was named')
}

function checkEnding(transfer: Transfer, { ending }: Extract<Event, { type: 'ended' }>, claim: Claim): void {
  const { outcome, nothingSent, released } = ending
  const isSent = transfer.snapshot !== undefined || transfer.operation !== undefined
  const isNo = outcome === 'denied' || outcome === 'expired'
  claim(!isNo || nothingSent !== isSent, 'what was sent was not told')
  claim(!isNo || nothingSent || transfer.closing?.outcome === outcome, 'a no without closing')
  claim(outcome !== 'succeeded' || (!transfer.closing && !released), 'it succeeded after a no')
}

function voteOf(
  transfer: Transfer,
  { decision }: Extract<Event, { type: 'decided' }>,
  counting: readonly Vote[],
  claim: Claim,
): Vote {
  const { by, verdict, at, digest, stages } = decision
  const human = humanBehind(by)
  const { round, request } = transfer
  if (!human) throw new Error(`nobody has the account ${by}`)
  claim(human !== humanBehind(request.by), 'the requester decided')
  claim(stages.length > 0, 'somebody decided who is no approver')
  claim(digest === round?.digest, 'an older card was decided on')
  claim(round?.expiresAt === undefined || at < round.expiresAt, 'somebody decided after the time')
  claim(transfer.status === 'awaiting_approval' && !transfer.cancel, 'somebody decided when nothing was asked')
  claim(!counting.some((vote) => vote.verdict === 'deny'), 'somebody decided after a no')
  claim(!isQuorum(transfer.rule, counting), 'somebody decided after the quorum')
  claim(verdict === 'deny' || !counting.some((vote) => vote.human === human), 'somebody counts twice')
  const platform = request.by.split(':')[0] ?? ''
  const isAtHome =
    by.startsWith(platform) || (human.declared && human.accounts.some((each) => each.startsWith(platform)))
  claim(isAtHome, 'somebody decided in the other chat whom nobody declared')
  return { human, account: by, verdict, at, round: round?.number ?? 0, shown: round?.material, stages }
}

function eventOf(transfer: Transfer, happening: Happening, digests: readonly string[], at: number): Event {
  if ('event' in happening) return { ...happening.event, at }
  const { by, verdict, card } = happening
  const human = humanBehind(by)
  const also = declared.find(({ accounts }) => accounts.includes(by))?.accounts.filter((each) => each !== by)
  const digest = { newest: digests.at(-1), older: digests.at(-2), none: 'none' }[card] ?? 'none'
  const stages = human
    ? entitled(human, by, memberships, transfer.rule, transfer.rule, transfer.escalated !== undefined)
    : []
  return { type: 'decided', at, decision: { by, ...(also ? { also } : {}), verdict, at, digest, stages } }
}

function tried(transfer: Transfer, event: Event): Transfer | undefined {
  try {
    return apply(transfer, event)
  } catch {
    return undefined
  }
}
