import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  CHANNELS,
  type Fields,
  HOME_TENANT,
  MEETING,
  PEOPLE,
  renderMessage,
  type TeamsMessage,
} from '../sandbox/teams/index.ts'
import { noHome } from '../src/cards/home-view.ts'
import { type Connections, createConnections } from '../src/queue/connection.ts'
import { createNotes } from '../src/queue/notes.ts'
import { parseCommand } from '../src/transfer/grammar.ts'
import { quietLog } from './support/quiet-log.ts'
import { startTestRedis, type TestRedis } from './support/redis.ts'
import {
  cardView,
  drawingOf,
  inTeams,
  memoryNotes,
  startTeamsAdapter,
  type TeamsAdapter,
  textDrawing,
} from './support/teams-adapter.ts'

/** What the handlers hear when nothing is for them. */
const nothing = { commands: [], forms: [], decisions: [], questions: [], withdrawals: [], views: [] }
const never = new Promise<never>(() => undefined)
const mark = { transfer: 'k3v9x2mq', slot: 'card' }
const dana = inTeams(PEOPLE.dana)
const sam = inTeams(PEOPLE.sam)

let adapter: TeamsAdapter
beforeEach(async () => {
  adapter = await startTeamsAdapter()
})
afterEach(() => adapter.close())

const as = (name: string) => adapter.teams.as(name)
const commands = () => adapter.heard.commands
const decisions = () => adapter.heard.decisions
const logged = () => adapter.logged.join('\n')

/** What the bot wrote, oldest first. */
const written = (): TeamsMessage[] => adapter.teams.state.messages.filter(({ from }) => from.startsWith('28:'))
const shown = (message: TeamsMessage) => renderMessage(message, adapter.teams.state)
const told = (words: RegExp | string) =>
  adapter.teams.until(() => written().find((message) => shown(message).match(words)))
const chatOf = (name: string) =>
  adapter.teams.state.conversations.find(({ person }) => person === as(name).user.id)?.id ?? ''

/** A card with buttons as the bot posts it. */
async function card(place: string = CHANNELS.dba): Promise<TeamsMessage> {
  const { ref } = await adapter.chat.post({ address: inTeams(place) }, drawingOf(cardView('Approve?')), mark)
  const posted = written().find(({ id }) => ref.endsWith(`/${id}`))
  if (!posted) throw new Error('the card was not posted')
  return posted
}

