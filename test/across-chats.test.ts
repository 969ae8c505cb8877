import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HOME_TENANT, PEOPLE } from '../sandbox/teams/index.ts'
import { checkExchange } from './support/azure-spec.ts'
import type { CaseRule } from './support/cases.ts'
import { cardsIn, samInBoth, teamsCases } from './support/chats.ts'
import {
  approve,
  ask,
  eventually,
  inStatus,
  recordOf,
  reply,
  cardOf as slackCardOf,
  hasButtons as slackHasButtons,
} from './support/story.ts'
import {
  allTold,
  askedNow,
  askInTeams,
  buttonsWith,
  cardFor,
  chatted,
  flawsOf,
  hasButtons,
  isOpen,
  mentionedIn,
  openCard,
  press,
  refusal,
  sentenceOf,
  telling,
  wordsOf,
} from './support/teams-story.ts'
import { messagesOf, startWorld, textOf, type World, writeConfig } from './support/world.ts'

const dana = ['U0DANA', PEOPLE.dana]
const everywhere = (name: string): readonly string[] => ['C0DBA', cardsIn(name)]
/** Lee has an account in both chats and is an approver with both, but nobody declared that they are one person. */
const lees = { requesters: dana, stages: [{ approvers: ['U0LEE', PEOPLE.lee, 'U0SAM'] }] }
const cases: Readonly<Record<string, CaseRule>> = {
  outward: { requesters: dana, stages: [{ approvers: ['U0SAM'] }], cards: everywhere('outward') },
  inward: { requesters: dana, stages: [{ approvers: [PEOPLE.sam] }], cards: everywhere('inward') },
  own: { requesters: ['U0SAM'], stages: [{ approvers: ['U0SAM', 'U0LEE'] }] },
  inslack: { ...lees, cards: everywhere('inslack') },
  inteams: { ...lees, cards: everywhere('inteams') },
  asking: { requesters: dana, stages: [{ approvers: ['U0SAM', PEOPLE.lee] }], cards: everywhere('asking') },
  taken: { requesters: ['U0SAM'], stages: [{ approvers: ['U0LEE'] }] },
  twice: { requesters: dana, stages: [{ approvers: ['U0SAM', 'U0LEE'], need: 2 }], cards: everywhere('twice') },
}
const people = [samInBoth]
const options = teamsCases(cases, {
  chats: 'both',
  slack: { rateLimits: 'off' },
  config: (config) => {
    config.people = people
  },
})

let world: World
const ids: Record<string, string> = {}
beforeAll(async () => {
  world = await startWorld(options)
  await Promise.all([world.start('bot'), world.start('worker')])
  const asked = Object.keys(cases).map(async (name) => {
    const inTeams = name === 'inward' || name === 'inteams'
    ids[name] = await (inTeams
      ? askInTeams(world, name)
      : ask(world, name, { by: name === 'own' || name === 'taken' ? 'U0SAM' : 'U0DANA' }))
    await openCard(world, idOf(name))
    await allTold(world, idOf(name))
  })
  await Promise.all(asked)
})
afterAll(() => world.close())

describe.concurrent('what is asked in one chat and decided in the other', () => {
  test('of Slack: Sam says yes in Teams, and the thread in Slack calls him by his name there', async () => {
    const id = idOf('outward')
    const card = await openCard(world, id)
    expect(sentenceOf(await press(world, 'sam', card, 'approve'))).toContain('(1 of 1). That is enough')
    await reply(world, id, '<@U0SAM> approved this (1 of 1)')
    await inStatus(world, id, 'succeeded')
    expect(textOf(await reply(world, id, 'has finished'))).toContain('<@U0DANA>')
    await decidedEverywhere('outward')
  })

  test('of Teams: Sam says yes in Slack, and the chain in Teams mentions him there', async () => {
    const id = idOf('inward')
    expect(await approve(world, await slackCardOf(world, id))).toContain('(1 of 1). That is enough')
    expect(mentionedIn(await telling(world, 'inward', '@Sam Okafor approved this (1 of 1)'))).toEqual([PEOPLE.sam])
    await inStatus(world, id, 'succeeded')
    expect(mentionedIn(await telling(world, 'inward', 'has finished'))).toEqual([PEOPLE.dana])
    await decidedEverywhere('inward')
  })

  test('names whoever has no account here, and says where they have one', async () => {
    expect(wordsOf(await cardOf('outward'))).toMatch(/^Dana Ito \(Slack\) asks for this/m)
    const [card] = messagesOf(world.slack, idOf('inward'), 'card')
    expect(textOf(card)).toContain('Dana Ito (Teams) asks for this')
    expect(textOf(card)).toContain('<@U0SAM>')
  })
})

describe.concurrent('nobody decides on their own request', () => {
  test('with their account in the other chat either', async () => {
    const card = await cardOf('own')
    expect(hasButtons(await cardFor(world, 'sam', card))).toBe(false)
    const forged = buttonsWith(await askedNow(world, idOf('own')))
    for (const verb of ['approve', 'deny'] as const) {
      const answer = await refusal(world, idOf('own'), () => press(world, 'sam', card, verb, { card: forged }))
      expect(answer).toContain('This is your own request')
    }
  })
})

