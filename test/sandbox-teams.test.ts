import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  APP,
  CHANNELS,
  type Fields,
  FOREIGN_TENANT,
  HOME_TENANT,
  MEETING,
  PEOPLE,
  startTeamsSandbox,
  TEAMS,
  type TeamsSandbox,
} from '../sandbox/teams/index.ts'

let teams: TeamsSandbox
let token: string

beforeAll(async () => {
  teams = await startTeamsSandbox()
  token = String((await askToken()).body.access_token)
})
afterAll(() => teams.close())
afterEach(() => teams.control.reset())

type Answer = { status: number; body: Fields; headers: Headers }

async function read(response: Response): Promise<Answer> {
  const text = await response.text()
  return { status: response.status, body: text ? (JSON.parse(text) as Fields) : {}, headers: response.headers }
}

async function askToken(change: Record<string, string> = {}, tenant = HOME_TENANT): Promise<Answer> {
  const form = {
    grant_type: 'client_credentials',
    client_id: teams.appId,
    client_secret: teams.appPassword,
    scope: 'https://api.botframework.com/.default',
    ...change,
  }
  const url = `${teams.url}/${tenant}/oauth2/v2.0/token`
  return read(await fetch(url, { method: 'POST', body: new URLSearchParams(form) }))
}

async function call(method: string, path: string, body?: unknown, authorization = `Bearer ${token}`): Promise<Answer> {
  const headers = { authorization, 'content-type': 'application/json' }
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
  return read(await fetch(`${teams.serviceUrl}v3/${path}`, init))
}

const post = (conversation: string, activity: Fields, query = '') =>
  call('POST', `conversations/${encodeURIComponent(conversation)}/activities${query}`, { type: 'message', ...activity })

const at = (conversation: string, id: string) => `conversations/${encodeURIComponent(conversation)}/activities/${id}`

const refused = ({ status, body }: Answer) => [status, (body.error as Fields | undefined)?.code]

const withCard = (card: Fields) => ({
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      content: { type: 'AdaptiveCard', version: '1.5', ...card },
    },
  ],
})

describe('the token endpoint', () => {
  test('gives a token to the app, and answers mistakes as Entra does', async () => {
    expect((await askToken()).body).toMatchObject({ token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599 })
    const wrong = await askToken({ client_secret: 'guess' })
    expect(wrong.status).toBe(401)
    expect(wrong.body).toMatchObject({
      error: 'invalid_client',
      error_codes: [7000215],
      error_description: expect.stringMatching(/^AADSTS7000215: Invalid client secret provided\..* Trace ID: /),
    })
    const codes = [
      await askToken({ client_secret: '' }),
      await askToken({ client_id: PEOPLE.dana }),
      await askToken({}, FOREIGN_TENANT),
      await askToken({}, PEOPLE.dana),
      await askToken({ scope: 'https://api.botframework.com' }),
      await askToken({ scope: 'https://vault.azure.net/.default' }),
      await askToken({ grant_type: 'password' }),
      await askToken({ grant_type: '' }),
    ].map(({ status, body }) => [status, body.error, (body.error_codes as number[])[0]])
    expect(codes).toEqual([
      [401, 'invalid_client', 7000216],
      [400, 'unauthorized_client', 700016],
      [400, 'unauthorized_client', 700016],
      [400, 'invalid_request', 90002],
      [400, 'invalid_scope', 1002012],
      [400, 'invalid_resource', 500011],
      [400, 'unsupported_grant_type', 70003],
      [400, 'invalid_request', 900144],
    ])
    expect(JSON.stringify(teams.state.calls)).not.toContain(teams.appPassword)
  })

  test('has its tokens checked by the Bot Connector, until they expire', async () => {
    const strangers = ['', 'Bearer nonsense', `Bearer ${await teams.token()}`]
    for (const authorization of strangers) {
      expect(refused(await call('GET', `teams/${TEAMS.data}`, undefined, authorization))).toEqual([401, 'Unauthorized'])
    }
    expect((await call('GET', `teams/${TEAMS.data}`)).status).toBe(200)
    teams.control.expireTokens()
    expect((await call('GET', `teams/${TEAMS.data}`)).status).toBe(401)
    token = String((await askToken()).body.access_token)
  })

  test('stands beside the keys that inbound tokens are signed with', async () => {
    const config = await read(await fetch(`${teams.url}/v1/.well-known/openidconfiguration`))
    expect(config.body.issuer).toBe('https://api.botframework.com')
    const keys = (await read(await fetch(String(config.body.jwks_uri)))).body.keys as Fields[]
    expect(keys.map(({ kty, e, endorsements }) => [kty, e, (endorsements as string[]).includes('msteams')])).toEqual([
      ['RSA', 'AQAB', true],
      ['RSA', 'AQAB', false],
    ])
  })
})

