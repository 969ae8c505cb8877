import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SlackMessage, SlackView } from '../sandbox/slack/index.ts'
import { person, seedState } from '../sandbox/slack/seed.ts'
import { ask, hasButtons } from './support/crash.ts'
import { gapsIn } from './support/crash-ending.ts'
import { type CrashWorld, startCrashWorld } from './support/crash-world.ts'
import { until } from './support/until.ts'
import { messagesOf } from './support/world.ts'

const approvers = Array.from({ length: 20 }, (_, index) => `U0APPROVER${String(index + 1).padStart(2, '0')}`)
/** The requester, somebody of the channel, a guest and a stranger. */
const others = ['U0DANA', 'U0RIO', 'U0GUEST', 'U0STRANGER']
const everybody = [...approvers, ...others]

let world: CrashWorld
let id: string
/** Who was told what since the clicks. */
const answers = new Map<string, readonly string[]>()

beforeAll(async () => {
  world = await startCrashWorld({ transfers: 1, slack: { seed: workspace() } })
  const [first, second] = await Promise.all([world.start('bot'), world.start('bot'), world.start('worker')])
  const { slack } = world
  id = await ask(world, 'k01')
  const card = await slack.until(() => messagesOf(slack, id, 'card').find(hasButtons), 20_000)
  // The forms are open and filled in before: what comes at once are the decisions.
  for (const unwilling of approvers.filter((_, index) => index % 2 === 1)) {
    await slack.as(unwilling).click({ message: card, actionId: 'deny' })
    await slack.until(() => formOf(unwilling), 20_000)
  }
  const told = slack.state.ephemerals.length
  const decisions = everybody.map((each, index) => {
    slack.control.deliverTo(`http://127.0.0.1:${(index % 4 < 2 ? first : second).port}/slack/events`)
    return decide(each, card)
  })
  await Promise.all(decisions)
  const hear = () => {
    for (const each of everybody) answers.set(each, toldSince(told, each))
    return [...answers.values()].every(({ length }) => length > 0)
  }
  await until(hear, 20_000, 50)
  await until(() => world.isAtRest(id), 20_000, 50)
  hear()
}, 90_000)

afterAll(() => world.close())

describe('twenty approvers, the requester and three others decide at the same time, at two bots', () => {
  test('one decision counts', async () => {
    const stored = await world.read(id)
    expect(stored?.transfer.decisions.length).toBe(1)
    expect(approvers).toContain(await whoDecided())
    expect((await world.audit()).filter(({ kind }) => kind === 'decided')).toHaveLength(1)
    expect(await gapsIn(world)).toEqual([])
  })

  test('everybody is answered once, alone, and all but one approver are told who was faster', async () => {
    const winner = await whoDecided()
    expect([...answers].filter(([, texts]) => texts.length !== 1)).toEqual([])
    for (const each of approvers) {
      const [text] = answers.get(each) ?? []
      if (each === winner) expect(text).not.toContain('decided already')
      else expect(text).toContain(`This is decided already: <@${winner}> said`)
    }
  })

  test('who may not decide is told why', () => {
    expect(answers.get('U0DANA')?.[0]).toContain('This is your own request')
    expect(answers.get('U0RIO')?.[0]).toContain('You are not an approver')
    for (const outsider of ['U0GUEST', 'U0STRANGER']) {
      expect(answers.get(outsider)?.[0]).not.toMatch(/decided already|recorded/)
    }
  })

  test('the transfer ends as the one decision says', async () => {
    const stored = await world.read(id)
    const isNo = stored?.transfer.decisions[0]?.verdict === 'deny'
    expect(stored?.transfer.status).toBe(isNo ? 'denied' : 'succeeded')
    expect(messagesOf(world.slack, id, 'card').filter(hasButtons)).toEqual([])
    expect(world.azure.state.blobs.filter(({ name }) => name.includes(id))).toHaveLength(isNo ? 0 : 1)
  })
})

function workspace() {
  const { users, groups, channels } = seedState()
  return {
    users: [...users, ...approvers.map((each) => person(each, each.toLowerCase(), each))],
    groups: groups.map((group) => (group.id === 'S0DBA' ? { ...group, users: approvers } : group)),
    channels: channels.map((channel) => ({ ...channel, members: [...channel.members, ...approvers] })),
  }
}

function formOf(user: string): SlackView | undefined {
  return world.slack.state.views.find((view) => view.user === user && view.open)
}

async function decide(who: string, card: SlackMessage): Promise<void> {
  const form = formOf(who)
  const as = world.slack.as(who)
  const { status, ms } = await (form
    ? as.submit(form, { reason: 'not before the release' })
    : as.click({ message: card, actionId: 'approve' }))
  expect({ who, status, inTime: ms < 3_000 }).toEqual({ who, status: 200, inTime: true })
}

/** Messages to this person alone, and what took the place of their form. */
function toldSince(told: number, who: string): readonly string[] {
  const { ephemerals } = world.slack.state
  const form = formOf(who)
  return [
    ...ephemerals.slice(told).flatMap(({ to, text }) => (to === who ? [text] : [])),
    ...(form ? [JSON.stringify(form.view.blocks)] : []),
  ]
}

async function whoDecided(): Promise<string | undefined> {
  return (await world.read(id))?.transfer.decisions[0]?.by.split('/').at(-1)
}
