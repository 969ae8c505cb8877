import type { Work } from '../transfer/model.ts'
import type { Observation } from '../transfer/ports.ts'
import { tookUntil } from '../transfer/work.ts'
import type { Job } from './job.ts'

/** What a completed operation came to. Never throws: the end is told without what cannot be read now. */
export async function workOf(job: Job, seen?: Pick<Observation, 'changedAt'>): Promise<{ work?: Work }> {
  const { transfer, azure, now } = job
  const took = tookUntil(transfer, now, seen?.changedAt)
  const database = transfer.request.operation === 'import' ? await readDatabase(job, azure) : undefined
  if (took === undefined && !database) return {}
  return { work: { ...(took === undefined ? {} : { took }), ...(database ? { database } : {}) } }
}

async function readDatabase({ transfer, log }: Job, azure: Job['azure']): Promise<Work['database']> {
  try {
    return await azure.database(transfer.request)
  } catch (error) {
    const label = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown'
    log({ transfer: transfer.id, error: label }, 'the database could not be read after its import')
    return undefined
  }
}
