import type { Event } from './events.ts'
import type { Address, MessageRef, Millis, Person, Principal, Status, Transfer } from './model.ts'
import type { Answer } from './ports.ts'

export type Role = 'advance' | 'show'

/** Intent and result of an effect that must not happen twice by accident. */
export type Effect = {
  token: string
  at: Millis
  attempt: number
  /** Recovery must not send again before this time. */
  noRepostBefore?: Millis
  result?: unknown
}

/** What chat shows, kept by `show` alone. */
export type ChatSlot = {
  state: 'posting' | 'posted' | 'closed'
  address: Address
  /** Of the post under way. */
  token?: string
  at: Millis
  ref?: MessageRef
  link?: string
  hash?: string
  quietHash?: string
  drawnAt?: Millis
  /** Version of the record that was drawn. */
  version?: number
  problem?: string
}
/** A place where a card stands, and who of those who can still fill a seat is mentioned there. */
export type Reminded = { address: Address; mention: readonly Principal[] }
export type ChatState = {
  slots: Readonly<Record<string, ChatSlot>>
  /** Where this round's cards go, once it is known who the approvers are; `escalated`: those of them that only the escalation brought. */
  cards?: { round: number; addresses: readonly Address[]; escalated?: readonly Address[] }
  /** Where this round's reminder goes and whom it mentions there, once that is known. */
  reminder?: { round: number; places: readonly Reminded[] }
}

export type Stored = {
  transfer: Transfer
  chat: ChatState
  chatVersion: number
  effects: Readonly<Record<string, Effect>>
}

/** A hold on one transfer by one job; every commit under it fails once it has run out. */
export type Lease = { role: Role; id: string; owner: string }

/**
 * A lease that is being renewed. `held` is false once it is lost or may be; `mayStart` throws once half of it has
 * gone: no irreversible call starts after that.
 */
export type HeldLease = Lease & { held(): boolean; mayStart(): void }

/** Next times of need; `null` takes the transfer out of that queue's due set, undefined leaves it. */
export type Due = { advance?: Millis | null; show?: Millis | null }

/** A line of the audit stream that belongs to no change of a record: refusals, commands that only read, messages. */
export type Notice = {
  at: Millis
  kind: string
  by?: Person
  transfer?: string
  facts: Readonly<Record<string, string>>
}

/** How many refusals of one actor the audit tells one by one in each window of so many milliseconds; the rest are counted. */
export type RefusalLimit = { most: number; window: Millis }

/** The first answer to a delivery, kept for 24 h. */
export type Once = { delivery: string; answer: Answer; notAfter: Millis }

export type CreateResult =
  | { kind: 'created' }
  | { kind: 'repeat'; answer: Answer }
  | { kind: 'guarded'; by: string }
  | { kind: 'limit'; open: number }
  /** The rule lets no more be open than these. */
  | { kind: 'crowded'; ids: readonly string[] }
  | { kind: 'taken' }
  | { kind: 'late' }
export type CommitResult =
  | { kind: 'committed' }
  /** Where `rule_settled` is among the events, by the limits of that rule. */
  | { kind: 'limit'; open: number }
  | { kind: 'crowded'; ids: readonly string[] }
  | { kind: 'conflict' }
  | { kind: 'repeat'; answer: Answer }
  | { kind: 'late' }
  | { kind: 'lost' }

/** Which transfers are listed: one index of the store. */
export type ListedBy =
  | { requester: Person }
  /** What the person has asked for and that is still open. */
  | { openOf: Person }
  | { status: Status }
  | { database: string }
  | { all: true }

/** Redis, and the only place where anything is kept. Every method is one Lua call. */
export type Store = {
  /** Redis TIME plus `budget`, from the last sample and the monotonic clock: no round trip. */
  notAfter(budget: Millis): Millis
  /** Writes a new transfer with its guard, indexes and audit; sets both due times. Refuses by guard, by open transfers of the requester, by time. */
  create(next: Transfer, events: readonly Event[], once: Once, due: Due): Promise<CreateResult>
  read(id: string): Promise<Stored | undefined>
  /** The first answer to this delivery, if there was one. */
  answered(delivery: string): Promise<Answer | undefined>
  /**
   * Keeps an answer that changed nothing, with its line in the audit. Answers with the first one where there was one.
   * `held`: kept, but the actor has had their `limit`, and the line was only counted.
   */
  remember(
    once: Once,
    notice: Notice,
    limit?: RefusalLimit,
  ): Promise<{ kind: 'kept' | 'held' } | { kind: 'repeat'; answer: Answer } | { kind: 'late' }>
  /**
   * A line of the audit for what no answer is kept of; only counted (`held`) when the actor has had their limit. How `held`:
   * one that was only counted, and is to be told after all.
   */
  note(notice: Notice, how?: RefusalLimit | 'held'): Promise<'kept' | 'held'>
  /**
   * Compare-and-set on the version before `events`; everything in one Lua call. `guard: 'free'` gives the database free.
   * With replicas, throws when none of them confirms `effects`: they are stored then, and must be looked for first.
   */
  commit(input: {
    next: Transfer
    events: readonly Event[]
    due: Due
    once?: Once
    lease?: Lease
    effects?: Readonly<Record<string, Effect | null>>
    guard?: 'free'
  }): Promise<CommitResult>
  /**
   * Parks without a change of the record: moves the due time if the version is still the one that was read.
   * `failed` keeps counting the tries, so that the next failure waits longer.
   */
  park(lease: Lease, version: number, due: Due, how?: 'failed'): Promise<boolean>
  /** Stores what became of an effect, by its intent's token, whatever the version, with its line in the audit; wakes `advance`. */
  result(id: string, slot: string, token: string, result: unknown, at: Millis): Promise<boolean>
  /** Saves what chat shows, with the lines of what people got to see. `due: null` is kept only if `seen` is still the record's version. */
  commitChat(
    lease: Lease,
    chatVersion: number,
    chat: ChatState,
    seen: number,
    due: Millis | null,
    told?: readonly Notice[],
  ): Promise<boolean>
  /** Ids that are due, pushed by the lease time so that they come back by themselves. */
  claim(role: Role, now: Millis, most: number): Promise<readonly string[]>
  /** Makes every working transfer due that is in no due set; answers their ids. An entry means a defect or a hand in Redis. */
  heal(): Promise<readonly string[]>
  /** `tries`: begins since the last commit or good park, this one included, for backing off. */
  begin(lease: Lease): Promise<{ tries: number } | undefined>
  renew(lease: Lease): Promise<boolean>
  finish(lease: Lease): Promise<void>
  /**
   * Newest first; of a database by its resource id, in any case of letters. Of a status by when that began, all others by
   * when it was asked; `skip` leaves out as many of the newest, and `since` what is older.
   */
  list(by: ListedBy, most: number, from?: { skip?: number; since?: Millis }): Promise<readonly Stored[]>
  /** The audit, oldest first, from a number on. */
  audit(from: number, most: number): Promise<readonly Readonly<Record<string, string>>[]>
}

/** Hints that something is due: may be lost or doubled without harm. Never throws. */
export type Hint = (role: Role, id: string) => void
