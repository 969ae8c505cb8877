import type { Person } from '../transfer/model.ts'
import { slackId } from './slack-ids.ts'

/** What we read of an app_mention or message event. */
export type Said = {
  channel: string
  channel_type?: string
  user?: string
  text?: string
  ts: string
  thread_ts?: string
  subtype?: string
  bot_id?: string
  hidden?: boolean
  edited?: unknown
  user_team?: string
  source_team?: string
  team?: string
}

/** What we read of the envelope around an event. */
export type Envelope = {
  team_id?: string
  is_ext_shared_channel?: boolean
  authorizations?: readonly { user_id?: string; is_bot?: boolean }[]
}

/** A person whose team nobody names is nobody's colleague. */
const NO_TEAM = 'unknown'

/** A person in the team that the payload says is theirs: whoever is not of our workspace never looks like one of ours. */
export function personOf(team: string | undefined, user: string): Person {
  return slackId({ team: team || NO_TEAM, id: user })
}

/** What we read of who clicked, chose or sent a form; `team` is null where the app is installed for a whole organisation. */
export type Acting = { user: { id: string; team_id?: string }; team?: { id: string } | null }

/**
 * The team of whoever clicked or sent a form. Slack does not promise the person's own; where it is left out, the team of
 * the interaction stands for it, and the directory, which asks Slack about the person, still tells strangers apart.
 */
export function teamOf({ user, team }: Acting): string | undefined {
  return user.team_id || team?.id
}

/** Who clicked or sent a form. */
export function actorOf(acting: Acting): Person {
  return personOf(teamOf(acting), acting.user.id)
}

/** Who said it. In a channel shared with other companies the envelope's team is the channel's and says nothing about the person. */
export function speaker(said: Said, envelope: Envelope): Person | undefined {
  if (said.user === undefined) return undefined
  const stated = said.user_team ?? said.source_team ?? said.team
  return personOf(stated ?? (envelope.is_ext_shared_channel ? undefined : envelope.team_id), said.user)
}

/** True for words that a person has just typed: no bots (ourselves included), edits, deletions, joins and the like. */
export function isTyped(said: Said, botUser: string | undefined): boolean {
  if (said.bot_id !== undefined || said.hidden || said.edited !== undefined) return false
  if (said.user === undefined || said.user === botUser) return false
  return said.subtype === undefined || said.subtype === 'file_share' || said.subtype === 'thread_broadcast'
}

/** The user id that the bot goes by in this event, as the envelope says it. */
export function botUserOf(envelope: Envelope): string | undefined {
  return envelope.authorizations?.find(({ is_bot }) => is_bot)?.user_id
}

/** The text without the mention of the bot; unknown by name, the mention that it starts with. */
export function withoutMention(text: string, botUser: string | undefined): string {
  const mention = botUser === undefined ? /^\s*<@[UW][^>]*>/ : new RegExp(`<@${botUser}(?:\\|[^>]*)?>`)
  return text.replace(mention, ' ').trim()
}
