import type { Changed } from './after-end.ts'
import type { Cancel } from './cancel.ts'
import type { Candidate, Explanation } from './candidates.ts'
import type { LeftOver } from './left-over.ts'
import type { Milestone } from './milestone.ts'
import type { Somebody } from './people.ts'
import type { Check } from './preflight.ts'
import type { Question } from './question.ts'
import type { Creation, Operation, Request } from './request.ts'
import type { Rule } from './rule.ts'
import type { RuleVersions } from './rule-version.ts'
import type { Stall } from './stall.ts'
import type { Usual } from './usual.ts'
import type { Work } from './work.ts'

export type { Changed } from './after-end.ts'
export type { Cancel, Withdrawal } from './cancel.ts'
export type { LeftOver } from './left-over.ts'
export type { Milestone } from './milestone.ts'
export type { Question } from './question.ts'
export type * from './request.ts'
export type * from './rule.ts'
export type { Stall, Standing } from './stall.ts'
export type { Usual } from './usual.ts'
export type { DatabaseState, Work } from './work.ts'

/** The words of a transfer's record; `apply()` is the only thing that makes a next version of it. */

/** An account, never an e-mail address: `slack:<team>/<user id>`, `teams:<tenant>/<object id>`. Opaque outside the adapters. */
export type Person = string
/** A person, a group (`slack:<team>/<user group id>`, `teams:<tenant>/group:<object id>`) or `anyone` (every full member of either chat). Only a `Directory` can tell who is behind it. */
export type Principal = string
/** Where messages can go: a channel or a person. Opaque outside the adapters (`slack:<team>/<channel or user id>`, `teams:<tenant>/<conversation or object id>`). */
export type Address = string
/** A posted message. Opaque outside the adapters; also names the thread below it. */
export type MessageRef = string
/** Milliseconds since 1970, from the clock that is handed in. */
export type Millis = number

export const workingStatuses = [
  'requested',
  'preparing',
  'submitting',
  'awaiting_endpoints',
  'awaiting_approval',
  'approving',
  'running',
  'closing',
] as const
export const finalStatuses = ['refused', 'checked', 'succeeded', 'failed', 'denied', 'expired', 'cancelled'] as const
export type WorkingStatus = (typeof workingStatuses)[number]
export type FinalStatus = (typeof finalStatuses)[number]
export type Status = WorkingStatus | FinalStatus

export type Gate = 'endpoints' | 'submission'
export type Verdict = 'approve' | 'deny'
export type Side = 'sql' | 'storage'
export const sides: readonly Side[] = ['sql', 'storage']

/** What Azure says the request means, read before anything is sent. */
export type Plan = {
  at: Millis
  location: string
  serverHost: string
  edition: string
  objective: string
  maxSizeBytes?: number
  databaseStatus: string
  accountSku: string
  accountKind: string
  /** The blob's address as the account itself names it. */
  uri: string
  checks?: readonly Check[]
}

/** A private endpoint connection as it was last read. `named`: the operation's own result named it. */
export type Connection = {
  side: Side
  id: string
  name: string
  privateEndpoint: string
  state: 'Pending' | 'Approved' | 'Rejected' | 'Disconnected' | 'Gone'
  named: boolean
}

/** Azure's long-running operation. URLs are as Azure gave them and are checked at each read. */
export type AzureOperation = {
  /** Request guid, as in the URLs and in the database's operation list. */
  id: string
  resultUrl: string
  statusUrl?: string
  startedAt: Millis
  /** True when it was found by looking and not told by the answer of our submit. */
  adopted: boolean
}

/** An error of Azure (or of the way to it) without anything of the request: safe to store and to show. */
export type Fault = { code: string; message: string; status?: number; requestId?: string }

/** Records of before have no version of the rule. */
export type Decision = Somebody &
  Partial<RuleVersions> & {
    verdict: Verdict
    at: Millis
    /** Why not; of a yes, the comment. */
    reason?: string
    /** Digest of what the person was shown. */
    digest: string
    /** Indexes of the stages of the rule in which the person was an approver at the click. */
    stages: readonly number[]
  }