describe('a conversation', () => {
  const create = (body: Fields) => call('POST', 'conversations', body)
  const activity = { type: 'message', text: 'hello' }

  test('starts as a root post in a channel', async () => {
    const channelData = { channel: { id: CHANNELS.data } }
    const { status, body } = await create({ isGroup: true, channelData, activity })
    expect(status).toBe(201)
    expect(body).toEqual({ id: `${CHANNELS.data};messageid=${body.activityId}`, activityId: body.activityId })
    const inChannel = (id: string) => create({ isGroup: true, channelData: { channel: { id } }, activity })
    expect(refused(await inChannel(CHANNELS.secret))).toEqual([403, 'BotNotInConversationRoster'])
    expect(refused(await inChannel('19:nowhere@thread.tacv2'))).toEqual([404, 'ConversationNotFound'])
    expect(refused(await create({ isGroup: true, channelData }))).toEqual([400, 'BadSyntax'])
    expect(refused(await create({ isGroup: true, members: [{ id: PEOPLE.dana }] }))).toEqual([400, 'BadSyntax'])
  })

  test('with a person is always the same, and needs their tenant and the app at their side', async () => {
    const chat = (id: string, more: Fields = { tenantId: HOME_TENANT }) => create({ members: [{ id }], ...more })
    const first = await chat(PEOPLE.dana)
    const second = await chat(teams.as('dana').user.id, { channelData: { tenant: { id: HOME_TENANT } } })
    expect([first.status, second.status]).toEqual([201, 201])
    expect(second.body).toEqual(first.body)
    expect(first.body.id).toMatch(/^a:1/)
    expect(refused(await chat(PEOPLE.dana, {}))).toEqual([400, 'BadSyntax'])
    expect(refused(await chat(PEOPLE.stranger))).toEqual([400, 'BadSyntax'])
    expect(refused(await chat('dana@contoso.example'))).toEqual([400, 'BadSyntax'])
    expect(refused(await chat('29:1nobody'))).toEqual([400, 'MemberNotFoundInConversation'])
    await teams.control.uninstall('sam')
    expect(refused(await chat(PEOPLE.sam))).toEqual([403, 'ForbiddenOperationException'])
    teams.control.block('dana')
    const blocked = [await chat(PEOPLE.dana), await post(String(first.body.id), { text: 'psst' })]
    for (const { status, body } of blocked) {
      expect([status, body.errorCode]).toEqual([403, 209])
      expect(JSON.parse(String(body.message))).toMatchObject({ subCode: 'MessageWritesBlocked' })
    }
  })

  test('has threads in channels alone', async () => {
    const root = String((await post(CHANNELS.data, { text: 'root' })).body.id)
    const named = await post(`${CHANNELS.data};messageid=${root}`, { text: 'named' })
    const replied = await call('POST', at(CHANNELS.data, root), activity)
    const chain = teams.state.messages.filter((message) => message.rootId === root).map((message) => message.id)
    expect(chain).toEqual([root, named.body.id, replied.body.id])
    expect((await post(CHANNELS.data, { text: 'another' })).body.id).not.toBe(root)
    expect(refused(await post(`${CHANNELS.data};messageid=1`, activity))).toEqual([
      404,
      'ActivityNotFoundInConversation',
    ])
    await post(MEETING, activity)
    expect(teams.state.messages.at(-1)?.rootId).toBeUndefined()
  })

  test('lets the bot change and delete what it wrote, and nothing else', async () => {
    const { message } = await teams.as('dana').say('mine', { mention: false })
    const own = String((await post(CHANNELS.data, { text: 'first', summary: 's' })).body.id)
    const changed = await call('PUT', at(`${CHANNELS.data};messageid=${own}`, own), { type: 'message', text: 'second' })
    expect([changed.status, changed.body]).toEqual([200, { id: own }])
    expect(teams.state.messages.at(-1)).toMatchObject({
      text: 'second',
      edits: [{ text: 'first' }, { text: 'second' }],
    })
    expect(teams.state.messages.at(-1)?.summary).toBeUndefined()
    const gone = [404, 'ActivityNotFoundInConversation']
    expect(refused(await call('PUT', at(CHANNELS.data, message.id), activity))).toEqual(gone)
    expect(refused(await call('DELETE', at(CHANNELS.dba, own)))).toEqual(gone)
    expect((await call('DELETE', at(CHANNELS.data, own))).status).toBe(200)
    expect(refused(await call('PUT', at(CHANNELS.data, own), activity))).toEqual(gone)
    expect(refused(await call('DELETE', at(CHANNELS.data, own)))).toEqual(gone)
  })

  test('shows a targeted message to one person, outside of threads', async () => {
    const query = '?isTargetedActivity=true'
    const recipient = { id: teams.as('sam').user.id }
    const { status, body } = await post(`${CHANNELS.data};messageid=1`, { text: 'you only', recipient }, query)
    expect(status).toBe(201)
    expect(await textsFor('sam')).toEqual(['you only'])
    expect(await textsFor('dana')).toEqual([])
    expect(teams.state.messages.at(-1)?.rootId).toBeUndefined()
    const id = at(CHANNELS.data, String(body.id))
    expect((await call('PUT', id, activity)).status).toBe(404)
    expect((await call('PUT', id + query, activity)).status).toBe(200)
    expect((await call('DELETE', id + query)).status).toBe(200)
    expect(refused(await post(CHANNELS.data, activity, query))).toEqual([400, 'BadArgument'])
  })

  test('answers who is there', async () => {
    const path = `conversations/${encodeURIComponent(`${MEETING};messageid=1`)}`
    const all = await call('GET', `${path}/members`)
    expect(Object.values(all.body).map((one) => (one as Fields).name)).toEqual(['Dana Ito', 'Sam Okafor', 'Rio Costa'])
    const dana = (await call('GET', `${path}/members/${PEOPLE.dana}`)).body
    expect(dana).toEqual({
      id: teams.as('dana').user.id,
      name: 'Dana Ito',
      givenName: 'Dana',
      surname: 'Ito',
      email: 'dana@contoso.example',
      userPrincipalName: 'dana@contoso.example',
      tenantId: HOME_TENANT,
      userRole: 'user',
      objectId: PEOPLE.dana,
      aadObjectId: PEOPLE.dana,
    })
    expect((await call('GET', `${path}/members/${encodeURIComponent(String(dana.id))}`)).body).toEqual(dana)
    expect(refused(await call('GET', `${path}/members/${PEOPLE.lee}`))).toEqual([404, 'MemberNotFoundInConversation'])
    expect(refused(await call('GET', `${path}/members/dana`))).toEqual([404, 'MemberNotFoundInConversation'])
    expect(refused(await call('GET', `conversations/${CHANNELS.secret}/pagedmembers`))).toEqual([
      403,
      'BotNotInConversationRoster',
    ])
    expect(refused(await call('GET', `teams/${TEAMS.secret}`))).toEqual([403, 'BotNotInConversationRoster'])
    expect(refused(await call('GET', 'conversations/19:nowhere/members'))).toEqual([404, 'ConversationNotFound'])
  })

  const textsFor = async (name: string) => (await teams.as(name).see()).map((message) => message.text)
})

