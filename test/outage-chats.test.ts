import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PEOPLE } from '../sandbox/teams/index.ts'
import type { CaseRule } from './support/cases.ts'
import { askedIn, cardsIn, samInBoth, teamsCases } from './support/chats.ts'
import { approve, ask, cardOf, eventually, hasButtons, inStatus, replies, reply } from './support/story.ts'
import { askInTeams, cardsOf, isOpen, openCard, rootsOf, sentenceOf, telling, wordsOf } from './support/teams-story.ts'
import { messagesOf, startWorld, textOf, type World } from './support/world.ts'

const slackIn = (name: string): string => `C0${name.toUpperCase()}`
/** Its card goes to both chats; Slack's comes first. */
const both = (name: string): CaseRule => ({
  requesters: ['U0DANA', PEOPLE.dana],
  stages: [{ approvers: ['U0SAM', PEOPLE.lee] }],
  cards: [slackIn(name), cardsIn(name)],
})
const names = ['slackgone', 'slackhangs', 'teamsgone', 'teamshangs']
const cases = Object.fromEntries([...names.map((name) => [name, both(name)])]) as Record<string, CaseRule>
let world: World
beforeAll(async () => {
  world = await startWorld(
    teamsCases(cases, {
      chats: 'both',
      slack: { rateLimits: 'off' },
      azure: { timings: { secondConnectionMs: 800 } },
      config: (config) => {
        config.people = [samInBoth]
      },
    }),
  )
  const model = world.slack.state.channels.find(({ id }) => id === 'C0DBA')
  for (const name of names) {
    if (model) world.slack.state.channels.push({ ...structuredClone(model), id: slackIn(name), name })
  }
  await world.start('all')
})
afterAll(() => world.close())

/** A way of being away, for this channel of Slack. */
const slackAway = (name: string, hangs: boolean) => {
  const match = { channel: slackIn(name) }
  return world.slack.control.fault({ match, times: 'forever', action: hangs ? { hang: 'forever' } : 'reset' })
}
/** The same for both channels of Teams. */
const teamsAway = (name: string, hangs: boolean) => {
  const away = [askedIn(name), cardsIn(name)].map((conversation) =>
    world.teams.control.fault({
      match: { conversation },
      times: 'forever',
      action: hangs ? { hang: 'forever' } : 'reset',
    }),
  )
  return { lift: () => away.map((fault) => fault.lift()) }
}

describe.concurrent('Slack away, which has a card too,', () => {
  test.for([
    ['slackgone', false],
    ['slackhangs', true],
  ] as const)('(%s) does not hold up Teams, and catches up', async ([name, hangs]) => {
    const id = await askInTeams(world, name)
    const fault = slackAway(name, hangs)
    const { transfer } = await inStatus(world, id, 'awaiting_approval')
    const card = await openCard(world, id, cardsIn(name))
    expect(card.at - (transfer.round?.askedAt ?? 0)).toBeLessThan(4_000)
    if (!hangs) {
      fault.lift()
      await cardOf(world, id, slackIn(name))
    }
    const again = hangs ? fault : slackAway(name, hangs)
    const lee = world.teams.as('lee')
    await eventually(async () => (await lee.refresh(card)).card)
    expect(sentenceOf(await lee.click(card, { verb: 'approve' }))).toContain('Your yes is recorded')
    await telling(world, name, 'has finished')
    await eventually(() => !isOpen(card))
    again.lift()
    await eventually(() => rootsOf(world, id).every((each) => wordsOf(each).includes('Finished')))
    await eventually(() => messagesOf(world.slack, id, 'card').every((each) => !hasButtons(each)))
    if (!hangs) expect(messagesOf(world.slack, id, 'card')).toHaveLength(1)
  })
})

describe.concurrent('Teams away, which has a card too,', () => {
  test.for([
    ['teamsgone', false],
    ['teamshangs', true],
  ] as const)('(%s) does not hold up Slack, and catches up', async ([name, hangs]) => {
    const id = await ask(world, name)
    const fault = teamsAway(name, hangs)
    const { transfer } = await inStatus(world, id, 'awaiting_approval')
    const card = await cardOf(world, id, slackIn(name))
    expect((card.edits[0]?.at ?? 0) - (transfer.round?.askedAt ?? 0)).toBeLessThan(4_000)
    if (!hangs) {
      fault.lift()
      await openCard(world, id, cardsIn(name))
    }
    const again = hangs ? fault : teamsAway(name, hangs)
    expect(await approve(world, card)).toContain('Your yes is recorded')
    await reply(world, id, 'has finished')
    expect(replies(world, id)).toHaveLength(5)
    await eventually(() => textOf(messagesOf(world.slack, id, 'root')[0]).includes('*Finished*'))
    again.lift()
    await eventually(() => !cardsOf(world, id).some(isOpen))
    if (!hangs) expect(cardsOf(world, id)).toHaveLength(1)
  })
})
