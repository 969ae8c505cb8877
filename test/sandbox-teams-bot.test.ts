import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import {
  type Activity,
  ActivityHandler,
  CardFactory,
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  type ConversationReference,
  type InvokeResponse,
  MessageFactory,
  TeamsInfo,
  TurnContext,
} from 'botbuilder'
import { ServiceClientCredentialsFactory } from 'botframework-connector'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { CHANNELS, HOME_TENANT, KEY_IDS, PEOPLE, startTeamsSandbox, type TeamsSandbox } from '../sandbox/teams/index.ts'

const audience = 'https://api.botframework.com'
let teams: TeamsSandbox
let server: Server
let adapter: CloudAdapter
let heard: Partial<Activity>[] = []
let answer: (context: TurnContext) => Promise<unknown> = async () => undefined
let invoked: (context: TurnContext) => Promise<InvokeResponse> = async () => ({ status: 200 })

/** The bot of these tests: writes down what it hears, and does what the test says. */
class Bot extends ActivityHandler {
  constructor() {
    super()
    this.onMessage((context) => hear(context))
    this.onConversationUpdate((context) => hear(context))
    this.onInstallationUpdate((context) => hear(context))
  }
  protected override async onInvokeActivity(context: TurnContext): Promise<InvokeResponse> {
    heard.push(context.activity)
    return invoked(context)
  }
}

async function hear(context: TurnContext): Promise<void> {
  heard.push(context.activity)
  await answer(context)
}

/** Fetches tokens from the sandbox: MSAL refuses to talk to anything but https. */
class SandboxCredentials extends ServiceClientCredentialsFactory {
  isValidAppId = async (id: string) => id === teams.appId
  isAuthenticationDisabled = async () => false
  createCredentials = async () => ({
    signRequest: async <T extends { headers: { set(name: string, value: string): void } }>(request: T): Promise<T> => {
      request.headers.set('authorization', `Bearer ${await fetchToken()}`)
      return request
    },
  })
}

async function fetchToken(): Promise<string> {
  const form = {
    grant_type: 'client_credentials',
    client_id: teams.appId,
    client_secret: teams.appPassword,
    scope: `${audience}/.default`,
  }
  const url = `${teams.url}/${teams.tenantId}/oauth2/v2.0/token`
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form) })
  return ((await response.json()) as { access_token: string }).access_token
}

