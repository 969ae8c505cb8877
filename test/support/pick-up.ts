import { availableParallelism, loadavg } from 'node:os'
import { expect } from 'vitest'

/**
 * Somebody else went on within ten seconds. A machine that has more to do than it can, as when the whole suite runs,
 * gets that many times longer; a median above ten seconds is none of the machine's doing.
 */
export function expectPickedUp(times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b)
  const slack = Math.max(1, (loadavg()[0] ?? 0) / availableParallelism())
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(10_000)
  expect(sorted.at(-1)).toBeLessThan(10_000 * slack)
}