describe('a message', () => {
  test.each<[string, Fields, string]>([
    ['another type', { type: 'Card' }, 'card.type must be AdaptiveCard'],
    ['a version that Teams does not know', { version: '1.6' }, 'card.version must be 1.0 to 1.5'],
    ['a number for text', { body: [{ type: 'TextBlock', text: 3 }] }, 'card.body[0].text must be a string'],
    ['a text block without text', { body: [{ type: 'TextBlock' }] }, 'card.body[0].text is missing'],
    ['an unknown element', { body: [{ type: 'Header' }] }, 'card.body[0].type Header is not a known element'],
    ['an action as element', { body: [{ type: 'Action.Submit' }] }, 'is not a known element'],
    ['an unknown action', { actions: [{ type: 'Action.Http' }] }, 'card.actions[0].type Action.Http'],
    ['a fact without value', { body: [{ type: 'FactSet', facts: [{ title: 'a' }] }] }, 'facts[0].value is missing'],
    ['a wrong colour', { body: [{ type: 'TextBlock', text: 'a', color: 'red' }] }, 'color must be one of default'],
    ['an input without id', { body: [{ type: 'Input.Text' }] }, 'card.body[0].id is missing'],
    [
      'a wrong card in a button',
      { actions: [{ type: 'Action.ShowCard', card: { type: 'AdaptiveCard', body: [{ type: 'Image' }] } }] },
      'card.actions[0].card.body[0].url is missing',
    ],
    ['a refresh without an action', { refresh: { userIds: [] } }, 'card.refresh.action must be an Action.Execute'],
    ['a mention without entity', { body: [{ type: 'TextBlock', text: '<at>Sam</at>' }] }, '<at>Sam</at> without'],
    [
      'a mention of nobody',
      {
        body: [{ type: 'TextBlock', text: '<at>Sam</at>' }],
        msteams: { entities: [{ type: 'mention', text: '<at>Sam</at>', mentioned: { id: 'sam', name: 'Sam' } }] },
      },
      'mentioned.id sam is nobody',
    ],
    [
      'two fields of one id, one of them unfolding',
      {
        body: [{ type: 'Input.Text', id: 'why' }],
        actions: [{ type: 'Action.ShowCard', title: 'No', card: { body: [{ type: 'Input.Text', id: 'why' }] } }],
      },
      'card has the id why twice',
    ],
    [
      'an entity without mention',
      { msteams: { entities: [{ type: 'mention', text: '<at>S</at>', mentioned: { id: PEOPLE.sam, name: 'S' } }] } },
      'is nowhere in the card',
    ],
  ])('with a card that has %s is refused', async (_what, card, reason) => {
    const { status, body } = await post(CHANNELS.data, withCard(card))
    expect([status, body.error]).toMatchObject([400, { code: 'BadArgument', message: expect.stringContaining(reason) }])
    expect(teams.state.messages).toEqual([])
  })

  test('with every kind of element is taken', async () => {
    const mentioned = { id: PEOPLE.sam, name: 'Sam Okafor' }
    const columns = [{ type: 'Column', width: 'stretch', items: [{ type: 'TextBlock', text: 'b', weight: 'Bolder' }] }]
    const card = {
      body: [
        {
          type: 'Container',
          style: 'emphasis',
          items: [{ type: 'TextBlock', text: '<at>Sam</at> {{DATE(2026-11-25T10:00:00Z)}}' }],
        },
        { type: 'ColumnSet', columns },
        { type: 'RichTextBlock', inlines: ['a', { type: 'TextRun', text: '<at>nobody</at>', fontType: 'Monospace' }] },
        { type: 'FactSet', facts: [{ title: 'From', value: 'orders' }] },
        { type: 'Input.Text', id: 'reason', label: 'Why', isRequired: true, errorMessage: 'Say why' },
        { type: 'Input.ChoiceSet', id: 'pick', choices: [{ title: 'A', value: 'a' }] },
        { type: 'ActionSet', actions: [{ type: 'Action.OpenUrl', title: 'Open', url: 'https://example.com' }] },
      ],
      refresh: { action: { type: 'Action.Execute', verb: 'refresh' }, userIds: [teams.as('sam').user.id] },
      msteams: { width: 'Full', entities: [{ type: 'mention', text: '<at>Sam</at>', mentioned }] },
    }
    expect((await post(CHANNELS.data, withCard(card))).status).toBe(201)
  })

  test('that is too large, empty, or nothing that Teams knows is refused', async () => {
    expect(refused(await post(CHANNELS.data, { text: 'x'.repeat(52_000) }))).toEqual([413, 'MessageSizeTooBig'])
    expect((await post(CHANNELS.data, { text: 'x'.repeat(50_000) })).status).toBe(201)
    const large = withCard({ body: [{ type: 'TextBlock', text: 'x'.repeat(28 * 1024) }] })
    expect(refused(await post(CHANNELS.data, large))).toEqual([413, 'MessageSizeTooBig'])
    expect(refused(await post(CHANNELS.data, {}))).toEqual([400, 'BadSyntax'])
    expect(refused(await post(CHANNELS.data, { type: 'trace', text: 'x' }))).toEqual([400, 'BadSyntax'])
    expect(refused(await call('POST', `conversations/${MEETING}/activities`, ['x']))).toEqual([400, 'BadSyntax'])
    expect((await post(CHANNELS.data, { type: 'typing' })).status).toBe(202)
    expect(teams.state.messages).toHaveLength(1)
  })
})