describe('a command', () => {
  test('by a mention begins a chain, and its story goes below it', async () => {
    const { message, delivery } = await as('dana').say('export orders to backups')
    const chain = `${CHANNELS.data};messageid=${message.id}`
    expect(commands()).toEqual([
      {
        delivery: `teams:${CHANNELS.data}:${message.id}`,
        by: dana,
        text: 'export orders to backups',
        origin: { address: inTeams(CHANNELS.data), thread: inTeams(chain, message.id) },
      },
    ])
    expect(delivery).toMatchObject({ status: 200, body: '{}' })
  })

  test('in a chain stays in it', async () => {
    const { message: root } = await as('sam').say('about the orders database', { mention: false })
    expect(commands()).toEqual([])
    await as('dana').say('export orders to backups', { thread: root.id })
    expect(commands()[0]?.origin.thread).toBe(inTeams(`${CHANNELS.data};messageid=${root.id}`, root.id))
  })

  test('in a group chat has no thread', async () => {
    await as('dana').say('export orders to backups', { in: MEETING })
    expect(commands()).toMatchObject([{ by: dana, text: 'export orders to backups' }])
    expect(commands()[0]?.origin).toEqual({ address: inTeams(MEETING) })
  })

  test('in a personal chat needs no mention, and its place is the person', async () => {
    await as('dana').chat('export orders to backups')
    expect(commands()).toMatchObject([{ by: dana, text: 'export orders to backups' }])
    expect(commands()[0]?.origin).toEqual({ address: dana })
  })

  test.each([CHANNELS.data, MEETING])('that only its writer sees has no thread in %s', async (place) => {
    await as('dana').say('/export orders to backups', { in: place, targeted: true })
    expect(commands().map(({ text }) => parseCommand(text))).toMatchObject([{ kind: 'export', database: 'orders' }])
    expect(commands()[0]?.origin).toEqual({ address: inTeams(place) })
  })

  test('that only its writer sees has no thread, even where it names a chain that others read', async () => {
    const { message: root } = await as('sam').say('about the orders database', { mention: false })
    const change = (activity: Fields) => ({
      ...activity,
      conversation: { ...(activity.conversation as Fields), id: `${CHANNELS.data};messageid=${root.id}` },
    })
    await as('dana').say('/list', { targeted: true, change })
    expect(commands()[0]?.origin).toEqual({ address: inTeams(CHANNELS.data) })
  })

  test.each(['/export orders to backups', 'export orders to backups', 'drawbridge export orders to backups'])(
    'is ‘%s’',
    async (typed) => {
      await as('dana').say(typed)
      await as('dana').chat(typed)
      for (const { text } of commands()) {
        expect(parseCommand(text)).toMatchObject({ kind: 'export', database: 'orders', storage: 'backups' })
      }
      expect(commands()).toHaveLength(2)
    },
  )

  test.each(['pending', 'Pending…', '/pending', '/drawbridge pending', 'drawbridge, pending.'])(
    'is no command but the own view with cards: ‘%s’',
    async (typed) => {
      let asked = 0
      adapter.answers.home = async () => {
        asked += 1
        return noHome([['Nothing waits for you.']])
      }
      await as('dana').chat(typed)
      await told('Nothing waits for you.')
      expect([asked, commands()]).toEqual([1, []])
    },
  )

  test('that does not mention the bot among others is none', async () => {
    const unmentioned = (activity: Fields) => ({ ...activity, entities: [], text: 'export orders to backups' })
    const { delivery } = await as('dana').say('export orders to backups', { change: unmentioned })
    expect(delivery?.status).toBe(200)
    const other = (activity: Fields) => ({
      ...activity,
      entities: [{ type: 'mention', text: '<at>Sam</at>', mentioned: { id: as('sam').user.id, name: 'Sam' } }],
    })
    await as('dana').say('export orders to backups', { in: MEETING, change: other })
    expect(commands()).toEqual([])
    expect(written()).toEqual([])
  })

  test('that comes twice is the same delivery, and another one is not', async () => {
    await as('dana').say('list', { replay: 'after' })
    await as('dana').say('list', { replay: 'together' })
    const [one, again, other, together] = commands().map(({ delivery }) => delivery)
    expect([again, together]).toEqual([one, other])
    expect(other).not.toBe(one)
  })

  test('without an id of its own is not taken, as it could not be told from another', async () => {
    const { delivery } = await as('dana').say('list', { change: ({ id: _id, ...activity }) => activity })
    expect(delivery?.status).toBe(400)
    expect(commands()).toEqual([])
  })
})

