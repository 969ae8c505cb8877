import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RequestRecord } from '../sandbox/azure/index.ts'
import { faultSentence } from '../src/cards/fault-sentence.ts'
import { toMrkdwn } from '../src/cards/mrkdwn.ts'
import { checkExchange } from './support/azure-spec.ts'
import { casesWorld } from './support/cases.ts'
import { secretsOf } from './support/e2e.ts'
import { isOf, placeOf, type Row, rows, type There } from './support/fault-rows.ts'
import { approve, cardOf, deny, eventually, hasButtons, recordOf, replies, withRedis } from './support/story.ts'
import { type Config, idIn, messagesOf, startWorld, type World, type WorldOptions } from './support/world.ts'

/** What one row came to. */
type Outcome = { place: There; status: string | undefined; last: string; thread: string; sent: number }

const named = new Map(rows.map((row, index) => [`n${row.number}-${index}`, row]))
/** Long enough for everything at once on a small machine. */
const patience = 90_000

const worlds: World[] = []
const secrets = new Set<string>()
const outcomes = new Map<Row, Promise<Outcome>>()
beforeAll(async () => {
  const [usual, impatient] = await Promise.all([
    open((row) => row.impatient !== true),
    open((row) => row.impatient === true, {
      azure: { options: { freezeAt: 5 } },
      config: (file) => {
        file.clocks = { ...file.clocks, preparing: '12s', awaitingEndpoints: '15s', approving: '12s', running: '5s' }
      },
    }),
  ])
  worlds.push(usual, impatient)
  const places = [...named].map(([name, row]) => [row, placeOf(row.impatient ? impatient : usual, name)] as const)
  const waiting = [...places]
  // Nobody asks for more than a few at a time: what Slack waits for is three seconds.
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [row, place] = next
      const asked = begin(place, row)
      const outcome = asked.then(() => play(place, row))
      // Each is awaited by its own test.
      outcome.catch(() => undefined)
      outcomes.set(row, outcome)
      await asked.catch(() => undefined)
    }
  }
  await Promise.all(Array.from({ length: 6 }, lane))
}, 120_000)
afterAll(async () => {
  await Promise.all(worlds.map((world) => world.close()))
})

test.each(rows.map((row) => [row.number, row.what, row] as const))(
  '%i: %s',
  { timeout: 100_000 },
  async (_, __, row) => {
    const outcome = await outcomes.get(row)
    if (!outcome) throw new Error('the row was not played')
    const { place, status, last, thread, sent } = outcome
    expect({ status, sent }, thread).toEqual({ status: row.ends, sent: row.sent })
    for (const said of ['<@U0DANA>', ...row.says]) expect(last).toContain(said)
    for (const told of row.tells ?? []) expect(thread).toContain(told)
    if (row.asks) expect(last.replace(/import(\/| and | or )export/g, '')).not.toMatch(/\bexport/i)
    if (row.holds) expect(row.holds(place)).toBe(true)
  },
)

test('every number of the list has a row, but the one that is not of Resource Manager', () => {
  const numbers = new Set(rows.map(({ number }) => number))
  const missing = Array.from({ length: 65 }, (_, index) => index + 1).filter((each) => !numbers.has(each))
  expect(missing).toEqual([63])
})

test('63: a refused sign-in is told with its reason and the next act', () => {
  const message = 'Microsoft Entra refused the sign-in: AADSTS7000215: Invalid client secret provided.'
  const said = toMrkdwn(faultSentence({ code: 'AuthenticationFailed', message }))
  for (const part of ['refused Drawbridge’s sign-in', 'AADSTS7000215', 'An operator should check', 'then ask again']) {
    expect(said).toContain(part)
  }
})

test('no secret is in Redis, its file, a message, a call or the output', async () => {
  await Promise.allSettled(outcomes.values())
  for (const world of worlds) {
    for (const secret of secretsOf(world)) secrets.add(secret)
    const places = await written(world)
    for (const [place, text] of Object.entries(places)) {
      expect(text.length, place).toBeGreaterThan(1_000)
      const found = [...secrets].flatMap(spellings).filter((each) => text.includes(each))
      expect(
        found.map((each) => each.slice(0, 12)),
        place,
      ).toEqual([])
    }
  }
})

test('every request and every answer is as the specification has it', () => {
  expect(worlds.flatMap(({ azure }) => azure.state.requests.flatMap(checkExchange))).toEqual([])
})

async function open(isIn: (row: Row) => boolean, more: WorldOptions = {}): Promise<World> {
  const cases = Object.fromEntries([...named].filter(([, row]) => isIn(row)).map(([name]) => [name, {}]))
  const world = await startWorld(
    casesWorld(cases, {
      ...more,
      azure: { requestCap: 100_000, timings: { jobMs: 1_500 }, ...more.azure },
      slack: { rateLimits: 'off' },
      environment: { LOG_LEVEL: 'trace' },
      config: (file: Config) => {
        // A person is not waited for here.
        Object.assign(file.polls, { approval: '5s' })
        for (const rule of file.rules) rule.maxOpen = 500
        more.config?.(file)
      },
    }),
  )
  await world.start('all')
  for (const secret of secretsOf(world)) secrets.add(secret)
  return world
}

