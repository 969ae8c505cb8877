/** The app as Entra knows it; `secret` values are asked for at the moment they are needed. No app id: nobody is checked. */
export type TeamsApp = {
  appId?: string | undefined
  tenant: string
  government: boolean
  credential:
    | { kind: 'secret'; password(): string }
    | { kind: 'certificate'; thumbprint: string; privateKey(): string }
    | { kind: 'managedIdentity' }
  /** Base of a pretended Teams on loopback, which then issues and checks all tokens. */
  sandboxUrl?: string | undefined
}

/** Where a call goes: the conversation may name a thread, `team` is known for channels. */
export type TeamsPlace = { serviceUrl: string; tenant: string; conversation: string; team?: string }

/** What the connector says about a member of a conversation. */
export type TeamsMember = {
  id: string
  name?: string
  aadObjectId?: string
  objectId?: string
  tenantId?: string
  userPrincipalName?: string
  userRole?: string
}

/** A message to be sent; the rest of an activity is added here. */
export type TeamsMessage = {
  summary?: string
  attachments: readonly { contentType: string; content: object }[]
}

/** All of Microsoft's SDK that Drawbridge uses. Calls are made once; what fails is a `TransientError` or `PermanentError`. */
export type TeamsSdk = {
  /** Checks that the activity comes from Teams and is for this app, asks `mayEnter`, then runs `turn`. Throws `TeamsDenied`, or what `mayEnter` throws. */
  receive(
    activity: { channelId: string; serviceUrl: string },
    authorization: string,
    mayEnter: () => void,
    turn: () => Promise<void>,
  ): Promise<void>
  /** Answers the id of the message. */
  send(place: TeamsPlace, message: TeamsMessage): Promise<string>
  update(place: TeamsPlace, id: string, message: TeamsMessage): Promise<void>
  remove(place: TeamsPlace, id: string): Promise<void>
  /** A new post in a channel; answers its conversation, which names the thread below it. */
  post(place: TeamsPlace, message: TeamsMessage): Promise<string>
  /** The personal chat with somebody, by object id or by the id that Teams has for them; the same one each time. */
  chatWith(place: Pick<TeamsPlace, 'serviceUrl' | 'tenant'>, user: string): Promise<string>
  member(place: TeamsPlace, user: string): Promise<TeamsMember>
  /** A token for the bot's own identity at another service of Microsoft, kept until shortly before it runs out unless `fresh`. */
  token(audience: string, fresh?: boolean): Promise<string>
}
