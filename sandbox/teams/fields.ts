import { isFields } from '../slack/check-blocks.ts'
import type { Fields } from './types.ts'

export { isFields }

/** The objects in a list of the wire; nothing when it is no list. */
export function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : []
}

/** A field that is an object, else an empty one. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {}
}

/** A field as text, '' when it is none. */
export function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
