import type { Config, Role } from './config.ts'
import { isLoopbackAddress } from './fields.ts'
import type { Chat } from './ids.ts'
import type { Problems } from './problems.ts'
import { isGroup, type Salvaged } from './salvage.ts'
import type { File } from './schema.ts'

/** The sections of the chats that the file has, whether they can be read or not. */
export function chatsIn(written: Readonly<Record<string, unknown>>): ReadonlySet<Chat> {
  return new Set((['slack', 'teams'] as const).filter((chat) => written[chat] !== undefined))
}

/** Tells what is wrong with the chats together: none, one that is not possible, or Teams without authentication. */
export function checkChats(file: Salvaged<File>, written: Readonly<Record<string, unknown>>, problems: Problems): void {
  const chats = chatsIn(written)
  if (chats.size === 0) {
    const what = 'is missing, and without a chat nobody can ask for anything'
    const remedy = 'write slack (team and mode), teams (tenant, appId and credential) or both'
    problems.add(['slack or teams'], `${what} — ${remedy}`)
  }
  if (!chats.has('teams')) return
  if (file.cloud === 'china') {
    const why = 'Teams of that cloud is not supported by the Bot Framework SDK'
    problems.add(['teams'], `is not possible with cloud china, as ${why} — leave teams out`)
  }
  checkTenants(file, problems)
  checkAppId(file, written, problems)
}

/** What the role needs to reach the chats: nothing for the worker. */
export function chatsOf(file: File, role: Role): Pick<Config, 'slack' | 'teams'> {
  if (role === 'worker') return {}
  const { slack, teams } = file
  return { ...(slack ? { slack: slackOf(slack) } : {}), ...(teams ? { teams: teamsOf(teams) } : {}) }
}

function checkTenants({ teams }: Salvaged<File>, problems: Problems): void {
  // With an unreadable member it may be there.
  if (!teams?.tenant || !teams.tenants?.length || teams.tenants.includes(undefined)) return
  if (teams.tenants.includes(teams.tenant)) return
  problems.add(['teams', 'tenants'], `do not include teams.tenant — add ${teams.tenant}, or leave tenants out`)
}

/** Without an app id the SDK takes every request from anyone for Teams, so nobody but this machine may reach it then. */
function checkAppId({ teams, server }: Salvaged<File>, written: Readonly<Record<string, unknown>>, problems: Problems) {
  const group = written.teams
  if (!isGroup(group) || group.appId !== undefined) return
  const unreadable = group.sandboxUrl !== undefined && !teams?.sandboxUrl
  if (unreadable || !server?.host || (teams?.sandboxUrl && isLoopbackAddress(server.host))) return
  const why = 'is missing, and without an app id the SDK switches authentication off: anyone could act as anybody'
  const otherwise = 'only a sandbox goes without: teams.sandboxUrl is set and server.host is on loopback'
  problems.add(['teams', 'appId'], `${why} — write the app (client) id of the bot (${otherwise})`)
}

function slackOf({ apiUrl, ...slack }: NonNullable<File['slack']>): NonNullable<Config['slack']> {
  return { ...slack, ...(apiUrl ? { apiUrl: `${apiUrl}/` } : {}) }
}

function teamsOf(teams: NonNullable<File['teams']>): NonNullable<Config['teams']> {
  const { tenant, tenants = [tenant], appId, credential, sandboxUrl } = teams
  return {
    tenant,
    tenants: [...new Set(tenants)],
    ...(appId ? { appId } : {}),
    credential,
    ...(sandboxUrl ? { sandboxUrl } : {}),
  }
}
