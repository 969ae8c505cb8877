import type { Writable } from 'node:stream'

/** What a command works with: results go to `out`, words for people to `say`. */
export type Io = { folder: string; out: Writable; say(line: string): void; now(): number }

/** Nothing is wrong; something was found; it could not be looked at. */
export const exits = { good: 0, found: 1, failed: 2 } as const
export type Exit = (typeof exits)[keyof typeof exits]
