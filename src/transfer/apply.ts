import { applyChanged } from './after-end.ts'
import { applyAzure } from './apply-azure.ts'
import { applyPeople } from './apply-people.ts'
import { applyRule } from './apply-rule.ts'
import { applyAskingClocks } from './asking-clocks.ts'
import type { Event } from './events.ts'
import { applyAfterEnd } from './left-over.ts'
import { type Change, illegal, isFinal, type Told } from './lifecycle.ts'
import { changedFacts, digestOf, gateOf, materialOf } from './material.ts'
import type { Milestone, Round, Transfer } from './model.ts'
import { applyStall } from './stall.ts'
import { applyUsual } from './usual.ts'

/**
 * The only way a record changes: the next version, or a throw. A `Refusal` is an answer for the person who acts;
 * any other error means that the caller asked for something that can't follow, and nothing may be written.
 */
export function apply(transfer: Transfer, event: Event): Transfer {
  const theirs = applyPeople(transfer, event) ?? applyAfterEnd(transfer, event) ?? applyChanged(transfer, event)
  if (!theirs && isFinal(transfer.status)) throw illegal(transfer, event)
  const change =
    theirs ??
    applyRule(transfer, event) ??
    applyAsking(transfer, event) ??
    applyAskingClocks(transfer, event) ??
    applyStall(transfer, event) ??
    applyUsual(transfer, event) ??
    applyAzure(transfer, event)
  if (!change) throw illegal(transfer, event)
  const { told = [], ...rest } = change
  const moved = rest.status !== undefined && rest.status !== transfer.status
  return {
    ...transfer,
    ...rest,
    since: moved ? event.at : transfer.since,
    story: [...transfer.story, ...told.map((milestone) => ({ ...milestone, at: event.at }) as Milestone)],
    version: transfer.version + 1,
  }
}

/** Several events, one after the other. */
export function applyAll(transfer: Transfer, events: readonly Event[]): Transfer {
  return events.reduce(apply, transfer)
}

/** The first version of a record. */
export function start(event: Extract<Event, { type: 'requested' }>): Transfer {
  return {
    schema: 1,
    id: event.id,
    version: 1,
    status: 'requested',
    since: event.at,
    request: event.request,
    rule: event.rule,
    ...(event.candidates ? { candidates: event.candidates } : {}),
    ...(event.explained ? { explained: event.explained } : {}),
    connections: {},
    decisions: [],
    story: [],
  }
}

function applyAsking(transfer: Transfer, event: Event): Change | undefined {
  const { round } = transfer
  switch (event.type) {
    case 'asked': {
      if (!mayAsk(transfer)) throw illegal(transfer, event)
      const next = nextRound(transfer, event.at)
      const told: Told = round
        ? { kind: 'new_round', round: next.number, changed: changedFacts(round.material, next.material) }
        : { kind: 'asked', round: next.number }
      return { status: 'awaiting_approval', round: next, told: [told] }
    }
    case 'card_delivered': {
      if (!round || round.deliveredAt !== undefined) throw illegal(transfer, event)
      return { round: { ...round, deliveredAt: event.at, expiresAt: event.at + transfer.rule.expiry } }
    }
    case 'card_undeliverable':
      return { told: [{ kind: 'card_undeliverable', address: event.address, fault: event.fault }] }
    default:
      return undefined
  }
}

/** From where people are asked: where the gate stands, and where they were asked before. */
function mayAsk(transfer: Transfer): boolean {
  const gate = gateOf(transfer) === 'submission' ? 'requested' : 'awaiting_endpoints'
  return transfer.status === gate || transfer.status === 'awaiting_approval'
}

function nextRound(transfer: Transfer, at: number): Round {
  const number = (transfer.round?.number ?? 0) + 1
  const material = materialOf(transfer)
  return { number, material, digest: digestOf(material, number), askedAt: at }
}