describe('what is typed', () => {
  const textOf = async (change: Fields | undefined, typed = 'x', mention = true) => {
    await as('dana').say(typed, { mention, ...(change && { change: (activity) => ({ ...activity, ...change }) }) })
    return commands().at(-1)?.text ?? ''
  }
  const html = (text: string) => textOf({ text: `<at>Drawbridge</at>&nbsp;${text}` })

  test('may mention the bot anywhere', async () => {
    expect(await textOf(undefined, 'list @Drawbridge', false)).toBe('list')
    expect(parseCommand(await textOf(undefined, 'cancel @Drawbridge k3v9x2mq please', false))).toMatchObject({
      kind: 'cancel',
      id: 'k3v9x2mq',
    })
  })

  test('names other people as they are called', async () => {
    expect(await textOf(undefined, 'cancel k3v9x2mq for @Sam')).toBe('cancel k3v9x2mq for  @Sam Okafor')
  })

  test('is read once from entities, and stays literal in Slack’s markup', async () => {
    const intent = (text: string) => parseCommand(text)
    const reason = (words: string) => ({ kind: 'cancel', reason: words })
    expect(intent(await textOf(undefined, 'cancel k3v9x2mq a < b & c > d'))).toMatchObject(reason('a < b & c > d'))
    expect(intent(await textOf(undefined, 'cancel k3v9x2mq two  spaces'))).toMatchObject(reason('two spaces'))
    const markup = await textOf(undefined, 'cancel k3v9x2mq <@U0SAM> <https://evil.example|orders> <!channel>')
    expect(markup).toContain('&lt;@U0SAM&gt; &lt;https://evil.example|orders&gt; &lt;!channel&gt;')
    expect(await textOf(undefined, 'cancel k3v9x2mq &lt;b&gt;')).toBe('cancel k3v9x2mq &amp;lt;b&amp;gt;')
  })

  test('may be quoted and formatted as clients do', async () => {
    const smart = parseCommand(await textOf(undefined, 'export “orders” to backups --reason “it’s the month’s end”'))
    expect(smart).toMatchObject({ database: 'orders', storage: 'backups', reason: 'it’s the month’s end' })
    const formatted = await html('<p><strong>export</strong> <em>orders</em><br>to&nbsp;<code>backups</code></p>')
    expect(parseCommand(formatted)).toMatchObject({ kind: 'export', database: 'orders', storage: 'backups' })
  })

  test('keeps the address of a link, so that a secret in it is seen', async () => {
    const link = await html('export orders to <a href="https://backups.blob.core.windows.net/bacpacs">backups</a>')
    expect(link).toBe('export orders to <https://backups.blob.core.windows.net/bacpacs|backups>')
    expect(parseCommand(link)).toMatchObject({ kind: 'export', database: 'orders', storage: 'backups' })
    const sas = 'https://b.blob.core.windows.net/c?sv=2024-11-04&amp;sig=abcdefgh12345678%3D'
    const secrets = [
      await html(`export orders to <a href="${sas}" title="${sas}">backups</a>`),
      await html(`export orders to ${sas}`),
      await textOf(undefined, `export orders to ${sas.replaceAll('&amp;', '&')}`),
    ]
    for (const text of secrets) expect(() => parseCommand(text)).toThrow('secret_in_text')
    expect(logged()).not.toContain('abcdefgh12345678')
  })
})

