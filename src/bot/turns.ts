/** Does the work when it is its turn for this key; `waited` tells that somebody was before. */
export type InTurn = <T>(key: string, work: (waited: boolean) => Promise<T>) => Promise<T>

/** Turns of one process: works of one key follow each other in the order in which they came, those of other keys do not wait. */
export function createTurns(): InTurn {
  const last = new Map<string, Promise<unknown>>()
  return async (key, work) => {
    const before = last.get(key)
    const mine = before ? before.then(() => work(true)) : work(false)
    // What fails is told to whoever asked for it, and the next one has their turn all the same.
    const over = mine.catch(() => undefined)
    last.set(key, over)
    try {
      return await mine
    } finally {
      if (last.get(key) === over) last.delete(key)
    }
  }
}
