import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apply, applyAll, start } from '../src/transfer/apply.ts'
import { Refusal } from '../src/transfer/errors.ts'
import type { Event } from '../src/transfer/events.ts'
import { toRemove } from '../src/transfer/left-over.ts'
import type { Connection, Decision, Rule, Side, Stage, Transfer } from '../src/transfer/model.ts'
import { tally } from '../src/transfer/quorum.ts'

const minute = 60_000
const dana = 'slack:T1/UDANA'
const sam = 'slack:T1/USAM'
const lee = 'slack:T1/ULEE'
const kim = 'slack:T1/UKIM'

function requestedEvent(rule: Partial<Rule> = {}, privateLink = true): Extract<Event, { type: 'requested' }> {
  const at = 1_000
  const sub = '/subscriptions/s1/resourceGroups/rg/providers'
  return {
    type: 'requested',
    at,
    id: 'k3v9x2mq',
    request: {
      operation: 'export',
      privateLink,
      by: dana,
      at,
      origin: { address: 'slack:T1/C1' },
      database: {
        alias: 'orders',
        id: `${sub}/Microsoft.Sql/servers/sql/databases/orders`,
        subscription: 's1',
        resourceGroup: 'rg',
        server: 'sql',
        database: 'orders',
      },
      storage: {
        alias: 'backups',
        id: `${sub}/Microsoft.Storage/storageAccounts/st`,
        subscription: 's1',
        resourceGroup: 'rg',
        account: 'st',
        container: 'bacpacs',
        blob: 'orders-k3v9x2mq.bacpac',
        uri: 'https://st.blob.core.windows.net/bacpacs/orders-k3v9x2mq.bacpac',
      },
    },
    rule: {
      name: 'production',
      when: { operation: [], database: [], storage: [] },
      requesters: ['anyone'],
      stages: [{ approvers: [sam, lee], need: 1 }],
      cards: ['slack:T1/C2'],
      expiry: 60 * minute,
      gate: 'endpoints',
      onBypass: 'stop',
      unnamedConnections: 'wait',
      maxOpen: 3,
      ...rule,
    },
  }
}

function connection(side: Side, id: string = side): Connection {
  return { side, id, name: id, privateEndpoint: `pe-${id}`, state: 'Pending', named: true }
}

const plan = {
  at: 1,
  location: 'westeurope',
  serverHost: 'sql.database.windows.net',
  edition: 'Standard',
  objective: 'S3',
  databaseStatus: 'Online',
  accountSku: 'Standard_LRS',
  accountKind: 'StorageV2',
  uri: 'https://st.blob.core.windows.net/bacpacs/orders-k3v9x2mq.bacpac',
}
const operation = { id: 'op', resultUrl: 'https://x/', startedAt: 1, adopted: false }

function askedTransfer(rule: Partial<Rule> = {}): Transfer {
  return applyAll(start(requestedEvent(rule)), [
    { type: 'planned', at: 2_000, plan },
    { type: 'submit_intended', at: 3_000, attempt: 1, token: 't', snapshot: [] },
    { type: 'submitted', at: 4_000, operation },
    { type: 'connections_seen', at: 5_000, connections: [connection('sql'), connection('storage')] },
    { type: 'asked', at: 6_000, changed: [] },
    { type: 'card_delivered', at: 7_000 },
  ])
}

function decision(transfer: Transfer, by: string, verdict: 'approve' | 'deny', more: Partial<Decision> = {}): Event {
  const stages = transfer.rule.stages.flatMap(({ approvers }, index) => (approvers.includes(by) ? [index] : []))
  const digest = transfer.round?.digest ?? ''
  return { type: 'decided', at: 8_000, decision: { by, verdict, at: 8_000, digest, stages, ...more } }
}