describe('a click', () => {
  test('on Approve becomes a decision and is answered for the clicker alone', async () => {
    const message = await card()
    const { activity, status, shown: words } = await as('sam').click(message, { verb: 'approve' })
    expect(decisions()).toEqual([
      {
        delivery: `teams:${CHANNELS.dba}:${activity.id}`,
        by: sam,
        transfer: 'k3v9x2mq',
        digest: 'd1935e00',
        verdict: 'approve',
      },
    ])
    expect([status, words]).toEqual([200, 'Your answer counts.'])
    expect(message.edits).toHaveLength(1)
    expect(written()).toHaveLength(1)
  })

  test('on Deny brings its reason, in which nothing reads as markup', async () => {
    const inputs = { reason: 'not before <b>5 & 6</b>' }
    await as('sam').click(await card(), { verb: 'deny', inputs })
    expect(decisions()).toMatchObject([{ verdict: 'deny', reason: 'not before &lt;b&gt;5 &amp; 6&lt;/b&gt;' }])
  })

  test.each([
    ['approve', {}, { verdict: 'approve' }],
    ['deny', { reason: 'in the freeze' }, { verdict: 'deny', reason: 'in the freeze' }],
  ] as const)(
    'of an old client on %s is the same, and is answered in the personal chat',
    async (verb, inputs, said) => {
      const { status } = await as('sam').click(await card(), { verb, as: 'submit', inputs })
      expect(status).toBe(200)
      expect(decisions()).toMatchObject([{ by: sam, transfer: 'k3v9x2mq', digest: 'd1935e00', ...said }])
      expect(await told('Your answer counts.')).toMatchObject({ conversation: chatOf('sam') })
    },
  )

  test.each([
    ['comment', { comment: 'as <planned>' }, { verdict: 'approve', reason: 'as &lt;planned&gt;' }],
    ['comment', { comment: '' }, { verdict: 'approve' }],
    // With several buttons of a kind on one card each has a field of its own.
    ['deny', { 'reason-k3v9x2mq': 'this one', reason: 'the other' }, { verdict: 'deny', reason: 'this one' }],
  ])('on %s with %j is a decision', async (verb, words, said) => {
    await as('sam').invoke('adaptiveCard/action', {
      action: { verb, data: { transfer: 'k3v9x2mq', digest: 'd1935e00', ...words } },
    })
    const [decision] = decisions()
    expect(decision).toEqual({
      delivery: decision?.delivery,
      by: sam,
      transfer: 'k3v9x2mq',
      digest: 'd1935e00',
      ...said,
    })
  })

  test('that asks or withdraws is no decision', async () => {
    const send = (verb: string, data: object) =>
      as('sam').invoke('adaptiveCard/action', { action: { verb, data: { transfer: 'k3v9x2mq', ...data } } })
    await send('question', { digest: 'd1935e00', question: 'why?' })
    await send('withdraw', { reason: 'not needed' })
    expect(adapter.heard.questions).toMatchObject([{ by: sam, transfer: 'k3v9x2mq', digest: 'd1935e00', text: 'why?' }])
    expect(adapter.heard.withdrawals).toMatchObject([{ by: sam, transfer: 'k3v9x2mq', reason: 'not needed' }])
    expect(decisions()).toEqual([])
  })

  test('that comes twice is the same delivery', async () => {
    await as('sam').click(await card(), { verb: 'approve', replay: 'together' })
    expect(new Set(decisions().map(({ delivery }) => delivery)).size).toBe(1)
    expect(decisions()).toHaveLength(2)
  })

  test('in a personal chat is one too', async () => {
    await as('sam').click(await card(PEOPLE.sam), { verb: 'approve' })
    expect(decisions()).toMatchObject([{ by: sam, verdict: 'approve' }])
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a text', 'approve'],
    ['no action', { action: null }],
    ['a verb of nobody', { action: { verb: 'elsewhere', data: { transfer: 'k3v9x2mq', digest: 'd1935e00' } } }],
    ['a verb of an object', { action: { verb: 'constructor', data: {} } }],
    ['no data', { action: { verb: 'approve' } }],
    ['data of another card', { action: { verb: 'approve', data: { transfer: 'k3v9x2mq', digest: 1 } } }],
    ['a text for data', { action: { verb: 'approve', data: 'k3v9x2mq:d1935e00' } }],
    ['a verb in its data alone', { action: { data: { verb: 'approve', transfer: 'k3v9x2mq', digest: 'd1935e00' } } }],
  ])('with %s is told as one of no card of ours', async (_what, value) => {
    const { status, body } = await as('sam').invoke('adaptiveCard/action', value)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      statusCode: 400,
      type: 'application/vnd.microsoft.error',
      value: { code: 'BadRequest' },
    })
    expect(decisions()).toEqual([])
  })

  test('with ids that are none of ours is about no transfer, and nothing of them is kept', async () => {
    const data = { transfer: 'k3v9x2mq of somebody', digest: 'x'.repeat(5_000) }
    await as('sam').invoke('adaptiveCard/action', { action: { verb: 'approve', data } })
    expect(decisions()).toMatchObject([{ by: sam, transfer: '', digest: '' }])
  })

  test('whose verb says one thing and its data another goes by the verb', async () => {
    const data = { verb: 'approve', transfer: 'k3v9x2mq', digest: 'd1935e00' }
    await as('sam').invoke('adaptiveCard/action', { action: { verb: 'deny', data } })
    expect(decisions()).toMatchObject([{ verdict: 'deny' }])
  })

  test('without an id of its own is told from others by what it decides', async () => {
    const change = ({ id: _id, ...activity }: Fields) => activity
    const shown = await card()
    const clicks = [
      () => as('sam').click(shown, { verb: 'approve', change }),
      () => as('sam').click(shown, { verb: 'approve', change }),
      () => as('sam').click(shown, { verb: 'deny', inputs: { reason: 'no' }, change }),
      () => as('lee').click(shown, { verb: 'approve', change }),
    ]
    for (const click of clicks) expect((await click()).body).toMatchObject({ statusCode: 200 })
    const [one, again, ...others] = decisions().map(({ delivery }) => delivery)
    expect(again).toBe(one)
    expect(new Set([one, ...others]).size).toBe(3)
  })

  test('of an old client with foreign data is answered with a sentence', async () => {
    const activity = await card()
    const change = (fields: Fields) => ({ ...fields, value: { anything: 'else' } })
    await as('sam').click(activity, { title: 'Approve', as: 'submit', change })
    expect(decisions()).toEqual([])
    expect(await told(/transfer/i)).toMatchObject({ conversation: chatOf('sam') })
  })
})

