import type { Millis } from '../transfer/model.ts'
import type { Notice, RefusalLimit } from '../transfer/ports.ts'
import type { Entry } from './entry.ts'
import type { Seal, Signed, Trim } from './seal.ts'

/** An entry with the id under which Redis has it; an untouched one is `<n>-0`. */
export type Stamped = { id: string; entry: Entry }

/** The last seal, as far as the next one must know it. */
export type LastSeal = { digest: string; to: number; at: Millis }

/** The audit as those see it who seal, trim and read it. */
export type AuditLog = {
  /** The number of the newest entry; 0 when there is none. */
  count(): Promise<number>
  /** Entries from a number on, oldest first. */
  page(from: number, most: number): Promise<readonly Stamped[]>
  sealed(): Promise<LastSeal | undefined>
  /** Writes a seal if `previous` is still the last one. */
  seal(seal: Signed<Seal>): Promise<boolean>
  /** Takes out what a trim names, and writes it down. False when the last seal is another one by now. */
  trim(trim: Signed<Trim>, sealed: string): Promise<boolean>
  /** Tells what was held back of strangers in windows that are over. */
  heldBack(at: Millis, limit: RefusalLimit): Promise<void>
  /** What was kept under a name, and the entries that change it, only if it is still the old one. */
  known(name: string): Promise<string | undefined>
  note(notices: readonly Notice[], change?: { name: string; old: string; new: string }): Promise<boolean>
  /** The head in each transfer's record; of `service`, that of the rest. */
  heads(chains: readonly string[]): Promise<Readonly<Record<string, string | undefined>>>
  /** True while the sealing is this holder's, for so many milliseconds. */
  turn(holder: string, length: Millis): Promise<boolean>
}
