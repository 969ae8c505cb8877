import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'

// Node offers no flock(). SQLite takes the kernel's lock on an (always empty) file; the kernel frees it when its process
// ends, kill -9 included, so nothing here can become stale and no process ids are compared.

const turnMs = 10
const sqliteBusy = 5

/** One entry in a list of users: it ends with `leave` or with its process, however that ends. */
export type Attendance = {
  /** Ends the entry and answers whether others remain; only certain while holding the lock that newcomers will need. */
  leave(): boolean
}

/** Runs `work` while no other process or handle runs under a lock of the same file, or throws after `patienceMs` of waiting. */
export async function withLock<T>(file: string, patienceMs: number, work: () => Promise<T>): Promise<T> {
  const held = await acquire(file, 'BEGIN EXCLUSIVE', patienceMs)
  try {
    return await work()
  } finally {
    held.close()
  }
}

/** Enters the list of users that is kept as shared locks on `file`. */
export async function attend(file: string, patienceMs: number): Promise<Attendance> {
  const entry = await acquire(file, 'BEGIN; SELECT * FROM sqlite_schema', patienceMs)
  return {
    leave: () => {
      entry.exec('COMMIT')
      const alone = took(entry, 'BEGIN EXCLUSIVE')
      entry.close()
      return !alone
    },
  }
}

async function acquire(file: string, statement: string, patienceMs: number): Promise<DatabaseSync> {
  const database = new DatabaseSync(file)
  try {
    const deadline = performance.now() + patienceMs
    while (!took(database, statement)) {
      if (performance.now() > deadline) throw new Error(`Another process has held ${file} for ${patienceMs} ms`)
      await delay(turnMs)
    }
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function took(database: DatabaseSync, statement: string): boolean {
  try {
    database.exec(statement)
    return true
  } catch (error) {
    if (!isBusy(error)) throw error
    // A statement list may have failed after its BEGIN.
    if (database.isTransaction) database.exec('ROLLBACK')
    return false
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy
}