describe('a card that fetches itself anew', () => {
  const refresh = async (data: unknown) =>
    as('sam').invoke('adaptiveCard/action', { action: { verb: 'refresh', data } })
  const data = { transfer: 'k3v9x2mq', round: 1 }

  test.each([true, false])('has buttons for whoever may decide: %s', async (mayDecide) => {
    adapter.answers.view = async () => ({ view: cardView('Approve now?'), mayDecide })
    const { status, body } = await refresh(data)
    expect(adapter.heard.views).toEqual([{ by: sam, address: inTeams(CHANNELS.data), ...data }])
    expect(status).toBe(200)
    expect(body).toMatchObject({ statusCode: 200, type: 'application/vnd.microsoft.card.adaptive' })
    expect(JSON.stringify(body)).toContain('Approve now?')
    expect(JSON.stringify(body).includes('Action.Execute')).toBe(mayDecide)
  })

  test('by itself reaches the approvers, who then see the buttons', async () => {
    const asks = { transfer: 'k3v9x2mq', round: 1, approvers: [sam] }
    await as('sam').say('list', { in: CHANNELS.dba })
    const { ref } = await adapter.chat.post(
      { address: inTeams(CHANNELS.dba) },
      drawingOf(cardView('Approve?'), asks),
      mark,
    )
    adapter.answers.view = async () => ({ view: cardView('Approve, Sam?'), mayDecide: true })
    const seen = (await as('sam').see(CHANNELS.dba)).find(({ id }) => ref.endsWith(id))
    expect(seen && shown(seen)).toContain('Approve, Sam?')
    expect(await as('sam').click(seen?.id ?? '', { verb: 'approve' })).toMatchObject({ shown: 'Your answer counts.' })
    const other = (await as('rio').see(CHANNELS.dba)).find(({ id }) => ref.endsWith(id))
    expect(other && shown(other)).toContain('The approvers of this transfer see Approve and Deny here.')
    expect(adapter.heard.views).toHaveLength(1)
  })

  test.each([data, { transfer: 'k3v9x2mq' }, { transfer: 1, round: 'one' }, undefined])(
    'with %j says so when there is none to see',
    async (asked) => {
      const { status, body } = await refresh(asked)
      expect([status, body]).toMatchObject([200, { statusCode: 400, type: 'application/vnd.microsoft.error' }])
    },
  )
})

test.each(['task/fetch', 'composeExtension/query', 'signin/verifyState', 'constructor'])(
  'the invoke %s is answered with HTTP 200 and an error',
  async (name) => {
    const { status, body } = await as('sam').invoke(name, {})
    expect([status, body]).toMatchObject([200, { statusCode: 400, type: 'application/vnd.microsoft.error' }])
    expect(adapter.heard).toEqual(nothing)
  },
)

