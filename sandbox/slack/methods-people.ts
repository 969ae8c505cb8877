import { type Answer, fail, flagOf, good, type Method, textOf } from './answer.ts'
import { APP, TEAM } from './seed.ts'
import type { Fields, SlackGroup, SlackUser } from './types.ts'
import type { World } from './world.ts'

/** auth.test, users.* and usergroups.*: who is who. */
export const peopleMethods: Record<string, Method> = {
  'auth.test': { token: 'bot', tier: 'none', run: authTest },
  'users.info': { token: 'bot', tier: 4, scope: () => 'users:read', run: userInfo },
  'usergroups.list': { token: 'bot', tier: 2, scope: () => 'usergroups:read', run: groups },
  'usergroups.users.list': { token: 'bot', tier: 2, scope: () => 'usergroups:read', run: groupUsers },
}

function authTest(): Answer {
  return good({
    url: `https://${TEAM.domain}.slack.com/`,
    team: TEAM.name,
    user: 'drawbridge',
    team_id: TEAM.id,
    user_id: APP.botUser,
    bot_id: APP.botId,
    is_enterprise_install: false,
  })
}

function userInfo(world: World, args: Fields): Answer {
  const user = world.user(textOf(args, 'user'))
  return user ? good({ user: describe(user) }) : fail('user_not_found')
}

function groups(world: World, args: Fields): Answer {
  const refusal = refuse(world, args)
  if (refusal) return refusal
  const shown = world.state.groups.filter((group) => !group.disabled || flagOf(args, 'include_disabled'))
  return good({ usergroups: shown.map((group) => describeGroup(group, args)) })
}

function groupUsers(world: World, args: Fields): Answer {
  const refusal = refuse(world, args)
  if (refusal) return refusal
  const group = world.state.groups.find((g) => g.id === textOf(args, 'usergroup'))
  if (!group || (group.disabled && !flagOf(args, 'include_disabled'))) return fail('no_such_subteam')
  return good({ users: [...group.users] })
}

function refuse(world: World, args: Fields): Answer | undefined {
  if (world.state.freePlan) return fail('plan_upgrade_required')
  return args.team_id !== undefined && args.team_id !== TEAM.id ? fail('team_not_found') : undefined
}

function describeGroup(group: SlackGroup, args: Fields): Fields {
  return {
    id: group.id,
    team_id: TEAM.id,
    is_usergroup: true,
    is_subteam: true,
    is_external: false,
    name: group.name,
    handle: group.handle,
    description: '',
    date_create: 0,
    date_update: 0,
    date_delete: group.disabled ? 1 : 0,
    auto_provision: false,
    created_by: APP.botUser,
    prefs: { channels: [], groups: [] },
    user_count: group.users.length,
    ...(flagOf(args, 'include_users') && { users: [...group.users] }),
  }
}

function describe(user: SlackUser): Fields {
  const names = { real_name: user.real_name, display_name: user.name, team: user.team_id }
  return {
    id: user.id,
    team_id: user.team_id,
    name: user.name,
    deleted: user.deleted,
    real_name: user.real_name,
    tz: 'Etc/UTC',
    tz_label: 'UTC',
    tz_offset: 0,
    profile: { ...names, real_name_normalized: user.real_name, display_name_normalized: user.name },
    is_admin: false,
    is_owner: false,
    is_primary_owner: false,
    is_restricted: user.is_restricted,
    is_ultra_restricted: user.is_ultra_restricted,
    is_bot: user.is_bot,
    is_app_user: false,
    ...(user.is_stranger && { is_stranger: true }),
    updated: 0,
  }
}
