import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  CHANNELS,
  type Fields,
  FOREIGN_TENANT,
  HOME_TENANT,
  MEETING,
  PEOPLE,
  renderMessage,
  startTeamsSandbox,
  type TeamsMessage,
  type TeamsSandbox,
} from '../sandbox/teams/index.ts'

let teams: TeamsSandbox
let bot: Server
let token: string
let heard: { activity: Fields; headers: IncomingHttpHeaders }[] = []
let answer: (activity: Fields) => Fields | undefined = () => undefined

beforeAll(async () => {
  teams = await startTeamsSandbox()
  bot = createServer(async (request, response) => {
    const activity = (await json(request)) as Fields
    heard.push({ activity, headers: request.headers })
    response.end(JSON.stringify(answer(activity) ?? {}))
  })
  await new Promise<void>((resolve) => bot.listen(0, '127.0.0.1', resolve))
  const form = { client_id: teams.appId, client_secret: teams.appPassword, grant_type: 'client_credentials' }
  const body = new URLSearchParams({ ...form, scope: 'https://api.botframework.com/.default' })
  const issued = await fetch(`${teams.url}/${HOME_TENANT}/oauth2/v2.0/token`, { method: 'POST', body })
  token = String(((await issued.json()) as Fields).access_token)
})
afterAll(async () => {
  bot.closeAllConnections()
  bot.close()
  await teams.close()
})
beforeEach(() => {
  heard = []
  answer = () => undefined
  teams.control.deliverTo(`http://127.0.0.1:${(bot.address() as AddressInfo).port}/api/messages`)
})
afterEach(() => teams.control.reset())

const last = () => heard.at(-1)?.activity ?? {}

/** What the bot says, as its calls do it. */
async function write(activity: Fields, where: string = CHANNELS.data, edited?: TeamsMessage): Promise<TeamsMessage> {
  const url = `${teams.serviceUrl}v3/conversations/${where}/activities${edited ? `/${edited.id}` : ''}`
  const init = { method: edited ? 'PUT' : 'POST', headers: { authorization: `Bearer ${token}` } }
  const response = await fetch(url, { ...init, body: JSON.stringify({ type: 'message', ...activity }) })
  const { id, error } = (await response.json()) as Fields
  const message = teams.state.messages.find((one) => one.id === id)
  if (!message) throw new Error(JSON.stringify(error))
  return message
}

const withCard = (body: Fields[], more: Fields = {}) => ({
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      content: { type: 'AdaptiveCard', version: '1.5', body, ...more },
    },
  ],
})
const says = (text: string) => ({ type: 'TextBlock', text })
const asCard = (text: string) => ({
  statusCode: 200,
  type: 'application/vnd.microsoft.card.adaptive',
  value: withCard([says(text)]).attachments[0]?.content,
})
const execute = (title: string, more: Fields = {}) => ({
  type: 'Action.Execute',
  title,
  verb: title.toLowerCase(),
  data: { transfer: 'tr_1' },
  ...more,
})
const denyForm = {
  type: 'Action.ShowCard',
  title: 'Deny',
  card: {
    type: 'AdaptiveCard',
    body: [
      { type: 'Input.Text', id: 'reason', label: 'Why', isRequired: true, errorMessage: 'Say why', maxLength: 20 },
    ],
    actions: [execute('Send denial', { verb: 'deny', fallback: { type: 'Action.Submit', title: 'Send denial' } })],
  },
}

