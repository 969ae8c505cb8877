import type { Plan } from '../transfer/model.ts'
import type { Job } from './job.ts'

/** What Azure says now that the request means, with every preflight check; our own job is not in its own way. */
export async function planned({ azure, transfer }: Job): Promise<Plan> {
  const { request, operation, connections } = transfer
  const plan = await azure.plan(request)
  const ours = {
    ...(operation ? { operation: operation.id } : {}),
    connections: Object.values(connections).map(({ id }) => id),
  }
  return { ...plan, checks: await azure.preflight(request, plan, ours) }
}

/** True when a check says that Azure would refuse or fail. */
export function isStopped({ checks = [] }: Plan): boolean {
  return checks.some(({ verdict }) => verdict === 'stop')
}
