import { type Beyond, isResourceId } from './beyond.ts'
import { databaseTarget } from './discovered.ts'
import { Refusal } from './errors.ts'
import type { DatabaseTarget } from './model.ts'
import { findDatabase, findServer } from './resolve.ts'

/**
 * The database that a question is about, as requests name it; also one that a transfer made on a known server, and one
 * that is no longer configured by its resource id. Throws `Refusal` for a name that is unknown or means several.
 */
export function databaseNamed(
  typed: string,
  databases: readonly DatabaseTarget[],
  beyond: Beyond | undefined,
): DatabaseTarget {
  try {
    return findDatabase(typed, databases, beyond)
  } catch (error) {
    if (!(error instanceof Refusal) || error.code === 'ambiguous_database') throw error
    const other = isResourceId(typed) ? databaseTarget(typed) : madeOn(typed, databases, beyond)
    if (!other) throw error
    return other
  }
}

function madeOn(
  typed: string,
  databases: readonly DatabaseTarget[],
  beyond: Beyond | undefined,
): DatabaseTarget | undefined {
  if (!typed.includes('/')) return undefined
  try {
    return findServer(typed, databases, beyond)
  } catch {
    return undefined
  }
}
