import { setTimeout as delay } from 'node:timers/promises'

/** Polls `condition` every `everyMs` until it holds, and throws once `patienceMs` are over. */
export async function until(
  condition: () => Promise<boolean> | boolean,
  patienceMs = 15_000,
  everyMs = 20,
): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Waited ${patienceMs} ms in vain for: ${condition}`)
    await delay(everyMs)
  }
}
