import { APP } from './seed.ts'
import type { Fields, TeamsConversation, TeamsUser } from './types.ts'
import type { World } from './world.ts'

/** People sit in one time zone, half an hour off the full ones and without summer time. */
const ZONE = { name: 'Asia/Kolkata', offset: '+05:30', ms: 5.5 * 3_600_000 }
const LOCALE = 'en-GB'

/** Who does something, where, and in which chain of posts. */
export type Scene = {
  user: TeamsUser
  conversation: TeamsConversation
  rootId?: string | undefined
  /** Someone of another tenant writes in a place of the home tenant. */
  shared?: boolean | undefined
}

/** What every activity from a person has in common. */
export function activityFrom(world: World, scene: Scene, type: string, id = world.activityId()): Fields {
  const { user } = scene
  const at = world.now()
  const from = { id: user.id, name: user.name, ...(user.objectId && { aadObjectId: user.objectId }) }
  return {
    type,
    id,
    timestamp: new Date(at).toISOString(),
    localTimestamp: new Date(at + ZONE.ms).toISOString().replace('Z', ZONE.offset),
    localTimezone: ZONE.name,
    channelId: 'msteams',
    serviceUrl: world.serviceUrl(),
    from,
    conversation: conversationOf(scene),
    recipient: { id: APP.bot, name: APP.name },
    channelData: channelDataOf(world, scene),
    locale: LOCALE,
  }
}

/** The entity that says which client it was. */
export function clientInfo(): Fields {
  return { locale: LOCALE, country: 'GB', platform: 'Web', timezone: ZONE.name, type: 'clientInfo' }
}

/** The tenant that an activity names: the person's own, or that of the place for a shared one. */
export function tenantOf({ user, conversation, shared }: Scene): string {
  return shared ? conversation.tenantId : user.tenantId
}

function conversationOf(scene: Scene): Fields {
  const { conversation, rootId } = scene
  const tenantId = tenantOf(scene)
  const { id, kind } = conversation
  if (kind === 'personal') return { conversationType: kind, tenantId, id }
  return { isGroup: true, conversationType: kind, tenantId, id: rootId ? `${id};messageid=${rootId}` : id }
}

function channelDataOf(world: World, scene: Scene): Fields {
  const { conversation } = scene
  const tenant = { id: tenantOf(scene) }
  const team = world.team(conversation.teamId)
  if (conversation.kind !== 'channel' || !team) return { tenant }
  return {
    teamsChannelId: conversation.id,
    teamsTeamId: team.id,
    channel: { id: conversation.id },
    team: { id: team.id, name: team.name, aadGroupId: team.aadGroupId },
    tenant,
  }
}
