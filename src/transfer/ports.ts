import type { Filled, TextField } from './form.ts'
import type {
  Address,
  AzureOperation,
  Connection,
  DatabaseState,
  Fault,
  MessageRef,
  Millis,
  Person,
  Plan,
  Principal,
  Request,
  Side,
  Transfer,
} from './model.ts'
import type { Check } from './preflight.ts'
import type { Reminded } from './store-port.ts'
import type { Line } from './text.ts'

/** The domain's time: due times, expiry, ages. */
export type Clock = { now(): Millis }

/* ---- inbound: the two types that every chat is translated to ---- */

/** Words of a person, verb first (`export orders to backups`, `status k3v9…`); `text` is as typed, markup of the platform included. */
export type Command = { delivery: string; by: Person; text: string; origin: { address: Address; thread?: MessageRef } }

/** A form that was sent: `delivery` names the form, which asks once however often it is sent, and `attempt` this sending. */
export type FormInput = { delivery: string; attempt: string; by: Person; filled: Filled; origin: Command['origin'] }

/** A click on a card. */
export type DecisionInput = {
  delivery: string
  by: Person
  transfer: string
  digest: string
  verdict: 'approve' | 'deny'
  reason?: string
}

/** What an approver wants to know before deciding. */
export type QuestionInput = { delivery: string; by: Person; transfer: string; digest: string; text: string }

/** The requester takes it back. */
export type WithdrawalInput = { delivery: string; by: Person; transfer: string; reason?: string }

/** A click that asks for words before it counts; `digest` is empty where the button is about no round. */
export type Click = {
  act: 'comment' | 'question' | 'deny' | 'withdraw'
  by: Person
  transfer: string
  digest: string
}

/** What only the asker sees; `ok` is false for a no, and `about` then the field of a form that it is about. */
export type Answer = { ok: boolean; lines: readonly Line[]; about?: TextField }

/* ---- Azure ---- */

/** A call with effect that Azure took, by Azure's own id of the request where it gave one. */
export type Taken = { requestId?: string }

/** What became of the one call that is not idempotent. */
export type Submission =
  | ({ kind: 'accepted'; operation: AzureOperation } & Taken)
  /** Azure (or the way to it) certainly started nothing. */
  | { kind: 'refused'; fault: Fault }
  /** It may have started: look before anything else. */
  | { kind: 'unclear'; fault: Fault }

/** What a look for our own operation saw. */
export type Look =
  | { kind: 'found'; operation: AzureOperation }
  /** Everything that runs or ran on the database could be read, and none is ours. `busy` names a foreign job that runs now. */
  | { kind: 'none'; busy?: string; seen: readonly string[] }
  /** Something could not be read or told apart: proves nothing. */
  | { kind: 'unknown'; why: string }

/** One reading of the operation: `text` raw, `percent` 0..100 where Azure names it. */
export type Observation = {
  state: 'working' | 'succeeded' | 'failed' | 'cancelled' | 'unknown'
  text: string
  percent?: number
  fault?: Fault
  /** Connections that the operation's own result names. */
  named: readonly { side: Side; name: string; status: string }[]
  /** When Azure's record of the operation was last touched; of an ended one, its end. */
  changedAt?: Millis
  /** Milliseconds that Azure asks us to wait before the next read. */
  retryAfter?: Millis
}

/** Everything that Drawbridge asks of Azure. Each call throws `Refusal`, `PermanentError` or `TransientError` and nothing else. */
export type Azure = {
  plan(request: Request): Promise<Plan>
  /** Every preflight check; never throws, as what cannot be read is a warning. `ours` is not in its own way. */
  preflight(
    request: Request,
    plan: Plan,
    ours: { operation?: string; connections: readonly string[] },
  ): Promise<readonly Check[]>
  /**
   * Finds or makes the empty database of `request.create`; `working` until Azure has it online. Most calls only read:
   * `mayWrite` is awaited before the one that sends, and `sent` tells that Azure took it.
   */
  prepare(
    request: Request,
    plan: Plan,
    mayStart: () => void,
    mayWrite?: () => Promise<void>,
  ): Promise<{ kind: 'ready'; made: boolean } | { kind: 'working'; sent?: Taken }>
  /** All private endpoint connections of the server and of the account. */
  connections(request: Request): Promise<readonly Connection[]>
  /** One connection, read by its id now; undefined when it is gone. */
  connection(request: Request, connection: Connection): Promise<Connection | undefined>
  /** One POST, never repeated. `mayStart` is asked right before it goes out and stops it by throwing. */
  submit(request: Request, plan: Plan, mayStart: () => void): Promise<Submission>
  /**
   * Looks for this request's operation, queued at `since` or later. An export is ours by its blob; an import also by not
   * being among `before`, the ids that were there when it was first sent (`all`: none that is there can be ours).
   */
  look(request: Request, plan: Plan, since: Millis, before: readonly string[] | 'all'): Promise<Look>
  /** Makes the operation record of an id that an operator names; refuses what does not exist or is another job. */
  adopt(request: Request, plan: Plan, operationId: string): Promise<AzureOperation>
  observe(request: Request, operation: AzureOperation): Promise<Observation>
  /** Percentage (1..100) from the database's list of operations, the other place that may name one. */
  percent(request: Request, operation: AzureOperation): Promise<number | undefined>
  /** The request's database as it is now; undefined when there is none. */
  database(request: Request): Promise<DatabaseState | undefined>
  /** One PUT. Resolves when Azure took it, not when it is done: read the connection back. */
  decide(
    request: Request,
    connection: Connection,
    verdict: 'Approved' | 'Rejected',
    description: string,
    mayStart: () => void,
  ): Promise<Taken>
  /**
   * One DELETE of a connection that the import/export service made on our server or account. Resolves when Azure took it
   * or has none of that id: read the connection to see that it is gone. Asking twice harms nothing.
   */
  remove(request: Request, connection: Connection, mayStart: () => void): Promise<Taken>
  /** Asks Azure to cancel; `refused` carries why it will not. */
  cancel(
    request: Request,
    operation: AzureOperation,
  ): Promise<({ kind: 'asked' } & Taken) | { kind: 'refused'; fault: Fault }>
}

