import type { FormId } from '../cards/click-forms.ts'
import type { Answer, Click } from '../transfer/ports.ts'
import type { Handlers } from './handlers-type.ts'

/** A click with its words, as any chat has it; `act` is the button's id. */
export type Act = Omit<Click, 'act'> & { act: 'approve' | FormId; delivery: string; words?: string }

/** Hands a click to the handler that it is for; words that are empty are none. */
export function sendAct(handlers: Handlers, { act, words, ...click }: Act): Promise<Answer> {
  const { delivery, by, transfer } = click
  const reason = words ? { reason: words } : {}
  switch (act) {
    case 'approve':
    case 'comment':
      return handlers.onDecision({ ...click, verdict: 'approve', ...reason })
    case 'deny':
      return handlers.onDecision({ ...click, verdict: 'deny', ...reason })
    case 'question':
      return handlers.onQuestion({ ...click, text: words ?? '' })
    case 'withdraw':
      return handlers.onWithdrawal({ delivery, by, transfer, ...reason })
  }
}
