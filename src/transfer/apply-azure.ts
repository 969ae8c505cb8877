import { measured } from './apply-rule.ts'
import type { Event } from './events.ts'
import { type Change, illegal, mayHaveStarted } from './lifecycle.ts'
import { gateOf } from './material.ts'
import { type Connection, type Ending, sides, type Transfer } from './model.ts'
import { tally } from './quorum.ts'

/** What Azure says and what the worker does about it. Undefined: not one of these events. */
export function applyAzure(transfer: Transfer, event: Event): Change | undefined {
  return (
    applySubmit(transfer, event) ??
    applyConnections(transfer, event) ??
    applyEnd(transfer, event) ??
    applyUndoing(transfer, event)
  )
}

function applySubmit(transfer: Transfer, event: Event): Change | undefined {
  const require = (condition: boolean): void => check(condition, transfer, event)
  switch (event.type) {
    case 'planned': {
      const asksFirst = gateOf(transfer) === 'submission'
      require(transfer.status === 'requested' || transfer.status === 'awaiting_approval')
      const read = measured(transfer, event.plan)
      if (asksFirst || transfer.request.dryRun || transfer.status === 'awaiting_approval') return read
      return { ...read, status: 'submitting' }
    }
    case 'creation_sent':
      require(transfer.status === 'preparing' && transfer.request.create !== undefined && tally(transfer).reached)
      return {}
    case 'prepared': {
      require(transfer.status === 'preparing' && transfer.request.create !== undefined && tally(transfer).reached)
      const told = [{ kind: 'prepared', made: event.made } as const]
      return { status: 'submitting', told, ...(event.made ? { created: true as const } : {}) }
    }
    case 'submit_intended':
      require(transfer.status === 'submitting' && (gateOf(transfer) === 'endpoints' || tally(transfer).reached))
      return { snapshot: transfer.snapshot ?? event.snapshot }
    case 'submitted': {
      require(transfer.status === 'submitting' || transfer.status === 'closing')
      const { operation } = event
      const told = [{ kind: 'submitted', operation: operation.id, adopted: operation.adopted } as const]
      if (transfer.status === 'closing') return { operation, told }
      return { operation, told, status: transfer.request.privateLink ? 'awaiting_endpoints' : 'running' }
    }
    case 'submit_unclear':
      require(transfer.status === 'submitting')
      return { told: [{ kind: 'unclear', fault: event.fault }] }
    case 'observed': {
      const { at, text, percent } = event
      return { progress: { at, text, ...(percent === undefined ? {} : { percent }) } }
    }
    default:
      return undefined
  }
}

function applyConnections(transfer: Transfer, event: Event): Change | undefined {
  const { status, connections, bypassed, rule } = transfer
  const require = (condition: boolean): void => check(condition, transfer, event)
  switch (event.type) {
    case 'connections_seen':
      return { connections: merge(transfer, event.connections) }
    case 'unnamed_seen':
      return { told: [{ kind: 'unnamed', candidates: event.candidates }] }
    case 'quorum_reached': {
      require(tally(transfer).reached)
      if (gateOf(transfer) === 'submission' && status === 'awaiting_approval') {
        return { status: transfer.request.create ? 'preparing' : 'submitting' }
      }
      require(status === 'awaiting_approval' || status === 'awaiting_endpoints')
      require(sides.every((side) => connections[side]))
      return { status: 'approving' }
    }
    case 'bypassed': {
      const { at, side } = event
      require(!bypassed)
      const onBypass = status === 'closing' ? status : rule.onBypass
      return { bypassed: { at, side }, told: [{ kind: 'bypassed', side, onBypass }] }
    }
    case 'approve_intended':
      require(status === 'approving' && tally(transfer).reached)
      return {}
    case 'approve_failed': {
      const { side: missing, fault, approved } = event
      return { told: [{ kind: 'half_approved', missing, fault, ...(approved ? { approved } : {}) }] }
    }
    case 'running': {
      const isFollowed = status === 'awaiting_approval' && bypassed !== undefined && rule.onBypass === 'follow'
      require(status === 'approving' || isFollowed)
      return { status: 'running', told: [{ kind: 'running' }] }
    }
    default:
      return undefined
  }
}

