import { TransientError } from '../transfer/errors.ts'
import type { Request } from '../transfer/model.ts'
import type { Azure, Budget, Spend } from '../transfer/ports.ts'

/** The same Azure; a call that the shared budget has no room for is not made and throws `TransientError` with the wait. */
export function withinBudget(azure: Azure, budget: Budget): Azure {
  const spend = async (
    request: Request,
    kind: Spend,
    count: number,
    side: 'sql' | 'storage' = 'sql',
  ): Promise<void> => {
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
      await Promise.all([spend(request, 'read', 2), spend(request, 'read', 2, 'storage')])
      return azure.plan(request)
    },
    preflight: async (request, plan, ours) => {
      await Promise.all([
        spend(request, 'read', 12),
        spend(request, 'read', 6, 'storage'),
        spend(request, 'storage_list', 1, 'storage'),
      ])
      return azure.preflight(request, plan, ours)
    },
    prepare: async (request, plan, mayStart) => {
      await spend(request, 'write', 1)
      return azure.prepare(request, plan, mayStart)
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
