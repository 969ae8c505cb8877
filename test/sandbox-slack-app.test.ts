import type { AddressInfo } from 'node:net'
import { App, HTTPReceiver, LogLevel, SocketModeReceiver } from '@slack/bolt'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type SlackSandbox, startSlackSandbox } from '../sandbox/slack/index.ts'

let slack: SlackSandbox
let app: App

const silent = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
}
const seen: string[] = []

beforeEach(async () => {
  seen.length = 0
  slack = await startSlackSandbox({ eventRetryDelaysMs: [0, 1, 2] })
})
afterEach(async () => {
  await app.stop()
  await slack.close()
})

/** A small app: answers commands and clicks, asks for a reason, and writes down what it hears. */
function speakUp(): void {
  app.command('/export', async ({ ack, command, respond }) => {
    seen.push(`command ${command.text} by ${command.user_id}`)
    if (command.text === 'hang') return
    await ack({ text: `got ${command.text}` })
    if (command.text === 'later') await respond('later on')
  })
  app.action('approve', async ({ ack, body, client }) => {
    await ack()
    if (body.type === 'block_actions') {
      seen.push(`click by ${body.user.id} on ${body.message?.text}`)
      await client.views.open({ trigger_id: body.trigger_id, view: reasonView })
    }
  })
  app.view('reason', async ({ ack, view }) => {
    const why = view.state.values.why?.text?.value ?? ''
    seen.push(`reason ${why}`)
    if (why === 'bad') await ack({ response_action: 'errors', errors: { why: 'no' } })
    else await ack()
  })
  app.event('app_mention', async ({ event, context, body }) => {
    seen.push(`mention ${event.text} #${context.retryNum ?? 0} ${body.event_id}`)
    if (event.text.includes('fail')) throw new Error('no')
  })
  app.message(async ({ message }) => {
    if (message.subtype === undefined) seen.push(`dm ${message.text}`)
  })
  app.event('subteam_members_changed', async ({ event }) => {
    seen.push(`left ${event.removed_users?.join()}`)
  })
}

const reasonView = {
  type: 'modal' as const,
  callback_id: 'reason',
  title: { type: 'plain_text' as const, text: 'Why?' },
  submit: { type: 'plain_text' as const, text: 'Say' },
  blocks: [
    {
      type: 'input' as const,
      block_id: 'why',
      label: { type: 'plain_text' as const, text: 'Reason' },
      element: { type: 'plain_text_input' as const, action_id: 'text' },
    },
  ],
}

const card = [
  {
    type: 'actions' as const,
    elements: [
      {
        type: 'button' as const,
        action_id: 'approve',
        text: { type: 'plain_text' as const, text: 'Approve' },
        value: 'tr_1',
      },
    ],
  },
]

const common = () => ({
  token: slack.botToken,
  tokenVerificationEnabled: false,
  logger: silent,
  clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } },
})

