import { explainedWith, settleRule } from './candidates.ts'
import type { Event } from './events.ts'
import { type Change, illegal } from './lifecycle.ts'
import { gateOf } from './material.ts'
import type { Plan, Transfer } from './model.ts'
import { dataBytes } from './work.ts'

/**
 * Which of several rules counts, once the plan is read. Until then nobody is asked and nothing is sent. Undefined: not
 * one of these events.
 */
export function applyRule(transfer: Transfer, event: Event): Change | undefined {
  if (event.type === 'planned' && transfer.candidates) {
    const explained = explainedWith(transfer, event.plan)
    return { ...measured(transfer, event.plan), ...(explained ? { explained } : {}) }
  }
  if (event.type === 'asked' && transfer.candidates) throw illegal(transfer, event)
  if (event.type !== 'rule_settled') return undefined
  const { candidates, plan, request, status } = transfer
  if (!candidates || !plan || status !== 'requested') throw illegal(transfer, event)
  const { rule } = settleRule(transfer)
  if (!rule || rule.name !== event.rule) throw illegal(transfer, event)
  const size = dataBytes(transfer)
  const goesOn = gateOf({ request, rule }) === 'endpoints' && !request.dryRun
  return {
    rule,
    candidates: undefined,
    ...(goesOn ? { status: 'submitting' } : {}),
    told: [{ kind: 'rule_settled', rule: rule.name, ...(size === undefined ? {} : { size }) }],
  }
}

/** The plan, and the size of the data by which a rule is chosen: a later plan that knows another one, or none, changes nothing. */
export function measured(transfer: Transfer, plan: Plan): Pick<Change, 'plan' | 'measured'> {
  const size = transfer.measured ?? dataBytes({ plan, request: transfer.request })
  return { plan, ...(size === undefined ? {} : { measured: size }) }
}
