import type { Candidate, Explanation } from './candidates.ts'
import type {
  Address,
  AzureOperation,
  Cause,
  Changed,
  ClosingOutcome,
  Connection,
  Decision,
  Ending,
  Fault,
  LeftOver,
  Millis,
  Person,
  Plan,
  Question,
  Request,
  Rule,
  Side,
  Usual,
  Withdrawal,
} from './model.ts'
import type { Somebody } from './people.ts'

/** Everything that can happen to a transfer. `apply()` says what it means; the audit stream keeps each one as it is. */
export type Event = { at: Millis } & (
  | {
      type: 'requested'
      id: string
      request: Request
      rule: Rule
      /** The rules of which only Azure can tell which one counts; `rule` is one of them then. */
      candidates?: readonly Candidate[]
      explained?: Explanation
    }
  | { type: 'refused'; code: string; facts: Readonly<Record<string, string>> }
  | { type: 'planned'; plan: Plan }
  /** Of several candidates this is the rule, now that the plan is read. */
  | { type: 'rule_settled'; rule: string }
  /** The end of a dry run. */
  | { type: 'checked' }
  /** Azure took the request for the database of an import. */
  | { type: 'creation_sent'; requestId?: string }
  /** `made`: by us, now; else it stood there already, empty. */
  | { type: 'prepared'; made: boolean }
  | { type: 'submit_intended'; attempt: number; token: string; snapshot: readonly string[] }
  | { type: 'submitted'; operation: AzureOperation }
  | { type: 'submit_refused'; fault: Fault }
  | { type: 'submit_unclear'; fault: Fault }
  | { type: 'observed'; text: string; percent?: number }
  | { type: 'connections_seen'; connections: readonly Connection[] }
  | { type: 'unnamed_seen'; candidates: readonly Connection[] }
  | { type: 'asked'; changed: readonly string[] }
  | { type: 'card_delivered' }
  | { type: 'card_undeliverable'; address: Address; fault: Fault }
  /** By the clocks of the asking: the reminder once a round, the escalation once. */
  | { type: 'reminded' }
  | { type: 'escalated' }
  /** `since`: who decided before and was declared with more accounts after that. */
  | { type: 'decided'; decision: Decision; since?: readonly Somebody[] }
  | { type: 'question_asked'; question: Question }
  | { type: 'cancel_asked'; by: Person; reason?: string }
  | { type: 'withdrawn'; withdrawal: Withdrawal }
  | { type: 'settled'; by: Person; running?: string }
  | { type: 'settle_refused'; code: string; facts: Readonly<Record<string, string>> }
  | { type: 'quorum_reached' }
  | { type: 'bypassed'; side: Side }
  | { type: 'approve_intended'; side: Side; token: string }
  | { type: 'approve_failed'; side: Side; fault: Fault; approved?: Side }
  | { type: 'running' }
  /** A running job has said the same for longer than the rule finds usual. */
  | { type: 'stalled' }
  | { type: 'usual_read'; usual: Usual }
  | { type: 'closing'; outcome: ClosingOutcome; cause: Cause; fault?: Fault }
  /** `requestId`: Azure's, of the cancel that it took. */
  | { type: 'undo'; what: 'cancel' | Side; state: 'done' | 'refused'; fault?: Fault; requestId?: string }
  | { type: 'closing_slow' }
  | { type: 'ended'; ending: Omit<Ending, 'at'> }
  /** After the end; each connection once. */
  | { type: 'left_over'; outcomes: readonly LeftOver[] }
  /** After the end; each connection once. `quiet`: as Azure clears up, which the end has told. */
  | { type: 'connections_changed'; changed: readonly Changed[]; quiet?: true }
)
