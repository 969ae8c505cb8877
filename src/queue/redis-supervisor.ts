import { createConnection, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const pauseMs = 200
const calmMs = 1_000

export type SuperviseOptions = { path: string; bringUp: () => Promise<void>; log: (message: string) => void }

/** Holds a connection to `path` and, when the server closes it (which is how death shows at once), has it brought up again until stopped. */
export function superviseRedis({ path, bringUp, log }: SuperviseOptions): { stop(): Promise<void> } {
  const stopping = new AbortController()
  let watch: Socket | undefined
  let healing: Promise<void> = Promise.resolve()
  let healedAt = Number.NEGATIVE_INFINITY

  const connect = () => {
    watch = createConnection(path)
    watch.resume()
    watch.on('error', () => undefined)
    watch.once('close', () => {
      // A server that keeps turning us away must not be asked in a tight loop.
      if (!stopping.signal.aborted) healing = heal(performance.now() - healedAt < calmMs ? pauseMs : 0)
    })
  }

  const heal = async (waitMs: number): Promise<void> => {
    for (let wait = waitMs; !stopping.signal.aborted; wait = pauseMs) {
      try {
        await delay(wait, undefined, { signal: stopping.signal })
        await bringUp()
        healedAt = performance.now()
        if (!stopping.signal.aborted) connect()
        return
      } catch (error) {
        if (!stopping.signal.aborted) log(`Redis is down and cannot be started: ${String(error)}`)
      }
    }
  }

  connect()
  return {
    stop: async () => {
      stopping.abort()
      watch?.destroy()
      await healing
    },
  }
}
