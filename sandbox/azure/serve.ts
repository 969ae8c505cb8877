import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { FaultAction } from './fault-types.ts'
import { answerInstead, spoil, takeFault } from './faults.ts'
import { advance } from './jobs.ts'
import type { Limits } from './limits.ts'
import { redactAnswer, redactRequest } from './redact.ts'
import { armHeaders, readText, send, textOf, work } from './respond.ts'
import { type Route, routeOf } from './routes.ts'
import type { RequestRecord } from './types.ts'
import { type Answer, type Call, now, type World } from './world.ts'

type Exchange = { call: Call; route: Route; record: RequestRecord; response: ServerResponse }

/** Answers one ARM request: hook, fault, work, hook, log, answer. */
export async function serve(
  world: World,
  limits: Limits,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const exchange = await open(world, request, response)
  const { call, record } = exchange
  if (await hooked(world, exchange, 'before')) return drop(world, exchange)
  const fault = takeFault(world, call)
  if (fault !== undefined) record.fault = fault.code ?? fault.action.kind
  if (fault?.action.kind === 'reset') return drop(world, exchange)
  if (fault?.action.kind === 'hang' && (await hangs(fault.action))) return log(world, record)
  advance(world)
  const answer = answerOf(world, limits, exchange, fault?.action)
  note(record, answer)
  if (await hooked(world, exchange, 'after')) return drop(world, exchange)
  if (fault?.action.kind === 'accept-then-reset') return drop(world, exchange)
  if (fault?.action.kind === 'accept-then-hang' && (await hangs(fault.action))) return log(world, record, 0)
  log(world, record)
  send(response, answer)
}

function answerOf(world: World, limits: Limits, exchange: Exchange, action: FaultAction | undefined): Answer {
  const { call, route } = exchange
  const budget = limits.take(call.method, world)
  const instead = action === undefined ? undefined : answerInstead(action)
  const done = instead ?? budget.refused ?? work(call, world, route.handler)
  const whole = { ...done, headers: { ...armHeaders(call), ...budget.headers, ...done.headers } }
  if (action === undefined || instead !== undefined) return whole
  const spoiled = spoil(action, whole)
  return { ...spoiled, headers: { ...(action.kind === 'rewrite' ? {} : armHeaders(call)), ...spoiled.headers } }
}

async function open(world: World, request: IncomingMessage, response: ServerResponse): Promise<Exchange> {
  const url = new URL(`http://localhost${request.url}`)
  const method = request.method ?? 'GET'
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
  const route = routeOf(method, url.pathname)
  const body = parsed(await readText(request))
  const { name, params } = route
  const call: Call = { name, method, path: url.pathname, params, query: url.searchParams, headers, body }
  const redacted = redactRequest(world.state, body)
  world.seq += 1
  const record: RequestRecord = {
    seq: world.seq,
    at: now(world),
    name,
    method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    status: 0,
    requestBody: redacted.body ?? null,
    requestHeaders: publicHeaders(headers),
    responseBody: null,
    responseHeaders: {},
    secrets: redacted.secrets,
    fault: null,
  }
  return { call, route, record, response }
}

async function hooked(world: World, exchange: Exchange, when: 'before' | 'after'): Promise<boolean> {
  const { name, method, path, requestBody: body, status } = exchange.record
  let dropped = false
  for (const hook of [...world.hooks]) {
    if ((await hook({ when, name, method, path, body, status })) === 'drop') dropped = true
  }
  return dropped
}

/** Waits as long as the fault says; true when no answer is ever to come. */
async function hangs(action: { ms?: number }): Promise<boolean> {
  if (action.ms === undefined) return true
  await delay(action.ms, undefined, { ref: false })
  return false
}

function drop(world: World, exchange: Exchange): void {
  log(world, exchange.record, 0)
  exchange.response.socket?.resetAndDestroy()
}

function note(record: RequestRecord, answer: Answer): void {
  const text = textOf(answer)
  record.status = answer.status
  record.responseHeaders = answer.headers ?? {}
  record.responseBody = text === '' ? null : redactAnswer(parsed(text) ?? text)
}

function log(world: World, record: RequestRecord, status = record.status): void {
  record.status = status
  const { requests } = world.state
  requests.push(record)
  if (requests.length > world.requestCap) requests.splice(0, requests.length - world.requestCap)
}

function publicHeaders(headers: Record<string, string>): Record<string, string> {
  const { authorization, ...rest } = headers
  return authorization === undefined ? rest : { ...rest, authorization: '[redacted]' }
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
