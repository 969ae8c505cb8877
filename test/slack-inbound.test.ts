import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type SlackSandbox, startSlackSandbox } from '../sandbox/slack/index.ts'
import type { Handlers } from '../src/bot/handlers-type.ts'
import { createServer } from '../src/bot/server.ts'
import { createSlackInbound, type SlackInbound, type SlackInboundOptions } from '../src/bot/slack-inbound.ts'
import { actorOf, speaker } from '../src/bot/slack-payloads.ts'
import { noHome } from '../src/cards/home-view.ts'
import type { Answer, Click, Command, DecisionInput, QuestionInput, WithdrawalInput } from '../src/transfer/ports.ts'
import { until } from './support/until.ts'

type Way = 'http' | 'socket'
type Heard = {
  commands: Command[]
  decisions: DecisionInput[]
  before: Click[]
  questions: QuestionInput[]
  withdrawals: WithdrawalInput[]
  groups: string[]
}

const logged: string[] = []
const note = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`)
const log = { info: note, warn: note, error: note }
const never = new Promise<never>(() => undefined)
const closing: (() => Promise<void>)[] = []

let slack: SlackSandbox
/** Which change of a group fails; 0 for none. */
let failing = 0
let heard: Heard
let answers: {
  command: () => Promise<Answer>
  decision: () => Promise<Answer>
  before: () => Promise<Answer | undefined>
}

beforeEach(async () => {
  logged.length = 0
  failing = 0
  heard = { commands: [], decisions: [], before: [], questions: [], withdrawals: [], groups: [] }
  answers = {
    command: async () => ({ ok: true, lines: [['Recorded as ', { code: 'k3v9' }, '.']] }),
    decision: async () => ({ ok: true, lines: [['Your answer counts.']] }),
    before: async () => undefined,
  }
  slack = await startSlackSandbox({ eventRetryDelaysMs: [0, 1, 1] })
})

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await slack.close()
})

/** Handlers that write down what they are called with; what they answer is the test's. */
const handlers: Handlers = {
  onCommand(command) {
    heard.commands.push(command)
    return answers.command()
  },
  onDecision(input) {
    heard.decisions.push(input)
    return answers.decision()
  },
  onQuestion(input) {
    heard.questions.push(input)
    return answers.decision()
  },
  onWithdrawal(input) {
    heard.withdrawals.push(input)
    return answers.decision()
  },
  beforeAct(click) {
    heard.before.push(click)
    return answers.before()
  },
  onForm: async () => ({ ok: true, lines: [] }),
  choices: async () => [],
  onView: async () => undefined,
  onHome: async () => noHome([['Nothing waits for you.']]),
  onMembershipChange(group) {
    heard.groups.push(group)
    if (heard.groups.length === failing) throw new Error('password=hunter2')
  },
}

async function start(way: Way, options: Partial<SlackInboundOptions> = {}): Promise<SlackInbound> {
  const inbound = createSlackInbound({
    slack: { team: slack.teamId, mode: way, apiUrl: slack.apiUrl },
    botToken: slack.botToken,
    ...(way === 'http' ? { signingSecret: slack.signingSecret } : { appToken: slack.appToken }),
    handlers,
    log,
    ...options,
  })
  if (way === 'http') await serve(inbound)
  closing.push(inbound.stop)
  await inbound.start()
  if (way === 'socket') await until(inbound.ready)
  return inbound
}

async function serve({ listener }: SlackInbound): Promise<void> {
  const ready = async () => ({ ok: true, parts: {} })
  const routes = { '/slack/events': listener }
  const server = createServer({ host: '127.0.0.1', port: 0, routes, ready, alive: () => true, log })
  const { port } = await server.start()
  slack.control.deliverTo(`http://127.0.0.1:${port}/slack/events`)
  closing.push(() => server.stop(0))
}

const ephemerals = () =>
  slack.state.ephemerals.map(({ channel, to, via, text, threadTs }) => ({ channel, to, via, text, threadTs }))

