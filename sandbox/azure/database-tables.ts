import { armError, ok } from './answers.ts'
import { same } from './format.ts'
import { databaseId } from './ids.ts'
import { onDatabase } from './lookups.ts'
import type { SqlDatabase } from './types.ts'
import type { Answer, Call, Handler, World } from './world.ts'

/** Schemas that stand in every database. */
const fixed = ['dbo', 'guest', 'INFORMATION_SCHEMA', 'sys', 'db_owner', 'db_accessadmin', 'db_securityadmin'].concat(
  ['db_ddladmin', 'db_backupoperator', 'db_datareader', 'db_datawriter', 'db_denydatareader'],
  ['db_denydatawriter'],
)

/** DatabaseSchemas_ListByDatabase, in pages. */
export const listSchemas: Handler = onDatabase((call, world, { database }) => {
  const type = 'Microsoft.Sql/servers/databases/schemas'
  const value = schemasOf(database).map((name) => ({ id: `${databaseId(database)}/schemas/${name}`, name, type }))
  return page(call, world, value)
})

/** DatabaseTables_ListBySchema, in pages. */
export const listTables: Handler = onDatabase((call, world, { database }) => {
  const schema = call.params.schema ?? ''
  if (!schemasOf(database).some((each) => same(each, schema))) {
    const message = `The requested resource of type 'Microsoft.Sql/servers/databases/schemas' with name '${schema}' was not found.`
    return armError(404, 'ResourceNotFound', message)
  }
  const mine = database.tables.map(parted).filter((each) => same(each.schema, schema))
  const value = mine.map(({ name }) => ({
    properties: { temporalType: 'NonTemporalTable', memoryOptimized: false },
    id: `${databaseId(database)}/schemas/${schema}/tables/${name}`,
    name,
    type: 'Microsoft.Sql/servers/databases/schemas/tables',
  }))
  return page(call, world, value)
})

function schemasOf(database: SqlDatabase): string[] {
  return [...new Set([...fixed, ...database.tables.map((each) => parted(each).schema)])]
}

function parted(table: string): { schema: string; name: string } {
  const dot = table.indexOf('.')
  return { schema: table.slice(0, dot), name: table.slice(dot + 1) }
}

function page(call: Call, world: World, all: unknown[]): Answer {
  const from = Number(call.query.get('$skip') ?? 0)
  // Longer than a page of connections: every database has a dozen schemas.
  const to = from + Math.max(1, world.options.pageSize) * 5
  const version = encodeURIComponent(call.query.get('api-version') ?? '')
  const next = `${world.url}${call.path}?api-version=${version}&$skip=${to}`
  return ok({ value: all.slice(from, to), ...(to < all.length ? { nextLink: next } : {}) })
}
