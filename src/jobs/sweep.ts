import type { Millis } from '../transfer/model.ts'
import type { Store } from '../transfer/ports.ts'

/** Heals at the start and then every `every` milliseconds: what nothing would wake any more becomes due, loudly. */
export function startSweep(options: {
  store: Store
  every: Millis
  log(fields: Readonly<Record<string, unknown>>, message: string): void
}): { stop(): void } {
  const { store, every, log } = options
  const sweep = async (): Promise<void> => {
    try {
      for (const transfer of await store.heal()) log({ transfer }, 'a transfer that nothing would wake was made due')
    } catch (error) {
      log({ error: error instanceof Error ? error.message : 'unknown' }, 'the sweep failed, it runs again')
    }
  }
  void sweep()
  const timer = setInterval(sweep, every)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}
