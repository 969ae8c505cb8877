import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FaultInput } from '../sandbox/azure/index.ts'
import { armFor, type CaseRule, casesWorld } from './support/cases.ts'
import { secretsOf } from './support/e2e.ts'
import { approve, ask, cardOf, deny, eventually, jobOf, reply, told, withRedis } from './support/story.ts'
import { messagesOf, startWorld, textOf, type World } from './support/world.ts'

const password = 'Planted"Sql\\Passw0rd/&<7f3a>'
const signature = 'pl4ntedS1gnatureOfAShare%3D%3D'
const sas = `https://stbackups.blob.core.windows.net/bacpacs?sv=2024-05-04&sp=rw&se=2027-01-01&sig=${signature}`

/** Where each failure strikes: the answer repeats the body of the submit, with key and password in it. */
const echoes: Readonly<Record<string, Omit<FaultInput, 'action'>>> = {
  submit: { name: 'export', times: 1 },
  keys: { name: 'listKeys', times: 2 },
  plan: { name: 'server', times: 1 },
  look: { name: 'operations', times: 1 },
  result: { name: 'result', times: 2 },
  lists: { name: 'pec-sql-list', times: 2 },
  put: { name: 'pec-storage-put', times: 2 },
  cancel: { name: 'cancel', times: 2 },
}
const broken: Readonly<Record<string, FaultInput>> = {
  reset: { name: 'export', times: 1, action: { kind: 'accept-then-reset' } },
  html: { name: 'export', times: 1, action: { kind: 'html' } },
}
const cases: Record<string, CaseRule> = Object.fromEntries(
  ['finished', 'job', 'typed', ...Object.keys(echoes), ...Object.keys(broken)].map((name) => [name, {}]),
)

let world: World
beforeAll(async () => {
  world = await startWorld(
    casesWorld(cases, {
      azure: {
        password,
        token: 'planted-azure-token-5b1e',
        timings: { firstConnectionMs: 50, secondConnectionMs: 100, jobMs: 200 },
      },
      slack: {
        botToken: 'xoxb-planted-bot-token-91c2',
        appToken: 'xapp-planted-app-token-44d7',
        signingSecret: 'planted5igning5ecret00e8',
      },
      environment: { LOG_LEVEL: 'trace' },
    }),
  )
  await world.start('bot')
  await world.start('worker')
})
afterAll(() => world.close())

/** The submit's body as Azure got it, as text in an error. */
function echo(status: number) {
  const { accounts } = world.azure.state
  const body = {
    storageKey: accounts[0]?.keys[0]?.value,
    administratorLogin: 'drawbridge',
    administratorLoginPassword: password,
  }
  const message = `The request ${JSON.stringify(body)} with 'Bearer ${world.azure.token}' to ${sas} is invalid.`
  return {
    kind: 'status',
    status,
    body: { error: { code: 'InvalidRequestContent', message, details: [body] } },
  } as const
}

/** Everything that Drawbridge wrote anywhere, by where. */
async function written(): Promise<Readonly<Record<string, string>>> {
  const { slack, redis } = world
  const keys = await withRedis(world, async (client) => {
    const values: string[] = []
    for (const key of await client.keys('*')) {
      values.push(key, (await client.dumpBuffer(key))?.toString('latin1') ?? '')
      if ((await client.type(key)) === 'hash') values.push(JSON.stringify(await client.hgetall(key)))
      if ((await client.type(key)) === 'stream') values.push(JSON.stringify(await client.xrange(key, '-', '+')))
    }
    return values.join('\n')
  })
  return {
    'the append-only file': await redis.aofContents(),
    'the keys of Redis': keys,
    'the output of the processes': world.output(),
    'the calls of the Web API': JSON.stringify(slack.state.calls.map(({ method, args }) => ({ method, args }))),
    messages: JSON.stringify(
      [slack.state.messages, slack.state.ephemerals].flat().filter(({ user }) => user === slack.botUserId),
    ),
    forms: JSON.stringify(slack.state.views),
    'answers to deliveries': JSON.stringify(slack.state.deliveries.map(({ body }) => body)),
  }
}

