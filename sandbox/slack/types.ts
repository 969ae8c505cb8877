/** An object of the wire whose fields nobody vouches for. */
export type Fields = Record<string, unknown>

/** A Block Kit block as Slack keeps it: with a block_id, whether or not the app gave one. */
export type Block = { type: string; block_id?: string } & Fields

/** A person or bot, with the flags that users.info answers. */
export type SlackUser = {
  id: string
  team_id: string
  name: string
  real_name: string
  deleted: boolean
  is_bot: boolean
  is_restricted: boolean
  is_ultra_restricted: boolean
  is_stranger: boolean
}

/** A user group (subteam) and who is in it. */
export type SlackGroup = { id: string; handle: string; name: string; users: string[]; disabled: boolean }

/** A conversation; `user` is the person on the other side of a DM. */
export type SlackChannel = {
  id: string
  name: string
  kind: 'public' | 'private' | 'im'
  members: string[]
  botIsMember: boolean
  archived: boolean
  user?: string
}

/** What a message said at one moment; `at` is epoch milliseconds. */
export type MessageVersion = { at: number; text: string; blocks: Block[] }

/** A message; `edits` keeps every version, the first as posted and the last as it stands (also after `deleted`). */
export type SlackMessage = {
  channel: string
  ts: string
  user: string
  botId?: string
  text: string
  blocks: Block[]
  metadata?: { event_type: string; event_payload: Fields }
  threadTs?: string
  edits: MessageVersion[]
  deleted: boolean
}

/** A message that only `to` can see; `via` says how the app sent it. */
export type SlackEphemeral = SlackMessage & { to: string; via: 'chat.postEphemeral' | 'response_url' | 'ack' }

/** A modal; `view` is the object as the wire carries it, `errors` what the last view_submission was answered, `loaded` the options that the app gave for each block. */
export type SlackView = {
  id: string
  user: string
  open: boolean
  view: Fields
  errors: Record<string, string>
  loaded: Record<string, Fields[]>
  channel?: string
}

/** A response_url with each POST that it got. */
export type ResponseUrl = {
  url: string
  user: string
  channel: string
  createdAt: number
  messageTs?: string
  threadTs?: string
  uses: { at: number; body: Fields; status: number; error?: string }[]
}

/** One call of the Web API (or of a response_url); `status` is missing while it is being answered, 0 when the connection was cut. */
export type ApiCall = {
  n: number
  at: number
  method: string
  args: Fields
  token: 'bot' | 'app' | 'none' | 'other'
  status?: number
  ok?: boolean
  error?: string
  fault?: string
  ms?: number
}

/** One request or envelope to the app; status 0 means no answer, and `error` why. */
export type Delivery = {
  n: number
  at: number
  kind: 'command' | 'event' | 'interaction' | 'ssl_check' | 'url_verification'
  via: 'http' | 'socket' | 'none'
  payload: Fields
  settled: boolean
  status: number
  body: string
  ms: number
  error?: DeliveryError
  eventId?: string
  retryNum?: number
  retryReason?: string
}

/** Why an app's answer did not count. */
export type DeliveryError = 'operation_timeout' | 'connection_failed' | 'http_error'

/** What the person sees when the app did not answer as it must. */
export type Notice = {
  at: number
  user: string
  channel?: string
  about: string
  error:
    | 'operation_timeout'
    | 'dispatch_failed'
    | 'http_service_error'
    | 'invalid_command_response'
    | 'view_error'
    | 'options_error'
}

/** Everything the sandbox knows, as plain data that tests may read at any time. */
export type SlackState = {
  users: SlackUser[]
  groups: SlackGroup[]
  channels: SlackChannel[]
  messages: SlackMessage[]
  ephemerals: SlackEphemeral[]
  views: SlackView[]
  /** The Home tab of each person who has one, as it was last published. */
  homes: SlackView[]
  responses: ResponseUrl[]
  calls: ApiCall[]
  deliveries: Delivery[]
  notices: Notice[]
  /** Scopes that the bot token was granted. */
  scopes: string[]
  /** The app has a Home tab (features.app_home.home_tab_enabled). */
  homeTab: boolean
  /** True: usergroups.* answers plan_upgrade_required. */
  freePlan: boolean
  socketConnections: number
}
