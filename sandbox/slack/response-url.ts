import type { IncomingMessage, ServerResponse } from 'node:http'
import { fail, flagOf, good, textOf } from './answer.ts'
import { type ApiParts, answerCall, logCall, type Reply, reply } from './api.ts'
import { isFields } from './check-blocks.ts'
import { addEphemeral, addMessage, editMessage } from './messages.ts'
import { readContent } from './methods-chat.ts'
import { APP, TEAM } from './seed.ts'
import type { Fields, ResponseUrl, SlackEphemeral, SlackMessage } from './types.ts'
import { parseJson, readBody } from './wire.ts'
import type { World } from './world.ts'

const USES = 5
const LIVES_MS = 30 * 60_000

/** A new response_url for this person here, tied to the message clicked on if there is one. */
export function mintResponseUrl(world: World, user: string, channel: string, message?: SlackMessage): string {
  const url = `${world.baseUrl}/actions/${TEAM.id}/${world.id('')}/${world.id('')}`
  const tie = message ? { messageTs: message.ts, ...(message.threadTs && { threadTs: message.threadTs }) } : {}
  world.state.responses.push({ url, user, channel, createdAt: world.now(), ...tie, uses: [] })
  return url
}

/** Answers a POST to a response_url. */
export function createResponseUrls(parts: ApiParts) {
  return async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
    const { world } = parts
    const target = world.state.responses.find((one) => one.url === world.baseUrl + path)
    const body = readPayload(await readBody(request))
    const call = logCall(world, 'response_url', { ...body, ...(target && { channel: target.channel }) }, 'none')
    await answerCall(parts, call, response, () => use(parts, target, body))
  }
}

function use(parts: ApiParts, target: ResponseUrl | undefined, body: Fields | undefined): Reply {
  const { world } = parts
  if (!target || world.now() - target.createdAt > LIVES_MS) return reply(fail('expired_url'), 404)
  if (target.uses.filter((one) => one.status === 200).length >= USES) return reply(fail('used_url'), 404)
  const error = body ? respond(parts, target, body) : 'invalid_payload'
  const status = error ? (error === 'invalid_payload' ? 400 : 404) : 200
  target.uses.push({ at: world.now(), body: body ?? {}, status, ...(error && { error }) })
  return error ? reply(fail(error), status) : reply(good())
}

function respond(parts: ApiParts, target: ResponseUrl, body: Fields): string | undefined {
  const { world, told } = parts
  const original = findOriginal(world, target)
  if (flagOf(body, 'delete_original')) {
    if (!original) return 'message_not_found'
    original.deleted = true
    if (!('to' in original)) told('deleted', original)
    return undefined
  }
  const content = readContent(body)
  if (content.refusal) return content.refusal.error
  const { text = '', blocks = [] } = content
  if (flagOf(body, 'replace_original') && original) {
    editMessage(world, original, { text, blocks })
    if (!('to' in original)) told('changed', original)
    return undefined
  }
  const threadTs = textOf(body, 'thread_ts') || undefined
  const draft = { channel: target.channel, user: APP.botUser, text, blocks, threadTs }
  if (body.response_type === 'in_channel') told('posted', addMessage(world, draft))
  else addEphemeral(world, draft, target.user, 'response_url')
  return undefined
}

function findOriginal(world: World, target: ResponseUrl): SlackMessage | SlackEphemeral | undefined {
  const all = [...world.state.messages, ...world.state.ephemerals]
  return all.find((m) => m.channel === target.channel && m.ts === target.messageTs && !m.deleted)
}

function readPayload(body: string): Fields | undefined {
  const json = parseJson(body) ?? parseJson(new URLSearchParams(body).get('payload') ?? '')
  return isFields(json) ? json : undefined
}