describe('a person who types', () => {
  test('mentions people by their names, and Teams encodes the rest', async () => {
    await teams.as('dana').say('ask @Sam Okafor and @Lee, a@Rio  <b>', { format: 'xml' })
    expect(last()).toMatchObject({
      text: '<at>Drawbridge</at>&nbsp;ask <at>Sam Okafor</at> and <at>Lee</at>, a@Rio &nbsp;&lt;b&gt;',
      textFormat: 'xml',
      entities: [
        { type: 'mention', mentioned: { id: `28:${teams.appId}`, name: 'Drawbridge' }, text: '<at>Drawbridge</at>' },
        { mentioned: { id: teams.as('sam').user.id, name: 'Sam Okafor' }, text: '<at>Sam Okafor</at>' },
        { mentioned: { id: teams.as('lee').user.id, name: 'Lee Novak' }, text: '<at>Lee</at>' },
        { type: 'clientInfo', platform: 'Web' },
      ],
    })
    const mention = 'itemtype="http://schema.skype.com/Mention" itemscope=""'
    expect((last().attachments as Fields[])[0]).toEqual({
      contentType: 'text/html',
      content: `<p><span ${mention} itemid="0">Drawbridge</span>&nbsp;ask <span ${mention} itemid="1">Sam Okafor</span> and <span ${mention} itemid="2">Lee</span>, a@Rio &nbsp;&lt;b&gt;</p>`,
    })
  })

  test('is heard where the bot is and is meant', async () => {
    const unheard = [
      await teams.as('dana').say('just talking', { mention: false }),
      await teams.as('dana').say('hello?', { in: CHANNELS.secret }),
    ]
    expect(unheard.map((said) => said.delivery)).toEqual([undefined, undefined])
    await teams.as('dana').chat('help')
    expect(last()).toMatchObject({ text: 'help', conversation: { conversationType: 'personal' } })
    expect((last().conversation as Fields).isGroup).toBeUndefined()
    await teams.as('dana').say('help', { in: MEETING })
    expect(last()).toMatchObject({ conversation: { id: MEETING, conversationType: 'groupChat', isGroup: true } })
    await teams.control.uninstall('dana')
    expect((await teams.as('dana').chat('help')).delivery).toBeUndefined()
    await expect(teams.as('lee').say('may I?', { in: MEETING })).rejects.toThrow('not in')
    await expect(teams.as('dana').say('help', { in: MEETING, thread: '1' })).rejects.toThrow('no threads')
  })

  test('answers in a thread by its root', async () => {
    const { message } = await teams.as('dana').say('first')
    await teams.as('sam').say('second', { thread: message.id })
    expect(last().conversation).toMatchObject({ id: `${CHANNELS.data};messageid=${message.id}` })
    expect(last().id).not.toBe(message.id)
  })

  test('may be a guest, a stranger, or nobody that Entra knows', async () => {
    await teams.as('guest').say('hi')
    expect(last()).toMatchObject({ from: { aadObjectId: PEOPLE.guest }, conversation: { tenantId: HOME_TENANT } })
    await teams.as('stranger').say('hi')
    expect(last()).toMatchObject({
      from: { aadObjectId: PEOPLE.stranger },
      conversation: { tenantId: FOREIGN_TENANT },
      channelData: { tenant: { id: FOREIGN_TENANT } },
    })
    await teams.as('stranger').say('hi', { shared: true })
    expect(last()).toMatchObject({ channelData: { tenant: { id: HOME_TENANT } } })
    await teams.as('anonymous').say('hi', { in: MEETING })
    expect((last().from as Fields).aadObjectId).toBeUndefined()
    const sayings = ['dana', 'guest', 'stranger', 'anonymous'].map((name) => teams.as(name).user.id)
    expect(new Set(sayings).size).toBe(4)
    expect(sayings.every((id) => /^29:1[\w-]{80,}$/.test(id))).toBe(true)
  })

  test('is delivered once, unless the network repeats it', async () => {
    const { delivery } = await teams.as('dana').say('go', { replay: 'together' })
    expect([delivery?.status, delivery?.replay?.status]).toEqual([200, 200])
    expect(heard[0]?.activity).toEqual(heard[1]?.activity)
    expect(heard[0]?.headers.authorization).toBe(heard[1]?.headers.authorization)
    const change = (activity: Fields) => ({ ...activity, serviceUrl: 'https://evil.example/' })
    await teams.as('dana').say('go', { change, headers: { 'x-test': '1' }, token: '' })
    expect(last().serviceUrl).toBe('https://evil.example/')
    expect(heard.at(-1)?.headers).toMatchObject({ 'x-test': '1' })
    expect(heard.at(-1)?.headers.authorization).toBeUndefined()
  })
})