const ids = ['approve', 'deny', 'comment', 'question', 'withdraw', 'elsewhere']

/** A card as the bot posts it. */
async function card(channel = 'C0DBA', thread?: string): Promise<string> {
  const button = (id: string) => ({
    type: 'button',
    action_id: id,
    value: 'k3v9x2mq:d1935e00',
    text: { type: 'plain_text', text: id },
  })
  const answer = await fetch(`${slack.apiUrl}chat.postMessage`, {
    method: 'POST',
    headers: { authorization: `Bearer ${slack.botToken}`, 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({
      channel,
      text: 'Approve?',
      blocks: [{ type: 'actions', elements: ids.map(button) }],
      ...(thread && { thread_ts: thread }),
    }),
  })
  return ((await answer.json()) as { ts: string }).ts
}

describe.each<Way>(['http', 'socket'])('over %s', (way) => {
  test('/export becomes a command, answered in the acknowledgement for the asker alone', async () => {
    await start(way)
    const { ack, triggerId } = await slack.as('U0DANA').command('/export', 'orders to backups')
    expect(heard.commands).toEqual([
      {
        delivery: `slack:${triggerId}`,
        by: 'slack:T0SANDBOX/U0DANA',
        text: 'export orders to backups',
        origin: { address: 'slack:T0SANDBOX/C0DATA' },
      },
    ])
    expect(ack.ephemeral).toMatchObject({ to: 'U0DANA', text: 'Recorded as `k3v9`.' })
  })

  test('/drawbridge is taken as it is typed', async () => {
    await start(way)
    await slack.as('U0DANA').command('/drawbridge', ' status k3v9 ')
    expect(heard.commands.map(({ text }) => text)).toEqual(['status k3v9'])
  })

  test('a mention becomes a command whose story goes under the message', async () => {
    await start(way)
    const { message, delivery } = await slack.as('U0DANA').mention('export orders to backups')
    expect(heard.commands).toEqual([
      {
        delivery: `slack:C0DATA:${message.ts}`,
        by: 'slack:T0SANDBOX/U0DANA',
        text: 'export orders to backups',
        origin: { address: 'slack:T0SANDBOX/C0DATA', thread: `slack:T0SANDBOX/C0DATA/${message.ts}` },
      },
    ])
    expect(delivery).toMatchObject({ status: 200 })
    await slack.until(() => ephemerals().length === 1)
    expect(ephemerals()[0]).toMatchObject({ channel: 'C0DATA', to: 'U0DANA', text: 'Recorded as `k3v9`.' })
  })

  test('a mention in a thread stays in it, and so does its answer', async () => {
    await start(way)
    const { message: root } = await slack.as('U0SAM').say('about the orders database')
    await slack.as('U0DANA').mention('export orders to backups', { thread: root.ts })
    expect(heard.commands[0]?.origin.thread).toBe(`slack:T0SANDBOX/C0DATA/${root.ts}`)
    await slack.until(() => ephemerals().length === 1)
    expect(ephemerals()[0]?.threadTs).toBe(root.ts)
  })

  test('a direct message becomes a command and is answered by a message, of which the bot does not hear itself', async () => {
    await start(way)
    const { message } = await slack.as('U0DANA').dm('export orders to backups')
    expect(heard.commands[0]?.origin.thread).toBe(`slack:T0SANDBOX/${message.channel}/${message.ts}`)
    const answer = await slack.until((state) => state.messages.find((m) => m.botId && m.channel === message.channel))
    expect(answer).toMatchObject({ text: 'Recorded as `k3v9`.' })
    await slack.until((state) => state.deliveries.filter((d) => d.kind === 'event').every((d) => d.settled))
    expect(heard.commands).toHaveLength(1)
  })

  test('edits, deletions and the words of other bots are no commands', async () => {
    await start(way)
    for (const subtype of ['message_changed', 'message_deleted', 'channel_join']) {
      const event = { type: 'message', subtype, channel: 'D0DANA', channel_type: 'im', user: 'U0DANA', ts: '1.1' }
      expect((await slack.control.event(event)).status).toBe(200)
    }
    const edited = { type: 'message', channel: 'D0DANA', channel_type: 'im', user: 'U0DANA', ts: '1.1', edited: {} }
    await slack.control.event(edited)
    const otherBot = { ...edited, edited: undefined, user: 'U0OTHERBOT', bot_id: 'B0OTHER' }
    await slack.control.event(otherBot)
    expect(heard.commands).toEqual([])
  })

  test('a click becomes a decision and is answered for the clicker alone', async () => {
    await start(way)
    const ts = await card()
    const { payload } = await slack.as('U0SAM').click({ message: ts, actionId: 'approve' })
    const [action] = payload.actions as { action_ts: string }[]
    expect(heard.decisions).toEqual([
      {
        delivery: `slack:${ts}:U0SAM:approve:${action?.action_ts}`,
        by: 'slack:T0SANDBOX/U0SAM',
        transfer: 'k3v9x2mq',
        digest: 'd1935e00',
        verdict: 'approve',
      },
    ])
    await slack.until(() => ephemerals().length === 1)
    expect(ephemerals()[0]).toMatchObject({
      channel: 'C0DBA',
      to: 'U0SAM',
      via: 'response_url',
      text: 'Your answer counts.',
    })
    expect(slack.state.messages.find((m) => m.ts === ts)?.edits).toHaveLength(1)
  })

  test('a no asks for its reason in a form and becomes a decision when it is sent', async () => {
    await start(way)
    const sam = slack.as('U0SAM')
    await sam.click({ message: await card(), actionId: 'deny' })
    const form = await slack.until((state) => state.views[0])
    expect(heard.before).toEqual([
      { act: 'deny', by: 'slack:T0SANDBOX/U0SAM', transfer: 'k3v9x2mq', digest: 'd1935e00' },
    ])
    const sent = await sam.submit(form, { reason: ' Not in the freeze ' })
    expect(heard.decisions).toEqual([
      {
        delivery: `slack:${form.id}`,
        by: 'slack:T0SANDBOX/U0SAM',
        transfer: 'k3v9x2mq',
        digest: 'd1935e00',
        verdict: 'deny',
        reason: 'Not in the freeze',
      },
    ])
    expect(sent.notice).toBeUndefined()
    expect(form.open).toBe(false)
    await slack.until(() => ephemerals().length === 1)
    expect(ephemerals()[0]).toMatchObject({ channel: 'C0DBA', to: 'U0SAM', text: 'Your answer counts.' })
  })

  test.each([
    ['comment', { comment: ' fine ' }, 'decisions', { verdict: 'approve', reason: 'fine', digest: 'd1935e00' }],
    ['comment', {}, 'decisions', { verdict: 'approve', digest: 'd1935e00' }],
    ['question', { question: ' why? ' }, 'questions', { text: 'why?', digest: 'd1935e00' }],
    ['withdraw', { reason: 'not needed' }, 'withdrawals', { reason: 'not needed' }],
    ['withdraw', {}, 'withdrawals', {}],
  ] as const)('%s asks for words in a form, and %j becomes one of %s', async (actionId, words, kind, said) => {
    await start(way)
    const sam = slack.as('U0SAM')
    await sam.click({ message: await card(), actionId })
    const form = await slack.until((state) => state.views[0])
    expect(heard.before).toMatchObject([{ act: actionId, transfer: 'k3v9x2mq', digest: 'd1935e00' }])
    expect((await sam.submit(form, words)).notice).toBeUndefined()
    const by = { delivery: `slack:${form.id}`, by: 'slack:T0SANDBOX/U0SAM', transfer: 'k3v9x2mq' }
    expect(heard[kind]).toEqual([{ ...by, ...said }])
    expect(form.open).toBe(false)
  })

  test('a change of a group reaches the directory', async () => {
    await start(way)
    expect((await slack.control.group('S0DBA', ['U0RIO'])).status).toBe(200)
    expect(heard.groups).toEqual(['slack:T0SANDBOX/S0DBA'])
  })

  test('a handler that hangs is given up in time, and the person is told to try again', async () => {
    await start(way)
    answers.command = () => never
    answers.decision = () => never
    const ts = await card()
    const [slash, mention, click] = await Promise.all([
      slack.as('U0DANA').command('/export', 'orders to backups'),
      slack.as('U0LEE').mention('export orders to backups'),
      slack.as('U0SAM').click({ message: ts, actionId: 'approve' }),
    ])
    expect(slash.ack.text).toMatch(/try again/i)
    for (const { status, ms } of [slash.delivery, mention.delivery ?? { status: 0, ms: 0 }, click]) {
      expect(status).toBe(200)
      expect(ms).toBeLessThan(3_000)
    }
    await slack.until(() => ephemerals().length === 3)
    for (const { text } of ephemerals()) expect(text).toMatch(/try again/i)
  })
})

describe('what only looks like Slack', () => {
  test.each([
    ['signed with another secret', { secret: 'not-the-secret' }, 401],
    ['from 6 minutes ago', { skewSeconds: -360 }, 401],
    ['from 6 minutes ahead', { skewSeconds: 360 }, 401],
    ['from 4 minutes ahead', { skewSeconds: 240 }, 200],
    ['with a charset in its media type', { charset: true }, 200],
  ])("a request %s is judged by Slack's rules", async (_what, options, status) => {
    await start('http')
    const { delivery } = await slack.as('U0DANA').command('/export', 'orders to backups', options)
    expect(delivery.status).toBe(status)
    expect(heard.commands).toHaveLength(status === 200 ? 1 : 0)
  })

  test.each([{}, { 'x-slack-request-timestamp': 'Infinity', 'x-slack-signature': 'v0=00' }])(
    'a request with the headers %j is refused',
    async (headers) => {
      const { url } = await address()
      const answer = await fetch(url, {
        method: 'POST',
        body: '{"type":"event_callback"}',
        headers: headers as Record<string, string>,
      })
      expect(answer.status).toBe(401)
    },
  )

  test('only POST is answered', async () => {
    const { url } = await address()
    expect((await fetch(url)).status).toBe(404)
  })

  test('an empty signing secret or app token stops the start', () => {
    const options = { botToken: slack.botToken, handlers, log }
    expect(() => createSlackInbound({ ...options, slack: { team: 'T1', mode: 'http' }, signingSecret: '' })).toThrow()
    expect(() => createSlackInbound({ ...options, slack: { team: 'T1', mode: 'http' } })).toThrow()
    expect(() => createSlackInbound({ ...options, slack: { team: 'T1', mode: 'socket' } })).toThrow()
  })

  test('the address can be verified, with and without a signature as Slack does it', async () => {
    await start('http')
    const { body, challenge } = await slack.control.urlVerification()
    expect(JSON.parse(body)).toEqual({ challenge })
    expect((await slack.control.sslCheck()).status).toBe(200)
  })

  async function address(): Promise<{ url: string }> {
    const inbound = await start('http')
    const server = createServer({
      host: '127.0.0.1',
      port: 0,
      routes: { '/slack/events': inbound.listener },
      ready: async () => ({ ok: true, parts: {} }),
      alive: () => true,
      log,
    })
    const { port } = await server.start()
    closing.unshift(() => server.stop(0))
    return { url: `http://127.0.0.1:${port}/slack/events` }
  }
})

describe('people of other companies', () => {
  const own = 'slack:T0OTHER/U0STRANGER'

  test('a stranger keeps a team of their own, whatever they do', async () => {
    await start('http')
    const stranger = slack.as('U0STRANGER')
    await stranger.command('/export', 'orders to backups')
    await stranger.mention('export orders to backups')
    await stranger.dm('export orders to backups')
    const ts = await card()
    await stranger.click({ message: ts, actionId: 'approve' })
    await stranger.click({ message: ts, actionId: 'deny' })
    const form = await slack.until((state) => state.views[0])
    await stranger.submit(form, { reason: 'because' })
    expect(heard.commands.map(({ by }) => by)).toEqual([own, own, own])
    expect(heard.decisions.map(({ by }) => by)).toEqual([own, own])
    expect(heard.before).toMatchObject([{ by: own }])
    expect(heard.commands.map(({ origin }) => origin.address)).toEqual([
      'slack:T0SANDBOX/C0DATA',
      'slack:T0SANDBOX/C0DATA',
      expect.stringMatching(/^slack:T0SANDBOX\/D/),
    ])
  })

  test('who clicks without a team of their own is of the team of the click, and of none where it names none', async () => {
    await start('http')
    const ts = await card()
    delete (slack.as('U0SAM').user as { team_id?: string }).team_id
    await slack.as('U0SAM').click({ message: ts, actionId: 'deny' })
    await slack.as('U0SAM').submit(await slack.until((state) => state.views[0]), { reason: 'because' })
    expect([...heard.before, ...heard.decisions].map(({ by }) => by)).toEqual(Array(2).fill('slack:T0SANDBOX/U0SAM'))
    expect(actorOf({ user: { id: 'U0STRANGER', team_id: 'T0OTHER' }, team: { id: 'T0SANDBOX' } })).toBe(own)
    expect(actorOf({ user: { id: 'U0SAM' }, team: null })).toBe('slack:unknown/U0SAM')
  })

  test('somebody whose team Slack does not name is of our workspace only where nobody else can be', () => {
    const said = { channel: 'C0DATA', user: 'U0SAM', ts: '1.1' }
    expect(speaker(said, { team_id: 'T0SANDBOX' })).toBe('slack:T0SANDBOX/U0SAM')
    expect(speaker(said, { team_id: 'T0SANDBOX', is_ext_shared_channel: true })).toBe('slack:unknown/U0SAM')
    expect(speaker({ ...said, team: 'T0OTHER' }, { team_id: 'T0SANDBOX' })).toBe('slack:T0OTHER/U0SAM')
  })

  test('the bot is known by the event itself', async () => {
    await start('http')
    const said = {
      type: 'app_mention',
      channel: 'C0DATA',
      user: 'U0SAM',
      text: `<@${slack.botUserId}> list`,
      ts: '1.1',
    }
    await slack.control.event(said)
    expect(heard.commands).toMatchObject([{ by: 'slack:T0SANDBOX/U0SAM', text: 'list' }])
  })
})

describe('answers that cannot be given as they should', () => {
  test('a response address that fails is replaced by a message for the clicker alone', async () => {
    await start('http')
    slack.control.fault({ match: { method: 'response_url' }, action: { status: 404 } })
    await slack.as('U0SAM').click({ message: await card(), actionId: 'approve' })
    await slack.until(() => ephemerals().length === 1)
    expect(ephemerals()[0]).toMatchObject({ channel: 'C0DBA', to: 'U0SAM', via: 'chat.postEphemeral' })
  })

  test('where nothing can be said in the channel, the person gets a direct message', async () => {
    await start('http')
    slack.control.fault({ match: { method: 'chat.postEphemeral' }, action: { error: 'not_in_channel' } })
    await slack.as('U0DANA').mention('list')
    const answer = await slack.until((state) => state.messages.find((m) => m.botId))
    expect(slack.state.channels.find((c) => c.id === answer.channel)).toMatchObject({ kind: 'im', user: 'U0DANA' })
  })

  test('Slack that takes no answer at all ends nothing, and the next click is heard', async () => {
    const inbound = await start('http')
    for (const method of ['response_url', 'chat.postEphemeral', 'conversations.open']) {
      slack.control.fault({ match: { method }, action: 'reset' })
    }
    const ts = await card()
    expect((await slack.as('U0SAM').click({ message: ts, actionId: 'approve' })).status).toBe(200)
    await slack.until((state) => state.calls.some((call) => call.method === 'conversations.open'))
    expect((await slack.as('U0SAM').click({ message: ts, actionId: 'approve' })).status).toBe(200)
    expect(heard.decisions).toHaveLength(2)
    await inbound.stop()
    expect(logged.join('\n')).not.toContain('/actions/T0SANDBOX/')
  })

  test('a handler that throws is told as a sentence without its error', async () => {
    await start('http')
    answers.command = () => Promise.reject(new Error('password=hunter2'))
    const { ack } = await slack.as('U0DANA').command('/export', 'orders to backups')
    expect(ack.text).toMatch(/something went wrong/i)
    expect(ack.text + logged.join()).not.toContain('hunter2')
  })

  test('a click on what is no button of ours is acknowledged and nothing else', async () => {
    await start('http')
    expect((await slack.as('U0SAM').click({ message: await card(), actionId: 'elsewhere' })).status).toBe(200)
    expect(heard).toEqual({ commands: [], decisions: [], before: [], questions: [], withdrawals: [], groups: [] })
  })

  test('an answer without words shows nothing', async () => {
    await start('http')
    answers.command = async () => ({ ok: true, lines: [] })
    const { ack } = await slack.as('U0DANA').command('/export', 'orders to backups')
    expect(ack).toMatchObject({ status: 200, body: '' })
  })
})

describe('the form for the reason', () => {
  const no: Answer = { ok: false, lines: [['You are not an approver of this transfer.']] }

  test('does not open for somebody who may not decide', async () => {
    await start('http')
    answers.before = async () => no
    await slack.as('U0RIO').click({ message: await card(), actionId: 'deny' })
    await slack.until(() => ephemerals().length === 1)
    expect(ephemerals()[0]).toMatchObject({ to: 'U0RIO', text: 'You are not an approver of this transfer.' })
    expect(slack.state.views).toEqual([])
  })

  test('does not open when the question hangs: the person is told to try again', async () => {
    await start('http')
    answers.before = () => never
    const { status } = await slack.as('U0SAM').click({ message: await card(), actionId: 'deny' })
    expect(status).toBe(200)
    await slack.until(() => ephemerals().length === 1)
    expect(ephemerals()[0]?.text).toMatch(/try again/i)
  })

  test.each([{ error: 'expired_trigger_id' }, { status: 503 }])(
    'that fails with %j asks for another click',
    async (action) => {
      await start('http')
      slack.control.fault({ match: { method: 'views.open' }, action })
      await slack.as('U0SAM').click({ message: await card(), actionId: 'deny' })
      await slack.until(() => ephemerals().length === 1)
      expect(ephemerals()[0]?.text).toMatch(/click Deny again/)
    },
  )

  test('opens once for a click that Slack sends twice, and nobody is asked to click again', async () => {
    await start('http')
    await slack.as('U0SAM').click({ message: await card(), actionId: 'deny', replay: 'after' })
    await slack.until(({ calls }) => calls.filter(({ method }) => method === 'views.open').length === 2)
    await slack.as('U0SAM').click({ message: await card(), actionId: 'approve' })
    await slack.until(() => ephemerals().length > 0)
    expect(slack.state.views).toHaveLength(1)
    expect(ephemerals().map(({ text }) => text)).toEqual([expect.not.stringMatching(/again/)])
  })

  test('shows why a no was not taken', async () => {
    await start('http')
    answers.decision = async () => no
    const form = await deny()
    await slack.as('U0SAM').submit(form, { reason: 'because' })
    expect(form.open).toBe(true)
    expect(JSON.stringify(form.view)).toContain('You are not an approver of this transfer.')
  })

  test('keeps the reason when it could not be recorded in time, and the second try is the same delivery', async () => {
    await start('http')
    const form = await deny()
    answers.decision = () => never
    const { ms } = await slack.as('U0SAM').submit(form, { reason: 'because' })
    expect(ms).toBeLessThan(3_000)
    expect(form).toMatchObject({ open: true, errors: { reason: expect.stringMatching(/again/) } })
    answers.decision = async () => ({ ok: true, lines: [] })
    await slack.as('U0SAM').submit(form, { reason: 'because' })
    expect(form.open).toBe(false)
    expect(new Set(heard.decisions.map(({ delivery }) => delivery)).size).toBe(1)
  })

  test('does not take white space for a reason', async () => {
    await start('http')
    const form = await deny()
    await slack.as('U0SAM').submit(form, { reason: '   ' })
    expect(form).toMatchObject({ open: true, errors: { reason: expect.any(String) } })
    expect(heard.decisions).toEqual([])
  })

  async function deny() {
    await slack.as('U0SAM').click({ message: await card(), actionId: 'deny' })
    return slack.until((state) => state.views[0])
  }
})

describe('what happens around', () => {
  test('an event is acknowledged only after the handler is done, so that a crash before it loses nothing', async () => {
    await start('http')
    const done = Promise.withResolvers<Answer>()
    answers.command = () => done.promise
    const said = slack.as('U0DANA').mention('export orders to backups')
    await until(() => heard.commands.length === 1)
    expect(slack.state.deliveries.at(-1)?.settled).toBe(false)
    done.resolve({ ok: true, lines: [] })
    expect((await said).delivery?.status).toBe(200)
  })

  test.each<Way>(['http', 'socket'])('an event that failed over %s comes again', async (way) => {
    await start(way)
    failing = 1
    await slack.control.group('S0DBA', ['U0RIO'], { answerWithinMs: 500 })
    await slack.until((state) => state.deliveries.some(({ retryNum, status }) => retryNum === 1 && status === 200))
    expect(heard.groups).toHaveLength(2)
    expect(logged.join('\n')).not.toContain('hunter2')
  })

  test.each<Way>(['http', 'socket'])('starts over %s while Slack is down, and learns who it is later', async (way) => {
    await slack.control.down()
    const inbound = createSlackInbound({
      slack: { team: slack.teamId, mode: way, apiUrl: slack.apiUrl },
      botToken: slack.botToken,
      signingSecret: slack.signingSecret,
      appToken: slack.appToken,
      handlers,
      log,
    })
    closing.push(inbound.stop)
    await inbound.start()
    expect(inbound.ready()).toBe(way === 'http')
    await slack.control.up()
    await slack.until((state) => state.calls.some((call) => call.method === 'auth.test' && call.ok))
    if (way === 'socket') await until(inbound.ready)
  })

  test.each(['cut', 'disconnect'] as const)('comes back after Socket Mode was %s', async (what) => {
    const inbound = await start('socket')
    slack.control[what]()
    await until(() => !inbound.ready())
    await until(inbound.ready)
    await slack.as('U0DANA').command('/drawbridge', 'list')
    expect(heard.commands).toHaveLength(1)
  })

  test('stops Socket Mode for good', async () => {
    const inbound = await start('socket')
    await inbound.stop()
    expect(inbound.ready()).toBe(false)
    await slack.until((state) => state.socketConnections === 0)
  })

  test('says loudly that the token belongs to another workspace', async () => {
    await start('http', { slack: { team: 'T0ELSEWHERE', mode: 'http', apiUrl: slack.apiUrl } })
    await until(() => logged.some((line) => line.includes('another workspace')))
  })

  test('no token and no secret is ever logged', async () => {
    slack.control.fault({ match: { method: 'auth.test' }, action: { status: 500, body: slack.botToken } })
    await start('socket')
    slack.control.fault({ match: { method: 'apps.connections.open' }, action: 'reset' })
    slack.control.cut()
    await until(() => logged.some((line) => line.includes('Socket Mode could not connect')))
    const all = logged.join('\n')
    for (const secret of [slack.botToken, slack.appToken, slack.signingSecret, 'ticket='])
      expect(all).not.toContain(secret)
  })
})
