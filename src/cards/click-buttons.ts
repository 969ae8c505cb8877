import { isFinal } from '../transfer/lifecycle.ts'
import type { Transfer } from '../transfer/model.ts'
import { lowerFirst } from './phrases.ts'
import { routeTitle } from './route.ts'
import { type Button, buttonValue } from './view.ts'

/** The ways to answer a card, the one click first. */
export function decisionButtons({ id, request, rule }: Transfer, digest: string): readonly Button[] {
  const value = buttonValue(id, digest)
  const title = lowerFirst(routeTitle(request))
  const confirm = {
    title: 'Approve this?',
    text: `Your yes to the ${title} counts as soon as you confirm it. Compare the card first.`,
    yes: 'Approve',
    no: 'Back',
  }
  return [
    { id: 'approve', label: 'Approve', style: 'primary', value, ...(rule.confirm ? { confirm } : {}) },
    { id: 'comment', label: 'Approve with comment…', value },
    { id: 'question', label: 'Ask a question…', value },
    { id: 'deny', label: 'Deny', style: 'danger', value },
  ]
}

/** The button with which the requester takes it back; undefined once there is nothing to take back, and for a dry run. */
export function withdrawButton({ id, status, cancel, request }: Transfer): Button | undefined {
  if (isFinal(status) || status === 'closing' || cancel || request.dryRun) return undefined
  return { id: 'withdraw', label: 'Withdraw…', value: buttonValue(id) }
}
