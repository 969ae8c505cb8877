import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { APP, type Fault, type TokenChange } from '../sandbox/teams/index.ts'
import type { CaseRule } from './support/cases.ts'
import { askedIn, teamsCases } from './support/chats.ts'
import { secretsOf } from './support/e2e.ts'
import { eventually, inStatus, recordOf, withRedis } from './support/story.ts'
import { askInTeams, chatted, openCard, press, telling, toldAlone } from './support/teams-story.ts'
import { startWorld, type World } from './support/world.ts'

const password = 'Planted"Sql\\Passw0rd/&<7f3a>'
const appPassword = 'planted~Teams~App~Passw0rd~c41d'
const signature = 'pl4ntedS1gnatureOfAShare%3D%3D'
const sas = `https://stbackups.blob.core.windows.net/bacpacs?sv=2024-05-04&sp=rw&se=2027-01-01&sig=${signature}`

/** Where the connector repeats the Authorization header and what it was sent in an error, and how often. */
const echoes: Readonly<Record<string, { method: NonNullable<Fault['match']>['method']; status: number }>> = {
  create: { method: 'create', status: 500 },
  send: { method: 'send', status: 502 },
  update: { method: 'update', status: 400 },
  forbidden: { method: 'send', status: 401 },
}
/** Tokens that are none of Teams'. */
const forged: Readonly<Record<string, TokenChange>> = {
  foreign: { key: 'foreign' },
  expired: { nbf: 1_000, exp: 2_000 },
  audience: { aud: 'somebody-else' },
  issuer: { iss: 'https://issuer.example' },
  unsigned: { alg: 'none' },
}
const cases: Record<string, CaseRule> = Object.fromEntries(
  ['finished', 'typed', 'token', ...Object.keys(echoes)].map((name) => [name, {}]),
)
const inbound: string[] = []

let world: World
beforeAll(async () => {
  world = await startWorld(
    teamsCases(cases, {
      azure: {
        password,
        token: 'planted-azure-token-5b1e',
        timings: { firstConnectionMs: 50, secondConnectionMs: 100, jobMs: 200 },
      },
      teams: { appPassword, tokenSeconds: 62 },
      environment: { LOG_LEVEL: 'trace' },
    }),
  )
  await world.start('bot')
  await world.start('worker')
})
afterAll(() => world.close())

/** Everything that Drawbridge wrote anywhere, by where. */
async function written(): Promise<Readonly<Record<string, string>>> {
  const { redis, teams } = world
  const keys = await withRedis(world, async (client) => {
    const values: string[] = []
    for (const key of await client.keys('*')) {
      const type = await client.type(key)
      values.push(key, (await client.dumpBuffer(key))?.toString('latin1') ?? '')
      if (type === 'hash') values.push(JSON.stringify(await client.hgetall(key)))
      if (type === 'stream') values.push(JSON.stringify(await client.xrange(key, '-', '+')))
    }
    return values.join('\n')
  })
  const { messages, calls, deliveries, views } = teams.state
  return {
    'the append-only file': await redis.aofContents(),
    'the keys of Redis': keys,
    'the output of the processes': world.output(),
    'the calls of the connector': JSON.stringify(calls.map(({ path, query, body }) => ({ path, query, body }))),
    messages: JSON.stringify([messages.filter(({ from }) => from === APP.bot), views]),
    'answers to deliveries': JSON.stringify(deliveries.map(({ body }) => body)),
  }
}

