import type { Millis, Transfer } from './model.ts'

/** What Azure's operation came to, as far as it can be known. */
export type Work = {
  /** How long Azure had for it: from both connections approved (without Private Link: the job taken) to the end that Azure names. */
  took?: Millis
  /** An import's database as Azure described it right after the end. */
  database?: DatabaseState
}

/** A database as the management API describes it, in Azure's words; `maxSizeBytes` is what it may grow to. */
export type DatabaseState = { status: string; edition: string; objective: string; maxSizeBytes?: number }

/**
 * How long Azure had, in milliseconds, if the record shows when it could begin. `changedAt` is Azure's own time of the end;
 * one that its clock puts outside of what we saw is not believed, and the time of our look stands for it.
 */
export function tookUntil(transfer: Transfer, now: Millis, changedAt: Millis | undefined): Millis | undefined {
  const start = transfer.request.privateLink ? 'running' : 'submitted'
  const began = transfer.story.findLast(({ kind }) => kind === start)?.at
  if (began === undefined) return undefined
  return (changedAt !== undefined && changedAt > began && changedAt <= now ? changedAt : now) - began
}

/** Bytes of data in an export's database, where a check before the submit could read them. */
export function dataBytes({ plan, request }: Pick<Transfer, 'plan' | 'request'>): number | undefined {
  const used = Number(plan?.checks?.find(({ name }) => name === 'size')?.facts.used ?? Number.NaN)
  return request.operation === 'export' && Number.isFinite(used) && used > 0 ? used : undefined
}
