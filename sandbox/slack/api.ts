import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { type Answer, fail, good, type Method, type Told, textOf } from './answer.ts'
import { accepts, type Faults, nameOf } from './faults.ts'
import type { createLimiter } from './limiter.ts'
import { chatMethods } from './methods-chat.ts'
import { conversationMethods } from './methods-conversations.ts'
import { peopleMethods } from './methods-people.ts'
import { viewMethods } from './methods-views.ts'
import type { ApiCall, Fields } from './types.ts'
import type { FaultAction, RequestMoment } from './use-types.ts'
import { readArgs, readBody, send } from './wire.ts'
import type { World } from './world.ts'

/** Where calls are answered from. */
export type ApiParts = {
  world: World
  faults: Faults
  limiter: ReturnType<typeof createLimiter>
  hooks: Set<(moment: RequestMoment) => Promise<void> | void>
  stopping: AbortSignal
  told: Told
  socketUrl: () => string
}

/** One answer on its way out. */
export type Reply = { status: number; body: Answer | string; headers: Record<string, string> }

/** Answers POST /api/<method>. */
export function createApi(parts: ApiParts) {
  const methods: Record<string, Method> = {
    ...chatMethods,
    ...conversationMethods,
    ...peopleMethods,
    ...viewMethods,
    'apps.connections.open': { token: 'app', tier: 'none', run: () => good({ url: parts.socketUrl() }) },
    'api.test': { token: 'bot', tier: 'none', run: (_world, args) => good({ args }) },
  }
  return async (request: IncomingMessage, response: ServerResponse, method: string): Promise<void> => {
    const read = readArgs(request, await readBody(request))
    const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? textOf(read.args, 'token')
    const { token: _secret, ...args } = read.args
    const call = logCall(parts.world, method, args, whose(parts.world, given))
    await answerCall(parts, call, response, () => {
      if (read.error) return reply(fail(read.error))
      const done = work(parts, methods, call)
      return read.warning && typeof done.body !== 'string' ? warn(done, done.body, read.warning) : done
    })
  }
}

/** Writes the call into the log before anything else happens to it. */
export function logCall(world: World, method: string, args: Fields, token: ApiCall['token']): ApiCall {
  const call: ApiCall = { n: world.state.calls.length + 1, at: world.now(), method, args, token }
  world.state.calls.push(call)
  world.changed()
  return call
}

/** Hooks, faults and the answer around the work of one call. */
export async function answerCall(
  parts: ApiParts,
  call: ApiCall,
  response: ServerResponse,
  run: () => Reply,
): Promise<void> {
  const { world, faults } = parts
  const started = performance.now()
  const tell = async (phase: RequestMoment['phase']) => {
    for (const hook of parts.hooks) await hook({ phase, method: call.method, args: call.args, n: call.n })
  }
  await tell('before')
  const action = faults.take(call.method, call.args)
  if (action) call.fault = nameOf(action)
  if (isDelay(action) && !action.accept) await hold(action.hang, parts.stopping)
  const never = isDelay(action) && action.hang === 'forever' && !action.accept
  const done = !action || accepts(action) || (isDelay(action) && !never) ? run() : undefined
  if (done) world.changed()
  await tell('after')
  if (isDelay(action) && action.accept) await hold(action.hang, parts.stopping)
  const out = action ? faulty(action, done) : done
  call.ms = Math.round(performance.now() - started)
  call.status = out?.status ?? 0
  if (out && typeof out.body !== 'string')
    Object.assign(call, { ok: out.body.ok, ...(out.body.error && { error: out.body.error }) })
  if (out) send(response, out.status, out.body, out.headers)
  else response.socket?.resetAndDestroy()
  world.changed()
}

/** A 200 answer without headers of its own. */
export function reply(body: Answer | string, status = 200, headers: Record<string, string> = {}): Reply {
  return { status, body, headers }
}

function work(parts: ApiParts, methods: Record<string, Method>, call: ApiCall): Reply {
  const { world } = parts
  const method = Object.hasOwn(methods, call.method) ? methods[call.method] : undefined
  if (!method) return reply(fail('unknown_method', [], { req_method: call.method }))
  if (call.token === 'none') return reply(fail('not_authed'))
  if (call.token === 'other') return reply(fail('invalid_auth'))
  if (call.token !== method.token) return reply(fail('not_allowed_token_type'))
  const wait = parts.limiter.take(call.method, method.tier, textOf(call.args, 'channel'))
  if (wait > 0) return reply(fail('ratelimited'), 429, { 'retry-after': String(wait) })
  const needed = method.scope?.(call.args, world)
  const headers = {
    'x-oauth-scopes': method.token === 'app' ? 'connections:write' : world.state.scopes.join(','),
    ...(needed && { 'x-accepted-oauth-scopes': needed }),
  }
  if (needed && !world.state.scopes.includes(needed)) {
    return reply(fail('missing_scope', [], { needed, provided: world.state.scopes.join(',') }), 200, headers)
  }
  return reply(method.run(world, call.args, parts.told), 200, headers)
}

function warn(done: Reply, body: Answer, warning: string): Reply {
  const metadata = (body.response_metadata ?? {}) as Fields
  return { ...done, body: { ...body, warning, response_metadata: { ...metadata, warnings: [warning] } } }
}

function whose(world: World, token: string): ApiCall['token'] {
  if (!token) return 'none'
  if (token === world.botToken) return 'bot'
  return token === world.appToken ? 'app' : 'other'
}

function isDelay(action: FaultAction | undefined): action is { hang: number | 'forever'; accept?: boolean } {
  return typeof action === 'object' && 'hang' in action
}

/** What leaves instead of the answer; undefined cuts the connection. */
function faulty(action: FaultAction, done: Reply | undefined): Reply | undefined {
  if (action === 'accept-then-status') return reply('upstream connect error', 503)
  if (typeof action === 'string') return undefined
  if ('status' in action)
    return reply((action.body as Answer | string | undefined) ?? '', action.status, action.headers ?? {})
  return 'error' in action ? reply(fail(action.error)) : done
}

async function hold(ms: number | 'forever', stopping: AbortSignal): Promise<void> {
  await pause(ms === 'forever' ? 2 ** 31 - 1 : ms, undefined, { signal: stopping, ref: false }).catch(() => undefined)
}
