import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { parseJson, readBody, send } from '../slack/wire.ts'
import { codeOf, type Reply, refuse, refuseAs } from './errors.ts'
import { accepts, type Faults, faulty, isDelay, nameOf } from './faults.ts'
import { fieldsOf, isFields } from './fields.ts'
import { graphCallOf, graphReply, refuseGraph } from './graph.ts'
import { openIdConfiguration, publishedKeys } from './keys.ts'
import type { createLimiter } from './limiter.ts'
import { type Route, routeOf } from './methods.ts'
import { placeOfCreate } from './methods-create.ts'
import { issueToken, type TokenSettings, tokenIsGood } from './token-endpoint.ts'
import type { CallName, ConnectorCall, Fields } from './types.ts'
import type { RequestMoment } from './use-types.ts'
import { baseId, type World } from './world.ts'

/** Where calls are answered from. */
export type ApiParts = {
  world: World
  tokens: TokenSettings
  faults: Faults
  limiter: ReturnType<typeof createLimiter>
  hooks: Set<(moment: RequestMoment) => Promise<void> | void>
  stopping: AbortSignal
}

type Handle = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>

/** Answers the Bot Connector, the token endpoint, the OpenID documents, and Microsoft Graph. */
export function createApi(parts: ApiParts): Handle {
  return async (request, response, url) => {
    const verb = request.method ?? ''
    const text = await readBody(request)
    const tenant = /^\/([^/]+)\/oauth2\/v2\.0\/token$/.exec(url.pathname)?.[1]
    if (verb === 'POST' && tenant) return answerToken(parts, response, url, tenant, new URLSearchParams(text))
    if (verb === 'GET' && url.pathname.startsWith('/v1/.well-known/')) return answerOpenId(parts, response, url)
    if (url.pathname.startsWith('/v1.0/')) return answerGraph(parts, request, response, url, text)
    const route = routeOf(verb, url.pathname)
    const json = text === '' ? {} : parseJson(text)
    const call = logCall(parts.world, { verb, url, method: route?.name ?? 'unknown', body: fieldsOf(json) })
    const place = route?.name === 'create' ? placeOfCreate(parts.world, call.body) : route?.place
    if (place) call.conversation = baseId(place)
    const good = isFields(json)
    await answerCall(parts, call, response, () => work(parts, call, route, request.headers.authorization, good))
  }
}

function work(
  { world, limiter }: ApiParts,
  call: ConnectorCall,
  route: Route | undefined,
  authorization: string | undefined,
  readable: boolean,
): Reply {
  if (!tokenIsGood(world, authorization)) return refuseAs(401)
  if (!route) return refuse(404, 'NotFound', 'There is no such resource.')
  if (!readable) return refuse(400, 'BadSyntax', 'The body is no JSON object.')
  const wait = limiter.take(call.method, call.conversation ?? '')
  if (wait > 0) return refuseAs(429, { 'retry-after': String(wait) })
  return route.run(world, { call, place: route.place, item: route.item })
}

async function answerGraph(
  parts: ApiParts,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  text: string,
): Promise<void> {
  const asked = { verb: request.method ?? '', url, headers: request.headers, text }
  const method = graphCallOf(asked)
  const call = logCall(parts.world, { verb: asked.verb, url, method, body: fieldsOf(parseJson(text || '{}')) })
  await answerCall(parts, call, response, () => graphReply(parts.world, asked), refuseGraph)
}

async function answerToken(
  parts: ApiParts,
  response: ServerResponse,
  url: URL,
  tenant: string,
  form: URLSearchParams,
): Promise<void> {
  const { client_secret: _secret, client_assertion: _assertion, ...body } = Object.fromEntries(form)
  const call = logCall(parts.world, { verb: 'POST', url, method: 'token', body })
  await answerCall(parts, call, response, () => issueToken(parts.world, parts.tokens, tenant, form))
}

async function answerOpenId(parts: ApiParts, response: ServerResponse, url: URL): Promise<void> {
  const keys = url.pathname.endsWith('/keys')
  const call = logCall(parts.world, { verb: 'GET', url, method: keys ? 'keys' : 'openid', body: {} })
  await answerCall(parts, call, response, async () => {
    if (keys) return { status: 200, body: await publishedKeys() }
    if (url.pathname.endsWith('/openidconfiguration')) {
      return { status: 200, body: openIdConfiguration(parts.world.baseUrl) }
    }
    return { status: 404, body: 'Not found' }
  })
}

/** Writes the call into the log before anything else happens to it. */
function logCall(world: World, asked: { verb: string; url: URL; method: CallName; body: Fields }): ConnectorCall {
  const { verb, url, method, body } = asked
  const call: ConnectorCall = {
    n: world.state.calls.length + 1,
    at: world.now(),
    method,
    verb,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    body,
  }
  world.state.calls.push(call)
  world.changed()
  return call
}

/** Hooks, faults and the answer around the work of one call. */
async function answerCall(
  parts: ApiParts,
  call: ConnectorCall,
  response: ServerResponse,
  run: () => Reply | Promise<Reply>,
  refusal = refuseAs,
): Promise<void> {
  const { world, faults, stopping } = parts
  const started = performance.now()
  await tell(parts, call, 'before')
  const action = faults.take(call)
  if (action) call.fault = nameOf(action)
  if (isDelay(action) && !action.accept) await hold(action.hang, stopping)
  const never = isDelay(action) && action.hang === 'forever' && !action.accept
  const done = !action || accepts(action) || (isDelay(action) && !never) ? await run() : undefined
  if (done?.activityId) call.activityId = done.activityId
  if (done) world.changed()
  await tell(parts, call, 'after')
  if (isDelay(action) && action.accept) await hold(action.hang, stopping)
  const out = action ? faulty(action, done, refusal) : done
  call.ms = Math.round(performance.now() - started)
  call.status = out?.status ?? 0
  const code = codeOf(out?.body)
  if (code) call.error = code
  if (out) leave(response, out)
  else response.socket?.resetAndDestroy()
  world.changed()
}

async function tell(parts: ApiParts, call: ConnectorCall, phase: RequestMoment['phase']): Promise<void> {
  const { method, conversation, body, n } = call
  const activity = isFields(body.activity) ? body.activity : body
  const moment = { phase, method, n, activity, ...(conversation && { conversation }) }
  for (const hook of parts.hooks) await hook(moment)
}

function leave(response: ServerResponse, { status, body, headers }: Reply): void {
  if (body !== undefined) send(response, status, body, headers)
  else response.writeHead(status, { 'content-length': '0', ...headers }).end()
}

async function hold(ms: number | 'forever', stopping: AbortSignal): Promise<void> {
  await pause(ms === 'forever' ? 2 ** 31 - 1 : ms, undefined, { signal: stopping, ref: false }).catch(() => undefined)
}
