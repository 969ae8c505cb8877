import type { IncomingMessage, ServerResponse } from 'node:http'
import { armError, entryFor, fromCatalogue } from './answers.ts'
import { guid } from './format.ts'
import type { Answer, Call, Handler, World } from './world.ts'

/** The whole body of a request as text. */
export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** Does the work of a request once token, api-version and body are in order, and refuses it as ARM does when not. */
export function work(call: Call, world: World, handler: Handler): Answer {
  // Key Vault is no part of Resource Manager: it asks for its token, and refuses, in its own way.
  if (call.name === 'secret') return handler(call, world)
  const refused = tokenRefusal(call, world) ?? versionRefusal(call)
  if (refused !== undefined) return refused
  if (call.body === undefined && (call.method === 'PUT' || call.name === 'export' || call.name === 'import')) {
    return armError(400, 'InvalidRequestContent', 'The request content was invalid and could not be deserialized.')
  }
  return handler(call, world)
}

/** The headers that ARM puts on every answer. */
export function armHeaders(call: Call): Record<string, string> {
  const id = guid()
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const client = call.headers['x-ms-client-request-id']
  const wanted = client !== undefined && call.headers['x-ms-return-client-request-id'] === 'true'
  return {
    'cache-control': 'no-cache',
    pragma: 'no-cache',
    expires: '-1',
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    'x-content-type-options': 'nosniff',
    'x-ms-request-id': id,
    'x-ms-correlation-request-id': call.headers['x-ms-correlation-request-id'] ?? guid(),
    'x-ms-routing-request-id': `WESTEUROPE:${stamp}:${id}`,
    ...(wanted ? { 'x-ms-client-request-id': client } : {}),
  }
}

/** The text that goes over the wire. */
export function textOf(answer: Answer): string {
  return answer.text ?? (answer.body === undefined ? '' : JSON.stringify(answer.body))
}

/** Sends an answer; a socket that is gone already is no error. */
export function send(response: ServerResponse, answer: Answer): void {
  const text = textOf(answer)
  const headers = { 'content-type': 'application/json; charset=utf-8', ...answer.headers }
  const empty = answer.status === 204 || answer.status === 304
  if (empty) Reflect.deleteProperty(headers, 'content-type')
  const length = empty ? {} : { 'content-length': String(Buffer.byteLength(text)) }
  response.writeHead(answer.status, { ...headers, ...length })
  response.end(empty ? undefined : text)
}

function tokenRefusal(call: Call, world: World): Answer | undefined {
  if (call.headers.authorization === `Bearer ${world.token}`) return undefined
  return fromCatalogue(entryFor('InvalidAuthenticationToken'))
}

function versionRefusal(call: Call): Answer | undefined {
  const version = call.query.get('api-version')
  if (version === null || version === '') {
    const message = 'The api-version query parameter (?api-version=) is required for all requests.'
    return armError(400, 'MissingApiVersionParameter', message)
  }
  if (/^\d{4}-\d{2}-\d{2}(-[a-z]+)?$/i.test(version)) return undefined
  return armError(400, 'InvalidApiVersionParameter', `The api-version '${version}' is invalid.`)
}
