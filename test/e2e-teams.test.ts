import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHANNELS, type Fields, PEOPLE, type TeamsMessage } from '../sandbox/teams/index.ts'
import { checkExchange } from './support/azure-spec.ts'
import type { CaseRule } from './support/cases.ts'
import { cardsIn, teamsCases } from './support/chats.ts'
import { connectionsOf, inStatus, jobOf, recordOf } from './support/story.ts'
import {
  allTold,
  askInTeams,
  cardsOf,
  cardsOn,
  chatOf,
  flawsOf,
  hasButtons,
  idOfRoot,
  isOpen,
  mentionedIn,
  openCard,
  press,
  refusal,
  rootsOf,
  sentenceOf,
  teamsRootOf,
  telling,
  toldAlone,
  wordsOf,
} from './support/teams-story.ts'
import { startWorld, type World } from './support/world.ts'

const patience = 30_000
const among = (...approvers: string[]): CaseRule => ({ stages: [{ approvers }], cards: ['approvers'] })
const cases: Readonly<Record<string, CaseRule>> = {
  direct: { cards: ['approvers'] },
  oldyes: among(PEOPLE.ops),
  oldno: { cards: [PEOPLE.lee] },
  absent: among(PEOPLE.rio, PEOPLE.ops),
  blocked: among(PEOPLE.aud, PEOPLE.sam),
  noroom: { cards: [CHANNELS.secret] },
  kept: { cards: [cardsIn('kept'), PEOPLE.sam] },
  chatted: {},
  silent: {},
}

let world: World
beforeAll(async () => {
  world = await startWorld(teamsCases(cases))
  world.teams.control.user('rio', { installed: false })
  world.teams.control.block('aud')
  await Promise.all([world.start('bot'), world.start('worker')])
})
afterAll(() => world.close())

describe.concurrent('cards in personal chats', () => {
  test('have their buttons from the start, for each approver, and are all decided by one click', async () => {
    const id = await askInTeams(world, 'direct')
    const cards = await cardsTo(id, 'sam', 'lee')
    for (const card of cards) expect(cardsOn(card).map(hasButtons)).toEqual([true])
    expect(cardsOf(world, id)).toHaveLength(2)
    const [own, other = own] = cards
    expect(sentenceOf(await press(world, 'sam', own, 'approve'))).toContain('That is enough')
    await world.teams.until(() => !cards.some(isOpen), patience)
    await inStatus(world, id, 'succeeded')
    const late = () => press(world, 'lee', other, 'approve', { edit: 0 })
    expect(await refusal(world, id, late)).toContain('This is decided already: Sam Okafor said yes')
    for (const card of cards) expect(wordsOf(card)).toMatch(/👍 Approved by @?Sam Okafor/)
  })

  test('are approved by a client that knows only old buttons; the answer comes in the chat', async () => {
    const id = await askInTeams(world, 'oldyes')
    const [card] = await cardsTo(id, 'ops')
    const from = chatOf(world, 'ops').length
    expect(await press(world, 'ops', card, 'approve', { as: 'submit' })).toMatchObject({ status: 200 })
    await toldAlone(world, 'ops', 'Your yes is recorded (1 of 1). That is enough', from)
    await inStatus(world, id, 'succeeded')
    await world.teams.until(() => !isOpen(card), patience)
    await press(world, 'ops', card, 'deny', { as: 'submit', edit: 0 })
    await toldAlone(world, 'ops', 'This is decided already: Olu Adeyemi said yes', from)
  })

  test('are denied by such a client, with a reason', async () => {
    const id = await askInTeams(world, 'oldno')
    const [card] = await cardsTo(id, 'lee')
    const from = chatOf(world, 'lee').length
    const change = (activity: Fields): Fields => ({ ...activity, value: { ...(activity.value as Fields), reason: '' } })
    await press(world, 'lee', card, 'deny', { as: 'submit', change })
    await toldAlone(world, 'lee', 'A reason is needed', from)
    expect((await recordOf(world, id))?.transfer.decisions).toEqual([])
    await press(world, 'lee', card, 'deny', { as: 'submit', reason: 'not <b>today</b>' })
    await toldAlone(world, 'lee', 'Your no is recorded', from)
    await inStatus(world, id, 'denied')
    expect(wordsOf(await telling(world, 'oldno', 'was denied'))).toContain('“not ‹b›today‹/b›”')
  })
})