describe('a person who clicks', () => {
  test('finds the button inside of another card, with the inputs that it needs', async () => {
    const message = await write(withCard([says('orders')], { actions: [execute('Approve'), denyForm] }))
    const sam = teams.as('sam')
    await expect(sam.click(message, { title: 'Send denial' })).rejects.toThrow('Say why')
    await expect(sam.click(message, { verb: 'deny', inputs: { reason: 'x'.repeat(21) } })).rejects.toThrow('Say why')
    await expect(sam.click(message, { title: 'Approve', inputs: { reason: 'x' } })).rejects.toThrow('no input reason')
    await expect(sam.click(message, { title: 'Refuse' })).rejects.toThrow('Approve, Deny, Send denial')
    await expect(sam.click(message, { title: 'Approve', as: 'submit' })).rejects.toThrow('no fallback')
    await sam.click(message, { verb: 'deny', inputs: { reason: 'too late' } })
    expect(last()).toMatchObject({
      type: 'invoke',
      value: { action: { verb: 'deny', data: { transfer: 'tr_1', reason: 'too late' } }, trigger: 'manual' },
    })
    await sam.click(message, { title: 'Send denial', as: 'submit', inputs: { reason: 'old phone' } })
    expect(last()).toMatchObject({ type: 'message', value: { reason: 'old phone' } })
  })

  test('may still have an earlier version on screen', async () => {
    const message = await write(withCard([says('one')], { actions: [execute('Approve')] }))
    await write(withCard([says('two')]), CHANNELS.data, message)
    await expect(teams.as('sam').click(message)).rejects.toThrow('there are: none')
    await teams.as('sam').click(message, { edit: 0 })
    expect(last()).toMatchObject({ replyToId: message.id })
  })

  test.each<[string, Fields, string]>([
    ['nothing', {}, 'bad_answer'],
    ['a card that Teams can not draw', { ...asCard('x'), value: { type: 'AdaptiveCard' } }, 'bad_card'],
    ['a sign-in', { statusCode: 401, type: 'application/vnd.microsoft.activity.loginRequest' }, 'login_required'],
    ['an error without a code', { statusCode: 400, type: 'application/vnd.microsoft.error', value: {} }, 'bad_answer'],
  ])('is told that it went wrong when the answer is %s', async (_what, body, error) => {
    const message = await write(withCard([says('one')], { actions: [execute('Approve')] }))
    answer = () => body
    const result = await teams.as('sam').click(message)
    expect(result.notice).toMatchObject({ error, text: 'Something went wrong. Please try again.' })
    expect([result.shown, result.card, teams.state.views]).toEqual([undefined, undefined, []])
  })

  test('sends any other invoke too', async () => {
    answer = () => ({ done: true })
    const result = await teams.as('sam').invoke('task/fetch', { data: 1 })
    expect(result).toMatchObject({ status: 200, body: { done: true } })
    expect(last()).toMatchObject({ type: 'invoke', name: 'task/fetch', value: { data: 1 } })
  })
})

describe('a card that refreshes', () => {
  const refreshing = (text: string, userIds?: string[]) =>
    withCard([says(text)], {
      refresh: {
        action: { type: 'Action.Execute', verb: 'refresh', data: { transfer: 'tr_1' } },
        ...(userIds && { userIds }),
      },
    })
  const firstText = ({ attachments: [first] }: TeamsMessage) =>
    ((first?.content as { body: Fields[] } | undefined)?.body ?? [])[0]?.text

  test('is fetched once for each version and person named in it, and seen by that person alone', async () => {
    const sam = teams.as('sam')
    const message = await write(refreshing('common', [sam.user.id]))
    let round = 0
    answer = () => asCard(`for sam ${++round}`)
    expect((await teams.as('dana').see()).map(firstText)).toEqual(['common'])
    expect(heard).toHaveLength(0)
    expect((await sam.see()).map((one) => [firstText(one), one.viewed])).toEqual([['for sam 1', true]])
    expect((await sam.see()).map(firstText)).toEqual(['for sam 1'])
    expect(last()).toMatchObject({
      replyToId: message.id,
      value: { action: { verb: 'refresh', data: { transfer: 'tr_1' } }, trigger: 'automatic' },
    })
    await write(refreshing('common again', [sam.user.id]), CHANNELS.data, message)
    expect(teams.state.views).toEqual([])
    expect((await sam.see()).map(firstText)).toEqual(['for sam 2'])
    expect(heard).toHaveLength(2)
  })

  test('has the button that only this person sees', async () => {
    const sam = teams.as('sam')
    const message = await write(refreshing('common', [sam.user.id]))
    const card = withCard([says('yours')], { actions: [execute('Approve')] }).attachments[0]?.content
    answer = () => ({ ...asCard(''), value: card })
    expect((await sam.refresh(message)).card).toEqual(card)
    await sam.click(message, { title: 'Approve' })
    expect(last()).toMatchObject({ value: { trigger: 'manual', action: { verb: 'approve' } } })
    await expect(teams.as('dana').click(message, { title: 'Approve' })).rejects.toThrow('there are: none')
    await expect(teams.as('dana').refresh(message)).rejects.toThrow('not refreshed for Dana Ito')
  })

  test('without names is fetched for everybody in a small place, and with none for nobody', async () => {
    answer = () => asCard('yours')
    await write(refreshing('common'))
    await teams.as('dana').see()
    expect(heard).toHaveLength(1)
    await write(refreshing('common', []), CHANNELS.dba)
    await teams.as('dana').see(CHANNELS.dba)
    expect(heard).toHaveLength(1)
  })
})

