import { noConversation, notInRoster, type Reply, refuse, reply } from './errors.ts'
import type { Method } from './methods.ts'
import type { Fields, TeamsConversation, TeamsTeam, TeamsUser } from './types.ts'
import { botIsIn, type World } from './world.ts'

/** GET v3/conversations/{id}/members/{MRI, object id or user principal name}. */
export const getMember: Method = (world, { place, item }) => {
  const conversation = rosterOf(world, place)
  if ('status' in conversation) return conversation
  const user = world.user(item)
  if (user && user.handle !== item && conversation.members.includes(user.id)) return reply(200, accountOf(user))
  return refuse(404, 'MemberNotFoundInConversation', 'Member not found in conversation.')
}

/** GET v3/conversations/{id}/members. */
export const getMembers: Method = (world, { place }) => {
  const conversation = rosterOf(world, place)
  if ('status' in conversation) return conversation
  return { status: 200, body: JSON.stringify(accountsIn(world, conversation)), headers: JSON_TYPE }
}

/** GET v3/conversations/{id}/pagedmembers: 50 to 500 a page, 200 unless told. */
export const getPagedMembers: Method = (world, { call, place }) => {
  const conversation = rosterOf(world, place)
  if ('status' in conversation) return conversation
  const size = Math.min(500, Math.max(50, Number(call.query.pageSize ?? 200) || 200))
  const from = Number(Buffer.from(call.query.continuationToken ?? '', 'base64url').toString()) || 0
  const all = accountsIn(world, conversation)
  const more = from + size < all.length
  const continuationToken = Buffer.from(String(from + size)).toString('base64url')
  return reply(200, { members: all.slice(from, from + size), ...(more && { continuationToken }) })
}

/** GET v3/teams/{teamId}. */
export const getTeam: Method = (world, { place }) => {
  const team = installedTeam(world, place)
  if ('status' in team) return team
  const channels = channelsOf(world, team)
  const people = new Set(channels.flatMap((channel) => channel.members))
  const { id, name, aadGroupId, tenantId } = team
  const counts = { channelCount: channels.length, memberCount: people.size }
  return reply(200, { id, name, type: 'standard', aadGroupId, tenantId, ...counts })
}

/** GET v3/teams/{teamId}/conversations: the general channel has the team's id and no name. */
export const getChannels: Method = (world, { place }) => {
  const team = installedTeam(world, place)
  if ('status' in team) return team
  const channels = channelsOf(world, team)
  const conversations = channels.map(({ id, name }) => ({ id, name: id === team.id ? null : name, type: 'standard' }))
  return reply(200, { conversations })
}

/** A person as the Bot Connector lists them; Teams sends the object id under both names. */
export function accountOf(user: TeamsUser): Fields {
  return {
    id: user.id,
    name: user.name,
    ...(user.objectId && { objectId: user.objectId, aadObjectId: user.objectId }),
    givenName: user.givenName,
    surname: user.surname,
    ...(user.email && { email: user.email }),
    ...(user.userPrincipalName && { userPrincipalName: user.userPrincipalName }),
    tenantId: user.tenantId,
    userRole: user.userRole,
  }
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

function accountsIn(world: World, conversation: TeamsConversation): Fields[] {
  return conversation.members.flatMap((id) => {
    const user = world.user(id)
    return user ? [accountOf(user)] : []
  })
}

function rosterOf(world: World, place: string): TeamsConversation | Reply {
  const conversation = world.conversation(place)
  if (!conversation) return noConversation()
  return botIsIn(world, conversation) ? conversation : notInRoster()
}

function installedTeam(world: World, id: string): TeamsTeam | Reply {
  const team = world.team(id)
  if (!team) return noConversation()
  return team.installed ? team : notInRoster()
}

function channelsOf(world: World, team: TeamsTeam): TeamsConversation[] {
  return world.state.conversations.filter((conversation) => conversation.teamId === team.id)
}
