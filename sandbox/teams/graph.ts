import type { IncomingHttpHeaders } from 'node:http'
import { parseJson } from '../slack/wire.ts'
import type { Reply } from './errors.ts'
import { fieldsOf } from './fields.ts'
import { transitiveUsers, userAsGraph } from './graph-people.ts'
import { HOME_TENANT } from './seed.ts'
import { GRAPH, goodToken } from './token-endpoint.ts'
import type { CallName, Fields, TeamsUser } from './types.ts'
import type { World } from './world.ts'

/** A request below /v1.0/. */
export type GraphAsked = {
  verb: string
  url: URL
  headers: IncomingHttpHeaders
  text: string
  /** Of the token, once it was looked at. */
  roles?: readonly string[]
}
type Work = (world: World, id: string, asked: GraphAsked) => Reply

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const USER_FIELDS = ['id', 'displayName', 'userType', 'accountEnabled', 'userPrincipalName', 'givenName', 'surname']
const MOST_CHECKED = 20

const ROUTES: [verb: string, path: RegExp, name: CallName, needs: string[], run: Work][] = [
  ['GET', /^users\/([^/]+)$/, 'graphUser', ['User.Read.All'], getUser],
  ['POST', /^users\/([^/]+)\/checkMemberGroups$/, 'graphCheck', ['User.Read.All', 'GroupMember.Read.All'], check],
  ['GET', /^groups\/([^/]+)$/, 'graphGroup', ['GroupMember.Read.All'], getGroup],
  [
    'GET',
    /^groups\/([^/]+)\/transitiveMembers\/microsoft\.graph\.user$/,
    'graphMembers',
    ['GroupMember.Read.All'],
    members,
  ],
]

/** What the call is called in logs and faults. */
export function graphCallOf({ verb, url }: GraphAsked): CallName {
  return routeOf(verb, url)?.name ?? 'unknown'
}

/** The answer of Microsoft Graph. */
export function graphReply(world: World, asked: GraphAsked): Reply {
  const { verb, url, headers } = asked
  const token = goodToken(world, headers.authorization, GRAPH)
  if (!token) return refuseGraph(401)
  const route = routeOf(verb, url)
  if (!route) return refuse(400, 'BadRequest', `Resource not found for the segment '${url.pathname.split('/')[2]}'.`)
  if (!route.needs.every((each) => token.roles.includes(each))) return refuseGraph(403)
  return route.run(world, route.id, { ...asked, roles: token.roles })
}

const BY_STATUS: Record<number, [code: string, message: string]> = {
  400: ['Request_BadRequest', 'Invalid request.'],
  401: ['InvalidAuthenticationToken', 'Access token validation failure. Invalid audience.'],
  403: ['Authorization_RequestDenied', 'Insufficient privileges to complete the operation.'],
  404: [
    'Request_ResourceNotFound',
    'Resource does not exist or one of its queried reference-property objects are not present.',
  ],
  429: ['TooManyRequests', 'Too many requests.'],
  503: ['serviceNotAvailable', 'The service is temporarily unavailable.'],
}

/** The usual refusal of Graph for a status; with 429 it asks to wait for 10 s unless told otherwise. */
export function refuseGraph(status: number, headers: Record<string, string> = {}): Reply {
  const [code, message] = BY_STATUS[status] ?? ['UnknownError', `Status ${status}.`]
  return refuse(status, code, message, { ...(status === 429 && { 'retry-after': '10' }), ...headers })
}

function refuse(status: number, code: string, message: string, headers: Record<string, string> = {}): Reply {
  const id = crypto.randomUUID()
  const innerError = { date: new Date().toISOString().slice(0, 19), 'request-id': id, 'client-request-id': id }
  return { status, body: { error: { code, message, innerError } }, headers }
}

function routeOf(verb: string, url: URL): { name: CallName; id: string; needs: string[]; run: Work } | undefined {
  const path = url.pathname.slice('/v1.0/'.length)
  for (const [method, pattern, name, needs, run] of ROUTES) {
    const found = verb === method ? pattern.exec(path) : null
    if (found) return { name, needs, run, id: (found[1] ?? '').toLowerCase() }
  }
  return undefined
}

