import { activityFrom } from './activities.ts'
import type { Deliveries } from './deliveries.ts'
import { fieldsOf } from './fields.ts'
import { APP } from './seed.ts'
import type { Fields, TeamsConversation, TeamsUser } from './types.ts'
import type { Delivered, DeliveryOptions } from './use-types.ts'
import type { World } from './world.ts'

type Who = { id: string; aadObjectId?: string }

/** Tells the bot that it was installed, upgraded or removed: installationUpdate, and conversationUpdate with the bot. */
export async function tellInstalled(
  world: World,
  deliveries: Deliveries,
  place: TeamsConversation,
  action: 'add' | 'add-upgrade' | 'remove',
  options: DeliveryOptions = {},
): Promise<Delivered[]> {
  if (!deliveries.reachable()) return []
  const user = actorIn(world, place)
  const bot = { id: APP.bot }
  const update = { ...rosterActivity(world, user, place, 'installationUpdate'), action }
  const told = [await deliveries.deliver(update, options)]
  // An upgrade changes no roster, and a person's chat keeps its own.
  if (action === 'add-upgrade' || (action === 'remove' && place.kind === 'personal')) return told
  const change = action === 'add' ? { membersAdded: [bot] } : { membersRemoved: [bot] }
  return [...told, await deliveries.deliver(memberActivity(world, user, place, change), options)]
}

/** Tells the bot that a person came or went. */
export async function tellMember(
  world: World,
  deliveries: Deliveries,
  place: TeamsConversation,
  change: { user: TeamsUser; added: boolean },
  options: DeliveryOptions = {},
): Promise<Delivered[]> {
  if (!deliveries.reachable()) return []
  const { id, objectId } = change.user
  const who: Who = { id, ...(objectId && { aadObjectId: objectId }) }
  const members = change.added ? { membersAdded: [who] } : { membersRemoved: [who] }
  return [await deliveries.deliver(memberActivity(world, actorIn(world, place), place, members), options)]
}

function memberActivity(
  world: World,
  user: TeamsUser,
  place: TeamsConversation,
  change: { membersAdded?: Who[]; membersRemoved?: Who[] },
): Fields {
  const activity = rosterActivity(world, user, place, 'conversationUpdate')
  if (place.kind !== 'channel') return { ...activity, ...change }
  const eventType = change.membersAdded ? 'teamMemberAdded' : 'teamMemberRemoved'
  return { ...activity, ...change, channelData: { ...fieldsOf(activity.channelData), eventType } }
}

/** What is told of a team is told in its general channel. */
function rosterActivity(world: World, user: TeamsUser, place: TeamsConversation, type: string): Fields {
  const general = place.teamId ? (world.conversation(place.teamId) ?? place) : place
  const { locale: _locale, ...activity } = activityFrom(world, { user, conversation: general }, type)
  if (type !== 'installationUpdate') return activity
  const channelData = fieldsOf(activity.channelData)
  const selected = place.kind === 'channel' ? { settings: { selectedChannel: { id: place.id } } } : {}
  return { ...activity, channelData: { ...channelData, ...selected, source: { name: 'message' } } }
}

function actorIn(world: World, place: TeamsConversation): TeamsUser {
  const user = world.user(place.person ?? place.members[0] ?? '')
  if (!user) throw new Error(`There is nobody in ${place.id}`)
  return user
}
