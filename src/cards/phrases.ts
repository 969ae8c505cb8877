import type { Principal, Transfer } from '../transfer/model.ts'
import { approversNow } from '../transfer/stages-now.ts'
import type { Inline, Line } from '../transfer/text.ts'

/** A name or a command, set apart from the words around it; cut when it is longer than anybody reads. */
export function code(text: string): Inline {
  return { code: clip(text, 300) }
}

/** Emphasis. */
export function bold(text: string): Inline {
  return { bold: text }
}

/** People and groups by name, with commas; who is many is counted. */
export function people(principals: readonly Principal[], most = 20): Line {
  const shown = principals.slice(0, most)
  const named = shown.flatMap((each, index): Inline[] => [...(index > 0 ? [', '] : []), person(each)])
  return principals.length > shown.length ? [...named, ` and ${principals.length - shown.length} more`] : named
}

/** One person or group; `anyone` pings nobody. */
export function person(principal: Principal): Inline {
  return principal === 'anyone' ? 'any full member' : { mention: principal }
}

/** Approvers and operators, each once: whom a security event concerns. */
export function concerned(transfer: Transfer, operators: readonly Principal[]): readonly Principal[] {
  return distinct([...approversNow(transfer), ...operators])
}

/** A reason in quotes, on one line. */
export function quote(reason: string): string {
  return `“${clip(reason.replace(/\s+/g, ' ').trim(), 500)}”`
}

/** At most `most` characters, the last one an ellipsis when some are missing. */
export function clip(text: string, most: number): string {
  const all = [...text]
  return all.length > most ? `${all.slice(0, most - 1).join('')}…` : text
}

/** Each once, in the order of their first appearance. */
export function distinct<T>(all: readonly T[]): readonly T[] {
  return [...new Set(all)]
}

/** With a small first letter; names inside keep theirs. */
export function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

/** With a capital first letter. */
export function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** `2026-01-02 03:04 UTC`. */
export function utc(at: number): string {
  const iso = Number.isFinite(at) && Math.abs(at) < 8.64e15 ? new Date(at).toISOString() : ''
  return iso === '' ? 'an unknown time' : `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
}
