/** What somebody looks for in a state; what is empty or false is not there yet. */
export type Look<State, T> = (state: State) => T | undefined | null | false

type Happened = {
  calls: readonly { method: string; status?: number | undefined; error?: string | undefined }[]
  deliveries: readonly { kind: string; status?: unknown; error?: string | undefined }[]
}

/** Who waits for a state to change: `until` resolves with what is found in time, and else rejects with what came last. */
export function createWaiting<State extends Happened>(chat: string, state: State) {
  const waiting = new Set<() => void>()
  return {
    changed(): void {
      for (const look of [...waiting]) look()
    },
    until<T>(look: Look<State, T>, ms = 5000): Promise<T> {
      return new Promise((resolve, reject) => {
        const done = (act: () => void) => {
          waiting.delete(again)
          clearTimeout(timer)
          act()
        }
        const again = () => {
          try {
            const found = look(state)
            if (found) done(() => resolve(found))
          } catch (error) {
            done(() => reject(error))
          }
        }
        const timer = setTimeout(() => done(() => reject(new Error(nothing(chat, state, ms)))), ms)
        waiting.add(again)
        again()
      })
    },
  }
}

function nothing(chat: string, state: Happened, ms: number): string {
  const calls = state.calls.slice(-5).map((c) => `${c.method} ${c.status ?? '…'} ${c.error ?? ''}`.trim())
  const sent = state.deliveries.slice(-5).map((d) => `${d.kind} ${d.status} ${d.error ?? ''}`.trim())
  return `${chat} did not come to that within ${ms} ms; last calls: ${calls.join(', ')}; last deliveries: ${sent.join(', ')}`
}