beforeAll(async () => {
  // The SDK tells the console of every request that it refuses.
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  teams = await startTeamsSandbox({ invokeWithinMs: 300, messageWithinMs: 2000 })
  const authentication = new ConfigurationBotFrameworkAuthentication(
    {
      MicrosoftAppId: teams.appId,
      MicrosoftAppTenantId: teams.tenantId,
      ToChannelFromBotLoginUrl: `${teams.url}/${teams.tenantId}`,
      ToChannelFromBotOAuthScope: audience,
      ToBotFromChannelTokenIssuer: audience,
      OAuthUrl: teams.url,
      ToBotFromChannelOpenIdMetadataUrl: `${teams.url}/v1/.well-known/openidconfiguration`,
      ToBotFromEmulatorOpenIdMetadataUrl: `${teams.url}/v1/.well-known/openidconfiguration`,
      CallerId: '',
    },
    new SandboxCredentials() as unknown as ServiceClientCredentialsFactory,
  )
  adapter = new CloudAdapter(authentication)
  adapter.onTurnError = async (_context, error) => {
    throw error
  }
  const bot = new Bot()
  server = createServer((request, response) => void receive(bot, request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await teams.close()
  vi.restoreAllMocks()
})
beforeEach(() => {
  heard = []
  answer = async () => undefined
  invoked = async () => ({ status: 200 })
  teams.control.deliverTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/messages`)
})
afterEach(() => teams.control.reset())

async function receive(bot: Bot, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const res = {
    socket: null,
    status: (code: number) => {
      response.statusCode = code
    },
    header: (name: string, value: string) => response.setHeader(name, value),
    send: (body: unknown) => response.write(typeof body === 'string' ? body : JSON.stringify(body)),
    end: () => response.end(),
  }
  const req = Object.assign(request, { body: (await json(request)) as Record<string, unknown> })
  await adapter.process(req as never, res as never, (context) => bot.run(context))
}

const card = (text: string, more: object = {}) =>
  CardFactory.adaptiveCard({
    type: 'AdaptiveCard',
    version: '1.5',
    body: [{ type: 'TextBlock', text }],
    actions: [
      {
        type: 'Action.Execute',
        title: 'Approve',
        verb: 'approve',
        data: { transfer: 'tr_1' },
        fallback: { type: 'Action.Submit', title: 'Approve', data: { transfer: 'tr_1', verb: 'approve' } },
      },
    ],
    ...more,
  })

/** Dana mentions the bot, and the bot keeps where that was. */
async function reference(): Promise<Partial<ConversationReference>> {
  await teams.as('dana').say('hello')
  return TurnContext.getConversationReference(heard.at(-1) ?? {})
}

const continueAt = (where: Partial<ConversationReference>, logic: (context: TurnContext) => Promise<void>) =>
  adapter.continueConversationAsync(teams.appId, where, logic)

async function failureOf(work: Promise<unknown>): Promise<{ statusCode?: number; code?: string; message: string }> {
  return work.then(
    () => Promise.reject(new Error('it went well')),
    (error) => error as { statusCode?: number; code?: string; message: string },
  )
}

describe('a bot of the real SDK', () => {
  test('hears a mention with the fields of Teams, and answers in its thread', async () => {
    answer = async (context) => void (await context.sendActivity('on it'))
    const { message, delivery } = await teams.as('dana').say('export orders & <all>')
    expect(delivery).toMatchObject({ status: 200, kind: 'message' })
    expect(heard[0]).toMatchObject({
      text: '<at>Drawbridge</at>&nbsp;export orders &amp; &lt;all&gt;',
      textFormat: 'plain',
      channelId: 'msteams',
      serviceUrl: teams.serviceUrl,
      from: { id: teams.as('dana').user.id, name: 'Dana Ito', aadObjectId: PEOPLE.dana },
      recipient: { id: `28:${teams.appId}`, name: 'Drawbridge' },
      conversation: {
        id: `${CHANNELS.data};messageid=${message.id}`,
        conversationType: 'channel',
        isGroup: true,
        tenantId: HOME_TENANT,
      },
      channelData: { tenant: { id: HOME_TENANT }, channel: { id: CHANNELS.data }, team: { id: CHANNELS.data } },
    })
    expect(heard[0]?.localTimestamp).toBeInstanceOf(Date)
    const replies = teams.state.messages.filter((m) => m.rootId === message.id && m.from.startsWith('28:'))
    expect(replies.map((m) => m.text)).toEqual(['on it'])
    expect(teams.state.calls.filter((c) => c.method === 'reply').map((c) => c.status)).toEqual([201])
  })

  test('posts anew in the channel, then updates and deletes what it posted', async () => {
    const where = await reference()
    const posted: string[] = []
    const parameters = {
      isGroup: true,
      channelData: { channel: { id: CHANNELS.dba } },
      activity: MessageFactory.attachment(card('please decide')) as Activity,
      bot: { id: `28:${teams.appId}`, name: 'Drawbridge' },
    }
    const serviceUrl = where.serviceUrl ?? ''
    await adapter.createConversationAsync(
      teams.appId,
      'msteams',
      serviceUrl,
      audience,
      parameters as never,
      async (context) => {
        posted.push(context.activity.conversation.id)
      },
    )
    const [root] = teams.state.messages.filter((m) => m.conversation === CHANNELS.dba)
    expect(posted).toEqual([`${CHANNELS.dba};messageid=${root?.id}`])
    await continueAt({ ...where, conversation: { id: posted[0] } as never, activityId: '' }, async (context) => {
      await context.sendActivity('in the thread')
      await context.updateActivity({ id: root?.id ?? '', ...MessageFactory.attachment(card('decided')) })
      expect(teams.state.messages.filter((m) => m.rootId === root?.id).map((m) => m.text)).toEqual([
        '',
        'in the thread',
      ])
      await context.deleteActivity(root?.id ?? '')
    })
    expect(root?.edits).toHaveLength(2)
    expect(root?.deleted).toBe(true)
  })

  test('opens the personal chat with somebody by object id, the same one each time', async () => {
    const where = await reference()
    const ids: string[] = []
    const open = (id: string) =>
      adapter.createConversationAsync(
        teams.appId,
        'msteams',
        where.serviceUrl ?? '',
        audience,
        { isGroup: false, members: [{ id }], tenantId: HOME_TENANT, bot: where.bot } as never,
        async (context) => {
          ids.push(context.activity.conversation.id)
          await context.sendActivity('a word in private')
        },
      )
    await open(PEOPLE.sam)
    await open(teams.as('sam').user.id)
    expect(ids[0]).toMatch(/^a:1/)
    expect(ids[1]).toBe(ids[0])
    const seen = await teams.as('sam').see(ids[0])
    expect(seen.map((m) => m.text)).toEqual(['a word in private', 'a word in private'])
    void teams.control.uninstall('lee')
    expect(await failureOf(open(PEOPLE.lee))).toMatchObject({ statusCode: 403, code: 'ForbiddenOperationException' })
  })

  test('looks up members, the team and its channels', async () => {
    answer = async (context) => {
      const guest = await TeamsInfo.getMember(context, PEOPLE.guest)
      const { members } = await TeamsInfo.getPagedMembers(context)
      const team = await TeamsInfo.getTeamDetails(context)
      const channels = await TeamsInfo.getTeamChannels(context)
      const nobody = await failureOf(TeamsInfo.getMember(context, '29:1nobody'))
      Object.assign(found, { guest, names: members.map((m) => m.name), team, channels, nobody: nobody.code })
    }
    const found: Record<string, unknown> = {}
    await teams.as('dana').say('who is here')
    expect(found).toMatchObject({
      guest: { aadObjectId: PEOPLE.guest, userRole: 'guest', tenantId: HOME_TENANT, userPrincipalName: /#EXT#/ },
      team: { id: CHANNELS.data, name: 'Data platform', channelCount: 2 },
      channels: [
        { id: CHANNELS.data, name: null },
        { id: CHANNELS.dba, name: 'dba-approvals' },
      ],
      nobody: 'MemberNotFoundInConversation',
    })
    expect(found.names).toContain('Stella Stranger')
  })

  test('waits as long as a throttled call says, and meets faults and refusals as errors', async () => {
    const where = await reference()
    const send = () => continueAt(where, async (context) => void (await context.sendActivity('more')))
    teams.control.rateLimits({ write: [{ calls: 1, seconds: 1 }], read: [], tenant: [] })
    await send()
    await send()
    const replies = teams.state.calls.filter((call) => call.method === 'reply')
    expect(replies.map(({ status, error }) => error ?? status)).toEqual([201, 'Throttled', 201])
    teams.control.rateLimits('off')
    teams.control.fault({ match: { method: 'reply', text: 'more' }, action: { status: 412 } })
    expect(await failureOf(send())).toMatchObject({ statusCode: 412, code: 'PreconditionFailed' })
    await send()
    teams.control.conversation(CHANNELS.data, { installed: false })
    expect(await failureOf(send())).toMatchObject({ statusCode: 403, code: 'BotNotInConversationRoster' })
  })

  test('tells nobody but the person of a targeted command, and hears which one it is', async () => {
    const { message } = await teams.as('dana').say('export orders', { targeted: true })
    expect(heard[0]).toMatchObject({
      text: '/export orders',
      recipient: { isTargeted: true },
      conversation: { id: CHANNELS.data },
    })
    expect((await teams.as('dana').see()).map((m) => m.id)).toEqual([message.id])
    expect(await teams.as('sam').see()).toEqual([])
  })

  test('is told of installations and members', async () => {
    const updates = await teams.control.installed('sam')
    expect(updates.map((d) => [d.kind, d.status])).toEqual([
      ['installationUpdate add', 200],
      ['conversationUpdate', 200],
    ])
    expect(heard[1]).toMatchObject({ membersAdded: [{ id: `28:${teams.appId}` }] })
    await teams.control.removeMember(CHANNELS.data, 'rio')
    expect(heard.at(-1)).toMatchObject({
      membersRemoved: [{ aadObjectId: PEOPLE.rio }],
      channelData: { eventType: 'teamMemberRemoved' },
    })
  })
})

describe('what the SDK lets in', () => {
  test('only tokens that Teams signed for this bot', async () => {
    const now = Math.floor(Date.now() / 1000)
    const tokens = {
      none: '',
      good: await teams.token(),
      audience: await teams.token({ aud: PEOPLE.dana }),
      issuer: await teams.token({ iss: 'https://sts.windows.net/evil/' }),
      expired: await teams.token({ nbf: now - 7200, exp: now - 3600 }),
      elsewhere: await teams.token({ serviceurl: 'https://smba.trafficmanager.net/emea/' }),
      unendorsed: await teams.token({ kid: KEY_IDS.webchat }),
      unknown: await teams.token({ kid: 'nobody' }),
      confused: await teams.token({ alg: 'HS256' }),
      foreign: await teams.token({ key: 'foreign' }),
    }
    const statuses: Record<string, number | undefined> = {}
    for (const [name, token] of Object.entries(tokens)) {
      statuses[name] = (await teams.as('dana').say('let me in', { token })).delivery?.status
    }
    const { good, confused, foreign, ...refused } = statuses
    expect(good).toBe(200)
    expect([confused, foreign]).toEqual([500, 500])
    expect(new Set(Object.values(refused))).toEqual(new Set([401]))
    expect(heard).toHaveLength(1)
  })
})

describe('a click', () => {
  const post = async () => {
    const where = await reference()
    await continueAt(
      where,
      async (context) => void (await context.sendActivity(MessageFactory.attachment(card('decide')))),
    )
    const message = teams.state.messages.at(-1)
    if (!message) throw new Error('nothing was posted')
    return message
  }
  const reply = (statusCode: number, type: string, value: unknown, status = 200) => {
    invoked = async () => ({ status, body: { statusCode, type, value } })
  }

  test('reaches the bot with what the button holds, and shows the answer', async () => {
    const message = await post()
    reply(200, 'application/vnd.microsoft.activity.message', 'Recorded.')
    expect(await teams.as('sam').click(message, { title: 'Approve' })).toMatchObject({
      status: 200,
      shown: 'Recorded.',
    })
    expect(heard.at(-1)).toMatchObject({
      name: 'adaptiveCard/action',
      replyToId: message.id,
      conversation: { id: `${CHANNELS.data};messageid=${message.rootId}` },
      value: {
        action: { type: 'Action.Execute', verb: 'approve', data: { transfer: 'tr_1' } },
        trigger: 'manual',
      },
    })
  })

  test('shows an error that came with HTTP 200, and hides one that came with its own status', async () => {
    const message = await post()
    const error = { code: 'Forbidden', message: 'You may not approve this.' }
    reply(403, 'application/vnd.microsoft.error', error)
    expect(await teams.as('sam').click(message)).toMatchObject({ shown: 'You may not approve this.' })
    reply(403, 'application/vnd.microsoft.error', error, 403)
    const hidden = await teams.as('sam').click(message)
    expect(hidden).toMatchObject({ status: 403, notice: { error: 'http_error' } })
    expect(hidden.shown).toBeUndefined()
    expect(teams.state.notices).toHaveLength(1)
  })

  test('goes wrong for the person when the bot does not know it, throws, or is slow', async () => {
    const message = await post()
    invoked = async () => ({ status: 501 })
    expect(await teams.as('sam').click(message)).toMatchObject({ status: 501, notice: { error: 'http_error' } })
    invoked = async () => ({ status: 202 })
    expect(await teams.as('sam').click(message)).toMatchObject({ status: 202, notice: { error: 'http_error' } })
    invoked = async () => Promise.reject(new Error('broken'))
    expect(await teams.as('sam').click(message)).toMatchObject({ status: 500, notice: { error: 'http_error' } })
    invoked = () => new Promise((resolve) => setTimeout(resolve, 400, { status: 200 }))
    expect(await teams.as('sam').click(message)).toMatchObject({ status: 0, notice: { error: 'operation_timeout' } })
  })

  test('puts the card of the answer before this person alone, until the message is edited', async () => {
    const message = await post()
    reply(200, 'application/vnd.microsoft.card.adaptive', card('you approved').content)
    expect((await teams.as('sam').click(message)).card).toMatchObject({ body: [{ text: 'you approved' }] })
    const textsOf = async (name: string) =>
      (await teams.as(name).see()).flatMap((m) => m.attachments.map((a) => JSON.stringify(a.content))).join()
    expect(await textsOf('sam')).toContain('you approved')
    expect(await textsOf('dana')).not.toContain('you approved')
    await continueAt(await reference(), async (context) => {
      await context.updateActivity({ id: message.id, ...MessageFactory.attachment(card('decided')) })
    })
    expect(await textsOf('sam')).not.toContain('you approved')
  })

  test('of an old client comes as a message with a value', async () => {
    const message = await post()
    const result = await teams.as('sam').click(message, { title: 'Approve', as: 'submit' })
    expect(result).toMatchObject({ status: 200, delivery: { kind: 'message' } })
    expect(heard.at(-1)).toMatchObject({ value: { transfer: 'tr_1', verb: 'approve' }, replyToId: message.id })
    expect(heard.at(-1)?.text).toBeUndefined()
  })
})
