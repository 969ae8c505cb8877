import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { DeliveryOptions } from '../sandbox/slack/index.ts'
import { checkExchange } from './support/azure-spec.ts'
import { casesWorld } from './support/cases.ts'
import { auditOf } from './support/e2e.ts'
import { cardOf, eventually, inStatus, recordOf, replies, told } from './support/story.ts'
import { idIn, messagesOf, startWorld, textOf, type World } from './support/world.ts'

/** Slack waits no longer for an answer, in milliseconds. */
const slackWaits = 3_000
const asking = { gate: 'submission', requesters: ['anyone'] } as const
const requests = ['after', 'together', 'event', 'repeated', 'clicked', 'raced', 'denied', 'past', 'charset']
const hangs = ['slackless', 'unknown', 'hung', 'ghost', 'down', 'azureless', 'late', 'one', 'two']

let world: World
beforeAll(async () => {
  const cases = Object.fromEntries([...requests, ...hangs].map((name) => [name, asking]))
  world = await startWorld(casesWorld(cases, { slack: { rateLimits: 'off' } }))
  await Promise.all([world.start('bot'), world.start('worker')])
})
afterAll(() => world.close())

describe('a delivery that comes twice', () => {
  test.each(['after', 'together'] as const)('gets the answer of the first one, sent again %s it', async (replay) => {
    const { ack, delivery } = await say(replay, { replay })
    expect(ack.text).toContain('Recorded as')
    expect(delivery.replay).toMatchObject({ status: 200, body: delivery.body })
    const id = idIn(ack.text)
    await inStatus(world, id, 'awaiting_approval')
    expect(await idsOf(replay)).toEqual([id])
    expect(messagesOf(world.slack, id, 'root')).toHaveLength(1)
  })

  test('gets the refusal of the first one, though it would be taken now', async () => {
    const { delivery } = await world.slack.as('U0DANA').command('/export', 'nowhere to one', { replay: 'together' })
    expect(delivery.replay?.body).toBe(delivery.body)
    const kept = (await auditOf(world)).filter(({ kind }) => kind === 'command_refused')
    expect(kept).toHaveLength(1)
  })

  test('is one transfer when Slack repeats an event that it took for lost', async () => {
    const { slack } = world
    await slack.as('U0DANA').mention('export event to event', { replay: 'together' })
    await slack.as('U0DANA').mention('export repeated to repeated', { answerWithinMs: 1 })
    await eventually(() => slack.state.deliveries.some(({ retryNum, settled }) => retryNum === 1 && settled))
    for (const name of ['event', 'repeated']) {
      const [id = '', ...more] = await eventually(async () => (await idsOf(name)).length > 0 && idsOf(name))
      await eventually(() => replies(world, id).length > 0)
      expect(more).toEqual([])
      expect(messagesOf(slack, id, 'root')).toHaveLength(1)
    }
  })

  test.each(['after', 'together'] as const)('is one decision when a click is sent again %s it', async (replay) => {
    const { slack } = world
    const id = await open(replay === 'after' ? 'clicked' : 'raced')
    const message = await cardOf(world, id)
    const clicked = await slack.as('U0SAM').click({ message, actionId: 'approve', replay })
    expect(clicked.replay?.status).toBe(200)
    const answers = await eventually(() => {
      const uses = slack.state.responses.find(({ url }) => url === clicked.responseUrl)?.uses ?? []
      return uses.length === 2 && uses.map(({ body }) => body.text)
    })
    expect(answers[0]).toContain('Your yes is recorded (1 of 1)')
    expect(answers[1]).toBe(answers[0])
    expect((await record(id)).decisions).toHaveLength(1)
  })

  test('is one denial when the form is sent again', async () => {
    const { slack } = world
    const id = await open('denied')
    await slack.as('U0SAM').click({ message: await cardOf(world, id), actionId: 'deny' })
    const view = await eventually(() => slack.state.views.find((each) => each.open))
    await slack.as('U0SAM').submit(view, { reason: 'not today' }, { replay: 'together' })
    await inStatus(world, id, 'denied')
    expect((await record(id)).decisions).toHaveLength(1)
    expect((await auditOf(world)).filter(({ kind, transfer }) => kind === 'decided' && transfer === id)).toHaveLength(1)
  })
})

describe('a request that Slack did not sign now', () => {
  test.each([
    ['six minutes ago', { skewSeconds: -360 }],
    ['six minutes ahead', { skewSeconds: 360 }],
    ['with another secret', { secret: 'f'.repeat(32) }],
  ] as const)('is refused: %s', async (_, options) => {
    const { delivery } = await say('past', options)
    expect(delivery.status).toBe(401)
    const click = await world.slack.as('U0DANA').mention('export past to past', options)
    expect(click.delivery?.status).toBe(401)
    expect(await idsOf('past')).toEqual([])
  })

  test('is taken within five minutes, and whatever its media type adds', async () => {
    const { ack } = await say('charset', { charset: true, skewSeconds: -240 })
    expect(ack.text).toContain('Recorded as')
    const { delivery } = await world.slack.as('U0DANA').command('/drawbridge', 'help', { skewSeconds: 240 })
    expect(delivery.status).toBe(200)
  })
})