describe('the people around the bot', () => {
  test('install and remove it, and come and go', async () => {
    const kinds = (deliveries: { kind: string }[]) => deliveries.map((delivery) => delivery.kind)
    expect(kinds(await teams.control.uninstall('lee'))).toEqual(['installationUpdate remove'])
    expect(kinds(await teams.control.install('lee'))).toEqual(['installationUpdate add', 'conversationUpdate'])
    expect(kinds(await teams.control.installed(CHANNELS.dba, 'add-upgrade'))).toEqual([
      'installationUpdate add-upgrade',
    ])
    expect(kinds(await teams.control.uninstall(CHANNELS.dba))).toEqual([
      'installationUpdate remove',
      'conversationUpdate',
    ])
    expect(last()).toMatchObject({
      membersRemoved: [{ id: `28:${teams.appId}` }],
      conversation: { id: CHANNELS.data, conversationType: 'channel' },
      channelData: { eventType: 'teamMemberRemoved', team: { id: CHANNELS.data } },
    })
    await expect(write({ text: 'x' })).rejects.toThrow('BotNotInConversationRoster')
    expect(kinds(await teams.control.addMember(MEETING, 'lee'))).toEqual(['conversationUpdate'])
    expect(last()).toMatchObject({ membersAdded: [{ aadObjectId: PEOPLE.lee }] })
  })
})

describe('what is on screen', () => {
  test('reads as plain text', async () => {
    const mentioned = { id: PEOPLE.sam, name: 'Sam Okafor' }
    const body = [
      { ...says('**Export** of orders\\_db for <at>Sam Okafor</at>'), weight: 'Bolder' },
      {
        type: 'FactSet',
        facts: [{ title: 'Until', value: '{{DATE(2026-11-25T10:30:00Z,SHORT)}} {{TIME(2026-11-25T10:30:00Z)}}' }],
      },
    ]
    const msteams = { entities: [{ type: 'mention', text: '<at>Sam Okafor</at>', mentioned }] }
    const message = await write(withCard(body, { actions: [execute('Approve'), denyForm], msteams }))
    expect(renderMessage(message, teams.state)).toBe(
      [
        'Drawbridge',
        '  Export of orders_db for @Sam Okafor',
        '  - Until 2026-11-25 10:30 UTC',
        '  [ Approve ]  [ Deny ]',
        '    Deny opens:',
        '      Why *: [________]',
        '      [ Send denial ]',
      ].join('\n'),
    )
  })

  test('can be had from a terminal', async () => {
    const control = async (path: string, body?: Fields) => {
      const init = body ? { method: 'POST', body: JSON.stringify(body) } : {}
      return (await fetch(`${teams.url}/__control/${path}`, init)).text()
    }
    await control('say', { user: 'dana', text: 'export orders' })
    expect(await control('see?user=sam')).toContain('Dana Ito\n  @Drawbridge export orders')
    expect(JSON.parse(await control('state?key=messages'))).toMatchObject({
      messages: [{ rootId: expect.any(String) }],
    })
    expect(await control('say', { user: 'nobody' })).toContain('There is nobody called nobody')
  })

  test('is waited for', async () => {
    const soon = teams.until((state) => state.messages.find((message) => message.text === 'at last'))
    await write({ text: 'at last' })
    expect((await soon).from).toBe(`28:${teams.appId}`)
    await expect(teams.until(() => false, 5)).rejects.toThrow(
      'Teams did not come to that within 5 ms; last calls: send 201',
    )
  })
})