function getUser(world: World, id: string, { url }: GraphAsked): Reply {
  const wrong = wrongQuery(url, ['$select'], USER_FIELDS)
  if (wrong) return wrong
  const user = homeUser(world, id)
  return user
    ? { status: 200, body: { '@odata.context': context(world, 'users/$entity'), ...userAsGraph(user, url) } }
    : gone(id)
}

function getGroup(world: World, id: string, { url }: GraphAsked): Reply {
  const wrong = wrongQuery(url, ['$select'], ['id', 'displayName'])
  if (wrong) return wrong
  const group = world.state.groups.find((each) => each.id === id)
  if (!group) return gone(id)
  const body = {
    '@odata.context': context(world, 'groups(id,displayName)/$entity'),
    id,
    displayName: group.displayName,
  }
  return { status: 200, body }
}

function members(world: World, id: string, { url, headers, roles = [] }: GraphAsked): Reply {
  const wrong = wrongQuery(url, ['$select', '$count', '$top', '$skiptoken'], USER_FIELDS)
  if (wrong) return wrong
  if (url.searchParams.get('$count') !== 'true' || headers.consistencylevel !== 'eventual') {
    return refuse(
      400,
      'Request_UnsupportedQuery',
      'OData cast needs $count=true and the header ConsistencyLevel: eventual.',
    )
  }
  const top = Number(url.searchParams.get('$top') ?? 100)
  if (!Number.isInteger(top) || top < 1 || top > 999)
    return refuse(400, 'Request_BadRequest', 'Invalid page size specified.')
  if (!world.state.groups.some((each) => each.id === id)) return gone(id)
  const all = transitiveUsers(world, id)
  const from = Number(url.searchParams.get('$skiptoken') ?? 0)
  const size = Math.min(top, world.graph.pageSize)
  const open = roles.includes('User.Read.All')
  const value = all.slice(from, from + size).map((user) => userAsGraph(user, url, open))
  const next = new URL(`${world.baseUrl}${url.pathname}${url.search}`)
  next.searchParams.set('$skiptoken', String(from + size))
  const more = from + size < all.length ? { '@odata.nextLink': next.href } : {}
  const body = { '@odata.context': context(world, 'users'), '@odata.count': all.length, ...more, value }
  return { status: 200, body }
}

function check(world: World, id: string, { text, headers, url }: GraphAsked): Reply {
  const { groupIds, ...other }: Fields = fieldsOf(parseJson(text))
  const isList = Array.isArray(groupIds) && groupIds.every((each) => typeof each === 'string' && GUID.test(each))
  if (
    !headers['content-type']?.startsWith('application/json') ||
    url.search !== '' ||
    Object.keys(other).length > 0 ||
    !isList
  ) {
    return refuse(400, 'Request_BadRequest', 'Invalid value specified for property groupIds.')
  }
  if (groupIds.length === 0 || groupIds.length > MOST_CHECKED) {
    return refuse(400, 'Request_BadRequest', 'The number of values must be between 1 and 20.')
  }
  const user = homeUser(world, id)
  if (!user) return gone(id)
  const value = groupIds.map(String).filter((group) => transitiveUsers(world, group.toLowerCase()).includes(user))
  return { status: 200, body: { '@odata.context': context(world, 'Collection(Edm.String)'), value } }
}

/** Graph knows who is in the tenant, guests among them; nobody of another tenant, and no anonymous caller. */
function homeUser(world: World, id: string): TeamsUser | undefined {
  return world.state.users.find((user) => user.objectId === id && user.tenantId === HOME_TENANT)
}

function wrongQuery(url: URL, known: string[], fields: string[]): Reply | undefined {
  const strange = [...url.searchParams.keys()].find((key) => !known.includes(key))
  if (strange) return refuse(400, 'BadRequest', `The query option '${strange}' is not known.`)
  const field = (url.searchParams.get('$select') ?? 'id').split(',').find((each) => !fields.includes(each))
  return field === undefined ? undefined : refuse(400, 'BadRequest', `Could not find a property named '${field}'.`)
}

function gone(id: string): Reply {
  const message = `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`
  return refuse(404, 'Request_ResourceNotFound', message)
}

function context(world: World, what: string): string {
  return `${world.baseUrl}/v1.0/$metadata#${what}`
}