describe('a handler', () => {
  test('that hangs is given up in time, and the person is told to try again', async () => {
    const message = await card()
    Object.assign(adapter.answers, { command: () => never, decision: () => never, view: () => never })
    const data = { transfer: 'k3v9x2mq', round: 1 }
    const [said, clicked, fetched, submitted] = await Promise.all([
      as('dana').say('export orders to backups'),
      as('sam').click(message, { verb: 'approve' }),
      as('lee').invoke('adaptiveCard/action', { action: { verb: 'refresh', data } }),
      as('rio').click(message, { title: 'Approve', as: 'submit' }),
    ])
    for (const { status = 0, ms = 0 } of [said.delivery ?? {}, clicked, fetched, submitted]) {
      expect(status).toBe(200)
      expect(ms).toBeLessThan(3_000)
    }
    expect(clicked.shown).toMatch(/try again/i)
    expect(fetched.body).toMatchObject({ statusCode: 400 })
    await adapter.teams.until(() => written().filter((each) => /try again/i.test(shown(each))).length === 2)
  })

  test('that throws is told as a sentence without its error', async () => {
    const broken = () => Promise.reject(new Error('password=hunter2'))
    Object.assign(adapter.answers, { command: broken, decision: broken, view: broken })
    await as('dana').say('export orders to backups')
    await told(/something went wrong/i)
    const clicked = await as('sam').click(await card(), { verb: 'approve' })
    expect(clicked).toMatchObject({ status: 200, shown: expect.stringMatching(/something went wrong/i) })
    const data = { transfer: 'k3v9x2mq', round: 1 }
    const fetched = await as('sam').invoke('adaptiveCard/action', { action: { verb: 'refresh', data } })
    expect(fetched).toMatchObject({
      status: 200,
      body: { statusCode: 500, type: 'application/vnd.microsoft.error', value: { code: 'InternalServerError' } },
    })
    expect(JSON.stringify([clicked.body, fetched.body, written()]) + logged()).not.toContain('hunter2')
  })

  test('is done before Teams hears that the message was taken, so that a crash before it is seen', async () => {
    const done = Promise.withResolvers<{ ok: boolean; lines: [] }>()
    adapter.answers.command = () => done.promise
    const said = as('dana').say('list')
    await adapter.teams.until(() => commands().length === 1 || undefined, 50).catch(() => undefined)
    expect(adapter.teams.state.deliveries.at(-1)?.settled).toBe(false)
    done.resolve({ ok: true, lines: [] })
    expect((await said).delivery?.status).toBe(200)
    expect(written()).toEqual([])
  })
})

describe('people who are not of the team', () => {
  const known = Object.values(PEOPLE).map((each) => inTeams(each))

  test('a guest is known by the object id that they have in our tenant', async () => {
    await as('guest').say('list')
    expect(commands()).toMatchObject([{ by: inTeams(PEOPLE.guest) }])
    expect(await adapter.directory.standing(inTeams(PEOPLE.guest))).toBe('guest')
  })

  test('somebody who never signed in is nobody whom a rule could name, whatever they do', async () => {
    const message = await card(MEETING)
    await as('anonymous').say('list', { in: MEETING })
    await as('anonymous').click(message, { verb: 'approve' })
    const own = inTeams(`anonymous ${as('anonymous').user.id}`)
    expect([commands()[0]?.by, decisions()[0]?.by]).toEqual([own, own])
    expect(known).not.toContain(own)
    expect(await adapter.directory.standing(own)).toBe('stranger')
    expect(await adapter.directory.among(own, ['anyone', own])).toEqual([])
  })

  test('somebody of another tenant is a stranger in a channel shared with them, and unheard elsewhere', async () => {
    const stranger = inTeams(PEOPLE.stranger)
    await as('stranger').say('list', { shared: true })
    expect(commands()).toMatchObject([{ by: stranger }])
    expect(await adapter.directory.standing(stranger)).toBe('stranger')
    expect(await adapter.directory.among(stranger, ['anyone', stranger])).toEqual([])
    expect((await as('stranger').chat('list')).delivery?.status).toBe(403)
    expect(commands()).toHaveLength(1)
    expect(adapter.refused).toEqual(['wrong_tenant'])
  })
})