/** What a call costs: a read, a write, or a list of a storage account's connections (the tightest limit). */
export type Spend = 'read' | 'write' | 'storage_list'

/** What all workers together may ask of Azure; answers 0, or the milliseconds until there is room. */
export type Budget = { take(subscription: string, kind: Spend, count: number): Promise<Millis> }

/** Matches the names of an operation's result to connections (tolerant as Azure's answers are). */
export type MatchConnections = (
  named: Observation['named'],
  all: readonly Connection[],
) => Partial<Record<Side, Connection>>

/* ---- chat ---- */

/**
 * Which message: the root of the story, a card at one place, a reminder below it, the reply of the story's n-th
 * milestone, or the story in one message for a place that is told silently.
 */
export type Slot = { key: string } & (
  | { kind: 'root' }
  | { kind: 'card'; address: Address; round: number }
  | { kind: 'reminder'; mention: readonly Principal[]; link?: string }
  | { kind: 'tell'; address: Address }
  | { kind: 'reply'; index: number }
)

/** A message ready to send. Equal `hash` means nothing to redraw; `body` belongs to the adapter. */
export type Drawing = { hash: string; quietHash: string; body: unknown }

/** Outbound chat. Errors: `TransientError` (try later), `PermanentError` (this place cannot be used: fall back). */
export type Chat = {
  /** Pure: what the slot shows for this record. `quietHash` leaves progress and elapsed time out. */
  draw(transfer: Transfer, slot: Slot, at: Millis): Drawing
  /** Posts to the address, below `thread` where given. The message carries transfer id and slot. */
  post(
    to: { address: Address; thread?: MessageRef },
    drawing: Drawing,
    mark: { transfer: string; slot: string },
  ): Promise<{ ref: MessageRef; link?: string }>
  update(ref: MessageRef, drawing: Drawing): Promise<void>
  /** Looks for a posted message by its mark. `unreadable`: history is closed to us. */
  find(
    to: { address: Address; thread?: MessageRef },
    mark: { transfer: string; slot: string },
    since: Millis,
  ): Promise<MessageRef | 'absent' | 'unreadable'>
  remove(ref: MessageRef): Promise<void>
  /** Who gets a card of their own: the approvers of the rule, or of the principals those who could decide. */
  approvers(transfer: Transfer, among?: readonly Principal[]): Promise<readonly Address[]>
  /** Whom a reminder mentions at each place: who can still fill a seat. Places where that is nobody are left out. */
  waiting(transfer: Transfer, places: readonly Address[]): Promise<readonly Reminded[]>
}

/** Who is who; answers are at most 60 s old. Throws `TransientError` when it cannot be read in time. */
export type Directory = {
  /** Which of the principals the person is or belongs to. */
  among(person: Person, principals: readonly Principal[]): Promise<readonly Principal[]>
  /** The people behind the principals, without bots and the deactivated. */
  people(principals: readonly Principal[]): Promise<readonly Person[]>
  standing(person: Person): Promise<'member' | 'guest' | 'stranger' | 'deactivated'>
  /** What people call the person, group or place; undefined where nobody knows. Never throws. */
  name(id: Principal | Address): Promise<string | undefined>
}

/** What an adapter has to remember of a chat to write there again after a restart: text by key, newest wins. */
export type Notes = { read(key: string): Promise<string | undefined>; write(key: string, text: string): Promise<void> }

/** What may be sent through one gate of a chat; answers 0, or the milliseconds until there is room. */
export type Pace = { take(gate: string, limit: { rate: number; burst: number }): Promise<Millis> }

export type * from './store-port.ts'
