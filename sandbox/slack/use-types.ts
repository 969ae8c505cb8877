import type {
  Delivery,
  Fields,
  Notice,
  SlackChannel,
  SlackEphemeral,
  SlackMessage,
  SlackState,
  SlackUser,
  SlackView,
} from './types.ts'

/** What a fault does instead of (or, with `accept`, after) the work of the call. */
export type FaultAction =
  | { status: number; body?: string | Fields; headers?: Record<string, string>; accept?: boolean }
  | { error: string; accept?: boolean }
  | { hang: number | 'forever'; accept?: boolean }
  | 'reset'
  | 'accept-then-reset'
  | 'accept-then-status'
  | 'down'

/** Which calls a fault meets (all given fields must fit; `method` may be 'response_url') and how often, 1 unless told ('down' lasts until lifted). */
export type Fault = {
  match?: { method?: string; channel?: string; text?: string | RegExp }
  times?: number | 'forever'
  action: FaultAction
}

/** Token buckets: posts per second and channel, calls per minute and method for each tier. */
export type RateLimits = { post: { perSecond: number; burst: number }; tiers: Record<1 | 2 | 3 | 4, number> }

/** How one delivery differs from an ordinary one. */
export type DeliveryOptions = {
  via?: 'http' | 'socket'
  /** Added to X-Slack-Request-Timestamp: negative is the past. */
  skewSeconds?: number
  /** Signs with this instead of the signing secret. */
  secret?: string
  /** Sends `application/x-www-form-urlencoded; charset=utf-8`. */
  charset?: boolean
  /** Sends the very same bytes and headers once more: after the first answer, or at the same time. */
  replay?: 'after' | 'together'
  /** Slack's limit is 3000. */
  answerWithinMs?: number
}

/** A delivery that is over, with its replay when one was asked for. */
export type Delivered = Delivery & { replay?: Delivery }

/** What became of a slash command. */
export type CommandResult = {
  ack: { status: number; body: string; text: string; ephemeral?: SlackEphemeral; message?: SlackMessage }
  notice?: Notice
  delivery: Delivered
  triggerId: string
  responseUrl: string
}

/** What became of a click or of a submitted modal. */
export type InteractionResult = Delivered & {
  triggerId: string
  responseUrl?: string
  notice?: Notice
  view?: SlackView
}

/** What an app gave to choose from. */
export type SuggestResult = Delivered & { options: Fields[]; notice?: Notice }

/** What became of a message that the app hears of; `delivery` is missing when the app does not (no mention, bot not there). */
export type SaidResult = { message: SlackMessage; delivery?: Delivered }

/** A person in front of Slack. */
export type Person = {
  user: SlackUser
  command(
    command: string,
    text: string,
    options?: DeliveryOptions & { channel?: string; shouldEscape?: boolean },
  ): Promise<CommandResult>
  mention(text: string, options?: DeliveryOptions & { channel?: string; thread?: string }): Promise<SaidResult>
  say(text: string, options?: DeliveryOptions & { channel?: string; thread?: string }): Promise<SaidResult>
  dm(text: string, options?: DeliveryOptions & { thread?: string }): Promise<SaidResult>
  click(
    /** `edit` picks the version that the person still has on screen; the newest unless told. */
    target: { message: SlackMessage | string; actionId: string; blockId?: string; edit?: number } & DeliveryOptions,
  ): Promise<InteractionResult>
  submit(
    view: SlackView | string,
    values?: Record<string, string | Fields | null>,
    options?: DeliveryOptions,
  ): Promise<InteractionResult>
  /** Starts a global shortcut of the app, while looking at this channel. */
  shortcut(callbackId: string, options?: DeliveryOptions & { channel?: string }): Promise<InteractionResult>
  /** Types into an external select; `values` is what stands in the modal's other fields. */
  lookFor(
    view: SlackView | string,
    blockId: string,
    value?: string,
    options?: DeliveryOptions & { values?: Record<string, string | Fields | null> },
  ): Promise<SuggestResult>
  /** Opens a tab of the app, the Home tab unless told. */
  openHome(options?: { tab?: 'home' | 'messages' } & DeliveryOptions): Promise<Delivered>
  /** The Home tab as the app last published it for this person. */
  home(): SlackView | undefined
  /** Clicks a button of the Home tab; `shown` is an older one that is still on screen. */
  clickHome(target: { actionId: string; value?: string; shown?: Fields } & DeliveryOptions): Promise<InteractionResult>
  see(channel?: string): (SlackMessage | SlackEphemeral)[]
}

