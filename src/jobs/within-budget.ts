import { TransientError } from '../transfer/errors.ts'
import type { Request, Side } from '../transfer/model.ts'
import type { Azure, Budget, Spend } from '../transfer/ports.ts'

/** The same Azure; a call that the shared budget has no room for is not made and throws `TransientError` with the wait. */
export function withinBudget(azure: Azure, budget: Budget): Azure {
  const spend = async (request: Request, kind: Spend, count: number, side: Side = 'sql'): Promise<void> => {
    const { subscription } = side === 'sql' ? request.database : request.storage
    const wait = await budget.take(subscription, kind, count)
    if (wait === 0) return
    throw new TransientError(
      { code: 'Budget', message: 'Azure is asked more slowly, to stay within its limits.' },
      wait,
    )
  }
  return {
    plan: async (request) => {
      // The region's offer is read for a database that is made first.
      await Promise.all([spend(request, 'read', request.create ? 3 : 2), spend(request, 'read', 2, 'storage')])
      return azure.plan(request)
    },
    preflight: async (request, plan, ours) => {
      const { sql, storage } = readsOfPreflight(request)
      await Promise.all([spend(request, 'read', sql), spend(request, 'read', storage, 'storage')])
      return azure.preflight(request, plan, ours)
    },
    prepare: async (request, plan, mayStart) => {
      // The database, and then how its making stands or which schema and tables it has.
      await spend(request, 'read', 3)
      return azure.prepare(request, plan, mayStart, () => spend(request, 'write', 1))
    },
    connections: async (request) => {
      await Promise.all([spend(request, 'read', 1), spend(request, 'storage_list', 1, 'storage')])
      return azure.connections(request)
    },
    connection: async (request, connection) => {
      await spend(request, 'read', 1, connection.side)
      return azure.connection(request, connection)
    },
    submit: async (request, plan, mayStart) => {
      await Promise.all([spend(request, 'write', 1), spend(request, 'write', 1, 'storage')])
      return azure.submit(request, plan, mayStart)
    },
    look: async (request, plan, since, before) => {
      await spend(request, 'read', 2)
      return azure.look(request, plan, since, before)
    },
    adopt: async (request, plan, operationId) => {
      await spend(request, 'read', 1)
      return azure.adopt(request, plan, operationId)
    },
    observe: async (request, operation) => {
      await spend(request, 'read', 1)
      return azure.observe(request, operation)
    },
    percent: async (request, operation) => {
      await spend(request, 'read', 1)
      return azure.percent(request, operation)
    },
    database: async (request) => {
      await spend(request, 'read', 1)
      return azure.database(request)
    },
    decide: async (request, connection, verdict, description, mayStart) => {
      await spend(request, 'write', 1, connection.side)
      return azure.decide(request, connection, verdict, description, mayStart)
    },
    remove: async (request, connection, mayStart) => {
      await spend(request, 'write', 1, connection.side)
      return azure.remove(request, connection, mayStart)
    },
    cancel: async (request, operation) => {
      await spend(request, 'write', 1)
      return azure.cancel(request, operation)
    },
  }
}

/** What the checks read: lists of one page, and of an import's target its schemas and the tables of the usual one. */
function readsOfPreflight({ database, storage, operation, privateLink, create }: Request): Record<Side, number> {
  const isElsewhere = database.subscription.toLowerCase() !== storage.subscription.toLowerCase()
  const isApart = isElsewhere || database.resourceGroup.toLowerCase() !== storage.resourceGroup.toLowerCase()
  // Server, database, usages and operations; locks of database, server, group and subscription; permissions of two.
  const sql = 10 + (privateLink ? 0 : 1) + (operation === 'import' ? 2 : 0) + (create ? 1 : 0)
  // Account, container, lock and permissions; locks of a group and a subscription of its own.
  return { sql, storage: 4 + (isApart ? 1 : 0) + (isElsewhere ? 1 : 0) }
}
