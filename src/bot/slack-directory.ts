import type { webApi } from '@slack/bolt'
import { TransientError } from '../transfer/errors.ts'
import type { Person, Principal } from '../transfer/model.ts'
import type { Directory } from '../transfer/ports.ts'
import { createFreshCache } from './fresh-cache.ts'
import type { Log } from './log.ts'
import { createSlackClient } from './slack-client.ts'
import { portError, slackErrorCode } from './slack-errors.ts'
import { isGroup, isUser, readSlackId, slackId } from './slack-ids.ts'

const MAX_AGE = 60_000
const CALL_WITHIN = 1_200

/** Groups that give nobody any right until somebody mends them; everything else is tried again. */
const noGroup: ReadonlySet<string> = new Set([
  ...['no_such_subteam', 'subteam_disabled', 'missing_scope', 'plan_upgrade_required', 'team_not_found'],
])
const noUser: ReadonlySet<string> = new Set(['user_not_found', 'user_not_visible', 'users_not_found'])

/** Slack's directory, with the way to tell it that a group has changed. */
export type SlackDirectory = Directory & {
  /** Forgets who is in the group (its principal): the next question reads it anew. */
  onMembershipChange(group: Principal): void
}

type Standing = Awaited<ReturnType<Directory['standing']>>
type Known = { standing: Standing; bot: boolean; name?: string }

/** Who is who in the workspace; `now` is monotonic, in milliseconds. */
export function createSlackDirectory(options: {
  slack: { team: string; apiUrl?: string | undefined }
  botToken: string
  log: Log
  now?: () => number
}): SlackDirectory {
  const { slack, botToken, log, now = () => performance.now() } = options
  const { team } = slack
  const client = createSlackClient({ botToken, apiUrl: slack.apiUrl, timeout: CALL_WITHIN, log })
  const fresh = { maxAge: MAX_AGE, now }
  const users = createFreshCache({ ...fresh, load: (id) => readUser(client, team, id, log) })
  const groups = createFreshCache({ ...fresh, load: (id) => readGroup(client, team, id, log) })
  const handles = createFreshCache({ ...fresh, load: () => readHandles(client, team) })

  const known = async (person: Person): Promise<Known> => {
    const id = own(team, person)
    return id !== undefined && isUser(id) ? users.get(id) : { standing: 'stranger', bot: false }
  }
  const behind = async (principal: Principal): Promise<readonly Person[]> => {
    const id = own(team, principal)
    if (id === undefined) return []
    return isGroup(id) ? [...(await groups.get(id))] : [principal]
  }
  return {
    async standing(person) {
      return (await known(person)).standing
    },
    async among(person, principals) {
      const { standing, bot } = await known(person)
      // Whoever put a guest into a group gave them no right by it, not even to see.
      if (bot || standing !== 'member') return []
      const holds = async (principal: Principal) => principal === 'anyone' || (await behind(principal)).includes(person)
      const held = await Promise.all(principals.map(holds))
      return principals.filter((_, index) => held[index])
    },
    async people(principals) {
      const all = [...new Set((await Promise.all(principals.map(behind))).flat())]
      const whole = await Promise.all(all.map(async (person) => isMember(await known(person))))
      return all.filter((_, index) => whole[index])
    },
    name: async (id) => {
      const asked = own(team, id)
      if (asked === undefined) return undefined
      if (isUser(asked)) return (await users.get(asked).catch(() => undefined))?.name
      return isGroup(asked) ? (await handles.get(team).catch(() => undefined))?.get(asked) : undefined
    },
    onMembershipChange(group) {
      const id = own(team, group)
      if (id !== undefined) groups.drop(id)
    },
  }
}

function own(team: string, principal: Principal): string | undefined {
  const read = readSlackId(principal)
  return read?.team === team && read.ts === undefined ? read.id : undefined
}

function isMember({ standing, bot }: Known): boolean {
  return standing === 'member' && !bot
}

async function readUser(client: webApi.WebClient, team: string, id: string, log: Log): Promise<Known> {
  try {
    const { user } = await client.users.info({ user: id })
    if (!user) return { standing: 'stranger', bot: false }
    // Slackbot says of itself that it is no bot.
    const bot = user.is_bot === true || user.is_workflow_bot === true || id === 'USLACKBOT'
    const name = user.real_name || user.profile?.display_name || user.name
    const named = name ? { name } : {}
    const away = user.team_id !== team || (user as { is_stranger?: boolean }).is_stranger === true
    if (away) return { standing: 'stranger', bot, ...named }
    if (user.deleted) return { standing: 'deactivated', bot, ...named }
    return { standing: user.is_restricted || user.is_ultra_restricted ? 'guest' : 'member', bot, ...named }
  } catch (error) {
    if (noUser.has(slackErrorCode(error))) return { standing: 'stranger', bot: false }
    throw unread(error, 'users.info', log)
  }
}

async function readGroup(client: webApi.WebClient, team: string, id: string, log: Log): Promise<ReadonlySet<Person>> {
  try {
    const { users = [] } = await client.usergroups.users.list({ usergroup: id, team_id: team })
    return new Set(users.map((user) => slackId({ team, id: user })))
  } catch (error) {
    const code = slackErrorCode(error)
    if (!noGroup.has(code)) throw unread(error, 'usergroups.users.list', log)
    log.error({ group: id, code }, 'this user group cannot be read and counts as empty: nobody gets a right by it')
    return new Set()
  }
}

/** What the groups are called, by their ids. */
async function readHandles(client: webApi.WebClient, team: string): Promise<ReadonlyMap<string, string>> {
  const { usergroups = [] } = await client.usergroups.list({ team_id: team })
  return new Map(usergroups.flatMap(({ id, handle }) => (id && handle ? [[id, `@${handle}`] as const] : [])))
}

/** Whatever kept the directory from answering, the click is not recorded and the person is told to try again. */
function unread(error: unknown, method: string, log: Log): TransientError {
  const cause = portError(error, method)
  log.warn({ method, code: cause.fault.code }, 'the directory of Slack could not be read')
  return cause instanceof TransientError ? cause : new TransientError(cause.fault)
}