describe.concurrent('whose accounts are not declared to be one person', () => {
  test('decides on a request of Slack in Slack alone', async () => {
    const id = idOf('inslack')
    const card = await cardOf('inslack')
    // An approver has buttons, so that the click says what is missing.
    const answer = await refusal(world, id, () => press(world, 'lee', card, 'approve'))
    expect(answer).toContain('asked in Slack, and only people whose accounts in both chats are declared')
    expect(answer).toContain(`add you to people in drawbridge.yaml, with your account ${PEOPLE.lee}`)
    expect(await approve(world, await slackCardOf(world, id), 'U0LEE')).toContain('(1 of 1). That is enough')
    await decidedEverywhere('inslack')
    expect(wordsOf(card)).toContain('Approved by Lee Novak (Slack)')
  })

  test('decides on a request of Teams in Teams alone', async () => {
    const id = idOf('inteams')
    const before = await recordOf(world, id)
    const answer = await approve(world, await slackCardOf(world, id), 'U0LEE')
    expect(answer).toContain('asked in Teams, and only people whose accounts in both chats are declared')
    expect(answer).toContain('add you to `people` in `drawbridge.yaml`, with your account `U0LEE`')
    expect((await recordOf(world, id))?.transfer.version).toBe(before?.transfer.version)
    expect(sentenceOf(await press(world, 'lee', await cardOf('inteams'), 'approve'))).toContain('That is enough')
    await decidedEverywhere('inteams')
    expect(textOf(messagesOf(world.slack, id, 'card')[0])).toContain('Approved by Lee Novak (Teams)')
  })
})

describe.concurrent('a person of both chats', () => {
  test('asks in one chat what the requester answers in the other, and nobody does who is not declared', async () => {
    const id = idOf('asking')
    const card = await cardOf('asking')
    const lee = await refusal(world, id, () => press(world, 'lee', card, 'question', { reason: 'which one?' }))
    expect(lee).toContain('asked in Slack, and only people whose accounts in both chats are declared')
    const said = sentenceOf(await press(world, 'sam', card, 'question', { reason: 'which one?' }))
    expect(said).toContain('Your question is asked')
    expect(textOf(await reply(world, id, '❓ <@U0DANA>: <@U0SAM> asks before deciding: “which one?”'))).toBeTruthy()
    await world.teams.until(() => wordsOf(card).includes('Sam Okafor asked'), 20_000)
    expect((await recordOf(world, id))?.transfer.questions).toMatchObject([
      { by: `teams:${HOME_TENANT}/${PEOPLE.sam}`, also: ['slack:T0SANDBOX/U0SAM'] },
    ])
  })

  test('withdraws what they asked for with either account', async () => {
    const id = idOf('taken')
    expect(await chatted(world, 'rio', `withdraw ${id}`)).toContain(`There is no transfer ${id}`)
    expect(await chatted(world, 'sam', `withdraw ${id} not needed`)).toContain(`Your withdrawal of ${id} is recorded`)
    expect(textOf(await reply(world, id, 'was withdrawn'))).toContain('Withdrawn by <@U0SAM>: “not needed”')
  })

  test('has one vote, and takes it back where they like', async () => {
    const id = idOf('twice')
    const card = await cardOf('twice')
    expect(await approve(world, await slackCardOf(world, id))).toContain('(1 of 2)')
    await world.teams.until(() => wordsOf(card).includes('Yes so far: @Sam Okafor'), 20_000)
    const again = await refusal(world, id, () => press(world, 'sam', card, 'approve'))
    expect(again).toBe('Your yes is already counted. Until enough people have said yes, Deny takes it back.')
    const denied = sentenceOf(await press(world, 'sam', card, 'deny', { reason: 'not this week' }))
    expect(denied).toContain('Your yes is taken back, and your no is recorded')
    await inStatus(world, id, 'denied')
    expect(textOf(await reply(world, id, 'was denied'))).toContain('Denied by <@U0SAM>: “not this week”')
    await decidedEverywhere('twice')
    expect(
      world.azure.state.connections.filter(({ parent, status }) => parent === 'sql-twice' && status === 'Approved'),
    ).toEqual([])
  })
})

test('an account that two people claim keeps Drawbridge from starting, and both are named', async () => {
  await writeConfig(world.folder, {
    ...options,
    config: (config) => {
      options.config?.(config)
      config.people = [...people, { name: 'Somebody Else', slack: 'U0RIO', teams: PEOPLE.sam }]
    },
  })
  const started = await world.start('bot').catch((error: unknown) => String(error))
  expect(started).toContain('people[0] (Sam Okafor)')
  expect(started).toContain('people[1] (Somebody Else) cannot have it too')
})

test('both chats took everything', () => {
  expect(flawsOf(world)).toEqual([])
})

test('every request and every answer is as the specification has it', () => {
  expect(world.azure.state.requests.flatMap(checkExchange)).toEqual([])
})

function idOf(name: string): string {
  return ids[name] ?? ''
}

async function cardOf(name: string) {
  return world.teams.until(
    ({ messages }) => messages.find(({ conversation }) => conversation === cardsIn(name)),
    20_000,
  )
}

/** One click in one of the chats, and neither card has anything left to click. */
async function decidedEverywhere(name: string): Promise<void> {
  const card = await cardOf(name)
  await world.teams.until(() => !isOpen(card), 20_000)
  await eventually(() => messagesOf(world.slack, idOf(name), 'card').every((each) => !slackHasButtons(each)))
  expect(messagesOf(world.slack, idOf(name), 'card')).toHaveLength(1)
  for (const by of ['sam', 'lee', 'rio']) expect(hasButtons(await cardFor(world, by, card))).toBe(false)
}
