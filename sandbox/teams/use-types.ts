import type {
  CallName,
  Delivery,
  EntraGroup,
  Fields,
  Notice,
  TeamsConversation,
  TeamsMessage,
  TeamsState,
  TeamsTeam,
  TeamsUser,
} from './types.ts'

/** What a fault does instead of (or, with `accept`, after) the work of the call; a status without a body is answered as Teams words it. */
export type FaultAction =
  | { status: number; body?: string | Fields; headers?: Record<string, string>; accept?: boolean }
  | { hang: number | 'forever'; accept?: boolean }
  | 'reset'
  | 'accept-then-reset'
  | 'accept-then-status'
  | 'down'

/** Which calls a fault meets (all given fields must fit) and how often, 1 unless told ('down' lasts until lifted). */
export type Fault = {
  /** `conversation` with or without `;messageid=`; `text` is looked for in the text and in the whole activity as JSON. */
  match?: { method?: CallName | '*'; conversation?: string; text?: string | RegExp }
  times?: number | 'forever'
  action: FaultAction
}

/** At most `calls` in any span of `seconds`. */
export type Window = { calls: number; seconds: number }

/** Limits per bot and conversation for what writes and for what reads, and per app and tenant for all. */
export type RateLimits = { write: Window[]; read: Window[]; tenant: Window[] }

/** How fast an app may call. */
export type RateLimitSetting = 'off' | 'generous' | 'real' | RateLimits

/** How one delivery differs from an ordinary one. */
export type DeliveryOptions = {
  /** Sends the very same bytes and headers once more: after the first answer, or at the same time. */
  replay?: 'after' | 'together'
  /** Sends this instead of the token of Teams; '' sends no Authorization. */
  token?: string
  headers?: Record<string, string>
  /** Changes the activity before it is written. */
  change?: (activity: Fields) => Fields
  /** Teams waits 15000 for an answer to a message and 5000 for one to an invoke. */
  answerWithinMs?: number
}

/** A delivery that is over, with its replay when one was asked for. */
export type Delivered = Delivery & { replay?: Delivery }

/** Claims of an inbound token that differ, and how it is signed. */
export type TokenChange = Partial<{
  iss: string
  aud: string
  serviceurl: string
  nbf: number
  exp: number
  /** One of KEY_IDS signs with that key; another id signs with the key of Teams under that id. */
  kid: string
  /** RS256 unless told; 'HS256' signs with the public key as a secret, 'none' does not sign. */
  alg: 'RS256' | 'HS256' | 'none'
  /** 'foreign' signs with a key that is not published. */
  key: 'foreign'
}> &
  Fields

/** What became of something typed; `delivery` is missing when the app does not hear it (no mention, not installed). */
export type SaidResult = { message: TeamsMessage; activity: Fields; delivery?: Delivered }

/** What became of a click, a refresh or another invoke. */
export type InvokeResult = {
  /** HTTP status of the app's answer; 0 for none. */
  status: number
  /** The answer's body, parsed when it is JSON. */
  body: unknown
  ms: number
  /** The sentence that the person is shown. */
  shown?: string
  /** The card that the person sees now. */
  card?: Fields
  notice?: Notice
  activity: Fields
  delivery: Delivered
}

/** A message as one person sees it: `viewed` says that a card made for this person stands in it. */
export type SeenMessage = TeamsMessage & { viewed: boolean }

/** How something is typed. */
export type SayOptions = DeliveryOptions & {
  /** Conversation id; CHANNELS.data unless told. */
  in?: string
  /** Id of the root post to answer to. */
  thread?: string
  /** Mentions the bot first; true in channels and group chats unless told. */
  mention?: boolean
  /** A slash command: only this person and the bot see it. */
  targeted?: boolean
  /** 'xml' says textFormat xml; 'html-attachment' puts formatting into the text/html attachment. */
  format?: 'plain' | 'xml' | 'html-attachment'
  /** For someone of another tenant: writes in a channel shared with the home tenant instead of in their own tenant. */
  shared?: boolean
}

/** How a button is pressed. */
export type ClickOptions = DeliveryOptions & {
  /** The action with this title, or with this verb; together they must both fit. */
  title?: string
  verb?: string
  /** Of several alike, the one whose data hold this. */
  data?: Record<string, string>
  inputs?: Record<string, string>
  /** 'submit' is a client that knows no Action.Execute and sends its fallback. */
  as?: 'execute' | 'submit'
  /** The version of the message that the person still has on screen, without what was made for this person. */
  edit?: number
  shared?: boolean
}

