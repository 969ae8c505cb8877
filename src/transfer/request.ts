import type { Address, MessageRef, Millis } from './model.ts'
import type { Somebody } from './people.ts'

export type Operation = 'export' | 'import'
export type Redundancy = 'Local' | 'Zone' | 'Geo' | 'GeoZone'
/** What an import's database is made as; what is left out, Azure decides. */
export type Creation = {
  edition?: string
  objective?: string
  maxSizeBytes?: number
  redundancy?: Redundancy
  collation?: string
}

/** A database by its full resource id and the parts of it. */
export type DatabaseTarget = {
  /** Its name in the catalogue, or `server/database`. */
  alias: string
  id: string
  subscription: string
  resourceGroup: string
  server: string
  database: string
  /** Label of the catalogue, as `prod`. */
  environment?: string
  /** Not of the catalogue: only a rule that names it lets it be moved. */
  discovered?: true
}

/** Where the BACPAC goes or comes from: account by its full resource id, container, blob name with folders, and the whole address. */
export type StorageTarget = {
  /** Its name in the catalogue, or the account's. */
  alias: string
  id: string
  subscription: string
  resourceGroup: string
  account: string
  container: string
  blob: string
  uri: string
  /** Label of the catalogue, as `prod`. */
  environment?: string
  /** Not of the catalogue: only a rule that names account and container lets it be used. */
  discovered?: true
}

export type Request = Somebody & {
  operation: Operation
  database: DatabaseTarget
  storage: StorageTarget
  privateLink: boolean
  /** Only the plan and the checks: nothing is sent, nobody is asked. */
  dryRun?: true
  /** Import only: the database is made first. */
  create?: Creation
  reason?: string
  at: Millis
  /** Where it was asked: the story goes there, below `thread` when it was asked in one. */
  origin: { address: Address; thread?: MessageRef }
}