/** A secret as it may stand in JSON, in an address, in an entity or behind the backslashes of a card. */
function spellings(secret: string): readonly string[] {
  const escaped = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const inJson = JSON.stringify(secret).slice(1, -1)
  const inCard = secret.replace(/[\\`*_{}[\]()#+\-.!~|<>&]/g, (char) => `\\\\${char}`)
  const all = [secret, inJson, JSON.stringify(inJson).slice(1, -1), encodeURIComponent(secret), escaped, inCard]
  return [...new Set(all)]
}

/** The header that a call came with, as the connector could repeat it. */
const echo = () => {
  const token = world.teams.state.tokens.at(-1)?.token
  const message = `The request with Authorization: Bearer ${token} and client_secret=${appPassword} is invalid.`
  return { error: { code: `Bearer ${token}`, message, innerError: { authorization: `Bearer ${token}` } } }
}

async function play(name: string): Promise<void> {
  const id = await askInTeams(world, name, { targeted: true })
  // A click on a card that changes just then has no button.
  while ((await recordOf(world, id))?.transfer.decisions.length === 0) {
    await press(world, 'sam', await openCard(world, id), 'approve').catch(() => undefined)
  }
  await inStatus(world, id, 'succeeded')
}

describe.concurrent('no secret is written anywhere', () => {
  test('by an export that finishes', async () => {
    await play('finished')
    await telling(world, 'finished', 'has finished')
  })

  test.for(Object.keys(echoes))('when the connector repeats the request in an error (%s)', async (name) => {
    await chatted(world, 'ops', 'help')
    const { method, status = 500 } = echoes[name] ?? {}
    const match = { conversation: askedIn(name), ...(method && { method }) }
    const fault = world.teams.control.fault({ match, times: 2, action: { status, body: echo() } })
    await play(name)
    expect(fault.hits).toBeGreaterThan(0)
    // A message that Teams will not change stays as it is.
    if (name !== 'update') await telling(world, name, 'has finished')
  })

  test.for(Object.keys(forged))('when somebody comes with a token that is not good (%s)', async (name) => {
    const token = await world.teams.token(forged[name])
    inbound.push(token)
    const { delivery } = await world.teams.as('rio').say('export typed to typed', { in: askedIn('typed'), token })
    expect(delivery?.status).toBe(401)
  })

  test('when people type them: the text is refused, and what was typed is not kept', async () => {
    const typed = [
      `export typed to ${sas}`,
      `export typed to typed --reason "${sas}"`,
      `export typed to typed --blob "x?sig=${signature}"`,
      `export typed to typed --reason "password=${password}"`,
      `export typed to typed --reason "AccountKey=${world.azure.state.accounts[0]?.keys[0]?.value}"`,
    ]
    for (const text of typed) expect(await chatted(world, 'lee', text)).toMatch(/secret|key|password/i)
    const { delivery } = await world.teams.as('lee').say(typed[1] ?? '', { in: askedIn('typed') })
    expect(delivery?.status).toBe(200)
    expect(world.azure.state.operations.some(({ database }) => database === 'typed')).toBe(false)
    const id = await askInTeams(world, 'typed')
    await press(world, 'sam', await openCard(world, id), 'deny', { reason: `because ${sas}` })
    expect((await recordOf(world, id))?.transfer.decisions).toEqual([])
    await world.teams.as('dana').chat(`cancel ${id} it was password=${password}`)
    await toldAlone(world, 'dana', 'password')
  })
})

test('nor when Entra repeats the secret in its refusal', async () => {
  const error_description = `AADSTS7000215: Invalid client secret ${appPassword} provided.`
  const body = { error: 'invalid_client', error_description, error_codes: [7_000_215] }
  const fault = world.teams.control.fault({ match: { method: 'token' }, times: 2, action: { status: 401, body } })
  await eventually(async () => (await world.teams.as('aud').chat('help')) && fault.hits > 1)
  expect(world.output()).toContain('invalid_client')
})

test('not in Redis, its file, the log, a message, an answer or a call', async () => {
  const core = 'Passw0rd/&<7f3a'
  const issued = world.teams.state.tokens.map(({ token }) => token)
  const own = [appPassword, core, signature, decodeURIComponent(signature), ...secretsOf(world)]
  const signatures = [...issued, ...inbound].flatMap((token) => [token, token.split('.')[2] ?? ''])
  const secrets = [...own, ...signatures].filter((each) => each !== '')
  expect(issued.length).toBeGreaterThan(1)
  expect(secrets.length).toBeGreaterThan(20)
  for (const [place, text] of Object.entries(await written())) {
    expect(text.length, place).toBeGreaterThan(2)
    const found = secrets.flatMap(spellings).filter((each) => text.includes(each))
    expect(
      found.map((each) => each.slice(0, 24)),
      place,
    ).toEqual([])
  }
})
