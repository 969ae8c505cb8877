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

/** Keeps the limits of Teams for all processes together; throws `TransientError` with the wait when there is no room soon. */
export function createTeamsPace(pace: Pace): (place: TeamsPlace) => Promise<void> {
  const pass = async (gate: string, limit: { rate: number; burst: number }): Promise<void> => {
    for (let waited = 0; ; ) {
      const wait = await pace.take(gate, limit)
      if (wait === 0) return
      waited += wait
      if (waited > LONGEST_WAIT) {
        throw new TransientError({ code: 'paced', message: 'Teams takes no more messages there now.' }, wait)
      }
      await pause(wait)
    }
  }
  return async ({ tenant, conversation }) => {
    const gate = `teams:${splitThread(conversation).conversation}`
    await pass(gate, limits.conversation)
    await pass(`${gate}:hour`, limits.hour)
    await pass(`teams:${tenant}`, limits.tenant)
  }
}
