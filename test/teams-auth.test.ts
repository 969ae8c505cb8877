import { Buffer } from 'node:buffer'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  CHANNELS,
  type DeliveryOptions,
  type FaultAction,
  type Fields,
  FOREIGN_TENANT,
  HOME_TENANT,
  KEY_IDS,
  PEOPLE,
  type TokenChange,
} from '../sandbox/teams/index.ts'
import { checkAccess } from '../src/bot/teams-access.ts'
import type { TeamsActivity } from '../src/bot/teams-activity.ts'
import type { TeamsApp } from '../src/bot/teams-port.ts'
import { createTeamsSdk } from '../src/bot/teams-sdk.ts'
import { startTeamsAdapter, type TeamsAdapter } from './support/teams-adapter.ts'

const now = Math.floor(Date.now() / 1000)
let adapter: TeamsAdapter

beforeAll(async () => {
  adapter = await startTeamsAdapter()
})
afterAll(() => adapter.close())
afterEach(() => {
  adapter.teams.control.reset()
  adapter.heard.commands.length = 0
  adapter.refused.length = 0
})

/** What Teams is answered when Dana writes like this. */
async function answered(options: DeliveryOptions = {}, at = adapter) {
  const { delivery } = await at.teams.as('dana').say('list', options)
  return { status: delivery?.status, body: delivery?.body }
}

const token = (change: TokenChange) => adapter.teams.token(change)

/** A token that nobody signed, under the id of Teams' own key. */
async function unsigned(): Promise<string> {
  const [, claims] = (await adapter.teams.token()).split('.')
  const header = { alg: 'none', kid: KEY_IDS.msteams, typ: 'JWT' }
  return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${claims}.`
}

/** Claims of a token that Entra gives to whoever asks for one for this bot, and that the SDK takes for an emulator's. */
const ofEmulator = {
  iss: 'https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/',
  ver: '1.0',
  appid: '44444444-4444-4444-4444-444444444444',
}

test('what Teams signed for this bot is let in', async () => {
  expect(await answered()).toEqual({ status: 200, body: '{}' })
  expect(adapter.heard.commands).toHaveLength(1)
  expect(adapter.refused).toEqual([])
})

describe('a token that is not from Teams for this bot', () => {
  test.each<[what: string, reason: string, make: () => Promise<string>]>([
    ['is missing', 'no_token', async () => ''],
    ['is no token', 'wrong_issuer', async () => 'let-me-in'],
    ['is for another bot', 'wrong_audience', () => token({ aud: PEOPLE.dana })],
    ['is of another issuer', 'wrong_issuer', () => token({ iss: 'https://sts.windows.net/evil/' })],
    ['is of the Bot Framework of a government', 'wrong_issuer', () => token({ iss: 'https://api.botframework.us' })],
    ['is of an emulator', 'wrong_issuer', () => token(ofEmulator)],
    [
      'is of an app of our own tenant',
      'wrong_issuer',
      () => token({ ...ofEmulator, iss: `https://sts.windows.net/${HOME_TENANT}/`, tid: HOME_TENANT }),
    ],
    [
      'is of another bot of our own tenant',
      'wrong_issuer',
      () => token({ iss: `https://login.microsoftonline.com/${HOME_TENANT}/v2.0`, ver: '2.0', azp: PEOPLE.dana }),
    ],
    ['has run out', 'expired', () => token({ nbf: now - 7200, exp: now - 3600 })],
    ['is not good yet', 'bad_token', () => token({ nbf: now + 3600, exp: now + 7200 })],
    ['is signed with a foreign key', 'foreign_key', () => token({ key: 'foreign' })],
    ['names a key that nobody published', 'foreign_key', () => token({ kid: 'nobody' })],
    ['is not signed', 'foreign_key', unsigned],
    ['names no key and is not signed', 'foreign_key', () => token({ alg: 'none' })],
    ['is signed with the public key as a secret', 'bad_token', () => token({ alg: 'HS256' })],
    ['is signed with a key of Web Chat', 'unendorsed', () => token({ kid: KEY_IDS.webchat })],
    [
      'is for another address',
      'wrong_service_url',
      () => token({ serviceurl: 'https://smba.trafficmanager.net/emea/' }),
    ],
    ['is for no address', 'wrong_service_url', () => token({ serviceurl: undefined } as Fields)],
  ])('%s: 401, %s', async (_what, reason, make) => {
    expect(await answered({ token: await make() })).toEqual({ status: 401, body: '{}' })
    expect(adapter.heard.commands).toEqual([])
    expect(adapter.refused).toEqual([reason])
  })

  test('is for the address of Teams, and the activity names none', async () => {
    const change = (activity: Fields) => ({ ...activity, serviceUrl: '' })
    expect(await answered({ token: await adapter.teams.token(), change })).toEqual({ status: 401, body: '{}' })
    expect(adapter.refused).toEqual(['wrong_service_url'])
  })

  test('comes by another scheme', async () => {
    const headers = { authorization: `Basic ${await adapter.teams.token()}` }
    expect(await answered({ token: '', headers })).toEqual({ status: 401, body: '{}' })
    expect(adapter.heard.commands).toEqual([])
  })

  test('is refused before keys are asked for when its issuer is another one', async () => {
    const fresh = await startTeamsAdapter()
    const tid = 'd0000000-0000-4000-8000-00000000000d'
    const forged = { ...ofEmulator, iss: `https://sts.windows.net/${tid}/`, tid }
    expect(await answered({ token: await fresh.teams.token(forged) }, fresh)).toMatchObject({ status: 401 })
    expect(fresh.teams.state.calls).toEqual([])
    await fresh.close()
  })

  test('is counted by its reason where Prometheus reads', async () => {
    await answered({ token: '' })
    const metrics = await (await fetch(`${adapter.url}/metrics`)).text()
    expect(metrics).toMatch(/^drawbridge_refused_requests_total\{platform="teams",reason="no_token"\} \d+$/m)
    expect((await fetch(`${adapter.url}/metrics`, { method: 'POST' })).status).toBe(405)
  })
})