/** A person in front of Teams. */
export type TeamsPerson = {
  user: TeamsUser
  say(text: string, options?: SayOptions): Promise<SaidResult>
  /** Says it in the personal chat with the bot. */
  chat(text: string, options?: Omit<SayOptions, 'in'>): Promise<SaidResult>
  click(message: TeamsMessage | string, options?: ClickOptions): Promise<InvokeResult>
  /** Sends the card's refresh with the trigger `automatic`; throws when Teams would not send it for this person. */
  refresh(message: TeamsMessage | string, options?: DeliveryOptions): Promise<InvokeResult>
  /** Any other invoke. */
  invoke(name: string, value: unknown, options?: DeliveryOptions & { in?: string }): Promise<InvokeResult>
  /** Looks: sends refreshes that are due for this person first, then answers what this person sees, oldest first. */
  see(conversation?: string): Promise<SeenMessage[]>
}

/** What tests and the terminal can do to Teams; a person is a handle, an object id or an MRI. */
export type TeamsControl = {
  deliverTo(url: string | undefined): void
  fault(fault: Fault): { lift(): void; readonly hits: number }
  clearFaults(): void
  /** Refuses connections for real until up(). */
  down(): Promise<void>
  up(): Promise<void>
  rateLimits(limits: RateLimitSetting): void
  /** Installs the bot for a person, in a chat, or in a channel's team, at once; then tells the app as Teams does. */
  install(where: string, options?: DeliveryOptions): Promise<Delivered[]>
  uninstall(where: string, options?: DeliveryOptions): Promise<Delivered[]>
  /** Only tells the app: installationUpdate, and conversationUpdate with the bot among the members. */
  installed(where: string, action?: 'add' | 'add-upgrade' | 'remove', options?: DeliveryOptions): Promise<Delivered[]>
  /** The person blocks the bot, or no longer. */
  block(person: string, blocked?: boolean): void
  /** Changes the roster at once; then tells the app as Teams does. */
  addMember(conversation: string, person: string, options?: DeliveryOptions): Promise<Delivered[]>
  removeMember(conversation: string, person: string, options?: DeliveryOptions): Promise<Delivered[]>
  user(person: string, change: Partial<TeamsUser>): TeamsUser
  conversation(id: string, change: Partial<TeamsConversation>): TeamsConversation
  /** Changes a group of Entra, or makes it; undefined deletes it. The app hears nothing of it. */
  group(id: string, change: Partial<EntraGroup> | undefined): void
  /** What the app may do at Microsoft Graph (application permissions), and how many members a page has at most. */
  graph(change: Partial<{ permissions: readonly string[]; pageSize: number }>): void
  /** Sends any activity; what is missing is filled in as Teams would. */
  activity(activity: Fields, options?: DeliveryOptions): Promise<Delivered>
  /** Every token that the app holds is expired. */
  expireTokens(): void
  /** Back to the seed: people, conversations, messages, calls, faults, limits. Tokens stay good. */
  reset(): void
}

/** What onRequest is told: `before` the work of a call, and `after` it but before the answer leaves. */
export type RequestMoment = {
  phase: 'before' | 'after'
  method: CallName
  conversation?: string
  /** The activity of the call, or its body. */
  activity?: Fields
  n: number
}

/** How a sandbox starts; everything may be left out. */
export type TeamsSandboxOptions = {
  port?: number
  /** Messaging endpoint of the bot. */
  deliverTo?: string
  appPassword?: string
  rateLimits?: RateLimitSetting
  /** Limits of an app's answer in milliseconds: 15000 and 5000. */
  messageWithinMs?: number
  invokeWithinMs?: number
  /** Lifetime of a token in seconds: 3599. */
  tokenSeconds?: number
  seed?: Partial<{ users: TeamsUser[]; teams: TeamsTeam[]; groups: EntraGroup[]; conversations: TeamsConversation[] }>
  /** Epoch milliseconds. */
  now?: () => number
}

/** A running Teams. */
export type TeamsSandbox = {
  /** http://127.0.0.1:port, base of the token and OpenID endpoints. */
  url: string
  /** `url` with /emea/, trailing slash included. */
  serviceUrl: string
  appId: string
  appPassword: string
  tenantId: string
  state: TeamsState
  /** A person by handle ('dana'), object id or MRI. */
  as(name: string): TeamsPerson
  control: TeamsControl
  /** Hears of each call; returns what stops it. The call waits for the function's promise. */
  onRequest(fn: (moment: RequestMoment) => void | Promise<void>): () => void
  /** First truthy answer of `look`, asked again at each change of state; rejects after `timeoutMs` (5000). */
  until<T>(look: (state: TeamsState) => T | undefined | null | false, timeoutMs?: number): Promise<T>
  /** An inbound token as Teams signs it, or a wrong one for tests of authentication. */
  token(change?: TokenChange): Promise<string>
  close(): Promise<void>
}
