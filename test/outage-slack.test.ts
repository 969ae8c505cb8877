import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApiCall, FaultAction, SlackMessage } from '../sandbox/slack/index.ts'
import { type CaseRule, casesWorld } from './support/cases.ts'
import {
  approve,
  ask,
  cardOf,
  eventually,
  hasButtons,
  inStatus,
  recordOf,
  replies,
  reply,
  thread,
} from './support/story.ts'
import { messagesOf, startWorld, textOf, type World } from './support/world.ts'

/** Ways in which Slack can be away, for everything or for one method; each gets a channel of its own. */
const outages: Readonly<Record<string, { method?: string; action: FaultAction }>> = {
  hangs: { method: 'chat.postMessage', action: { hang: 'forever' } },
  mute: { method: 'chat.postMessage', action: { hang: 'forever', accept: true } },
  errors: { action: { status: 503, body: '<html>Service Unavailable</html>' } },
  limited: { action: { status: 429, headers: { 'retry-after': '1' }, body: { ok: false, error: 'ratelimited' } } },
  resets: { action: 'reset' },
  swallowed: { action: 'accept-then-reset' },
}
const names = Object.keys(outages)
const channelOf = (name: string) => `C0${name.replace('-', '').toUpperCase()}`
const cases: Record<string, CaseRule> = {
  ...Object.fromEntries(names.map((name) => [name, { cards: [channelOf(name)] }])),
  down: {},
  undelivered: { cards: [channelOf('undelivered')], expiry: '1500ms' },
  archived: { cards: [channelOf('archived')] },
  uninvited: { cards: ['G0PRIVATE'] },
  secret: {},
}
let world: World
beforeAll(async () => {
  world = await startWorld(casesWorld(cases, { azure: { timings: { jobMs: 300 } } }))
  const model = world.slack.state.channels.find(({ id }) => id === 'C0DATA')
  for (const name of Object.keys(cases)) {
    if (model) world.slack.state.channels.push({ ...structuredClone(model), id: channelOf(name), name })
  }
  await world.start('all')
})
afterAll(() => world.close())

const blobOf = (id: string) => eventually(() => world.azure.state.blobs.find(({ name }) => name.includes(id)))
const rootOf = (id: string) => textOf(messagesOf(world.slack, id, 'root')[0])
const slotOf = ({ metadata }: SlackMessage): unknown => metadata?.event_payload.slot

/** The whole story stands: in the order of the record, once each, and the root and the card tell the end. */
async function expectWholeStory(id: string): Promise<void> {
  await reply(world, id, 'has finished')
  const story = (await recordOf(world, id))?.transfer.story ?? []
  await eventually(() => replies(world, id).length === story.length && rootOf(id).includes('*Finished*'))
  expect(replies(world, id).map(slotOf)).toEqual(story.map((_, index) => `reply:${index}`))
  const all = messagesOf(world.slack, id).map(slotOf)
  expect(new Set(all).size).toBe(all.length)
  await eventually(() => messagesOf(world.slack, id, 'card').every((each) => !hasButtons(each)))
}

describe.concurrent('Slack away from the decision on', () => {
  test.for(names)('(%s): Azure finishes, and the thread catches up, in order and nothing twice', async (name) => {
    const channel = channelOf(name)
    const id = await ask(world, name, { channel })
    const card = await cardOf(world, id)
    await eventually(() => thread(world, id).length >= 2)
    const { action = 'reset', ...match } = outages[name] ?? {}
    const fault = world.slack.control.fault({ match: { channel, ...match }, times: 'forever', action })
    const told = thread(world, id).length
    await world.slack.as('U0SAM').click({ message: card, actionId: 'approve' })
    await blobOf(id)
    await inStatus(world, id, 'succeeded')
    const met = ({ fault, method, args }: ApiCall) => fault && method === 'chat.postMessage' && args.channel === channel
    await eventually(() => world.slack.state.calls.some(met))
    // What was swallowed or is not answered did arrive.
    if (name !== 'swallowed' && name !== 'mute') expect(thread(world, id)).toHaveLength(told)
    fault.lift()
    await expectWholeStory(id)
  })
})

describe.concurrent('cards that cannot be delivered', () => {
  test('do not let the time to decide run; it runs from the first one that is delivered', async () => {
    const channel = channelOf('undelivered')
    const fault = world.slack.control.fault({ match: { channel }, times: 'forever', action: { status: 503 } })
    const id = await ask(world, 'undelivered')
    const { transfer } = await inStatus(world, id, 'awaiting_approval')
    await eventually(() => Date.now() > (transfer.round?.askedAt ?? 0) + 2_500 && fault.hits >= 2)
    expect((await recordOf(world, id))?.transfer).toMatchObject({ status: 'awaiting_approval' })
    expect((await recordOf(world, id))?.transfer.round).not.toHaveProperty('expiresAt')
    fault.lift()
    const card = await cardOf(world, id)
    await reply(world, id, 'has expired')
    const round = (await recordOf(world, id))?.transfer.round
    expect(round?.deliveredAt).toBeGreaterThanOrEqual(card.edits[0]?.at ?? Number.POSITIVE_INFINITY)
    expect(round?.expiresAt).toBe((round?.deliveredAt ?? 0) + 1_500)
  })

  test.for([
    ['archived', 'is_archived'],
    ['uninvited', 'channel_not_found'],
  ] as const)(
    'to the channel of the rule (%s) go to the approvers themselves, and the thread says so',
    async ([name, code]) => {
      if (name === 'archived') world.slack.control.channel(channelOf(name), { archived: true })
      const id = await ask(world, name)
      const card = await cardOf(world, id)
      const places = messagesOf(world.slack, id, 'card').map(({ channel }) => channel)
      const people = places.map((place) => world.slack.state.channels.find(({ id }) => id === place)?.user)
      await eventually(() => messagesOf(world.slack, id, 'card').length === 2)
      expect(people).toContain('U0SAM')
      const said = textOf(await reply(world, id, 'could not be posted'))
      expect(said).toContain(code)
      expect(said).toContain(name === 'archived' ? `<#${channelOf(name)}>` : '<#G0PRIVATE>')
      await approve(world, card, people[0])
      await expectWholeStory(id)
    },
  )

  test('at the place of the command: the story goes to the requester, and says why', async () => {
    const { ack } = await world.slack.as('U0DANA').command('/export', 'secret to secret', { channel: 'G0PRIVATE' })
    const id = /`([2-9a-z]{8})`/.exec(ack.text)?.[1] ?? ''
    await approve(world, await cardOf(world, id))
    await expectWholeStory(id)
    const [root] = messagesOf(world.slack, id, 'root')
    expect(world.slack.state.channels.find((each) => each.id === root?.channel)?.user).toBe('U0DANA')
    expect(textOf(root)).toContain('<#G0PRIVATE>')
    expect(textOf(root)).toContain('Invite')
  })
})

test('Slack down altogether from the decision on: Azure finishes, and the thread catches up', async () => {
  const id = await ask(world, 'down')
  const card = await cardOf(world, id)
  await world.slack.control.down()
  await world.slack.as('U0SAM').click({ message: card, actionId: 'approve' })
  await blobOf(id)
  await inStatus(world, id, 'succeeded')
  await world.slack.control.up()
  await expectWholeStory(id)
})