describe('an activity that is not of our Teams', () => {
  const foreign = { id: FOREIGN_TENANT }
  const put = (fields: Fields) => (activity: Fields) => ({ ...activity, ...fields })
  const tenants = (conversation: string | undefined, data: string | undefined) => (activity: Fields) => ({
    ...activity,
    conversation: { ...(activity.conversation as Fields), tenantId: conversation },
    channelData: data === undefined ? {} : { tenant: { id: data } },
  })
  const service = (change: (url: URL) => void) => (activity: Fields) => {
    const url = new URL(String(activity.serviceUrl))
    change(url)
    return { ...activity, serviceUrl: url.href }
  }

  test.each<[what: string, reason: string, change: (activity: Fields) => Fields]>([
    ...['emulator', 'directline', 'webchat', 'AseChannel', 'MSTeams', ''].map(
      (channelId) =>
        [`of the channel ‘${channelId}’`, 'wrong_channel', put({ channelId })] as [string, string, () => Fields],
    ),
    [
      'of Teams itself, where a pretended one is used',
      'unknown_service_url',
      put({ serviceUrl: 'https://smba.trafficmanager.net/emea/' }),
    ],
    ['to an unknown host', 'unknown_service_url', put({ serviceUrl: 'https://evil.example/emea/' })],
    ['to no address', 'unknown_service_url', put({ serviceUrl: '' })],
    ['to what is no address', 'unknown_service_url', put({ serviceUrl: 'emea' })],
    [
      'to another port',
      'unknown_service_url',
      service((url) => {
        url.port = '1'
      }),
    ],
    [
      'to another name of this machine',
      'unknown_service_url',
      service((url) => {
        url.hostname = 'localhost'
      }),
    ],
    [
      'to an address with a user',
      'unknown_service_url',
      service((url) => {
        url.username = 'drawbridge'
      }),
    ],
    [
      'to an address with a password',
      'unknown_service_url',
      service((url) => {
        url.password = 'x'
      }),
    ],
    [
      'to an address with https',
      'unknown_service_url',
      service((url) => {
        url.protocol = 'https:'
      }),
    ],
    ['of another tenant', 'wrong_tenant', tenants(FOREIGN_TENANT, FOREIGN_TENANT)],
    ['of another tenant by its conversation', 'wrong_tenant', tenants(FOREIGN_TENANT, HOME_TENANT)],
    ['of another tenant by its channel', 'wrong_tenant', tenants(HOME_TENANT, FOREIGN_TENANT)],
    ['of another tenant by its conversation alone', 'wrong_tenant', tenants(FOREIGN_TENANT, undefined)],
    ['of another tenant by its channel alone', 'wrong_tenant', tenants(undefined, FOREIGN_TENANT)],
    ['of no tenant', 'wrong_tenant', tenants(undefined, undefined)],
    [
      'of two tenants',
      'wrong_tenant',
      (activity) => ({ ...activity, channelData: { ...(activity.channelData as Fields), tenant: foreign } }),
    ],
  ])('%s: 403, %s', async (_what, reason, change) => {
    expect(await answered({ change })).toEqual({ status: 403, body: '{}' })
    expect(adapter.heard.commands).toEqual([])
    expect(adapter.refused).toEqual([reason])
  })

  test.each([tenants(HOME_TENANT, undefined), tenants(undefined, HOME_TENANT.toUpperCase())])(
    'names our tenant in one place, and that is enough',
    async (change) => {
      expect(await answered({ change })).toMatchObject({ status: 200 })
      expect(adapter.heard.commands).toMatchObject([{ by: `teams:${HOME_TENANT}/${PEOPLE.dana}` }])
    },
  )
})

