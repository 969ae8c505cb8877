import { randomBytes } from 'node:crypto'
import { createWaiting } from '../chat/waiting.ts'
import { personalChat, seedState } from './seed.ts'
import type { TeamsConversation, TeamsState, TeamsTeam, TeamsUser } from './types.ts'
import type { TeamsSandboxOptions } from './use-types.ts'

/** What all parts of the sandbox share: the state, its clock, its ids, and who waits for it to change. */
export type World = ReturnType<typeof createWorld>

/** A Teams with the seed in it; `baseUrl` is set once the server listens. */
export function createWorld(options: TeamsSandboxOptions) {
  const now = options.now ?? Date.now
  const state: TeamsState = { ...freshState(options), tokens: [] }
  /** Which versions of cards were already refreshed, and for whom. */
  const refreshed = new Set<string>()
  let lastId = 0
  const world = {
    state,
    /** What the app may do at Microsoft Graph, and how many members it gets a page at most. */
    graph: usualGraph(),
    now,
    refreshed,
    baseUrl: '',
    serviceUrl: (): string => `${world.baseUrl}/emea/`,
    /** A message id: epoch milliseconds, later than every one before. */
    messageId(): string {
      lastId = Math.max(lastId + 1, now())
      return String(lastId)
    },
    /** An id as activities have that are no messages. */
    activityId: () => `f:${randomBytes(8).readBigUInt64BE() >> 1n}`,
    user: (ref: string): TeamsUser | undefined => findUser(state, ref),
    conversation: (id: string): TeamsConversation | undefined => state.conversations.find((c) => c.id === baseId(id)),
    team: (id: string | undefined): TeamsTeam | undefined => state.teams.find((t) => t.id === id),
    /** The chat between the bot and this person, made when it is not there yet. */
    personal: (user: TeamsUser): TeamsConversation => openPersonal(state, user),
    ...createWaiting('Teams', state),
    reset() {
      Object.assign(state, freshState(options))
      Object.assign(world.graph, usualGraph())
      refreshed.clear()
    },
  }
  return world
}

/** The conversation without `;messageid=`. */
export function baseId(conversation: string): string {
  return conversation.split(';messageid=', 1)[0] ?? ''
}

/** True when the bot may write and read here: it is installed for the person, in the chat, or in the channel's team. */
export function botIsIn(world: World, conversation: TeamsConversation): boolean {
  if (conversation.kind === 'channel') {
    return conversation.installed && world.team(conversation.teamId)?.installed === true
  }
  if (conversation.kind === 'groupChat') return conversation.installed
  return world.user(conversation.person ?? '')?.installed === true
}

function usualGraph(): { permissions: readonly string[]; pageSize: number } {
  return { permissions: ['GroupMember.Read.All', 'User.Read.All'], pageSize: 999 }
}

function freshState(options: TeamsSandboxOptions): Omit<TeamsState, 'tokens'> {
  const seed = seedState()
  return {
    users: structuredClone(options.seed?.users ?? seed.users),
    teams: structuredClone(options.seed?.teams ?? seed.teams),
    groups: structuredClone(options.seed?.groups ?? seed.groups),
    conversations: structuredClone(options.seed?.conversations ?? seed.conversations),
    messages: [],
    views: [],
    calls: [],
    deliveries: [],
    notices: [],
  }
}

/** By handle, MRI, object id (also as 8:orgid:…), or user principal name. */
function findUser(state: TeamsState, ref: string): TeamsUser | undefined {
  const id = ref.replace(/^8:orgid:/, '').toLowerCase()
  if (id === '') return undefined
  return state.users.find(
    (user) =>
      user.id === ref ||
      user.handle === ref ||
      user.objectId?.toLowerCase() === id ||
      user.userPrincipalName?.toLowerCase() === id,
  )
}

function openPersonal(state: TeamsState, user: TeamsUser): TeamsConversation {
  const known = state.conversations.find((c) => c.kind === 'personal' && c.person === user.id)
  if (known) return known
  const made = personalChat(user)
  state.conversations.push(made)
  return made
}