describe('the answer', () => {
  const no = async () => ({ ok: false, lines: [['No rule allows that: ', { bold: 'orders' }, '.']] })

  test('to a personal chat goes into it', async () => {
    await as('dana').chat('list')
    expect(await told('Recorded as k3v9.')).toMatchObject({ conversation: chatOf('dana') })
  })

  test.each([
    ['a channel', { in: CHANNELS.data }],
    ['a group chat', { in: MEETING }],
    ['a command that only its writer sees', { targeted: true }],
  ])('to %s goes to the personal chat of whoever wrote', async (_where, options) => {
    await as('dana').say('list', options)
    expect(await told('Recorded as k3v9.')).toMatchObject({ conversation: chatOf('dana') })
    expect(written()).toHaveLength(1)
  })

  test.each([
    ['the bot is not installed for the person', () => adapter.teams.control.user('dana', { installed: false })],
    ['the person blocked the bot', () => adapter.teams.control.block('dana')],
  ])('is said where it was asked when %s: a no as it is, a yes without what is private', async (_why, cut) => {
    await as('dana').say('before')
    await told('Recorded as k3v9.')
    cut()
    const { message } = await as('dana').say('list')
    const yes = await told('add it to your personal apps')
    expect(yes).toMatchObject({ conversation: CHANNELS.data, rootId: message.id })
    expect(JSON.stringify(yes.attachments)).toContain(`"id":"${PEOPLE.dana}"`)
    expect(shown(yes)).toContain('Dana Ito')
    expect(JSON.stringify(yes)).not.toContain('k3v9')
    adapter.answers.command = no
    await as('dana').say('list', { in: MEETING })
    const refused = await told('No rule allows that')
    expect(refused).toMatchObject({ conversation: MEETING })
    expect(JSON.stringify(refused.attachments)).toContain(`"id":"${PEOPLE.dana}"`)
  })

  test('to somebody who never signed in is said where it was asked, without a mention', async () => {
    adapter.answers.command = no
    await as('anonymous').say('list', { in: MEETING })
    expect(await told('No rule allows that')).toMatchObject({ conversation: MEETING })
    expect(adapter.teams.state.calls.filter(({ method }) => method === 'create')).toEqual([])
  })

  test('that Teams does not take at all ends nothing, and says no secret', async () => {
    const { control, appPassword } = adapter.teams
    control.fault({ match: { method: 'send' }, times: 'forever', action: { status: 500, body: appPassword } })
    expect((await as('dana').say('list')).delivery?.status).toBe(200)
    await adapter.teams.until(({ calls }) => calls.filter(({ method }) => method === 'send').length === 2)
    expect((await as('dana').say('list')).delivery?.status).toBe(200)
    expect(commands()).toHaveLength(2)
    expect(logged()).toContain('an answer was not taken')
    expect(logged()).not.toContain(appPassword)
  })
})

