import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHANNELS, PEOPLE, type TeamsMessage } from '../sandbox/teams/index.ts'
import type { CaseRule } from './support/cases.ts'
import { cardsIn, samInBoth, teamsCases } from './support/chats.ts'
import { ask, eventually, inStatus, recordOf, told } from './support/story.ts'
import {
  askInTeams,
  cardFor,
  cardsOf,
  chatOf,
  flawsOf,
  hasButtons,
  isOpen,
  mentionedIn,
  openCard,
  press,
  sentenceOf,
  telling,
  tellingsOf,
  wordsOf,
} from './support/teams-story.ts'
import { messagesOf, startWorld, textOf, type World } from './support/world.ts'

/** Long enough for what people do before it, also on a slow machine. */
const soon = '7s'
const dana = ['U0DANA', PEOPLE.dana]
const cases: Readonly<Record<string, CaseRule>> = {
  channel: { stages: [{ approvers: [PEOPLE.sam, PEOPLE.lee, PEOPLE.rio], need: 2 }], remindAfter: soon },
  personal: { stages: [{ approvers: [PEOPLE.sam, PEOPLE.lee], need: 2 }], cards: ['approvers'], remindAfter: soon },
  escalates: { stages: [{ approvers: [PEOPLE.sam] }], escalate: { after: '3s', to: [PEOPLE.rio, PEOPLE.dana] } },
  silent: { stages: [{ approvers: [PEOPLE.sam] }], tell: [CHANNELS.data, 'C0PUBLIC'] },
  across: {
    stages: [{ approvers: ['U0SAM', 'U0LEE', PEOPLE.rio] }],
    cards: ['C0DBA', cardsIn('across')],
    remindAfter: '1s',
  },
}
let world: World
beforeAll(async () => {
  const rules = Object.entries(cases).map(([name, rule]) => [name, { requesters: dana, ...rule }] as const)
  world = await startWorld(
    teamsCases(Object.fromEntries(rules), {
      chats: 'both',
      slack: { rateLimits: 'off' },
      config: (config) => {
        config.people = [samInBoth]
      },
    }),
  )
  await Promise.all([world.start('bot'), world.start('worker')])
})
afterAll(() => world.close())

const remindersOf = (name: string): readonly TeamsMessage[] =>
  tellingsOf(world, name).filter((each) => wordsOf(each).includes('still missing'))
const reminderOf = (name: string) => eventually(() => remindersOf(name)[0])