async function startHttp(): Promise<void> {
  const receiver = new HTTPReceiver({
    signingSecret: slack.signingSecret,
    logger: silent,
    processBeforeResponse: true,
    unhandledRequestTimeoutMillis: 2000,
  })
  app = new App({ ...common(), receiver })
  speakUp()
  const server = await app.start(0)
  slack.control.deliverTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`)
}

/** `clientPingTimeout` is also how long the SDK waits before it reconnects. */
async function startSocket(clientPingTimeout = 5000): Promise<void> {
  const receiver = new SocketModeReceiver({
    appToken: slack.appToken,
    logger: silent,
    clientPingTimeout,
    installerOptions: { clientOptions: { slackApiUrl: slack.apiUrl } },
  })
  app = new App({ ...common(), receiver })
  speakUp()
  await app.start()
  await slack.until((s) => s.socketConnections === 1)
}

describe.each([
  ['over HTTP', startHttp],
  ['over Socket Mode', startSocket],
])('a Bolt app %s', (_how, start) => {
  beforeEach(() => start())

  test('acknowledges a command to the one who typed it', async () => {
    const done = await slack.as('U0DANA').command('/export', 'later')
    expect(done).toMatchObject({ ack: { status: 200, text: 'got later', ephemeral: { to: 'U0DANA' } } })
    expect(seen).toEqual(['command later by U0DANA'])
    const later = await slack.until((s) => s.ephemerals.find((e) => e.text === 'later on'))
    expect(later).toMatchObject({ to: 'U0DANA', via: 'response_url' })
  })

  test('hears a click with its message, opens a modal and gets what is written there', async () => {
    await app.client.chat.postMessage({ channel: 'C0DBA', text: 'please decide', blocks: card })
    const sam = slack.as('U0SAM')
    const message = slack.state.messages[0]
    if (!message) throw new Error('no card')
    expect(await sam.click({ message, actionId: 'approve' })).toMatchObject({ status: 200 })
    const view = await slack.until((s) => s.views[0])
    await expect(sam.submit(view)).rejects.toThrow('why is required')
    await sam.submit(view, { why: 'bad' })
    expect(view).toMatchObject({ open: true, errors: { why: 'no' } })
    await sam.submit(view, { text: 'good' })
    expect(view).toMatchObject({ open: false, user: 'U0SAM' })
    expect(seen).toEqual(['click by U0SAM on please decide', 'reason bad', 'reason good'])
  })

  test('hears mentions, DMs and changes of a group, but no plain talk', async () => {
    await slack.as('U0DANA').say('nothing for the bot')
    await slack.as('U0DANA').mention('export <orders>')
    await slack.as('U0DANA').dm('help')
    await slack.control.group('S0DBA', ['U0SAM'])
    expect(seen.map((line) => line.replace(/ Ev.*/, ''))).toEqual([
      'mention <@U0DRAWBRDG> export &lt;orders&gt; #0',
      'dm help',
      'left U0LEE',
    ])
  })

  test('that is silent for too long shows the person operation_timeout', async () => {
    const { ack, notice } = await slack.as('U0DANA').command('/export', 'hang', { answerWithinMs: 50 })
    expect(ack.status).toBe(0)
    expect(notice).toMatchObject({ user: 'U0DANA', error: 'operation_timeout' })
    expect(slack.state.notices).toHaveLength(1)
  })
})

describe('a Bolt app over HTTP', () => {
  beforeEach(() => startHttp())

  test('passes ssl_check and url_verification', async () => {
    expect(await slack.control.sslCheck()).toMatchObject({ status: 200 })
    const { body, challenge } = await slack.control.urlVerification()
    expect(JSON.parse(body)).toEqual({ challenge })
  })

  test('believes only fresh requests with the right signature and exact content type', async () => {
    const dana = slack.as('U0DANA')
    const status = async (options: object) => (await dana.command('/export', 'x', options)).ack.status
    expect(await status({ secret: 'wrong' })).toBe(401)
    expect(await status({ skewSeconds: -301 })).toBe(401)
    expect(await status({ skewSeconds: 3600 })).toBe(200)
    expect(await status({ charset: true })).toBe(400)
    expect(slack.state.notices.map((n) => n.error)).toEqual(['dispatch_failed', 'dispatch_failed', 'dispatch_failed'])
  })

  test.each(['after', 'together'] as const)('cannot tell a replay (%s) from the first', async (replay) => {
    const { delivery } = await slack.as('U0DANA').command('/export', 'twice', { replay })
    expect([delivery.status, delivery.replay?.status]).toEqual([200, 200])
    expect(seen).toEqual(['command twice by U0DANA', 'command twice by U0DANA'])
  })

  test('gets an event that failed three times more, under the same event_id', async () => {
    await slack.as('U0DANA').mention('fail')
    await slack.until((s) => s.deliveries.filter((d) => d.settled).length === 4)
    expect(slack.state.deliveries.map((d) => [d.status, d.retryNum, d.retryReason])).toEqual([
      [500, undefined, undefined],
      [500, 1, 'http_error'],
      [500, 2, 'http_error'],
      [500, 3, 'http_error'],
    ])
    expect(new Set(slack.state.deliveries.map((d) => d.eventId)).size).toBe(1)
    expect(seen.at(-1)).toContain('#3')
  })

  test('that is gone shows the person dispatch_failed', async () => {
    slack.control.deliverTo('http://127.0.0.1:1/slack/events')
    const { notice } = await slack.as('U0DANA').command('/export', 'x')
    expect(notice?.error).toBe('dispatch_failed')
  })

  test('hears of its own messages in DMs, as Slack sends them', async () => {
    await app.client.chat.postMessage({ channel: 'U0DANA', text: 'from me' })
    const echo = await slack.until((s) => s.deliveries.find((d) => d.settled))
    expect(echo.payload.event).toMatchObject({ type: 'message', channel_type: 'im', bot_id: slack.botId })
    expect(seen).toEqual([])
  })
})

describe('a Bolt app over Socket Mode', () => {
  beforeEach(() => startSocket(200))

  test('comes back when Slack asks it to reconnect', async () => {
    slack.control.disconnect()
    await slack.until((s) => s.socketConnections === 0)
    await slack.until((s) => s.socketConnections === 1)
    expect((await slack.as('U0DANA').command('/export', 'again')).ack.text).toBe('got again')
  })

  test('gets an event again that nobody acknowledged', async () => {
    await app.stop()
    await slack.until((s) => s.socketConnections === 0)
    const { delivery } = await slack.as('U0DANA').mention('anyone?')
    expect(delivery).toMatchObject({ status: 0, error: 'connection_failed' })
    await slack.until((s) => s.deliveries.filter((d) => d.settled).length === 4)
    expect(slack.state.deliveries.at(-1)).toMatchObject({ retryNum: 3, retryReason: 'connection_failed' })
  })
})
