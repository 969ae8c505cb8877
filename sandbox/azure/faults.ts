import { entryFor, fromCatalogue } from './answers.ts'
import type { ArmedFault, FaultAction, FaultInput } from './fault-types.ts'
import type { Answer, World } from './world.ts'

let armed = 0

/** Arms a fault; throws when its code is not in the catalogue, or when it has neither code nor action. */
export function armFault(world: World, input: FaultInput): ArmedFault {
  const match = { ...input.match, ...input }
  const name = match.name ?? 'any'
  const path = match.path instanceof RegExp ? match.path.source : (match.path ?? null)
  armed += 1
  const fault: ArmedFault = {
    id: armed,
    name,
    method: match.method?.toUpperCase() ?? null,
    path,
    skip: input.skip ?? 0,
    left: input.times ?? 1,
    hits: 0,
    code: input.code ?? null,
    action: actionOf(input, name),
  }
  world.faults.push(fault)
  return fault
}

/** The fault that meets this request, counted down; undefined when none does. */
export function takeFault(
  world: World,
  request: { name: string; method: string; path: string },
): ArmedFault | undefined {
  for (const fault of world.faults) {
    if (fault.left <= 0 || !meets(fault, request)) continue
    if (fault.skip > 0) {
      fault.skip -= 1
      continue
    }
    fault.left -= 1
    fault.hits += 1
    return fault
  }
  return undefined
}

/** The answer that a fault gives in place of the work, or undefined when the work is done first. */
export function answerInstead(action: FaultAction): Answer | undefined {
  if (action.kind === 'status') return answerOf(action)
  if (action.kind === 'redirect') return { status: action.status ?? 307, text: '', headers: { location: action.url } }
  if (action.kind !== 'html') return undefined
  const text = '<!DOCTYPE html><html><head><title>502 - Web server received an invalid response</title></head></html>'
  return { status: action.status ?? 502, text, headers: { 'content-type': 'text/html' } }
}

/** The true answer as a fault spoils it after the work. */
export function spoil(action: FaultAction, answer: Answer): Answer {
  if (action.kind === 'accept-then-status') return answerOf(action)
  if (action.kind === 'truncate') {
    const text = answer.text ?? JSON.stringify(answer.body ?? {})
    return { ...answer, text: text.slice(0, Math.ceil(text.length / 2)) }
  }
  return action.kind === 'rewrite' ? rewrite(action, answer) : answer
}

function rewrite(action: Extract<FaultAction, { kind: 'rewrite' }>, answer: Answer): Answer {
  const headers = { ...answer.headers }
  for (const name of ['location', 'azure-asyncoperation']) {
    const address = headers[name]
    if (action.host === undefined || address === undefined) continue
    const url = new URL(address)
    headers[name] = `${action.host}${url.pathname}${url.search}`
  }
  for (const [name, value] of Object.entries(action.headers ?? {})) {
    if (value === null) delete headers[name.toLowerCase()]
    else headers[name.toLowerCase()] = value
  }
  const status = action.status ?? answer.status
  return { ...answer, status, headers, ...('body' in action ? { body: action.body } : {}) }
}

function answerOf(action: Extract<FaultAction, { status: number; body?: unknown; text?: string }>): Answer {
  const { status, body, text, headers } = action as Extract<FaultAction, { kind: 'status' }>
  return { status, body, ...(text === undefined ? {} : { text }), headers: lowerCase(headers ?? {}) }
}

function actionOf(input: FaultInput, name: string): FaultAction {
  if (input.code !== undefined) {
    const { status, body, headers } = fromCatalogue(entryFor(input.code, name))
    return { kind: 'status', status, body, headers: { ...headers, ...lowerCase(input.headers ?? {}) } }
  }
  if (input.action === undefined) throw new Error('a fault needs a code or an action')
  return input.action
}

function meets(fault: ArmedFault, request: { name: string; method: string; path: string }): boolean {
  if (fault.name !== request.name && (fault.name !== 'any' || request.name === 'job' || request.name === 'creation'))
    return false
  if (fault.method !== null && fault.method !== request.method) return false
  return fault.path === null || new RegExp(fault.path, 'i').test(request.path)
}

function lowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