/** What tests and the terminal can do to Slack. */
export type Control = {
  deliverTo(url: string | undefined): void
  fault(fault: Fault): { lift(): void; readonly hits: number }
  clearFaults(): void
  /** Refuses connections for real until up(). */
  down(): Promise<void>
  up(): Promise<void>
  rateLimits(limits: 'off' | 'generous' | 'real' | RateLimits): void
  scopes(granted: string[]): void
  freePlan(on: boolean): void
  user(id: string, change: Partial<SlackUser>): SlackUser
  channel(id: string, change: Partial<SlackChannel>): SlackChannel
  /** Changes who is in a group and sends subteam_members_changed. */
  group(id: string, users: string[], options?: DeliveryOptions): Promise<Delivered>
  event(event: Fields, options?: DeliveryOptions): Promise<Delivered>
  urlVerification(options?: DeliveryOptions): Promise<Delivered & { challenge: string }>
  sslCheck(options?: DeliveryOptions): Promise<Delivered>
  /** Sends `disconnect` to every Socket Mode connection. */
  disconnect(reason?: 'refresh_requested' | 'warning' | 'link_disabled'): void
  /** Cuts every Socket Mode connection without a word. */
  cut(): void
  /** Back to the seed: messages, views, calls, faults, limits and scopes. */
  reset(): void
}

/** What onRequest is told: `before` the work of a call, and `after` it but before the answer leaves. */
export type RequestMoment = { phase: 'before' | 'after'; method: string; args: Fields; n: number }

/** How a sandbox starts; everything may be left out. */
export type SlackSandboxOptions = {
  port?: number
  /** Request URL of the app, for commands, events and interactions. */
  deliverTo?: string
  /** Tokens are random and the secret is a fixed one, unless told. */
  botToken?: string
  appToken?: string
  signingSecret?: string
  seed?: Partial<Pick<SlackState, 'users' | 'groups' | 'channels'>>
  scopes?: string[]
  /** False takes the three history scopes away. */
  historyScope?: boolean
  rateLimits?: 'off' | 'generous' | 'real' | RateLimits
  /** Limit of an app's answer in milliseconds: 3000. */
  answerWithinMs?: number
  /** Delays before the three repeats of an event, in milliseconds: 0, 60000, 300000. */
  eventRetryDelaysMs?: [number, number, number]
  /** False: the app does not hear of its own messages in DMs (Slack does send them). */
  echoOwnDms?: boolean
  /** Epoch milliseconds. */
  now?: () => number
}

/** A running Slack. */
export type SlackSandbox = {
  /** http://127.0.0.1:port */
  url: string
  /** `url` with /api/, trailing slash included. */
  apiUrl: string
  botToken: string
  appToken: string
  signingSecret: string
  teamId: string
  botUserId: string
  botId: string
  appId: string
  state: SlackState
  as(userId: string): Person
  control: Control
  /** Hears of each API call; returns what stops it. The call waits for the function's promise. */
  onRequest(fn: (moment: RequestMoment) => Promise<void> | void): () => void
  /** First truthy answer of `look`, asked again at each change of state; rejects after `timeoutMs` (5000). */
  until<T>(look: (state: SlackState) => T | undefined | null | false, timeoutMs?: number): Promise<T>
  close(): Promise<void>
}
