import { toWatch } from '../transfer/after-end.ts'
import { PermanentError, TransientError } from '../transfer/errors.ts'
import type { Changed, Connection } from '../transfer/model.ts'
import { slotOf } from './approving.ts'
import type { EventBody, Job, Step } from './job.ts'

/** True while a connection that the end listed may still change and is told when it does: until the clock `afterEnd` is over. */
export function isWatched({ transfer, clocks, now }: Pick<Job, 'transfer' | 'clocks' | 'now'>): boolean {
  return now < endOf(transfer) + clocks.afterEnd && toWatch(transfer).length > 0
}

/**
 * After the end: looks at the connections that were left, first after `polls.closing`, then at intervals that grow with the
 * time since the end, from `polls.approval` on. What Azure clears up before that first interval is over needs no words.
 */
export const watching: Step = async (job) => {
  const { transfer, now, polls, clocks } = job
  const since = endOf(transfer)
  const first = since + polls.closing
  if (now < first) return { due: first }
  const changed = (await Promise.all(toWatch(transfer).map((connection) => changeOf(job, connection)))).flat()
  const due = Math.min(now + Math.max(polls.approval, (now - since) / 2), since + clocks.afterEnd)
  return { events: eventsOf(changed, now < since + polls.approval), due }
}

function eventsOf(changed: readonly Changed[], early: boolean): readonly EventBody[] {
  const cleared = early ? changed.filter(({ now }) => now === 'Gone') : []
  const told = changed.filter((each) => !cleared.includes(each))
  return [
    ...(cleared.length > 0 ? [{ type: 'connections_changed', changed: cleared, quiet: true } as const] : []),
    ...(told.length > 0 ? [{ type: 'connections_changed', changed: told } as const] : []),
  ]
}

/** None when it is as it was, or cannot be read now: there is another look, and nobody waits for this one. */
async function changeOf({ azure, transfer, effects, log }: Job, ours: Connection): Promise<readonly Changed[]> {
  const { side, id, name, state: was } = ours
  try {
    const seen = await azure.connection(transfer.request, ours)
    const isSame = seen?.privateEndpoint.toLowerCase() === ours.privateEndpoint.toLowerCase()
    const now = seen && isSame ? seen.state : 'Gone'
    // Where nothing could be read at the end, it was told by what was known before our own PUT.
    const put = now === 'Approved' ? 'approve' : now === 'Rejected' ? 'reject' : undefined
    const isOurDoing = put !== undefined && effects[slotOf(put, side)] !== undefined
    return now === was || isOurDoing ? [] : [{ side, id, name, was, now }]
  } catch (error) {
    if (!(error instanceof PermanentError || error instanceof TransientError)) throw error
    log({ transfer: transfer.id, side, code: error.fault.code }, 'a connection could not be looked at after the end')
    return []
  }
}

function endOf({ ending, since }: Job['transfer']): number {
  return ending?.at ?? since
}
