import { randomUUID } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { matchConnections } from '../../src/azure/match-connections.ts'
import { createAdvance } from '../../src/jobs/advance.ts'
import { TransientError } from '../../src/transfer/errors.ts'
import type { Clocks } from '../../src/transfer/policy.ts'
import type { Azure, HeldLease, Store } from '../../src/transfer/ports.ts'

const minute = 60_000
export const hour = 60 * minute
const clocks: Clocks = {
  requested: 10 * minute,
  preparing: 30 * minute,
  submitting: 15 * minute,
  awaiting_endpoints: 30 * minute,
  awaiting_approval: 43 * hour,
  approving: 30 * minute,
  running: 50 * hour,
  closing: hour,
  afterEnd: 24 * hour,
}

const polls = { least: 15_000, most: 120_000, approval: 5 * minute, closing: 30_000 }

/** Far more calls than one turn can take: who goes round and round is told, where a test would hang. */
const mostCalls = 1_000

/** Where a worker stops: at its n-th call of a port, before or after the call. `die` never comes back. */
export type Stop = { at: number; when: 'before' | 'after'; how: 'die' | 'pause' }

/** Workers one after the other, each of which can be stopped at any call of a port; a paused one goes on when it is told. */
export function createModelWorkers(options: {
  id: string
  store: Store
  redis: Redis
  azure: Azure
  clock: () => number
  broken: string[]
}) {
  const { id, store, redis, azure, clock, broken } = options
  const paused: { go(): void; ended: Promise<void> }[] = []
  const record = `{drawbridge}:transfer:${id}`

  const work = async (stop?: Stop): Promise<void> => {
    const due = await redis.zscore('{drawbridge}:due:advance', id)
    if (due === null || Number(due) > clock()) return
    const lease = { role: 'advance', id, owner: randomUUID() } as const
    const begun = await store.begin(lease)
    if (!begun) return
    let left = stop?.at ?? Number.POSITIVE_INFINITY
    let calls = 0
    let isLost = false
    const halted = Promise.withResolvers<void>()
    const resumed = Promise.withResolvers<void>()
    const halt = async (): Promise<void> => {
      isLost = true
      halted.resolve()
      await resumed.promise
    }
    const around = <Port extends object>(port: Port): Port =>
      new Proxy(port, {
        get: (target, name) => {
          const call = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>
          if (typeof call !== 'function' || name === 'notAfter') return call
          return async (...args: unknown[]) => {
            calls += 1
            if (calls > mostCalls) throw new Error('a turn that never ends')
            left -= 1
            const here = left === 0
            if (here && stop?.when === 'before') await halt()
            // A failure is an answer too.
            const answer = await call.apply(target, args).then(
              (value) => () => value,
              (error: unknown) => () => {
                throw error
              },
            )
            if (here && stop?.when === 'after') await halt()
            return answer()
          }
        },
      })
    const held: HeldLease = {
      ...lease,
      held: () => !isLost,
      mayStart: () => {
        if (isLost) throw new TransientError({ code: 'LeaseTooOld', message: 'Too late.' })
      },
    }
    const log = (fields: Readonly<Record<string, unknown>>): void => {
      if (/cannot follow|TypeError/.test(String(fields.error))) broken.push(`a step failed: ${fields.error}`)
    }
    const advance = createAdvance(
      {
        azure: around(azure),
        store: around(store),
        clock: { now: clock },
        clocks,
        polls,
        matchConnections,
        resubmitAfter: 90_000,
        token: randomUUID,
        random: () => 0.5,
        log,
      },
      () => undefined,
    )
    const ended = advance(held, begun.tries).then(() => store.finish(lease))
    await Promise.race([ended, halted.promise])
    if (!isLost) return
    // Its lease runs out without it.
    await redis.hset(record, 'until:advance', 0)
    if (stop?.how === 'pause') paused.push({ go: resumed.resolve, ended })
  }
  return {
    work,
    /** The longest paused one goes on, and ends its turn. */
    resume: async () => {
      const next = paused.shift()
      if (!next) return
      next.go()
      await next.ended
      await turn()
    },
  }
}
