/** An object of the wire whose fields nobody vouches for. */
export type Fields = Record<string, unknown>

/** A person as Teams knows them; `id` is the MRI (29:…) that this bot sees, `handle` the short name of the seed. */
export type TeamsUser = {
  handle: string
  id: string
  /** Missing for an anonymous caller. */
  objectId?: string
  name: string
  givenName: string
  surname: string
  email?: string
  userPrincipalName?: string
  tenantId: string
  userRole: 'user' | 'guest' | 'anonymous'
  /** The bot is installed in this person's personal scope. */
  installed: boolean
  /** The person blocked the bot. */
  blocked: boolean
  /** False: the account in Entra is switched off. */
  accountEnabled?: boolean
}

/** A team; its id is the id of its general channel. */
export type TeamsTeam = { id: string; name: string; aadGroupId: string; tenantId: string; installed: boolean }

/** A group of Entra; `members` are object ids of people and of other groups. */
export type EntraGroup = { id: string; displayName: string; members: string[] }

/** A conversation without `;messageid=`; `members` are MRIs, `person` the one on the other side of a personal chat. */
export type TeamsConversation = {
  id: string
  kind: 'channel' | 'groupChat' | 'personal'
  name: string
  tenantId: string
  members: string[]
  /** False: the bot is not in the roster. Channels follow their team's `installed`. */
  installed: boolean
  teamId?: string
  person?: string
}

/** What a message is made of at one moment. */
export type MessageContent = {
  text: string
  attachments: Fields[]
  entities: Fields[]
  summary?: string
  importance?: string
  channelData?: Fields
}

/** A message; `edits` keeps every version, the first as posted and the last as it stands (also after `deleted`). */
export type TeamsMessage = MessageContent & {
  conversation: string
  id: string
  /** The root post of the chain in a channel (its own id for a root post); missing in chats and on targeted messages. */
  rootId?: string
  /** MRI of the person, or 28:… of the bot. */
  from: string
  at: number
  edits: (MessageContent & { at: number })[]
  deleted: boolean
  /** MRI of the only person who sees it. */
  targetedTo?: string
  /** What the app gave as replyToId. */
  replyToId?: string
}

/** The card that one person sees instead of the message's own, until the message is edited. */
export type TeamsView = { at: number; user: string; conversation: string; message: string; card: Fields }

/** What a call of the Bot Connector, of the token endpoints or of Microsoft Graph is called here and in faults and hooks. */
export type CallName =
  | 'create'
  | 'send'
  | 'reply'
  | 'update'
  | 'delete'
  | 'member'
  | 'members'
  | 'team'
  | 'channels'
  | 'token'
  | 'openid'
  | 'keys'
  | 'graphUser'
  | 'graphGroup'
  | 'graphMembers'
  | 'graphCheck'
  | 'unknown'

/** One call; `status` is missing while it is being answered, 0 when the connection was cut. Secrets are left out of `body`. */
export type ConnectorCall = {
  n: number
  at: number
  method: CallName
  verb: string
  path: string
  query: Record<string, string>
  body: Fields
  /** Without `;messageid=`. */
  conversation?: string
  /** The id that the answer named. */
  activityId?: string
  status?: number
  /** The code in the answer's error. */
  error?: string
  fault?: string
  ms?: number
}

/** Why the app's answer did not count. */
export type DeliveryError = 'operation_timeout' | 'connection_failed' | 'http_error'

/** One activity on its way to the app; status 0 means no answer, and `error` why. */
export type Delivery = {
  n: number
  at: number
  /** type of the activity, and the name of an invoke: 'message', 'invoke adaptiveCard/action'. */
  kind: string
  activity: Fields
  settled: boolean
  status: number
  body: string
  ms: number
  error?: DeliveryError
}

/** What the person is shown when the app's answer is missing or wrong. */
export type Notice = {
  at: number
  user: string
  conversation?: string
  about: string
  error:
    | 'operation_timeout'
    | 'connection_failed'
    | 'http_error'
    | 'bad_answer'
    | 'bad_card'
    | 'login_required'
    | 'precondition_failed'
  text: string
  detail?: string
}

/** A token that the token endpoint gave to the app. */
export type IssuedToken = {
  token: string
  /** The service that takes it. */
  audience: string
  /** The permissions that the app had when it was given. */
  roles: readonly string[]
  appId: string
  tenantId: string
  issuedAt: number
  expiresAt: number
}

/** Everything the sandbox knows, as plain data that tests may read at any time. */
export type TeamsState = {
  users: TeamsUser[]
  teams: TeamsTeam[]
  groups: EntraGroup[]
  conversations: TeamsConversation[]
  messages: TeamsMessage[]
  views: TeamsView[]
  calls: ConnectorCall[]
  deliveries: Delivery[]
  notices: Notice[]
  tokens: IssuedToken[]
}