describe('limits', () => {
  test('are those of Teams for each conversation, and pass with time', async () => {
    const clock = { now: Date.now() }
    const slow = await startTeamsSandbox({ rateLimits: 'real', now: () => clock.now, appPassword: teams.appPassword })
    const form = { client_id: APP.id, client_secret: slow.appPassword, grant_type: 'client_credentials' }
    const body = new URLSearchParams({ ...form, scope: 'https://api.botframework.com/.default' })
    const issued = await fetch(`${slow.url}/${HOME_TENANT}/oauth2/v2.0/token`, { method: 'POST', body })
    const headers = { authorization: `Bearer ${((await issued.json()) as Fields).access_token}` }
    const send = async (conversation: string) => {
      const message = JSON.stringify({ type: 'message', text: 'x' })
      const url = `${slow.serviceUrl}v3/conversations/${conversation}/activities`
      return fetch(url, { method: 'POST', headers, body: message })
    }
    const statuses = async (count: number) => {
      const all: number[] = []
      for (let n = 0; n < count; n += 1) all.push((await send(CHANNELS.data)).status)
      return all
    }
    expect(await statuses(8)).toEqual([201, 201, 201, 201, 201, 201, 201, 429])
    const throttled = await send(CHANNELS.data)
    expect([throttled.headers.get('retry-after'), refused(await read(throttled))]).toEqual(['1', [429, 'Throttled']])
    expect((await send(CHANNELS.dba)).status).toBe(201)
    clock.now += 999
    expect(await statuses(1)).toEqual([429])
    clock.now += 1
    expect(await statuses(2)).toEqual([201, 429])
    clock.now += 2000
    expect(await statuses(1)).toEqual([201])
    await slow.close()
  })
})