function refusalOf(transfer: Transfer, event: Event): string {
  try {
    apply(transfer, event)
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
  return 'accepted'
}

test.each([
  ['an approver', sam, {}, 'accepted'],
  ['the requester, although the rule names them', dana, { stages: [0] }, 'own_request'],
  ['somebody else', kim, {}, 'not_approver'],
  ['an approver with the digest of an older card', sam, { digest: 'old' }, 'replaced_round'],
  ['an approver after the clock ran out', sam, { at: 7_000 + 60 * minute }, 'expired'],
] as const)('a click by %s is answered', (_, by, more, answer) => {
  expect(refusalOf(askedTransfer(), decision(askedTransfer(), by, 'approve', more))).toBe(answer)
})

test('the second decider learns who was first, whichever way they would have gone', () => {
  const approved = apply(askedTransfer(), decision(askedTransfer(), sam, 'approve'))
  const denied = apply(askedTransfer(), decision(askedTransfer(), sam, 'deny', { reason: 'no' }))
  for (const verdict of ['approve', 'deny'] as const) {
    expect(refusalOf(approved, decision(approved, lee, verdict))).toBe('already_decided')
    expect(refusalOf(denied, decision(denied, lee, verdict))).toBe('already_decided')
  }
})

test('until quorum an approve may become a deny, and one deny ends it', () => {
  const first = askedTransfer({ stages: [{ approvers: [sam, lee, kim], need: 2 }] })
  const one = apply(first, decision(first, sam, 'approve'))
  expect(tally(one)).toMatchObject({ have: 1, need: 2, reached: false })
  const turned = apply(one, decision(one, sam, 'deny', { reason: 'wrong database' }))
  expect(tally(turned)).toMatchObject({ have: 0, reached: false, denied: { by: sam } })
})

test('a person counts once, and a vote that fills no seat is refused', () => {
  const stages: Stage[] = [
    { approvers: [sam, lee], need: 1 },
    { approvers: [sam, kim], need: 1 },
  ]
  const asked = askedTransfer({ stages })
  const one = apply(asked, decision(asked, sam, 'approve'))
  expect(refusalOf(one, decision(one, sam, 'approve'))).toBe('already_voted')
  expect(tally(one).reached).toBe(false)
  const both = apply(one, decision(one, lee, 'approve'))
  expect(tally(both).reached, 'Sam moves to the second stage, Lee takes the first').toBe(true)
})

test('no order of approvals reaches a quorum without distinct people for every seat', () => {
  const people = [sam, lee, kim, 'slack:T1/UFOUR']
  const stage = fc.record({ approvers: fc.subarray(people, { minLength: 1 }), need: fc.integer({ min: 1, max: 3 }) })
  fc.assert(
    fc.property(
      fc.array(stage, { minLength: 1, maxLength: 3 }),
      fc.array(fc.constantFrom(...people)),
      (stages, clicks) => {
        let transfer = askedTransfer({ stages })
        for (const by of clicks) {
          try {
            transfer = apply(transfer, decision(transfer, by, 'approve'))
          } catch (error) {
            if (!(error instanceof Refusal)) throw error
          }
        }
        const { reached, have, need } = tally(transfer)
        const voters = new Set(transfer.decisions.map(({ by }) => by))
        expect(have).toBeLessThanOrEqual(voters.size)
        if (reached) expect(bruteForce(stages, [...voters])).toBe(true)
        expect(need).toBe(stages.reduce((sum, each) => sum + each.need, 0))
      },
    ),
  )
})

/** Tries every way to seat the voters. */
function bruteForce(stages: readonly Stage[], voters: readonly string[]): boolean {
  const open = stages.findIndex(({ need }) => need > 0)
  if (open < 0) return true
  const left = stages.map((stage, index) => (index === open ? { ...stage, need: stage.need - 1 } : stage))
  return voters.some(
    (voter) =>
      stages[open]?.approvers.includes(voter) &&
      bruteForce(
        left,
        voters.filter((other) => other !== voter),
      ),
  )
}

test('when a fact on the card changes, earlier approvals are void and the old button is refused', () => {
  const stages = [{ approvers: [sam, lee], need: 2 }]
  const asked = askedTransfer({ stages })
  const one = apply(asked, decision(asked, sam, 'approve'))
  const moved = applyAll(one, [
    { type: 'connections_seen', at: 9_000, connections: [connection('sql', 'another')] },
    { type: 'asked', at: 9_000, changed: [] },
  ])
  expect(moved.story.at(-1)).toMatchObject({ kind: 'new_round', round: 2, changed: ['connections'] })
  expect(tally(moved).have).toBe(0)
  expect(refusalOf(moved, decision(asked, lee, 'approve'))).toBe('replaced_round')
  expect(refusalOf(moved, decision(moved, sam, 'approve'))).toBe('accepted')
})

test('with gate submission nothing is sent before the quorum, with gate endpoints nothing is approved before it', () => {
  const before = start(requestedEvent({ gate: 'submission' }))
  const asked = applyAll(before, [
    { type: 'planned', at: 2_000, plan },
    { type: 'asked', at: 2_000, changed: [] },
  ])
  const send = { type: 'submit_intended', at: 3_000, attempt: 1, token: 't', snapshot: [] } as const
  expect(() => apply(asked, send)).toThrow(/cannot follow/)
  expect(() => apply(asked, { type: 'quorum_reached', at: 3_000 })).toThrow(/cannot follow/)
  const yes = applyAll(asked, [decision(asked, sam, 'approve'), { type: 'quorum_reached', at: 9_000 }])
  expect(apply(yes, send).snapshot).toEqual([])
  expect(() => apply(askedTransfer(), { type: 'quorum_reached', at: 9_000 })).toThrow(/cannot follow/)
})

test('a transfer without private link always asks before anything is sent', () => {
  const planned = apply(start(requestedEvent({ gate: 'endpoints' }, false)), { type: 'planned', at: 2_000, plan })
  expect(planned.status).toBe('requested')
})

test('denied is said only by closing, once something was sent', () => {
  const denied = apply(askedTransfer(), decision(askedTransfer(), sam, 'deny', { reason: 'no' }))
  const ending = { outcome: 'denied', nothingSent: false, leftOver: [] } as const
  expect(() => apply(denied, { type: 'ended', at: 9_000, ending })).toThrow(/cannot follow/)
  const closing = apply(denied, { type: 'closing', at: 9_000, outcome: 'denied', cause: 'denied' })
  const ended = apply(closing, { type: 'ended', at: 10_000, ending: { ...ending, released: true } })
  expect(ended).toMatchObject({ status: 'denied', ending: { released: true } })
})

test('a cancel of what was sent but never began ends at once, and of what runs only by closing', () => {
  const sent = applyAll(start(requestedEvent()), [
    { type: 'planned', at: 2_000, plan },
    { type: 'submit_intended', at: 3_000, attempt: 1, token: 't', snapshot: [] },
    { type: 'cancel_asked', at: 4_000, by: dana },
  ])
  const ended = { type: 'ended', at: 5_000 } as const
  const ending = { outcome: 'cancelled', cause: 'cancelled', nothingSent: true, leftOver: [] } as const
  expect(apply(sent, { ...ended, ending })).toMatchObject({ status: 'cancelled' })
  const running = apply(sent, { type: 'submitted', at: 4_500, operation })
  expect(() => apply(running, { ...ended, ending })).toThrow(/cannot follow/)
})

test('a job that is found before the record knows of a submit is undone like any other', () => {
  const found = applyAll(start(requestedEvent()), [
    { type: 'planned', at: 2_000, plan },
    { type: 'submitted', at: 3_000, operation },
  ])
  const ending = { outcome: 'denied', nothingSent: true, leftOver: [] } as const
  expect(() => apply(found, { type: 'ended', at: 4_000, ending })).toThrow(/cannot follow/)
  const closing = { type: 'closing', at: 4_000, outcome: 'denied', cause: 'denied' } as const
  expect(apply(found, closing)).toMatchObject({ status: 'closing' })
})

test('nothing leaves a final status, and a click on it is answered', () => {
  const refused = apply(start(requestedEvent()), { type: 'refused', at: 2_000, code: 'database_not_found', facts: {} })
  expect(() => apply(refused, { type: 'planned', at: 3_000, plan })).toThrow(/cannot follow/)
  expect(refusalOf(refused, { type: 'cancel_asked', at: 3_000, by: dana })).toBe('not_stoppable')
  expect(refusalOf(refused, decision(askedTransfer(), sam, 'approve'))).toBe('not_open')
})

test('after the end only what became of connections that were to be removed is stated, each once', () => {
  const unnamed = { ...connection('storage'), named: false }
  const end = (rule: Partial<Rule>): Transfer => {
    const asked = askedTransfer(rule)
    const yes = applyAll(asked, [decision(asked, sam, 'approve'), { type: 'quorum_reached', at: 9_000 }])
    const leftOver = [connection('sql'), unnamed]
    const ending = { outcome: 'succeeded', nothingSent: false, leftOver } as const
    return applyAll(yes, [
      { type: 'running', at: 10_000 },
      { type: 'ended', at: 11_000, ending },
    ])
  }
  expect(toRemove(end({}))).toEqual([])
  expect(toRemove(end({ leftOver: 'keep' }))).toEqual([])
  const ended = end({ leftOver: 'remove' })
  expect(toRemove(ended)).toEqual([connection('sql')])
  const said = (id: string, side: Side = 'sql'): Event => {
    return { type: 'left_over', at: 12_000, outcomes: [{ side, id, name: id, state: 'removed' }] }
  }
  for (const no of [said('storage', 'storage'), said('other'), { ...said('sql'), outcomes: [] } as Event]) {
    expect(() => apply(ended, no)).toThrow(/cannot follow/)
  }
  expect(() => apply(askedTransfer({ leftOver: 'remove' }), said('sql'))).toThrow(/cannot follow/)
  const told = apply(ended, said('SQL'))
  expect(told).toMatchObject({ status: 'succeeded', since: 11_000, leftOver: [{ state: 'removed' }] })
  expect(toRemove(told)).toEqual([])
  expect(() => apply(told, said('sql'))).toThrow(/cannot follow/)
})
