import { setTimeout as delay } from 'node:timers/promises'
import type { Clock, Hint, Role, Store } from '../transfer/ports.ts'
import { errorLabel, type Log } from './log.ts'

const everyMs = 200
const longestMs = 1_000
const most = 50

/** Claims what is due every 200 ms and hints it: relay of lost hints, timer of deadlines and reconciler in one. */
export function startPump(options: { role: Role; store: Store; clock: Clock; hint: Hint; log: Log }): {
  stop(): Promise<void>
} {
  const { role, store, clock, hint, log } = options
  const stopping = new AbortController()
  let failures = 0
  const turn = async (): Promise<number> => {
    try {
      const ids = await store.claim(role, clock.now(), most)
      for (const id of ids) hint(role, id)
      failures = 0
      return ids.length < most ? everyMs : 0
    } catch (error) {
      failures += 1
      if (failures === 1 && !stopping.signal.aborted)
        log.warn({ role, error: errorLabel(error) }, 'due transfers could not be claimed')
      return Math.min(everyMs * 2 ** failures, longestMs)
    }
  }
  const run = async () => {
    while (!stopping.signal.aborted) {
      await delay(await turn(), undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const ended = run()
  return {
    stop: () => {
      stopping.abort()
      return ended
    },
  }
}
