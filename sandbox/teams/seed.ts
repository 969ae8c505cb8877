import { createHash } from 'node:crypto'
import type { EntraGroup, TeamsConversation, TeamsState, TeamsTeam, TeamsUser } from './types.ts'

/** The tenant that the bot belongs to. */
export const HOME_TENANT = '22222222-2222-2222-2222-222222222222'

/** A tenant that has nothing to do with the bot. */
export const FOREIGN_TENANT = '33333333-3333-3333-3333-333333333333'

/** The bot: its app id, and its MRI and name in conversations. */
export const APP = {
  id: '44444444-4444-4444-4444-444444444444',
  bot: '28:44444444-4444-4444-4444-444444444444',
  name: 'Drawbridge',
}

/** Object ids of the people; an anonymous caller has none. */
export const PEOPLE = {
  dana: 'da0a0000-0000-4000-8000-000000000001',
  sam: '5a000000-0000-4000-8000-000000000002',
  lee: '1ee00000-0000-4000-8000-000000000003',
  rio: 'b1000000-0000-4000-8000-000000000004',
  ops: '01000000-0000-4000-8000-000000000005',
  aud: 'ada00000-0000-4000-8000-000000000006',
  guest: '9e000000-0000-4000-8000-000000000007',
  stranger: '57000000-0000-4000-8000-000000000008',
} as const

/** Groups of Entra: `dba` holds Sam, and through `leads` Lee; `empty` nobody, `alone` Dana. */
export const GROUPS = {
  dba: 'd0000000-0000-4000-8000-00000000000a',
  leads: 'd0000000-0000-4000-8000-00000000000b',
  empty: 'd0000000-0000-4000-8000-00000000000c',
  alone: 'd0000000-0000-4000-8000-00000000000d',
} as const

/** Teams: the bot is installed in `data` and not in `secret`. */
export const TEAMS = {
  data: '19:data@thread.tacv2',
  secret: '19:secret-general@thread.tacv2',
} as const

/** Channels, and the one group chat. */
export const CHANNELS = {
  data: '19:data@thread.tacv2',
  dba: '19:dba@thread.tacv2',
  secret: '19:secret@thread.tacv2',
} as const

/** The group chat of dana, sam and rio. */
export const MEETING = '19:meeting@thread.v2'

/** Ids of the published keys: the one that Teams signs with, and one that is endorsed for Web Chat alone. */
export const KEY_IDS = { msteams: 'sandbox-msteams-key', webchat: 'sandbox-webchat-key' } as const

/** The people, teams and conversations that a sandbox starts with. */
export function seedState(): Pick<TeamsState, 'users' | 'teams' | 'groups' | 'conversations'> {
  const users = seedUsers()
  const known = users.filter((user) => user.userRole !== 'anonymous').map((user) => user.id)
  const called = (...handles: string[]) => users.filter((user) => handles.includes(user.handle)).map((user) => user.id)
  return {
    users,
    teams: [team(TEAMS.data, 'Data platform', true), team(TEAMS.secret, 'Secret plans', false)],
    groups: seedGroups(),
    conversations: [
      channel(CHANNELS.data, 'General', TEAMS.data, known),
      channel(CHANNELS.dba, 'dba-approvals', TEAMS.data, known),
      channel(TEAMS.secret, 'General', TEAMS.secret, called('dana', 'sam'), false),
      channel(CHANNELS.secret, 'secret', TEAMS.secret, called('dana', 'sam'), false),
      { ...place(MEETING, 'groupChat', 'Migration meeting', called('dana', 'sam', 'rio')) },
      ...users.filter((user) => user.installed).map((user) => personalChat(user)),
    ],
  }
}

/** The personal chat between the bot and this person. */
export function personalChat(user: TeamsUser): TeamsConversation {
  const made = place(`a:1${opaque(`chat ${user.id}`)}`, 'personal', '', [user.id])
  return { ...made, tenantId: user.tenantId, installed: user.installed, person: user.id }
}

/** A person of the home tenant, unless `change` says otherwise. */
export function person(handle: string, name: string, objectId: string, change: Partial<TeamsUser> = {}): TeamsUser {
  const [givenName = '', surname = ''] = name.split(' ')
  const address = `${handle}@contoso.example`
  return {
    handle,
    id: mriOf(objectId),
    objectId,
    name,
    givenName,
    surname,
    email: address,
    userPrincipalName: address,
    tenantId: HOME_TENANT,
    userRole: 'user',
    installed: true,
    blocked: false,
    ...change,
  }
}

/** The MRI by which this bot knows the person: opaque, and always the same. */
export function mriOf(objectId: string): string {
  return `29:1${opaque(`${APP.id} ${objectId}`)}`
}

function seedUsers(): TeamsUser[] {
  return [
    person('dana', 'Dana Ito', PEOPLE.dana),
    person('sam', 'Sam Okafor', PEOPLE.sam),
    person('lee', 'Lee Novak', PEOPLE.lee),
    person('rio', 'Rio Costa', PEOPLE.rio),
    person('ops', 'Olu Adeyemi', PEOPLE.ops),
    person('aud', 'Ada Berg', PEOPLE.aud),
    person('guest', 'Gus Guest', PEOPLE.guest, {
      userRole: 'guest',
      email: 'gus@fabrikam.example',
      userPrincipalName: 'gus_fabrikam.example#EXT#@contoso.example',
    }),
    person('stranger', 'Stella Stranger', PEOPLE.stranger, {
      tenantId: FOREIGN_TENANT,
      email: 'stella@northwind.example',
      userPrincipalName: 'stella@northwind.example',
    }),
    anonymous(),
  ]
}

function seedGroups(): EntraGroup[] {
  return [
    { id: GROUPS.dba, displayName: 'Database admins', members: [PEOPLE.sam, GROUPS.leads] },
    { id: GROUPS.leads, displayName: 'Database leads', members: [PEOPLE.lee] },
    { id: GROUPS.empty, displayName: 'Nobody yet', members: [] },
    { id: GROUPS.alone, displayName: 'Only Dana', members: [PEOPLE.dana] },
  ]
}

/** Someone who came by a meeting link and never signed in. */
function anonymous(): TeamsUser {
  const {
    objectId: _none,
    email: _mail,
    userPrincipalName: _upn,
    ...known
  } = person('anonymous', 'Anna Unverified', '')
  return { ...known, id: mriOf('anonymous'), userRole: 'anonymous', installed: false }
}

function team(id: string, name: string, installed: boolean): TeamsTeam {
  return { id, name, aadGroupId: uuidOf(`group ${id}`), tenantId: HOME_TENANT, installed }
}

function channel(id: string, name: string, teamId: string, members: string[], installed = true): TeamsConversation {
  return { ...place(id, 'channel', name, members), teamId, installed }
}

function place(id: string, kind: TeamsConversation['kind'], name: string, members: string[]): TeamsConversation {
  return { id, kind, name, tenantId: HOME_TENANT, members: [...members], installed: true }
}

function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}

function opaque(text: string): string {
  return createHash('sha512').update(text).digest('base64url').slice(0, 82)
}
