import type { Address, Gate, Millis, Principal, WorkingStatus } from './model.ts'
import type { Operation } from './request.ts'

/** Approvers of whom `need` distinct people must say yes. */
export type Stage = { approvers: readonly Principal[]; need: number }

/** What a rule is about; what is left out matches everything, and a fact that is not known matches nothing that is stated. */
export type When = {
  operation: readonly Operation[]
  database: readonly string[]
  storage: readonly string[]
  /** Of the database, as guids in lower case. */
  subscription?: readonly string[]
  /** Patterns over the short name of the database's server. */
  server?: readonly string[]
  container?: readonly string[]
  /** Labels of the catalogue: of the database, and of both sides in the direction of the data. */
  environment?: readonly string[]
  from?: readonly string[]
  to?: readonly string[]
  size?: SizeRange
  requester?: readonly Principal[]
  privateLink?: boolean
}

/** Bytes of data in the database that is exported. */
export type SizeRange = { below?: number; atLeast?: number }

/** Where data may go: an export to such storage, an import to such a database. What is left out allows every one. */
export type Destinations = {
  storage?: readonly string[]
  container?: readonly string[]
  database?: readonly string[]
  environment?: readonly string[]
}

/** A rule of the policy as it was when the transfer started. Durations in milliseconds. */
export type Rule = {
  name: string
  when: When
  requesters: readonly Principal[]
  stages: readonly Stage[]
  /** Addresses, or `approvers`: a direct message to each of them. */
  cards: readonly (Address | 'approvers')[]
  expiry: Millis
  gate: Gate
  onBypass: 'stop' | 'follow'
  unnamedConnections: 'wait' | 'ask'
  /** What becomes of connections of ours that Azure leaves behind; records of before have none and mean `keep`. */
  leftOver?: 'keep' | 'remove'
  /** How long a running job may say the same before that is told: at 0, 1 and 100 %, and in between. */
  stuckAfter?: Millis
  silentAfter?: Millis
  /** Of one requester, and of everybody under this rule. */
  maxOpen: number
  maxOpenOfRule?: number
  /** Who has not decided yet is reminded once, this long after the first card was out. */
  remindAfter?: Millis
  /** This long after the first card was out, the people of `to` get cards and may decide too, in every stage. */
  escalate?: { after: Millis; to: readonly Principal[] }
  /** Whether a request needs a reason; `pattern` (a regular expression) must be found in it, `example` shows how. */
  reason?: { required: boolean; pattern?: string; example?: string }
  /** The only places that data may go to under this rule. */
  destinations?: Destinations
  /** A click on Approve has to be confirmed once. */
  confirm?: boolean
  /** Places that get the story without any mention: one message each, kept up to date. */
  tell?: readonly Address[]
  /** Longest times in statuses that differ from those of all transfers. */
  clocks?: Partial<Readonly<Record<WorkingStatus, Millis>>>
}
