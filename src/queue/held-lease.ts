import { TransientError } from '../transfer/errors.ts'
import type { HeldLease, Lease, Store } from '../transfer/ports.ts'
import { FENCE_MS, LEASE_MS, RENEW_MS } from './lease-times.ts'
import { errorLabel, type Log } from './log.ts'

/** `release` gives the lease back; `abandon` leaves it to run out and lets nothing more start under it. */
export type Hold = { lease: HeldLease; release(): Promise<void>; abandon(): void }

/** Renews a lease until it is released. `sent` is the monotonic time before the begin was asked for: a late answer does not prolong anything. */
export function holdLease(options: { store: Store; lease: Lease; sent: number; log: Log }): Hold {
  const { store, lease, log } = options
  let { sent } = options
  let isLost = false
  let isRenewing = false
  const renew = async () => {
    if (isRenewing || isLost) return
    isRenewing = true
    const asked = performance.now()
    try {
      if (await store.renew(lease)) sent = asked
      else isLost = true
    } catch (error) {
      log.debug({ role: lease.role, transfer: lease.id, error: errorLabel(error) }, 'lease could not be renewed')
    } finally {
      isRenewing = false
    }
  }
  const timer = setInterval(renew, RENEW_MS)
  const isWithin = (most: number) => !isLost && performance.now() - sent < most
  const abandon = () => {
    isLost = true
    clearInterval(timer)
  }
  return {
    lease: {
      ...lease,
      held: () => isWithin(LEASE_MS),
      mayStart: () => {
        if (isWithin(FENCE_MS)) return
        throw new TransientError({ code: 'LeaseTooOld', message: 'Too little of the lease is left to start a call.' })
      },
    },
    abandon,
    release: async () => {
      abandon()
      await store.finish(lease)
    },
  }
}