function applyEnd(transfer: Transfer, event: Event): Change | undefined {
  const { status } = transfer
  switch (event.type) {
    case 'refused':
      check(!mayHaveStarted(transfer), transfer, event)
      return ended(event.at, {
        outcome: 'refused',
        refusal: { code: event.code, facts: event.facts },
        leftOver: [],
        nothingSent: true,
      })
    case 'checked':
      check(transfer.request.dryRun === true && !mayHaveStarted(transfer), transfer, event)
      return ended(event.at, { outcome: 'checked', leftOver: [], nothingSent: true })
    case 'submit_refused':
      check(status === 'submitting', transfer, event)
      return ended(event.at, { outcome: 'failed', fault: event.fault, leftOver: [], nothingSent: true })
    case 'closing': {
      const { at, outcome, cause, fault } = event
      check(status !== 'closing' && mayHaveStarted(transfer), transfer, event)
      const why = fault === undefined ? {} : { fault }
      return {
        status: 'closing',
        closing: { outcome, cause, since: at, undone: {}, ...why },
        told: [{ kind: 'closing', outcome, cause, ...why }],
      }
    }
    case 'ended':
      checkEnding(transfer, event)
      return ended(event.at, event.ending)
    default:
      return undefined
  }
}

function applyUndoing(transfer: Transfer, event: Event): Change | undefined {
  const { closing } = transfer
  switch (event.type) {
    case 'undo': {
      if (!closing) throw illegal(transfer, event)
      const { at, what, state, fault } = event
      const before = closing.undone[what]
      const undone = { ...closing.undone, [what]: { state, at, ...(fault ? { fault } : {}) } }
      const tell = state === 'refused' && fault && before?.fault?.code !== fault.code
      return { closing: { ...closing, undone }, ...(tell ? { told: [{ kind: 'not_undone', what, fault }] } : {}) }
    }
    case 'settle_refused': {
      const { settled } = transfer
      if (!settled || transfer.operation) throw illegal(transfer, event)
      const { code, facts } = event
      return {
        settled: { ...settled, refused: true },
        told: [{ kind: 'settle_refused', by: settled.by, code, facts }],
      }
    }
    case 'closing_slow':
      if (!closing) throw illegal(transfer, event)
      return { closing: { ...closing, slowTold: true }, told: [{ kind: 'closing_slow' }] }
    default:
      return undefined
  }
}

/** A no is final only when nothing was sent, or `closing` saw the operation end. */
function checkEnding(transfer: Transfer, event: Extract<Event, { type: 'ended' }>): void {
  const { outcome, nothingSent, cause, released } = event.ending
  check(nothingSent !== mayHaveStarted(transfer) || outcome === 'failed' || outcome === 'cancelled', transfer, event)
  check(!nothingSent || !transfer.operation, transfer, event)
  if (outcome === 'denied' || outcome === 'expired') {
    check(nothingSent || transfer.closing?.outcome === outcome, transfer, event)
  }
  if (outcome === 'cancelled') {
    check(nothingSent || cause === 'azure' || transfer.closing?.outcome === 'cancelled', transfer, event)
  }
  if (outcome === 'succeeded') check(!transfer.closing && !released, transfer, event)
}

function ended(at: number, ending: Omit<Ending, 'at'>): Change {
  return { status: ending.outcome, ending: { ...ending, at }, told: [{ kind: 'ended' }] }
}

function merge(transfer: Transfer, seen: readonly Connection[]): Transfer['connections'] {
  return { ...transfer.connections, ...Object.fromEntries(seen.map((connection) => [connection.side, connection])) }
}

function check(condition: boolean, transfer: Transfer, event: Event): void {
  if (!condition) throw illegal(transfer, event)
}
