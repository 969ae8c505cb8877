import type { Changed } from './after-end.ts'
import type { LeftOver } from './left-over.ts'
import type {
  Address,
  Cause,
  ClosingOutcome,
  Connection,
  Fault,
  Millis,
  Person,
  Principal,
  Side,
  Verdict,
} from './model.ts'
import type { Standing } from './stall.ts'

/** What the thread tells, in order; one reply each. */
export type Milestone = { at: Millis } & (
  | { kind: 'prepared'; made: boolean }
  /** `size`: bytes of data, where they could be read. */
  | { kind: 'rule_settled'; rule: string; size?: number }
  | { kind: 'submitted'; operation: string; adopted: boolean }
  | { kind: 'unclear'; fault: Fault }
  | { kind: 'asked'; round: number }
  | { kind: 'new_round'; round: number; changed: readonly string[] }
  | { kind: 'decided'; by: Person; verdict: Verdict; reason?: string; have: number; need: number }
  /** `until`: when the time to decide is over. */
  | { kind: 'question_asked'; by: Person; text: string; until?: Millis }
  | { kind: 'cancel_asked'; by: Person; reason?: string }
  | { kind: 'withdrawn'; by: Person; reason?: string }
  | { kind: 'settled'; by: Person; how: string }
  | { kind: 'settle_refused'; by: Person; code: string; facts: Readonly<Record<string, string>> }
  | { kind: 'card_undeliverable'; address: Address; fault: Fault }
  | { kind: 'reminded'; have: number; need: number }
  | { kind: 'escalated'; to: readonly Principal[]; after: Millis; have: number; need: number }
  | { kind: 'unnamed'; candidates: readonly Connection[] }
  /** `closing`: it was being closed already, whatever the rule says. */
  | { kind: 'bypassed'; side: Side; onBypass: 'stop' | 'follow' | 'closing' }
  | { kind: 'half_approved'; approved?: Side; missing: Side; fault: Fault }
  | { kind: 'running' }
  | ({ kind: 'stalled' } & Standing)
  | { kind: 'closing'; outcome: ClosingOutcome; cause: Cause; fault?: Fault }
  | { kind: 'not_undone'; what: 'cancel' | Side; fault: Fault }
  | { kind: 'closing_slow' }
  | { kind: 'ended' }
  | { kind: 'left_over'; outcomes: readonly LeftOver[] }
  | { kind: 'connections_changed'; changed: readonly Changed[] }
)
