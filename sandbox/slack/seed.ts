import type { SlackChannel, SlackGroup, SlackState, SlackUser } from './types.ts'

/** The workspace that the app is installed in. */
export const TEAM = { id: 'T0SANDBOX', domain: 'sandbox', name: 'Sandbox' }

/** The app and its bot. */
export const APP = { id: 'A0DRAWBRDG', botId: 'B0DRAWBRDG', botUser: 'U0DRAWBRDG', name: 'Drawbridge' }

/** Every bot scope that Drawbridge asks for, the optional ones included. */
export const SCOPES = [
  'commands',
  'chat:write',
  'chat:write.public',
  'app_mentions:read',
  'im:write',
  'im:history',
  'channels:history',
  'groups:history',
  'users:read',
  'usergroups:read',
]

/** The people, groups and channels that a sandbox starts with. */
export function seedState(): Pick<SlackState, 'users' | 'groups' | 'channels'> {
  const staff = ['U0DANA', 'U0SAM', 'U0LEE', 'U0RIO', 'U0OPS', 'U0AUD']
  return {
    users: [
      person(APP.botUser, 'drawbridge', APP.name, { is_bot: true }),
      person('U0DANA', 'dana', 'Dana Ito'),
      person('U0SAM', 'sam', 'Sam Okafor'),
      person('U0LEE', 'lee', 'Lee Novak'),
      person('U0RIO', 'rio', 'Rio Costa'),
      person('U0OPS', 'olu', 'Olu Adeyemi'),
      person('U0AUD', 'ada', 'Ada Berg'),
      person('U0GUEST', 'guest', 'Gus Guest', { is_restricted: true }),
      person('U0STRANGER', 'stranger', 'Stella Stranger', { team_id: 'T0OTHER', is_stranger: true }),
    ],
    groups: [group('S0DBA', 'dba', 'Database administrators', ['U0SAM', 'U0LEE'])],
    channels: [
      channel('C0DATA', 'data', [...staff, 'U0GUEST', 'U0STRANGER'], { botIsMember: true }),
      channel('C0DBA', 'dba-approvals', [...staff, 'U0GUEST', 'U0STRANGER'], { botIsMember: true }),
      channel('C0PUBLIC', 'town-square', staff),
      channel('G0PRIVATE', 'secret-plans', ['U0DANA', 'U0SAM'], { kind: 'private' }),
    ],
  }
}

/** A full member called `realName`, unless `change` says otherwise. */
export function person(id: string, name: string, realName: string, change: Partial<SlackUser> = {}): SlackUser {
  return {
    id,
    team_id: TEAM.id,
    name,
    real_name: realName,
    deleted: false,
    is_bot: false,
    is_restricted: false,
    is_ultra_restricted: false,
    is_stranger: false,
    ...change,
  }
}

function group(id: string, handle: string, name: string, users: string[]): SlackGroup {
  return { id, handle, name, users, disabled: false }
}

function channel(id: string, name: string, members: string[], change: Partial<SlackChannel> = {}): SlackChannel {
  return { id, name, kind: 'public', members, botIsMember: false, archived: false, ...change }
}
