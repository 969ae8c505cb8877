import { same } from './format.ts'
import type { BlobRecord, Operation, SqlDatabase } from './types.ts'
import type { World } from './world.ts'

/** The database that a job works on, if it is still there. */
export function targetOf(world: World, operation: Operation): SqlDatabase | undefined {
  const { databases } = world.state
  return databases.find((each) => same(each.server, operation.server) && same(each.name, operation.database))
}

/** Why an import cannot work as things are, in the words of the service; null when it can. */
export function importProblem(world: World, operation: Operation): string | null {
  const database = targetOf(world, operation)
  const blob = blobOf(world, operation)
  if (database === undefined) return `Cannot open database "${operation.database}" requested by the login.`
  if (database.status !== 'Online') {
    return `Database '${database.name}' on server '${operation.server}' is not currently available. Please retry the connection later.`
  }
  if (blob === undefined)
    return 'The remote server returned an error: (404) Not Found. The specified blob does not exist.'
  if (database.tables.length > 0) {
    return 'Data cannot be imported into target because it contains one or more user objects. Import should be performed against a new, empty database.'
  }
  if (dataIn(blob) <= database.maxSizeBytes) return null
  return `The database '${database.name}' has reached its size quota. Partition or delete data, drop indexes, or consult the documentation for possible resolutions.`
}

/** Puts the tables of the job's blob into its database; the tier stays what it is. */
export function fill(world: World, operation: Operation): void {
  const database = targetOf(world, operation)
  const blob = blobOf(world, operation)
  if (database === undefined || blob === undefined) return
  database.tables = [...(blob.tables ?? ['dbo.imported'])]
  database.usedBytes = dataIn(blob)
}

function blobOf(world: World, { account, container, blob }: Operation): BlobRecord | undefined {
  return world.state.blobs.find(
    (each) => same(each.account, account) && each.container === container && each.name === blob,
  )
}

/** An export makes a blob of about 18 % of the data. */
function dataIn({ size }: BlobRecord): number {
  return Math.round(Math.max(0, size - 4096) / 0.18)
}
