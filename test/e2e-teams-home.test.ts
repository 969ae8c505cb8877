import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PEOPLE, type TeamsMessage } from '../sandbox/teams/index.ts'
import type { CaseRule } from './support/cases.ts'
import { teamsCases } from './support/chats.ts'
import { eventually, inStatus } from './support/story.ts'
import {
  askInTeams,
  cardsOn,
  chatOf,
  chatted,
  flawsOf,
  hasButtons,
  press,
  sentenceOf,
  toldAlone,
  wordsOf,
} from './support/teams-story.ts'
import { startWorld, type World } from './support/world.ts'

/** Nothing is sent to Azure before somebody says yes, so that these stay open and cost nothing. */
const asking: CaseRule = { gate: 'submission' }
const names = ['yes', 'no', 'stays', 'back']

let world: World
const ids: Record<string, string> = {}
beforeAll(async () => {
  world = await startWorld(teamsCases(Object.fromEntries(names.map((name) => [name, asking]))))
  await world.start('all')
  for (const name of names) {
    const id = await askInTeams(world, name)
    ids[name] = id
    await inStatus(world, id, 'awaiting_approval')
  }
})
afterAll(() => world.close())

describe('pending in Teams', () => {
  test('is one card with everything, and a card with buttons for each that waits', async () => {
    const [overview, ...cards] = await home('sam', 5)
    const text = wordsOf(overview as TeamsMessage)
    for (const part of [
      'Waiting for you (4)',
      'Their 4 cards follow.',
      'Asked for by you',
      'Running',
      'Ended in the last 7 days',
      'As of',
    ]) {
      expect(text).toContain(part)
    }
    expect(cardsOn(overview as TeamsMessage).some(hasButtons)).toBe(false)
    const about = cards.map((each) => /Transfer (\S{8})/.exec(wordsOf(each))?.[1])
    expect(about.toSorted()).toEqual(Object.values(ids).toSorted())
    expect(cards.every((each) => cardsOn(each).every(hasButtons))).toBe(true)
    expect(wordsOf(cards[0] as TeamsMessage)).toContain('A yes sends the export')
  })

  test('asked for in a channel is told in the personal chat', async () => {
    const from = chatOf(world, 'sam').length
    await world.teams.as('sam').say('pending', { targeted: true })
    await toldAlone(world, 'sam', 'Waiting for you (4)', from)
    await eventually(() => chatOf(world, 'sam').length >= from + 5)
  })

  test('shows the requester their requests, and nobody else any of it', async () => {
    const [own] = await home('dana', 1)
    for (const id of Object.values(ids)) expect(wordsOf(own as TeamsMessage)).toContain(id)
    expect(wordsOf(own as TeamsMessage)).toContain('Nothing waits for you.')
    const [other] = await home('rio', 1)
    for (const id of Object.values(ids)) expect(wordsOf(other as TeamsMessage)).not.toContain(id)
  })

  test('among other words is told in words', async () => {
    const text = await chatted(world, 'sam', 'pending please')
    for (const part of ['Waiting for you (4)', 'stays', 'As of']) expect(text).toContain(part)
  })

  test('takes a yes on its card', async () => {
    const card = await cardIn('sam', 'yes')
    expect(sentenceOf(await press(world, 'sam', card, 'approve'))).toContain('Your yes is recorded (1 of 1)')
    const { transfer } = await inStatus(world, ids.yes ?? '', 'succeeded')
    expect(transfer.decisions).toMatchObject([
      { by: `teams:${world.teams.tenantId}/${PEOPLE.sam}`, verdict: 'approve' },
    ])
  })

  test('takes a no with its reason, also from a client that sends it as a message', async () => {
    const card = await cardIn('sam', 'no')
    await press(world, 'sam', card, 'deny', { reason: 'not this month', as: 'submit' })
    const { transfer } = await inStatus(world, ids.no ?? '', 'denied')
    expect(transfer.decisions).toMatchObject([{ verdict: 'deny', reason: 'not this month' }])
  })
})

describe('what they asked for', () => {
  test('may be taken back on the overview, each by its own button', async () => {
    const [overview] = await home('dana', 1)
    const message = overview as TeamsMessage
    for (const name of ['stays', 'back']) expect(JSON.stringify(message)).toContain(`Withdraw ${ids[name]}…`)
    const data = { transfer: ids.back ?? '' }
    expect(sentenceOf(await world.teams.as('dana').click(message, { verb: 'withdraw', data }))).toContain(
      `Your withdrawal of ${ids.back} is recorded`,
    )
    await inStatus(world, ids.back ?? '', 'cancelled')
  })
})

describe('questions in Teams', () => {
  test('list, status and history are told alone, and within what Teams takes', async () => {
    await inStatus(world, ids.yes ?? '', 'succeeded')
    expect(await chatted(world, 'sam', 'list pending')).toContain('👉 waits for you')
    const status = await chatted(world, 'sam', `status ${ids.yes}`)
    for (const part of ['Story', 'The approvers are asked', 'approved this (1 of 1)', 'Rule yes', 'Cards of round 1']) {
      expect(status).toContain(part)
    }
    const history = await chatted(world, 'sam', 'history yes')
    for (const part of ['Last good export of yes', 'approved by @Sam Okafor', `/drawbridge status ${ids.yes}`]) {
      expect(history).toContain(part)
    }
    expect(await chatted(world, 'rio', 'history yes')).toContain('There is no transfer of yes that you can see')
  })

  test('leave nothing on a card that Teams would not take', () => {
    expect(flawsOf(world)).toEqual([])
  })
})

/** Says `pending` in the personal chat; the messages that come for it. */
async function home(by: string, messages: number): Promise<readonly TeamsMessage[]> {
  const from = chatOf(world, by).length
  const { delivery } = await world.teams.as(by).chat('pending')
  expect(delivery).toMatchObject({ status: 200 })
  await eventually(() => chatOf(world, by).length >= from + messages)
  return chatOf(world, by).slice(from)
}

async function cardIn(by: string, name: string): Promise<TeamsMessage> {
  const all = await home(by, 2)
  const found = await eventually(() =>
    [...all, ...chatOf(world, by)].findLast((each) => wordsOf(each).includes(`Transfer ${ids[name]} · round`)),
  )
  return found
}
