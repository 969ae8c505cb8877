import type { Request } from './model.ts'
import type { Catalogue } from './policy.ts'

/** The same request with the environment labels that the catalogue has for its sides today. */
export function relabelled<R extends Pick<Request, 'database' | 'storage'>>(request: R, catalogue: Catalogue): R {
  const { environment: _, ...database } = request.database
  const { environment: __, ...storage } = request.storage
  const ofDatabase = catalogue.databases.find(({ id }) => same(id, database.id))?.environment
  // All entries of one account have the same label.
  const ofStorage = catalogue.storage.find(({ id }) => same(id, storage.id))?.environment
  return {
    ...request,
    database: { ...database, ...(ofDatabase === undefined ? {} : { environment: ofDatabase }) },
    storage: { ...storage, ...(ofStorage === undefined ? {} : { environment: ofStorage }) },
  }
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