describe('Slack has its answer within 3 s', () => {
  afterEach(async () => {
    world.slack.control.clearFaults()
    world.proxy.resume()
    world.azure.disarm()
  })

  test('while its own API hangs, and the story is told later', async () => {
    const id = await open('slackless')
    const message = await cardOf(world, id)
    world.slack.control.fault({ times: 'forever', action: { hang: 'forever' } })
    const [asked, clicked] = await Promise.all([
      say('late'),
      world.slack.as('U0SAM').click({ message, actionId: 'approve' }),
    ])
    for (const each of [asked.delivery, clicked]) expect(each).toMatchObject({ status: 200 })
    expect(Math.max(asked.delivery.ms, clicked.ms)).toBeLessThan(slackWaits)
    world.slack.control.clearFaults()
    await eventually(() => messagesOf(world.slack, idIn(asked.ack.text), 'root').length === 1, 30_000)
    await inStatus(world, id, 'succeeded')
    await eventually(() => textOf(replies(world, id).at(-1)).includes('has finished'), 30_000)
  })

  test('while nobody can be looked up, and then nothing is recorded', async () => {
    world.slack.control.fault({ match: { method: 'users.info' }, times: 'forever', action: { hang: 'forever' } })
    const { ack, delivery } = await say('unknown', {}, 'U0RIO')
    expect(delivery.ms).toBeLessThan(slackWaits)
    expect(ack.text).toContain('could not be checked and recorded in time')
    expect(ack.text).toContain('Try again in a minute')
    world.slack.control.clearFaults()
    expect((await say('unknown', {}, 'U0RIO')).ack.text).toContain('Recorded as')
    expect(await idsOf('unknown')).toHaveLength(1)
  })

  test('while Redis hangs, and no transfer appears afterwards', async () => {
    const id = await open('one')
    const message = await cardOf(world, id)
    world.proxy.pause()
    const [asked, clicked] = await Promise.all([
      say('hung'),
      world.slack.as('U0SAM').click({ message, actionId: 'approve' }),
    ])
    expect(Math.max(asked.delivery.ms, clicked.ms)).toBeLessThan(slackWaits)
    expect(asked.ack.text).toContain('store does not answer, so nothing was recorded')
    world.proxy.resume()
    const again = await eventually(async () => (await say('two')).ack.text.includes('Recorded as'))
    expect(again).toBe(true)
    expect(await idsOf('hung')).toEqual([])
    expect((await record(id)).decisions).toEqual([])
  })

  test('while the very call that records hangs, and the call records nothing when it arrives', async () => {
    const { promise, resolve: goOn } = Promise.withResolvers<undefined>()
    let held = 0
    const lift = world.proxy.onCommand(({ args }, phase) => {
      if (phase !== 'before' || !args.some((each) => each.includes('/sql-ghost/'))) return undefined
      held += 1
      return promise
    })
    const { ack, delivery } = await say('ghost')
    lift()
    goOn(undefined)
    expect(held).toBe(1)
    expect(delivery.ms).toBeLessThan(slackWaits)
    expect(ack.text).toContain('nothing was recorded')
    const id = await eventually(async () => {
      const { text } = (await say('ghost')).ack
      return text.includes('Recorded as') && idIn(text)
    })
    expect(await idsOf('ghost')).toEqual([id])
  })

  test('while Redis is away', async () => {
    await world.proxy.down()
    const { ack, delivery } = await say('down')
    expect(delivery.ms).toBeLessThan(slackWaits)
    expect(ack.text).toContain('Try again in a few minutes; tell an operator')
    await world.proxy.up()
    await eventually(async () => (await say('down')).ack.text.includes('Recorded as'))
    expect(await idsOf('down')).toHaveLength(1)
  })

  test('while Azure hangs, which holds up nothing but the transfer itself', async () => {
    world.azure.arm({ times: 1_000, action: { kind: 'hang' } })
    const { ack, delivery } = await say('azureless')
    expect(delivery.ms).toBeLessThan(slackWaits)
    const id = idIn(ack.text)
    await eventually(() => messagesOf(world.slack, id, 'root').length === 1)
    expect(await told(world, 'U0DANA', `status ${id}`)).toContain('Reading the plan from Azure')
    world.azure.disarm()
    await inStatus(world, id, 'awaiting_approval')
  })
})

test('every request and every answer is as the specification has it', () => {
  expect(world.azure.state.requests.flatMap(checkExchange)).toEqual([])
})

function say(name: string, options: DeliveryOptions = {}, by = 'U0DANA') {
  return world.slack.as(by).command('/export', `${name} to ${name}`, options)
}

async function open(name: string): Promise<string> {
  const id = idIn((await say(name)).ack.text)
  await inStatus(world, id, 'awaiting_approval')
  return id
}

async function record(id: string) {
  const stored = await recordOf(world, id)
  if (!stored) throw new Error(`there is no transfer ${id}`)
  return stored.transfer
}

/** The transfers of a case's database, by the audit. */
async function idsOf(name: string): Promise<readonly string[]> {
  const lines = (await auditOf(world)).filter(
    ({ kind, event }) => kind === 'requested' && event?.includes(`/sql-${name}/`),
  )
  return lines.map(({ transfer = '' }) => transfer)
}