describe('where people write from', () => {
  const elsewhere = (activity: Fields) => ({ ...activity, serviceUrl: `${adapter.teams.url}/emea//` })
  const pathOf = (method: string) => adapter.teams.state.calls.findLast((call) => call.method === method)?.path
  const post = (address: string) => adapter.chat.post({ address: inTeams(address) }, textDrawing('hello'), mark)

  test('is kept of installations: whoever has the bot is written to in the chat that Teams told of', async () => {
    await adapter.teams.control.installed('sam')
    await post(PEOPLE.sam)
    expect(written()).toMatchObject([{ conversation: chatOf('sam') }])
    expect(adapter.teams.state.calls.filter(({ method }) => method === 'create')).toEqual([])
    expect(adapter.heard).toEqual(nothing)
  })

  test('is kept of members who come: the link to a channel then names its team', async () => {
    const link = async () => new URL((await post(CHANNELS.data)).link ?? '').searchParams.get('groupId')
    expect(await link()).toBeNull()
    await adapter.teams.control.addMember(CHANNELS.data, 'rio')
    expect(await link()).toBe(adapter.teams.state.teams[0]?.aadGroupId)
  })

  test('is where later messages go, and the next activity may change it', async () => {
    await as('dana').say('list')
    await post(CHANNELS.data)
    expect(pathOf('create')).toMatch(/^\/emea\/v3\//)
    await as('dana').say('list', { change: elsewhere })
    const { ref } = await post(CHANNELS.data)
    expect(pathOf('create')).toMatch(/^\/emea\/\/v3\//)
    await adapter.chat.update(ref, textDrawing('again'))
    expect(pathOf('update')).toMatch(/^\/emea\/\/v3\//)
    await post(CHANNELS.dba)
    expect(pathOf('create'), 'a channel that was never heard of').toMatch(/^\/emea\/\/v3\//)
  })

  test('is what was heard last, whichever process heard it', async () => {
    const memory = memoryNotes()
    const notes = { forPeople: memory, forWork: memory }
    const one = await startTeamsAdapter({ teams: adapter.teams, notes })
    await as('dana').say('list')
    const other = await startTeamsAdapter({ teams: adapter.teams, notes })
    await as('dana').say('list', { change: elsewhere })
    adapter.teams.control.deliverTo(`${one.url}/api/messages`)
    await as('dana').say('list')
    expect(one.heard.commands.length + other.heard.commands.length).toBe(3)
    await other.chat.post({ address: inTeams(CHANNELS.data) }, textDrawing('hello'), mark)
    expect(pathOf('create')).toMatch(/^\/emea\/v3\//)
    await one.close()
    await other.close()
  })
})

describe('while Redis is away', () => {
  let redis: TestRedis
  let connections: Connections
  let own: TeamsAdapter

  beforeEach(async () => {
    redis = await startTestRedis()
    connections = createConnections({ target: { path: redis.path }, log: quietLog })
    await connections.ready()
    const notes = (on: Connections['forWork']) => createNotes({ redis: on, prefix: 'drawbridge', name: 'teams' })
    const { forPeople, forWork } = connections
    own = await startTeamsAdapter({
      teams: adapter.teams,
      notes: { forPeople: notes(forPeople), forWork: notes(forWork) },
    })
  })
  afterEach(async () => {
    await connections.close()
    await own.close()
    await redis.stop()
  })

  test.each([
    ['is gone', () => redis.kill()],
    ['hangs', async () => redis.stopProcess()],
  ])('because it %s, people are told in time, and nothing is done', async (_how, away) => {
    const message = await card(CHANNELS.data)
    await as('dana').say('list')
    await told('Recorded as k3v9.')
    own.heard.commands.length = 0
    await away()
    const started = performance.now()
    const [{ delivery }, clicked, chat] = await Promise.all([
      as('dana').say('export orders to backups'),
      as('sam').click(message, { verb: 'approve' }),
      as('lee').chat('list'),
    ])
    for (const { status = 0, ms = 0 } of [delivery ?? {}, clicked, chat.delivery ?? {}]) {
      expect(status).toBe(200)
      expect(ms).toBeLessThan(1_000)
    }
    expect(clicked.shown).toMatch(storeDown)
    await adapter.teams.until(() => written().filter((each) => storeDown.test(shown(each))).length === 2)
    expect(performance.now() - started).toBeLessThan(3_000)
    expect(own.heard).toEqual(nothing)
  })
  const storeDown = /store|nothing was recorded/i
})

test('a stop waits for the answers that are under way', async () => {
  const held = Promise.withResolvers<void>()
  const stop = adapter.teams.onRequest(({ method, phase }) => {
    if (method === 'send' && phase === 'before') return held.promise
  })
  await as('dana').say('list')
  await adapter.teams.until(({ calls }) => calls.some(({ method }) => method === 'send'))
  const closed = adapter.stop()
  held.resolve()
  await closed
  expect(written().map(shown)).toEqual([expect.stringContaining('Recorded as k3v9.')])
  stop()
})

test('Teams may name its tenant in capitals', async () => {
  const change = (activity: Fields) => ({ ...activity, channelData: { tenant: { id: HOME_TENANT.toUpperCase() } } })
  await as('dana').say('list', { change })
  expect(commands()).toMatchObject([{ by: dana }])
})
