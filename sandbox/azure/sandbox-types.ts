import type { ArmedFault, FaultInput } from './fault-types.ts'
import type { AzureOptions, Timings } from './settings.ts'
import type { AzureState, Connection, ConnectionStatus, Operation, Side } from './types.ts'

/** What a hook sees: secrets are replaced in `body`; `status` is 0 before the work. */
export type RequestEvent = {
  when: 'before' | 'after'
  name: string
  method: string
  path: string
  body: unknown
  status: number
}

/** `drop` cuts the connection: before the work, nothing is done; after it, nobody hears of it. */
export type HookVerdict = undefined | undefined | 'drop'

/** Called before the work and again after it, and awaited both times before anything goes back. */
export type RequestHook = (event: RequestEvent) => HookVerdict | Promise<HookVerdict>

/** What somebody does to a connection in the portal; `id` may be an ARM id or a name, `add` makes one of an unrelated private endpoint. */
export type ConnectionChange =
  | { action: 'approve' | 'reject' | 'disconnect' | 'remove'; id: string; description?: string }
  | { action: 'add'; side: Side; parent: string; privateEndpoint?: string; status?: ConnectionStatus }

/** What somebody else, or the service itself, does to a job; `id` is the request guid. */
export type OperationChange = { action: 'cancel' | 'complete' | 'fail'; id: string; reason?: string }

/** How to start a sandbox: `seed` replaces whole lists of the default state, or edits it. */
export type AzureSandboxOptions = {
  port?: number
  regionalPort?: number
  token?: string
  password?: string
  seed?: Partial<AzureState> | ((state: AzureState) => void)
  timings?: Partial<Timings>
  options?: Partial<AzureOptions>
  /** How many requests are kept in `state.requests` (5,000). */
  requestCap?: number
}

/** A running Azure Resource Manager; every control function has a twin under `/__control`. */
export type AzureSandbox = {
  url: string
  /** Another origin of the same server, named in Location and Azure-AsyncOperation as Azure names a regional host. */
  regionalUrl: string
  token: string
  readonly state: AzureState
  readonly timings: Timings
  readonly options: AzureOptions
  setTimings(timings: Partial<Timings>): Timings
  setOptions(options: Partial<AzureOptions>): AzureOptions
  arm(...faults: FaultInput[]): ArmedFault[]
  disarm(): void
  faults(): ArmedFault[]
  changeConnection(change: ConnectionChange): Connection
  changeOperation(change: OperationChange): Operation
  /** Moves the sandbox's clock ahead. */
  passTime(ms: number): void
  /** Puts state, faults, timings and options back to where they were at the start; the storage keys stay the same. */
  reset(): void
  /** Registers a hook; the function that comes back removes it. */
  onRequest(hook: RequestHook): () => void
  close(): Promise<void>
}
