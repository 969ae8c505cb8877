import type { IncomingMessage, ServerResponse } from 'node:http'
import { isFields } from './check-blocks.ts'
import type { Fields } from './types.ts'

/** Arguments that forms carry as JSON text. */
const COMPLEX = ['blocks', 'attachments', 'view', 'metadata']

/** Arguments of a call, or the error that Slack answers to a body it can't read. */
export type Read = { args: Fields; error?: string; warning?: string }

/** The whole body of a request as text. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** Arguments from the query and from a form or JSON body, as the Web API takes them. */
export function readArgs(request: IncomingMessage, body: string): Read {
  const query = fromForm(new URL(request.url ?? '/', 'http://slack').searchParams)
  const type = request.headers['content-type'] ?? ''
  if (body === '') return { args: query }
  if (type.startsWith('application/x-www-form-urlencoded'))
    return { args: { ...query, ...fromForm(new URLSearchParams(body)) } }
  if (!type.startsWith('application/json')) return { args: query, error: 'invalid_post_type' }
  const json = parseJson(body)
  if (!isFields(json)) return { args: query, error: json === undefined ? 'invalid_json' : 'json_not_object' }
  const { token: _ignored, ...args } = json
  return { args: { ...query, ...args }, ...(!/charset/i.test(type) && { warning: 'missing_charset' }) }
}

/** The value of JSON text, or undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Answers with text, or with an object as JSON. */
export function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  if (response.destroyed || response.headersSent) return
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8'
  response.writeHead(status, { 'content-type': type, ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

function fromForm(form: URLSearchParams): Fields {
  const args: Fields = {}
  for (const [key, value] of form) args[key] = COMPLEX.includes(key) ? (parseJson(value) ?? value) : value
  return args
}