/** One asking: what the cards show is `material`, and its digest is in every button. */
export type Round = {
  number: number
  digest: string
  material: Material
  askedAt: Millis
  /** The first card was delivered: the clock starts. */
  deliveredAt?: Millis
  expiresAt?: Millis
  remindedAt?: Millis
}

/** The facts that a yes is about; when one changes a new round begins. */
export type Material = {
  operation: Operation
  gate: Gate
  database: string
  storage: string
  uri: string
  privateLink: boolean
  create?: Creation
  /** What the preflight warned of, as far as it lasts. */
  warnings?: readonly string[]
  rule: string
  connections: readonly { side: Side; id: string; privateEndpoint: string; named: boolean }[]
}

export type ClosingOutcome = 'denied' | 'expired' | 'cancelled' | 'failed'
export type Cause =
  | 'denied'
  | 'expired'
  | 'cancelled'
  | 'withdrawn'
  | 'bypassed'
  | 'unclear'
  | 'endpoints_missing'
  | 'half_approved'
  | 'not_approved'
  | 'connection_lost'
  | 'clock'
  | 'settled'
  | 'azure'

export type Closing = {
  outcome: ClosingOutcome
  cause: Cause
  since: Millis
  fault?: Fault
  /** What could not be undone, by what it was tried on: `cancel`, `sql`, `storage`. Only the last fault is kept. */
  undone: Partial<Record<'cancel' | Side, { state: 'done' | 'refused'; at: Millis; fault?: Fault }>>
  /** Told once that it takes long. */
  slowTold?: boolean
}

export type Ending = {
  outcome: FinalStatus
  cause?: Cause
  at: Millis
  fault?: Fault
  /** Refused: which sentence, with its facts. */
  refusal?: { code: string; facts: Readonly<Record<string, string>> }
  /** The operation completed all the same, after a no. */
  released?: boolean
  work?: Work
  /** Connections of ours that are still there, with their state. */
  leftOver: readonly Connection[]
  /** Nothing had been sent to Azure. */
  nothingSent: boolean
}

export type Transfer = {
  schema: 1
  id: string
  /** Grows by one with each applied event. */
  version: number
  status: Status
  /** When the status began. */
  since: Millis
  request: Request
  rule: Rule
  /** The rules of which only Azure can tell which one counts; `rule` then is one of them and binds nobody yet. */
  candidates?: readonly Candidate[] | undefined
  /** A dry run's: how the rules met the request. */
  explained?: Explanation
  plan?: Plan
  /** Bytes of data in an export's database as the first plan that knew them said: they choose the rule once. */
  measured?: number
  /** An empty database stands there, which Drawbridge made for this import. */
  created?: true
  /** Ids of all connections on both sides, and of an import's earlier operations, before the first submit. */
  snapshot?: readonly string[]
  operation?: AzureOperation
  connections: Partial<Record<Side, Connection>>
  round?: Round
  /** From then on, for the rest of the transfer, the people of `rule.escalate` may decide too. */
  escalated?: { at: Millis; round: number }
  decisions: readonly Decision[]
  questions?: readonly Question[]
  /** Raw text of Azure and percentage (0..100) where it names one. */
  progress?: { text: string; percent?: number; at: Millis }
  stall?: Stall
  usual?: Usual
  cancel?: Cancel
  /** `refused`: the operation that was named is not ours; it waits for another word. */
  settled?: { by: Person; at: Millis; running?: string; refused?: true }
  bypassed?: { side: Side; at: Millis }
  closing?: Closing
  ending?: Ending
  /** What became of `ending.leftOver` where the rule has it removed, one entry each. */
  leftOver?: readonly LeftOver[]
  /** Connections of ours that changed after the end, one entry each. */
  afterEnd?: readonly Changed[]
  story: readonly Milestone[]
}
