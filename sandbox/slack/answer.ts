import type { Fields, SlackMessage } from './types.ts'
import type { World } from './world.ts'

/** The JSON body of an answer. */
export type Answer = Fields & { ok: boolean; error?: string }

/** What a method may tell the rest of the sandbox. */
export type Told = (what: 'posted' | 'changed' | 'deleted', message: SlackMessage, before?: Fields) => void

/** A Web API method: the token it takes, its rate tier, the scope it needs for these arguments, and its work. */
export type Method = {
  token: 'bot' | 'app'
  tier: 1 | 2 | 3 | 4 | 'post' | 'none'
  scope?: (args: Fields, world: World) => string | undefined
  run: (world: World, args: Fields, told: Told) => Answer
}

/** A good answer. */
export function good(fields: Fields = {}): Answer {
  return { ok: true, ...fields }
}

/** A refusal, with the messages that Slack puts in response_metadata. */
export function fail(error: string, messages: string[] = [], more: Fields = {}): Answer {
  if (messages.length === 0) return { ok: false, error, ...more }
  return { ok: false, error, ...more, response_metadata: { messages: messages.map((text) => `[ERROR] ${text}`) } }
}

/** An argument as text; numbers and missing ones included. */
export function textOf(args: Fields, key: string): string {
  const value = args[key]
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

/** An argument that forms send as true, 1 or "true". */
export function flagOf(args: Fields, key: string): boolean {
  return [true, 1, 'true', '1'].includes(args[key] as boolean)
}
