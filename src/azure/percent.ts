import type { AzureOperation, Request } from '../transfer/model.ts'
import type { Context } from './context.ts'
import { guidIn } from './resource-ids.ts'

/**
 * `percentComplete` (1..100) of the operation in the list of its database; undefined when it is not listed under its id or
 * says nothing: a bare 0 is also what stands there when nobody counts.
 */
export async function readPercent(
  context: Context,
  request: Request,
  operation: AzureOperation,
): Promise<number | undefined> {
  const { subscription, resourceGroup, server, database } = request.database
  try {
    const list = context.clients.sql(subscription).databaseOperations.listByDatabase(resourceGroup, server, database)
    for await (const { name, percentComplete } of list) {
      if (guidIn(name ?? '') !== operation.id.toLowerCase()) continue
      return percentComplete !== undefined && percentComplete > 0 ? Math.min(100, percentComplete) : undefined
    }
    return undefined
  } catch (error) {
    throw context.errors.failureOf(error, 'Microsoft.Sql/servers/databases/operations/read')
  }
}
