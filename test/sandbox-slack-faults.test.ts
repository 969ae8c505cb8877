import { get } from 'node:http'
import { LogLevel, type WebAPICallResult, WebClient } from '@slack/web-api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type SlackSandbox, startSlackSandbox } from '../sandbox/slack/index.ts'

const silent = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
}
let slack: SlackSandbox
let now: number
let web: WebClient

beforeEach(async () => {
  now = Date.now()
  slack = await startSlackSandbox({ now: () => now })
  web = client()
})
afterEach(() => slack.close())

function client(token = slack.botToken): WebClient {
  return new WebClient(token, {
    slackApiUrl: slack.apiUrl,
    logger: silent,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
  })
}

/** The platform error of a call that must fail. */
async function errorOf(call: Promise<WebAPICallResult>): Promise<string> {
  return call.then(
    () => 'none',
    (error: { data?: { error: string }; code: string }) => error.data?.error ?? error.code,
  )
}

describe('tokens, scopes and limits', () => {
  test('are checked on each call, and tokens never reach the log', async () => {
    expect(await errorOf(client('').auth.test())).toBe('not_authed')
    expect(await errorOf(client('xoxb-wrong').auth.test())).toBe('invalid_auth')
    expect(await errorOf(client(slack.appToken).auth.test())).toBe('not_allowed_token_type')
    expect(await errorOf(web.apps.connections.open())).toBe('not_allowed_token_type')
    expect((await web.auth.test()).response_metadata?.scopes).toContain('chat:write')
    slack.control.scopes(['commands'])
    const call = web.chat.postMessage({ channel: 'C0DATA', text: 'x' })
    await expect(call).rejects.toMatchObject({ data: { needed: 'chat:write', provided: 'commands' } })
    expect(JSON.stringify(slack.state)).not.toContain(slack.botToken)
  })

  test('JSON bodies work as forms do', async () => {
    const response = await fetch(`${slack.apiUrl}chat.postMessage`, {
      method: 'POST',
      headers: { authorization: `Bearer ${slack.botToken}`, 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ channel: 'C0DATA', blocks: [{ type: 'divider' }] }),
    })
    expect(await response.json()).toMatchObject({ ok: true, message: { blocks: [{ type: 'divider' }] } })
  })

  test('posting faster than once a second in a channel ends in 429 with Retry-After', async () => {
    slack.control.rateLimits('real')
    for (const text of names(3)) await web.chat.postMessage({ channel: 'C0DATA', text })
    const fourth = web.chat.postMessage({ channel: 'C0DATA', text: 'x' })
    await expect(fourth).rejects.toMatchObject({ code: 'slack_webapi_rate_limited_error', retryAfter: 1 })
    await web.chat.postMessage({ channel: 'C0DBA', text: 'elsewhere' })
    now += 1000
    expect((await web.chat.postMessage({ channel: 'C0DATA', text: 'x' })).ok).toBe(true)
  })
})

describe('faults', () => {
  const post = (text = 'hello') => web.chat.postMessage({ channel: 'C0DATA', text })

  test.each([
    [{ status: 502, body: 'bad gateway' }, 'slack_webapi_http_error', 0],
    [{ error: 'internal_error' }, 'internal_error', 0],
    ['reset' as const, 'slack_webapi_request_error', 0],
    ['accept-then-reset' as const, 'slack_webapi_request_error', 1],
    ['accept-then-status' as const, 'slack_webapi_http_error', 1],
  ])('%j meets the call that fits, once', async (action, error, messages) => {
    slack.control.fault({ match: { method: 'chat.postMessage', channel: 'C0DATA', text: /hell/ }, action })
    await post('other')
    expect(await errorOf(post())).toBe(error)
    expect(slack.state.messages).toHaveLength(1 + messages)
    expect((await post()).ok).toBe(true)
  })

  test('a call that hangs leaves the rest alone', async () => {
    slack.control.fault({ match: { method: 'chat.postMessage' }, action: { hang: 'forever' } })
    const hanging = errorOf(post())
    await slack.until((s) => s.calls.find((c) => c.method === 'chat.postMessage'))
    expect((await web.auth.test()).ok).toBe(true)
    await slack.close()
    expect(await hanging).toBe('slack_webapi_request_error')
  })

  test('down lasts until it is lifted', async () => {
    const down = slack.control.fault({ action: 'down' })
    expect(await errorOf(post())).toBe('slack_webapi_request_error')
    down.lift()
    expect((await post()).ok).toBe(true)
    await slack.control.down()
    expect(await knock()).toBe('ECONNREFUSED')
    expect(await errorOf(post())).toBe('slack_webapi_request_error')
    await slack.control.up()
    expect((await post()).ok).toBe(true)
  })

  test('a hook sees each call before its work and before its answer', async () => {
    const seen: unknown[] = []
    slack.onRequest(
      ({ phase, method, args }) => void seen.push([phase, method, args.text, slack.state.messages.length]),
    )
    await post()
    expect(seen).toEqual([
      ['before', 'chat.postMessage', 'hello', 0],
      ['after', 'chat.postMessage', 'hello', 1],
    ])
  })
})

test('the terminal reaches the same levers under /__control', async () => {
  const act = async (name: string, body: object) =>
    (await fetch(`${slack.url}/__control/${name}`, { method: 'POST', body: JSON.stringify(body) })).json()
  await act('say', { user: 'U0DANA', channel: 'C0DATA', text: 'hello & bye, db.database.windows.net' })
  const seen = await fetch(`${slack.url}/__control/see?user=U0SAM&channel=C0DATA`)
  expect(await seen.text()).toContain('Dana Ito\n  hello & bye, db.database.windows.net')
  expect(slack.state.messages[0]?.text).toContain('<http://db.database.windows.net|db.database.windows.net>')
  await act('fault', { match: { method: 'auth.test' }, action: { error: 'fatal_error' } })
  expect(await errorOf(web.auth.test())).toBe('fatal_error')
  expect(await act('click', { user: 'U0NOBODY', message: '1', actionId: 'a' })).toEqual({
    error: 'There is no user U0NOBODY',
  })
  await act('reset', {})
  expect(slack.state.messages).toEqual([])
})

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `n${index}`)
}

/** How a fresh connection ends: 'answered', or the code of its error. */
function knock(): Promise<string | undefined> {
  return new Promise((resolve) => {
    get(slack.url, { agent: false }, (response) => resolve(response.resume() && 'answered')).on(
      'error',
      (error: NodeJS.ErrnoException) => resolve(error.code),
    )
  })
}
