import { PermanentError, TransientError } from '../transfer/errors.ts'
import { toRemove } from '../transfer/left-over.ts'
import type { Connection, Fault, LeftOver, Side } from '../transfer/model.ts'
import type { Effect, Taken } from '../transfer/ports.ts'
import type { EventBody, Job, Move, Step } from './job.ts'
import { clockOf, nextPoll } from './moves.ts'

/** What a slot keeps of one DELETE. `lasting`: trying again changes nothing. */
type RemoveResult = ({ ok: true } & Taken) | { ok: false; fault: Fault; lasting: boolean }

/** How one connection stands: settled, to be removed now, or to be looked at again. */
type Turn = { settled: LeftOver } | { remove: Connection } | 'wait'

/**
 * After the end: removes exactly the connections of the record that Azure named as this operation's and left behind, each
 * read again by its id right before. Azure first gets `polls.closing` to clear up by itself; what cannot be removed within
 * the clock of `closing` is told as kept.
 */
export const leftOver: Step = async (job) => {
  const { transfer, now, polls } = job
  const from = (transfer.ending?.at ?? now) + polls.closing
  if (now < from) return { due: from }
  const turns = await Promise.all(toRemove(transfer).map((connection) => turnOf(job, connection)))
  const outcomes = turns.flatMap((turn) => (turn !== 'wait' && 'settled' in turn ? [turn.settled] : []))
  const removable = turns.flatMap((turn) => (turn !== 'wait' && 'remove' in turn ? [turn.remove] : []))
  const events: readonly EventBody[] = outcomes.length > 0 ? [{ type: 'left_over', outcomes }] : []
  return removable.length > 0 ? remove(job, removable, events) : { events, due: nextPoll(job) }
}

async function turnOf(job: Job, ours: Connection): Promise<Turn> {
  const { azure, transfer, effects, now, polls } = job
  const { side, id, name } = ours
  const late = now >= (transfer.ending?.at ?? now) + clockOf(job, 'closing')
  const settled = (state: LeftOver['state'], fault?: Fault): Turn => {
    return { settled: { side, id, name, state, ...(fault ? { fault } : {}) } }
  }
  const effect = effects[slotOf(side)]
  const result = effect?.result as RemoveResult | undefined
  try {
    const seen = await azure.connection(transfer.request, ours)
    if (!seen) return settled(effect && result?.ok !== false ? 'removed' : 'gone')
    if (!isOurs(job, seen)) return settled('kept', foreign)
    if (result?.ok === false && (result.lasting || late)) return settled('kept', result.fault)
    if (late) return settled('kept', stillThere)
    // An earlier DELETE may still be at work.
    return effect && now < effect.at + polls.closing ? 'wait' : { remove: seen }
  } catch (error) {
    if (error instanceof PermanentError || (late && error instanceof TransientError))
      return settled('kept', error.fault)
    throw error
  }
}

/** Still the connection that the record knew while the job lived: of the same private endpoint, and not there before the submit. */
function isOurs({ transfer }: Job, seen: Connection): boolean {
  const id = seen.id.toLowerCase()
  const known = transfer.connections[seen.side]
  if (!known || (transfer.snapshot?.some((each) => each.toLowerCase() === id) ?? true)) return false
  return known.id.toLowerCase() === id && known.privateEndpoint.toLowerCase() === seen.privateEndpoint.toLowerCase()
}

const foreign: Fault = {
  code: 'ForeignConnection',
  message: 'What stands there now under this name is not the connection of this transfer.',
}
const stillThere: Fault = { code: 'StillThere', message: 'Azure took the removal, but the connection is still there.' }

/** Intents for all, then the DELETEs in parallel, then each result by its token. */
function remove(job: Job, connections: readonly Connection[], events: readonly EventBody[]): Move {
  const { azure, transfer, store, lease, now } = job
  const intents = connections.map((connection) => {
    const slot = slotOf(connection.side)
    const effect: Effect = { token: job.token(), at: now, attempt: (job.effects[slot]?.attempt ?? 0) + 1 }
    return { slot, connection, effect }
  })
  const one = async ({ slot, connection, effect }: (typeof intents)[number]): Promise<void> => {
    const result = await azure
      .remove(transfer.request, connection, lease.mayStart)
      .then((taken): RemoveResult => ({ ok: true, ...taken }))
      .catch(resultOf)
    await store.result(transfer.id, slot, effect.token, result, job.clock.now())
  }
  return {
    events,
    effects: Object.fromEntries(intents.map(({ slot, effect }) => [slot, effect])),
    due: now,
    act: async () => void (await Promise.all(intents.map(one))),
  }
}

function slotOf(side: Side): string {
  return `remove:${side}`
}

function resultOf(error: unknown): RemoveResult {
  if (error instanceof PermanentError) return { ok: false, fault: error.fault, lasting: true }
  if (error instanceof TransientError) return { ok: false, fault: error.fault, lasting: false }
  return { ok: false, fault: { code: 'NotSent', message: 'The request was not sent.' }, lasting: false }
}
