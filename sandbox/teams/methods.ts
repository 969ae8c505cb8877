import type { Reply } from './errors.ts'
import { deleteActivity, replyToActivity, sendToConversation, updateActivity } from './methods-activities.ts'
import { createConversation } from './methods-create.ts'
import { getChannels, getMember, getMembers, getPagedMembers, getTeam } from './methods-roster.ts'
import type { CallName, ConnectorCall } from './types.ts'
import type { World } from './world.ts'

/** A call with what its path names: the conversation or team, and the activity or member. */
export type Asked = { call: ConnectorCall; place: string; item: string }

/** The work of one call of the Bot Connector. */
export type Method = (world: World, asked: Asked) => Reply

/** A route below serviceUrl: its name in logs and faults, and its work; undefined for what Drawbridge never calls. */
export type Route = { name: CallName; place: string; item: string; run: Method }

const ROUTES: [verb: string, path: RegExp, name: CallName, run: Method][] = [
  ['POST', /^conversations$/, 'create', createConversation],
  ['POST', /^conversations\/([^/]+)\/activities$/, 'send', sendToConversation],
  ['POST', /^conversations\/([^/]+)\/activities\/([^/]+)$/, 'reply', replyToActivity],
  ['PUT', /^conversations\/([^/]+)\/activities\/([^/]+)$/, 'update', updateActivity],
  ['DELETE', /^conversations\/([^/]+)\/activities\/([^/]+)$/, 'delete', deleteActivity],
  ['GET', /^conversations\/([^/]+)\/members$/, 'members', getMembers],
  ['GET', /^conversations\/([^/]+)\/pagedmembers$/, 'members', getPagedMembers],
  ['GET', /^conversations\/([^/]+)\/members\/([^/]+)$/, 'member', getMember],
  ['GET', /^teams\/([^/]+)$/, 'team', getTeam],
  ['GET', /^teams\/([^/]+)\/conversations$/, 'channels', getChannels],
]

/** The route of a request below /emea/v3/. */
export function routeOf(verb: string, pathname: string): Route | undefined {
  const path = /^\/emea\/+v3\/(.+?)\/?$/.exec(pathname)?.[1] ?? ''
  for (const [method, pattern, name, run] of ROUTES) {
    const found = verb === method ? pattern.exec(path) : null
    if (found) return { name, run, place: decoded(found[1]), item: decoded(found[2]) }
  }
  return undefined
}

function decoded(part = ''): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
