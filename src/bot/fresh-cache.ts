/** Values that are read once for all who ask at the same time and kept for a while. */
export type FreshCache<T> = {
  get(key: string): Promise<T>
  /** Forgets the value; one that is being read now is not given to anybody who asks later. */
  drop(key: string): void
  /** Forgets all of them, in the same way. */
  clear(): void
}

/** A cache of what `load` answers, at most `maxAge` milliseconds of `now` old, reckoned from before it was asked for. */
export function createFreshCache<T>(options: {
  maxAge: number
  now: () => number
  load: (key: string) => Promise<T>
}): FreshCache<T> {
  const { maxAge, now, load } = options
  const kept = new Map<string, { at: number; value: Promise<T> }>()
  return {
    get(key) {
      const known = kept.get(key)
      if (known && now() - known.at < maxAge) return known.value
      const entry = { at: now(), value: load(key) }
      kept.set(key, entry)
      // A failure is told to those who wait for it and to nobody after them.
      entry.value.catch(() => {
        if (kept.get(key) === entry) kept.delete(key)
      })
      return entry.value
    },
    drop(key) {
      kept.delete(key)
    },
    clear() {
      kept.clear()
    },
  }
}
