import type { Request } from '../transfer/model.ts'
import type { Context } from './context.ts'

/** Tables of a database as `schema.name`; `more` says that not everything was read. */
export type Contents = { tables: readonly string[]; more: boolean }

/** The tables that people made in the request's database, by the lists of the management API. */
export async function readContents(context: Context, request: Request): Promise<Contents> {
  const { subscription, resourceGroup, server, database } = request.database
  const { databaseSchemas, databaseTables } = context.clients.sql(subscription)
  const reading = <T extends { name?: string }>(pages: AsyncIterable<T>, action: string) =>
    names(context, pages, `Microsoft.Sql/servers/databases/schemas/${action}`)
  const schemas = await reading(databaseSchemas.listByDatabase(resourceGroup, server, database), 'read')
  const open = schemas.filter((name) => !ofAzure.test(name)).sort((a, b) => rank(a) - rank(b))
  const tables: string[] = []
  for (const schema of open.slice(0, mostSchemas)) {
    const list = databaseTables.listBySchema(resourceGroup, server, database, schema)
    tables.push(...(await reading(list, 'tables/read')).map((name) => `${schema}.${name}`))
    if (tables.length >= enough) return { tables, more: true }
  }
  return { tables, more: open.length > mostSchemas }
}

/** How many tables there are, and the first of them by name. */
export function contentFacts({ tables, more }: Contents): { count: string; tables: string } {
  const rest = tables.length > shown ? ' …' : ''
  return {
    count: more ? `at least ${tables.length}` : String(tables.length),
    tables: `${tables.slice(0, shown).join(', ')}${rest}`,
  }
}

/** Each schema is a read of its own. */
const mostSchemas = 20
const enough = 100
const shown = 5

/** Schemas that stand in every database, and where Azure lets nobody make tables or nobody does. */
const ofAzure =
  /^(sys|information_schema|guest|db_(owner|(access|security|ddl)admin|backupoperator|(deny)?data(reader|writer)))$/i

function rank(schema: string): number {
  return schema === 'dbo' ? 0 : 1
}

async function names<T extends { name?: string }>(
  context: Context,
  pages: AsyncIterable<T>,
  action: string,
): Promise<string[]> {
  try {
    const all: string[] = []
    for await (const { name } of pages) {
      if (name) all.push(name)
      if (all.length >= enough) break
    }
    return all
  } catch (error) {
    throw context.errors.failureOf(error, action)
  }
}
