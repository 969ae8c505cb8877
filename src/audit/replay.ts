import { apply, start } from '../transfer/apply.ts'
import type { Event } from '../transfer/events.ts'
import type { Round, Transfer } from '../transfer/model.ts'
import type { Check } from '../transfer/preflight.ts'
import type { Entry } from './entry.ts'
import { parseJson } from './seal.ts'

/** What one round showed, made anew from the entries: its facts and digest, and what the checks said then. */
export type Shown = Round & { checks?: readonly Check[] }

/** The rounds of a transfer by its entries; undefined when they do not begin with its first, or do not follow on each other. */
export function replayRounds(entries: readonly Entry[]): readonly Shown[] | undefined {
  const rounds = new Map<number, Shown>()
  let transfer: Transfer | undefined
  try {
    for (const entry of entries) {
      if (entry.version === undefined) continue
      const event = parseJson(entry.event) as Event
      if (transfer) transfer = apply(transfer, event)
      else if (event.type === 'requested') transfer = start(event)
      else return undefined
      if (String(transfer.version) !== entry.version) return undefined
      if (transfer.round) rounds.set(transfer.round.number, shown(transfer, transfer.round, rounds))
    }
  } catch {
    // Written by a version that meant something else by it.
    return undefined
  }
  return [...rounds.values()]
}

/** The checks of a round are those that were known when it was asked. */
function shown({ plan }: Transfer, round: Round, before: ReadonlyMap<number, Shown>): Shown {
  const checks = before.get(round.number)?.checks ?? plan?.checks
  return { ...round, ...(checks ? { checks } : {}) }
}