describe.concurrent('a place that cannot be written to', () => {
  test.each([
    ['absent', 'has not added the bot', 'Rio Costa', 'ForbiddenOperationException', 'ops'],
    ['blocked', 'has blocked the bot', 'Ada Berg', 'MessageWritesBlocked', 'sam'],
  ])('%s: an approver who %s is named where it was asked, and the others get their card', async (...all) => {
    const [name, , whom, code, other] = all
    const id = await askInTeams(world, name)
    const [card] = await cardsTo(id, other)
    const alarm = wordsOf(await telling(world, name, 'The card could not be posted'))
    expect(alarm).toContain(`⚠️ The card could not be posted to ${whom} (${code}).`)
    expect(sentenceOf(await press(world, other, card, 'approve'))).toContain('That is enough')
    await inStatus(world, id, 'succeeded')
  })

  test('is told where it was asked, and the approvers are asked in their own chats', async () => {
    const id = await askInTeams(world, 'noroom')
    const [card] = await cardsTo(id, 'sam', 'lee')
    const alarm = wordsOf(await telling(world, 'noroom', 'The card could not be posted'))
    expect(alarm).toContain(
      '(BotNotInConversationRoster). If that is a channel, add Drawbridge to it; until then, decide on a card elsewhere.',
    )
    expect(sentenceOf(await press(world, 'sam', card, 'approve'))).toContain('That is enough')
    await inStatus(world, id, 'succeeded')
  })
})

describe('after every process was killed and started again, while nobody said anything', () => {
  let calls = 0
  const ids: Record<string, string> = {}
  beforeAll(async () => {
    const asked = ['kept', 'chatted', 'silent'].map(async (name) => {
      if (name === 'chatted') await world.teams.as('dana').chat('export chatted to chatted')
      const id = name === 'chatted' ? idOfRoot(await teamsRootOf(world, name)) : await askInTeams(world, name)
      await openCard(world, id)
      await allTold(world, id)
      ids[name] = id
    })
    await Promise.all(asked)
    await Promise.all(world.running.map((each) => each.kill()))
    const { sql } = connectionsOf(world, await jobOf(world, 'silent'))
    world.azure.changeConnection({ action: 'approve', id: sql?.id ?? '' })
    calls = world.teams.state.calls.length
    await Promise.all([world.start('bot'), world.start('worker')])
  })

  test('what happens in Azure is told in the old chain, and the old card is closed', async () => {
    const id = ids.silent ?? ''
    const alarm = await telling(world, 'silent', 'approved outside of Drawbridge')
    const [root] = rootsOf(world, id)
    expect(alarm.rootId).toBe(root?.rootId)
    expect(mentionedIn(alarm)).toEqual(expect.arrayContaining([PEOPLE.sam, PEOPLE.lee, PEOPLE.ops]))
    await inStatus(world, id, 'failed')
    await world.teams.until(() => cardsOf(world, id).every((each) => !isOpen(each)), patience)
    await world.teams.until(() => root && wordsOf(root).includes('Failed'), patience)
  })

  describe.concurrent('the old card', () => {
    test.each([
      ['a personal chat', 'kept'],
      ['a channel', 'chatted'],
    ])('in %s still takes a yes, and is brought up to date', async (_, name) => {
      const id = ids[name] ?? ''
      const cards = cardsOf(world, id)
      const card = cards.find(({ conversation }) => conversation !== cardsIn('kept'))
      const pressed = card && (await press(world, 'sam', card, 'approve'))
      expect(pressed && sentenceOf(pressed)).toContain('Your yes is recorded (1 of 1). That is enough')
      await inStatus(world, id, 'succeeded')
      const last = await telling(world, name, 'has finished')
      const [root] = rootsOf(world, id)
      expect([last.conversation, last.rootId]).toEqual([root?.conversation, root?.rootId])
      await world.teams.until(() => root && wordsOf(root).includes('Finished') && !cards.some(isOpen), patience)
      expect(cardsOf(world, id)).toHaveLength(cards.length)
    })
  })

  test('no chat was opened anew: where people are was kept', () => {
    const made = world.teams.state.calls.slice(calls).filter(({ method }) => method === 'create')
    expect(made).toEqual([])
  })
})

test('Teams took everything but what was for those who cannot be written to', () => {
  const codes = flawsOf(world).map((flaw) => (flaw as { error?: string }).error)
  expect(codes.toSorted()).toEqual([
    'BotNotInConversationRoster',
    'ForbiddenOperationException',
    'MessageWritesBlocked',
  ])
})

test('every request and every answer is as the specification has it', () => {
  expect(world.azure.state.requests.flatMap(checkExchange)).toEqual([])
})

/** The cards in the personal chats of these people, once all of them are there. */
async function cardsTo(id: string, ...people: [string, ...string[]]): Promise<[TeamsMessage, ...TeamsMessage[]]> {
  const cardTo = (by: string) => cardsOf(world, id).find((each) => isOpen(each) && chatOf(world, by).includes(each))
  const [first, ...rest] = people.map((by) => world.teams.until(() => cardTo(by), patience))
  return [await (first as Promise<TeamsMessage>), ...(await Promise.all(rest))]
}