describe('a fault', () => {
  const sent = () => teams.state.messages.map((message) => message.text)

  test('answers as Teams words it, for the calls that fit, as often as told', async () => {
    const fault = teams.control.fault({ match: { method: 'send', text: /orders/ }, times: 2, action: { status: 429 } })
    expect((await post(CHANNELS.data, { text: 'users' })).status).toBe(201)
    const hit = await post(CHANNELS.data, withCard({ body: [{ type: 'TextBlock', text: 'orders' }] }))
    expect([...refused(hit), hit.headers.get('retry-after')]).toEqual([429, 'Throttled', '1'])
    expect((await post(MEETING, { text: 'orders' })).status).toBe(429)
    expect((await post(MEETING, { text: 'orders' })).status).toBe(201)
    expect(fault.hits).toBe(2)
    for (const status of [412, 502, 504]) {
      teams.control.fault({ match: { conversation: `${MEETING};messageid=1` }, action: { status } })
      expect((await post(CHANNELS.data, { text: 'elsewhere' })).status).toBe(201)
      expect((await post(MEETING, { text: 'here' })).status).toBe(status)
    }
    teams.control.fault({ match: { method: 'token' }, action: { status: 503, body: 'away' } })
    await expect(askToken()).rejects.toThrow()
  })

  test('loses the answer before or after the work', async () => {
    teams.control.fault({ action: 'reset' })
    await expect(post(CHANNELS.data, { text: 'lost' })).rejects.toThrow()
    expect(sent()).toEqual([])
    teams.control.fault({ action: 'accept-then-reset' })
    await expect(post(CHANNELS.data, { text: 'twice?' })).rejects.toThrow()
    teams.control.fault({ action: 'accept-then-status' })
    expect((await post(CHANNELS.data, { text: 'perhaps' })).status).toBe(504)
    teams.control.fault({ action: { hang: 40 } })
    const started = performance.now()
    await post(CHANNELS.data, { text: 'late' })
    expect(performance.now() - started).toBeGreaterThan(35)
    expect(sent()).toEqual(['twice?', 'perhaps', 'late'])
    expect(teams.state.calls.map((one) => one.status)).toEqual([0, 0, 504, 201])
  })

  test('takes Teams down, by resets or by a closed port', async () => {
    const fault = teams.control.fault({ action: 'down' })
    await expect(post(CHANNELS.data, { text: 'x' })).rejects.toThrow()
    fault.lift()
    await teams.control.down()
    await expect(post(CHANNELS.data, { text: 'x' })).rejects.toThrow()
    await teams.control.up()
    expect((await post(CHANNELS.data, { text: 'x' })).status).toBe(201)
  })

  test('is not needed to stop a call at a moment', async () => {
    const moments: string[] = []
    const stop = teams.onRequest(({ phase, method, conversation, activity }) => {
      moments.push(`${phase} ${method} ${conversation} ${activity?.text} ${sent().length}`)
    })
    const channelData = { channel: { id: CHANNELS.dba } }
    await call('POST', 'conversations', { isGroup: true, channelData, activity: { type: 'message', text: 'hi' } })
    stop()
    await post(CHANNELS.data, { text: 'unheard' })
    expect(moments).toEqual([`before create ${CHANNELS.dba} hi 0`, `after create ${CHANNELS.dba} hi 1`])
    expect(teams.state.calls.map((one) => [one.method, one.conversation])).toEqual([
      ['create', CHANNELS.dba],
      ['send', CHANNELS.data],
    ])
  })
})