describe('a request that is no activity', () => {
  const post = async (body: string, method = 'POST') => {
    const authorization = `Bearer ${await adapter.teams.token()}`
    const answer = await fetch(`${adapter.url}/api/messages`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(method === 'GET' ? {} : { body }),
    })
    return { status: answer.status, body: await answer.text() }
  }
  const activity = { type: 'message', id: '1', channelId: 'msteams', from: { id: '29:1' }, conversation: { id: 'a:1' } }

  test.each(['GET', 'PUT', 'DELETE'])('is a %s: 405', async (method) => {
    expect(await post('{}', method)).toEqual({ status: 405, body: '{}' })
    expect(adapter.refused).toEqual(['not_post'])
  })

  test.each([
    ['empty', ''],
    ['not JSON', '{"type":"message"'],
    ['a list', '[]'],
    ['a text', '"message"'],
    ['nothing', 'null'],
    ['without anything', '{}'],
    ['without an address to answer to', JSON.stringify(activity)],
    [
      'with texts where objects belong',
      JSON.stringify({ ...activity, serviceUrl: 'x', from: 'dana', conversation: [] }),
    ],
  ])('is %s: 400', async (_what, body) => {
    expect(await post(body)).toEqual({ status: 400, body: '{}' })
    expect(adapter.heard.commands).toEqual([])
    expect(adapter.refused).toEqual(['unreadable'])
  })

  test.each([513, 1_200, 8_000])('is larger than any activity, with %i KB: 413', async (size) => {
    expect(await post('x'.repeat(size * 1024))).toEqual({ status: 413, body: '{}' })
    expect(adapter.refused).toEqual(['too_large'])
  })

  test('is as large as an activity can be: looked at', async () => {
    expect(await post('x'.repeat(512 * 1024))).toEqual({ status: 400, body: '{}' })
  })
})

