import type { Address, Millis, Principal } from './model.ts'

/** A piece of a sentence, free of any platform's markup. A plain string is text as it is; each renderer escapes it. */
export type Inline =
  | string
  | { bold: string }
  | { code: string }
  | { mention: Principal }
  | { place: Address }
  | { link: string; label: string }
  | { time: Millis }

/** One line of what a person reads. */
export type Line = readonly Inline[]
