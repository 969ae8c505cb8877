import { setTimeout as pause } from 'node:timers/promises'
import { TransientError } from '../transfer/errors.ts'
import type { Pace } from '../transfer/ports.ts'
import { splitThread } from './teams-ids.ts'
import type { TeamsPlace } from './teams-port.ts'

/**
 * Below what Teams takes of a bot: in one conversation 7 in 1 s, 8 in 2 s, 60 in 30 s and 1,800 in an hour; 30 to 50 in 1 s
 * in a tenant, depending on who documents it. `rate` in messages a second.
 */
const limits = {
  conversation: { rate: 1.8, burst: 4 },
  hour: { rate: 0.45, burst: 150 },
  tenant: { rate: 14, burst: 15 },
}

/** So long it is waited for room; beyond that others go first. In milliseconds. */
const LONGEST_WAIT = 1_200

/** Makes a call to a place when Teams has room for it. */
export type TeamsPace = <T>(place: TeamsPlace, call: () => Promise<T>) => Promise<T>

/**
 * Keeps the limits of Teams for all processes together, and leaves a conversation alone for as long as Teams said when it
 * refused a call there; throws `TransientError` with the wait when there is no room soon.
 */
export function createTeamsPace(pace: Pace, now: () => number = () => performance.now()): TeamsPace {
  const closed = new Map<string, number>()
  const pass = async (gate: string, limit: { rate: number; burst: number }): Promise<void> => {
    for (let waited = 0; ; ) {
      const wait = await pace.take(gate, limit)
      if (wait === 0) return
      waited += wait
      if (waited > LONGEST_WAIT) throw full(wait)
      await pause(wait)
    }
  }
  return async (place, call) => {
    const { conversation } = splitThread(place.conversation)
    const left = (closed.get(conversation) ?? 0) - now()
    if (left > 0) throw full(left)
    closed.delete(conversation)
    const gate = `teams:${conversation}`
    await pass(gate, limits.conversation)
    await pass(`${gate}:hour`, limits.hour)
    await pass(`teams:${place.tenant}`, limits.tenant)
    return call().catch((error: unknown) => {
      const { fault, retryAfter } = error instanceof TransientError ? error : {}
      if (fault?.status === 429 && retryAfter !== undefined) closed.set(conversation, now() + retryAfter)
      throw error
    })
  }
}

function full(wait: number): TransientError {
  return new TransientError({ code: 'paced', message: 'Teams takes no more messages there now.' }, wait)
}