describe.concurrent('in Teams', () => {
  test('a reminder in a channel is a reply below the card that mentions exactly those who have not said yes', async () => {
    const id = await askInTeams(world, 'channel')
    const card = await openCard(world, id)
    expect(sentenceOf(await press(world, 'sam', card, 'approve'))).toContain('(1 of 2)')
    const reminder = await reminderOf('channel')
    expect([reminder.conversation, reminder.rootId]).toEqual([card.conversation, card.id])
    expect([...mentionedIn(reminder)].sort()).toEqual([PEOPLE.lee, PEOPLE.rio].sort())
    const said = await telling(world, 'channel', 'Those who can still say yes are reminded (1 of 2 so far)')
    expect(mentionedIn(said)).toEqual([])
    expect(remindersOf('channel')).toHaveLength(1)
  })

  test('a reminder of a direct card is a new message in the personal chat of who has not decided, and of nobody else', async () => {
    const id = await askInTeams(world, 'personal')
    const cardWith = (by: string) => eventually(() => chatOf(world, by).find((each) => isOpen(each) && of(id, each)))
    expect(sentenceOf(await press(world, 'sam', await cardWith('sam'), 'approve'))).toContain('(1 of 2)')
    const card = await cardWith('lee')
    const reminder = await reminderOf('personal')
    expect(reminder.conversation).toBe(card.conversation)
    expect(reminder.at).toBeGreaterThan(card.at)
    expect(mentionedIn(reminder)).toEqual([PEOPLE.lee])
    await telling(world, 'personal', 'are reminded (1 of 2 so far)')
    expect(remindersOf('personal')).toHaveLength(1)
  })

  test('an escalation asks others in their personal chats, who could not decide before and can then', async () => {
    const id = await askInTeams(world, 'escalates')
    const first = await openCard(world, id)
    expect(hasButtons(await cardFor(world, 'rio', first))).toBe(false)
    const said = await telling(world, 'escalates', '⏫ Not enough approvers said yes within 3 s (0 of 1)')
    expect(mentionedIn(said)).toEqual([PEOPLE.rio])
    const card = await eventually(() => chatOf(world, 'rio').find((each) => isOpen(each) && of(id, each)))
    expect(chatOf(world, 'dana').some((each) => of(id, each) && isOpen(each))).toBe(false)
    await eventually(() => wordsOf(first).includes('may decide too.'))
    expect(hasButtons(await cardFor(world, 'rio', first))).toBe(true)
    expect(sentenceOf(await press(world, 'rio', card, 'approve'))).toContain('That is enough')
    await inStatus(world, id, 'succeeded')
    await eventually(() => !cardsOf(world, id).some(isOpen))
  })

  test('a place that is told silently has one message with names, in whichever chat it is', async () => {
    const id = await askInTeams(world, 'silent')
    await press(world, 'sam', await openCard(world, id), 'approve')
    await inStatus(world, id, 'succeeded')
    const inTeams = await eventually(() =>
      world.teams.state.messages.find((each) => each.conversation === CHANNELS.data && isEnd(wordsOf(each), id)),
    )
    for (const edit of inTeams.edits) expect(mentionedIn({ ...inTeams, ...edit })).toEqual([])
    expect(wordsOf(inTeams)).toMatch(/Asked for by Dana Ito, /)
    const inSlack = await eventually(() => messagesOf(world.slack, id, 'tell').find((each) => isEnd(textOf(each), id)))
    expect(inSlack.channel).toBe('C0PUBLIC')
    expect(textOf(inSlack)).toContain('Dana Ito (Teams)')
    // Sam has an account here too, and is named by it without being mentioned.
    expect(textOf(inSlack)).toContain('Approved by Sam Okafor, ')
    for (const edit of inSlack.edits) expect(JSON.stringify(edit)).not.toMatch(/<@|<!subteam/)
    // Whoever is there is told, and is shown no card for it.
    expect(await fetched(inTeams, id, 'lee')).toContain('cannot be shown to you now')
    expect(await fetched(inTeams, id, 'sam')).toContain('"type":"AdaptiveCard"')
  })
})

describe.concurrent('across both', () => {
  test('a reminder mentions people by their account in each chat, and only those who may decide', async () => {
    const id = await ask(world, 'across')
    const reminder = await eventually(() => messagesOf(world.slack, id, 'remind')[0])
    // Rio is of Teams alone and not declared: a request of Slack is not theirs to decide.
    expect(mentions(textOf(reminder))).toEqual(['<@U0LEE>', '<@U0SAM>'])
    const inTeams = await reminderOf('across')
    expect(inTeams.conversation).toBe(cardsIn('across'))
    expect(mentionedIn(inTeams)).toEqual([PEOPLE.sam])
    expect(wordsOf(inTeams)).toContain('Lee Novak (Slack)')
    expect(await told(world, 'U0DANA', `status ${id}`)).toContain('1 approval')
    expect((await recordOf(world, id))?.transfer.round?.remindedAt).toBeDefined()
  })
})

test('nothing that Teams shows of it is broken', () => {
  expect(flawsOf(world)).toEqual([])
})

function of(id: string, message: TeamsMessage): boolean {
  return wordsOf(message).includes(`Transfer ${id} · round `)
}

function isEnd(words: string, id: string): boolean {
  return words.includes(id) && words.includes('Finished')
}

function mentions(text: string): readonly string[] {
  return [...new Set(text.match(/<[@!](?!date)[^>]*>/g))].sort()
}

/** What somebody gets who fetches the card of the transfer from below this message. */
async function fetched(message: TeamsMessage, transfer: string, by: string): Promise<string> {
  const { state, as } = world.teams
  const action = { type: 'Action.Execute', title: 'Show', verb: 'refresh', data: { transfer, round: 1 } }
  const card = { type: 'AdaptiveCard', version: '1.5', body: [], actions: [action] }
  const { id, conversation } = message
  state.views.unshift({ at: Date.now(), user: as(by).user.id, conversation, message: id, card })
  const { body } = await as(by).click(message, { verb: 'refresh' })
  return JSON.stringify(body)
}
