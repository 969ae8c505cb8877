import { randomBytes } from 'node:crypto'
import { createWaiting } from '../chat/waiting.ts'
import { APP, SCOPES, seedState } from './seed.ts'
import type { SlackChannel, SlackState, SlackUser } from './types.ts'
import type { SlackSandboxOptions } from './use-types.ts'

/** A trigger_id that was handed out. */
export type Trigger = { user: string; channel?: string; at: number; used: boolean }

/** What all parts of the sandbox share: the state, its clock, its ids, and who waits for it to change. */
export type World = ReturnType<typeof createWorld>

/** An empty workspace with the seed in it; `baseUrl` is set once the server listens. */
export function createWorld(options: SlackSandboxOptions) {
  const now = options.now ?? Date.now
  const triggers = new Map<string, Trigger>()
  const state = freshState(options)
  let lastTs = 0
  return {
    state,
    now,
    triggers,
    baseUrl: '',
    botToken: options.botToken ?? `xoxb-${randomBytes(12).toString('hex')}`,
    appToken: options.appToken ?? `xapp-1-${APP.id}-${randomBytes(12).toString('hex')}`,
    verificationToken: randomBytes(12).toString('hex'),
    /** A message timestamp, later than every one before. */
    ts(): string {
      lastTs = Math.max(lastTs + 1, now() * 1000)
      return `${Math.floor(lastTs / 1e6)}.${String(lastTs % 1e6).padStart(6, '0')}`
    },
    id: (prefix: string) => prefix + randomBytes(6).toString('hex').toUpperCase(),
    trigger(user: string, channel?: string): string {
      const id = `${now()}.${randomBytes(4).readUInt32BE()}.${randomBytes(16).toString('hex')}`
      triggers.set(id, { user, at: now(), used: false, ...(channel ? { channel } : {}) })
      return id
    },
    user: (id: string): SlackUser | undefined => state.users.find((u) => u.id === id),
    channel: (id: string): SlackChannel | undefined => state.channels.find((c) => c.id === id),
    /** The DM between the bot and this person, made when it is not there yet. */
    dm: (userId: string): SlackChannel => openDm(state, userId),
    ...createWaiting('Slack', state),
    reset() {
      Object.assign(state, freshState(options), { socketConnections: state.socketConnections })
      triggers.clear()
    },
  }
}

function freshState(options: SlackSandboxOptions): SlackState {
  const granted = options.scopes ?? SCOPES
  const seed = seedState()
  return {
    users: structuredClone(options.seed?.users ?? seed.users),
    groups: structuredClone(options.seed?.groups ?? seed.groups),
    channels: structuredClone(options.seed?.channels ?? seed.channels),
    messages: [],
    ephemerals: [],
    views: [],
    homes: [],
    responses: [],
    calls: [],
    deliveries: [],
    notices: [],
    scopes: granted.filter((scope) => options.historyScope !== false || !scope.endsWith(':history')),
    homeTab: true,
    freePlan: false,
    socketConnections: 0,
  }
}

function openDm(state: SlackState, userId: string): SlackChannel {
  const known = state.channels.find((c) => c.kind === 'im' && c.user === userId)
  if (known) return known
  const made: SlackChannel = {
    id: `D0${userId.replace(/^[UW]0?/, '')}`,
    name: 'directmessage',
    kind: 'im',
    members: [userId],
    botIsMember: true,
    archived: false,
    user: userId,
  }
  state.channels.push(made)
  return made
}
