import { Refusal } from './errors.ts'
import { type Change, isFinal } from './lifecycle.ts'
import type { Cause, Millis, Transfer } from './model.ts'
import { isSamePerson, type Somebody } from './people.ts'
import type { RuleVersions } from './rule-version.ts'

/** A wish that it stops. The requester's own, a withdrawal, is kept like a decision. */
export type Cancel = Somebody &
  Partial<RuleVersions> & { at: Millis; reason?: string; digest?: string; withdrawn?: true }
/** `digest`: of the round that stood then, if there was one. */
export type Withdrawal = Omit<Cancel, 'withdrawn'> & RuleVersions

/** Why a transfer ends that somebody wished to stop. */
export function causeOf({ withdrawn }: Cancel): Cause {
  return withdrawn ? 'withdrawn' : 'cancelled'
}

/** Throws the refusal that a wish to stop gets now. */
export function refuseStop({ status, cancel }: Transfer): void {
  if (status === 'closing' || isFinal(status)) throw new Refusal('not_stoppable', { status })
  if (cancel) throw refusalOfStopped(cancel)
}

/** Throws the refusal that a withdrawal by this person gets now. */
export function refuseWithdrawal(transfer: Transfer, by: Somebody): void {
  if (!isSamePerson(transfer.request, by)) throw new Refusal('not_withdrawer', { id: transfer.id })
  refuseStop(transfer)
}

/** What is answered to whoever comes after the wish. */
export function refusalOfStopped({ withdrawn, by }: Cancel): Refusal {
  return new Refusal(withdrawn ? 'already_withdrawn' : 'already_cancelled', { by })
}

/** The wish, kept and told. */
export function cancelled(transfer: Transfer, cancel: Cancel): Change {
  refuseStop(transfer)
  const { by, reason } = cancel
  return { cancel, told: [{ kind: 'cancel_asked', by, ...(reason === undefined ? {} : { reason }) }] }
}

/** The requester takes it back: kept and told as that, and carried out like any wish to stop. */
export function withdrawn(transfer: Transfer, withdrawal: Withdrawal): Change {
  refuseWithdrawal(transfer, withdrawal)
  const { by, reason } = withdrawal
  return {
    cancel: { ...withdrawal, withdrawn: true },
    told: [{ kind: 'withdrawn', by, ...(reason === undefined ? {} : { reason }) }],
  }
}