describe('the keys of the Bot Framework', () => {
  const cases: [string, 'openid' | 'keys', FaultAction][] = [
    ['cannot be reached', 'openid', 'reset'],
    ['are away', 'openid', { status: 503 }],
    ['are not where they were', 'openid', { status: 404 }],
    ['are a page of a proxy', 'openid', { status: 200, body: '<html>Sign in</html>' }],
    ['are cut off', 'keys', 'reset'],
    ['cannot be given', 'keys', { status: 500 }],
    ['do not come at all', 'openid', { hang: 'forever' }],
  ]
  test.concurrent.each(cases)('%s: 503, and the next request works', async (_what, method, action) => {
    const fresh = await startTeamsAdapter()
    fresh.teams.control.fault({ match: { method }, action })
    const started = performance.now()
    expect(await answered({}, fresh)).toEqual({ status: 503, body: '{}' })
    expect(performance.now() - started).toBeLessThan(3_000)
    expect(fresh.heard.commands).toEqual([])
    expect(await answered({}, fresh)).toEqual({ status: 200, body: '{}' })
    expect(fresh.heard.commands).toHaveLength(1)
    expect(fresh.refused).toEqual([])
    await fresh.close()
  })

  test('are not needed without an app id, as in a sandbox without authentication', async () => {
    const open = await startTeamsAdapter({ appId: '' })
    expect(await answered({ token: '' }, open)).toEqual({ status: 200, body: '{}' })
    expect(open.heard.commands).toHaveLength(1)
    expect(open.teams.state.calls.filter(({ method }) => method === 'openid')).toEqual([])
    const elsewhere = (activity: Fields) => ({ ...activity, channelId: 'emulator' })
    expect(await answered({ token: '', change: elsewhere }, open)).toMatchObject({ status: 403 })
    await open.close()
  })
})

describe('in production', () => {
  const app: TeamsApp = {
    appId: '44444444-4444-4444-4444-444444444444',
    tenant: HOME_TENANT,
    government: false,
    credential: { kind: 'managedIdentity' },
  }
  const secret = { kind: 'secret', password: () => 'a~secret' } as const

  test('there is no start without an app id', () => {
    for (const appId of [undefined, '']) expect(() => createTeamsSdk({ ...app, appId, credential: secret })).toThrow()
  })

  test.each<TeamsApp['credential']>([
    secret,
    { kind: 'certificate', thumbprint: 'a'.repeat(40), privateKey: () => 'a key' },
    { kind: 'managedIdentity' },
  ])('nothing is asked of Microsoft before the first call with a $kind', (credential) => {
    expect(createTeamsSdk({ ...app, credential })).toHaveProperty('send')
    expect(createTeamsSdk({ ...app, credential, government: true })).toHaveProperty('send')
  })

  const from = (serviceUrl: string) =>
    ({ serviceUrl, conversation: { id: CHANNELS.data, tenantId: HOME_TENANT } }) as TeamsActivity

  test.each([
    'https://smba.trafficmanager.net/emea/',
    'https://smba.trafficmanager.net/amer/22222222-2222-2222-2222-222222222222/',
    'https://smba.infra.gcc.teams.microsoft.com/gcc/',
    'https://smba.infra.gov.teams.microsoft.us/gcch/',
    'https://smba.infra.dod.teams.microsoft.us/dod/',
  ])('%s is an address of Teams', (serviceUrl) => {
    expect(() => checkAccess(from(serviceUrl), { tenants: [HOME_TENANT] })).not.toThrow()
  })

  test.each([
    'http://smba.trafficmanager.net/emea/',
    'https://smba.trafficmanager.net:8443/emea/',
    'https://smba.trafficmanager.net.evil.com/emea/',
    'https://smba.trafficmanager.net@evil.com/emea/',
    'https://evil@smba.trafficmanager.net/emea/',
    'https://evil.com/smba.trafficmanager.net/',
    'https://evil.trafficmanager.net/emea/',
    'https://xsmba.trafficmanager.net/emea/',
    'https://smba-trafficmanager.net/emea/',
    'https://smba.infra.gov.teams.microsoft.com/gcch/',
    'https://smba.infra.gcc.teams.microsoft.us/gcc/',
    'https://smba.infra.evil.teams.microsoft.us/dod/',
    'http://127.0.0.1:3978/emea/',
    'file:///etc/passwd',
    '',
  ])('‘%s’ is none', (serviceUrl) => {
    expect(() => checkAccess(from(serviceUrl), { tenants: [HOME_TENANT] })).toThrow('unknown_service_url')
  })
})