/** A secret as it may stand in JSON, in an address or in an entity. */
function spellings(secret: string): readonly string[] {
  const escaped = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const inJson = JSON.stringify(secret).slice(1, -1)
  return [...new Set([secret, inJson, JSON.stringify(inJson).slice(1, -1), encodeURIComponent(secret), escaped])]
}

async function expectNoSecret(): Promise<void> {
  const responses = world.slack.state.responses.map(({ url }) => new URL(url).pathname)
  const core = 'Passw0rd/&<7f3a'
  const secrets = [...secretsOf(world), core, decodeURIComponent(signature), signature, ...responses]
  expect(secrets.length).toBeGreaterThan(8)
  for (const [place, text] of Object.entries(await written())) {
    expect(text.length, place).toBeGreaterThan(2)
    const found = secrets.flatMap(spellings).filter((each) => text.includes(each))
    expect(
      found.map((each) => each.slice(0, 24)),
      place,
    ).toEqual([])
  }
}

describe.concurrent('no secret is written anywhere', () => {
  test('by an export that finishes', async () => {
    const id = await ask(world, 'finished')
    await approve(world, await cardOf(world, id))
    await reply(world, id, 'has finished')
  })

  test.for(Object.keys(echoes))('when Azure repeats the request in an error (%s)', async (name) => {
    const { name: where, times } = echoes[name] ?? {}
    const fault = { ...(where ? { name: where } : {}), ...(times ? { times } : {}) }
    const armed = armFor(world, name, { ...fault, action: echo(400) })
    const id = await ask(world, name)
    if (name === 'put' || name === 'cancel') {
      const card = await cardOf(world, id)
      if (name === 'put') await approve(world, card)
      else await deny(world, card, 'no')
    }
    await eventually(() => armed.hits > 0)
    const transient = ['look', 'result', 'lists']
    if (transient.includes(name)) await told(world, 'U0DANA', `cancel ${id}`)
    await reply(world, id, /has failed|was denied|was cancelled|has finished|was refused/)
  })

  test.for(Object.keys(broken))('when the submit breaks (%s)', async (name) => {
    armFor(world, name, broken[name] ?? {})
    const id = await ask(world, name)
    await deny(world, await cardOf(world, id), 'no')
    await reply(world, id, 'was denied')
  })

  test('when people type them: the text is refused, and what was typed is not kept', async () => {
    const typed = [
      `/export typed to ${sas}`,
      `/export typed to typed --reason "${sas}"`,
      `/export typed to typed --blob "x?sig=${signature}"`,
      `/export typed to typed --reason "password=${password}"`,
      `/export typed to typed --reason "AccountKey=${world.azure.state.accounts[0]?.keys[0]?.value}"`,
    ]
    for (const text of typed) {
      const [command = '', ...words] = text.split(' ')
      expect(await told(world, 'U0DANA', words.join(' '), command)).toMatch(/secret|key|password/i)
    }
    expect(world.azure.state.operations.some(({ database }) => database === 'typed')).toBe(false)
    const id = await ask(world, 'typed')
    const card = await cardOf(world, id)
    const clicked = await world.slack.as('U0SAM').click({ message: card, actionId: 'deny' })
    expect(clicked.error).toBeUndefined()
    const form = await eventually(() =>
      world.slack.state.views.find(({ open, view }) => open && String(view.private_metadata).includes(id)),
    )
    await world.slack.as('U0SAM').submit(form, { reason: `because ${sas}` })
    expect(textOf(messagesOf(world.slack, id, 'card')[0])).toContain('"action_id":"approve"')
    await told(world, 'U0DANA', `cancel ${id} it was AccountKey=${world.azure.state.accounts[0]?.keys[0]?.value}`)
    await told(world, 'U0DANA', `cancel ${id}`)
    await reply(world, id, 'was cancelled')
  })
})

test('nor when a job fails with them, and the worker that hears of it has never fetched them', async () => {
  const id = await ask(world, 'job')
  await cardOf(world, id)
  const job = await jobOf(world, 'job')
  const worker = world.running.find(({ role }) => role === 'worker')
  await worker?.kill()
  world.azure.changeOperation({ action: 'fail', id: job.id, reason: echo(400).body.error.message })
  await world.start('worker')
  await reply(world, id, 'has failed')
})

test('not in Redis, its file, the log, a message, a form or a call', async () => {
  await expectNoSecret()
})