/** Brings the row about as far as Azure goes before anybody asks, and asks. */
async function begin(place: There, row: Row): Promise<void> {
  for (const fault of row.faults ?? []) place.arm(fault)
  prepare(place, row)
  await row.is?.(place)
  place.id = await askFor(place.world, place.name, row)
}

/** Decides where a card comes, and waits for the end. */
async function play(place: There, row: Row): Promise<Outcome> {
  const { world, name } = place
  const turn = await eventually(() => (endOf(place) ? 'over' : standing(place) && 'card'), patience)
  if (turn === 'card') await decide(place, row)
  const last = await eventually(() => endOf(place) && replies(world, place.id).at(-1)?.text, patience)
  return {
    place,
    last,
    status: (await recordOf(world, place.id))?.transfer.status,
    thread: replies(world, place.id)
      .map(({ text }) => text)
      .join('\n'),
    sent: world.azure.state.requests.filter((each) => isOurs(each) && isOf(name, each.path)).length,
  }
}

/** An import has its blob and an empty database, or none that is there yet. */
function prepare({ state, account, database }: There, { asks }: Row): void {
  if (!asks) return
  database.tables = []
  const blob = { account: account.name, container: 'bacpacs', name: 'in.bacpac', size: 10 * 1024 ** 2 }
  state.blobs.push({ ...blob, createdAt: Date.now(), tables: ['dbo.orders'] })
  if (asks === 'create') state.databases.splice(state.databases.indexOf(database), 1)
}

async function askFor(world: World, name: string, { asks, options = '' }: Row): Promise<string> {
  const create = asks === 'create' ? ' --create' : ''
  const [command = '', text = ''] = asks
    ? ['/import', `${name}/in.bacpac to ${name}${create}${options}`]
    : ['/export', `${name} to ${name}${options}`]
  const { ack } = await world.slack.as('U0DANA').command(command, text, { channel: 'C0DATA' })
  if (ack.text.includes(name)) return idIn(ack.text)
  // Slack had waited long enough; the story is told all the same.
  return eventually(() => rootOf(world, name), patience)
}

function rootOf({ slack }: World, name: string): string | undefined {
  const root = slack.state.messages.find(({ text, metadata }) => text.includes(` to ${name}:`) && metadata)
  return (root?.metadata?.event_payload as { transfer?: string } | undefined)?.transfer
}

async function decide(place: There, row: Row): Promise<void> {
  const { world, id } = place
  await row.card?.(place)
  if (row.click === 'nothing') return
  const card = await cardOf(world, id)
  if (row.click === 'no') return deny(world, card, 'no')
  // A click that Slack gave up on may not have been heard: who sees the buttons still clicks again, and counts once.
  await eventually(async () => {
    if (endOf(place) || replies(world, id).some(({ text }) => text.includes('approved this'))) return true
    if (standing(place)) await approve(world, card).catch(() => undefined)
    return false
  }, patience)
  if (!row.after) return
  await eventually(
    async () => !/prepar|submit|await|approv/.test((await recordOf(world, id))?.transfer.status ?? 'await'),
  )
  await row.after(place)
}

function endOf({ world, id }: There): boolean {
  return replies(world, id).some(({ text }) =>
    /has (finished|failed|expired)|was (refused|denied|cancelled)/.test(text),
  )
}

function standing({ world, id }: There): boolean {
  return messagesOf(world.slack, id, 'card').some(hasButtons)
}

function isOurs({ name, requestBody }: RequestRecord): boolean {
  return (name === 'export' || name === 'import') && !JSON.stringify(requestBody).includes('/foreign')
}

/** Everything that Drawbridge wrote anywhere, by where. */
async function written(world: World): Promise<Readonly<Record<string, string>>> {
  const { slack, redis } = world
  const keys = await withRedis(world, async (client) => {
    const values: string[] = []
    for (const key of await client.keys('*')) {
      const type = await client.type(key)
      if (type === 'hash') values.push(JSON.stringify(await client.hgetall(key)))
      else if (type === 'stream') values.push(JSON.stringify(await client.xrange(key, '-', '+')))
      else values.push(key, (await client.dumpBuffer(key))?.toString('latin1') ?? '')
    }
    return values.join('\n')
  })
  return {
    'the append-only file': await redis.aofContents(),
    'the keys of Redis': keys,
    'the output of the processes': world.output(),
    'the calls of the Web API': JSON.stringify(slack.state.calls.map(({ method, args }) => ({ method, args }))),
    messages: JSON.stringify([slack.state.messages, slack.state.ephemerals]),
  }
}

/** A secret as it may stand in JSON or in an address. */
function spellings(secret: string): readonly string[] {
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])]
}
