import type { DatabaseState, Request } from '../transfer/model.ts'
import type { Context } from './context.ts'
import { answerIn } from './errors.ts'

/** The request's database as Azure describes it now; undefined when there is none. */
export async function readDatabaseState(context: Context, request: Request): Promise<DatabaseState | undefined> {
  const { subscription, resourceGroup, server, database } = request.database
  try {
    const data = await context.clients.sql(subscription).databases.get(resourceGroup, server, database)
    return {
      status: data.status ?? 'unknown',
      edition: data.currentSku?.tier ?? data.sku?.tier ?? 'unknown',
      objective: data.currentServiceObjectiveName ?? data.currentSku?.name ?? 'unknown',
      ...(data.maxSizeBytes === undefined ? {} : { maxSizeBytes: data.maxSizeBytes }),
    }
  } catch (error) {
    if (answerIn(error)?.status === 404) return undefined
    throw context.errors.failureOf(error, 'Microsoft.Sql/servers/databases/read')
  }
}
