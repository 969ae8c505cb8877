import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PEOPLE, type TeamsMessage } from '../sandbox/teams/index.ts'
import { ruleVersion } from '../src/transfer/rule-version.ts'
import type { CaseRule } from './support/cases.ts'
import { teamsCases } from './support/chats.ts'
import { auditOf } from './support/e2e.ts'
import { inStatus, jobOf, recordOf } from './support/story.ts'
import {
  allTold,
  askInTeams,
  cardFor,
  cardsOf,
  chatOf,
  chatted,
  flawsOf,
  isOpen,
  mentionedIn,
  openCard,
  press,
  refusal,
  rootsOf,
  sentenceOf,
  telling,
  toldAlone,
  wordsOf,
} from './support/teams-story.ts'
import { startWorld, type World } from './support/world.ts'

const cases: Readonly<Record<string, CaseRule>> = {
  comment: { stages: [{ approvers: [PEOPLE.sam, PEOPLE.lee], need: 2 }] },
  confirmed: { confirm: true },
  question: {},
  refused: {},
  direct: { cards: ['approvers'] },
  back: {},
  typed: {},
}

let world: World
const ids: Record<string, string> = {}
const cards: Record<string, TeamsMessage> = {}
beforeAll(async () => {
  world = await startWorld(teamsCases(cases))
  await Promise.all([world.start('bot'), world.start('worker')])
  for (const name of Object.keys(cases)) ids[name] = await askInTeams(world, name)
  for (const name of Object.keys(cases)) cards[name] = await openCard(world, idOf(name))
}, 120_000)
afterAll(() => world.close())

const idOf = (name: string): string => ids[name] ?? ''
const cardOf = (name: string): TeamsMessage => cards[name] as TeamsMessage
const rootOf = (name: string): TeamsMessage => rootsOf(world, idOf(name))[0] as TeamsMessage
const record = async (name: string) => {
  const stored = await recordOf(world, idOf(name))
  if (!stored) throw new Error(`there is no transfer for ${name}`)
  return stored.transfer
}
/** What stands on Lee's screen; approvers may look at it, whoever they are. */
const asLee = (name: string) => cardFor(world, 'lee', cardOf(name))

describe('a yes', () => {
  test('takes a comment along, which the chain and the decided card tell', async () => {
    const said = await press(world, 'sam', cardOf('comment'), 'comment', { reason: 'as **planned**' })
    expect(sentenceOf(said)).toContain('Your yes is recorded (1 of 2)')
    expect(wordsOf(await telling(world, 'comment', '@Sam Okafor approved this (1 of 2)'))).toMatch(/“as .*planned.*”/)
    const more = await press(world, 'lee', cardOf('comment'), 'comment', { reason: '' })
    expect(sentenceOf(more)).toContain('That is enough')
    await inStatus(world, idOf('comment'), 'succeeded')
    await world.teams.until(() => !isOpen(cardOf('comment')))
    expect(wordsOf(cardOf('comment'))).toMatch(/Approved by @Sam Okafor, @Lee Novak, .*@Sam Okafor: “as/)
    const { decisions, rule } = await record('comment')
    expect(decisions).toMatchObject([
      { reason: 'as **planned**', ruleVersion: ruleVersion(rule) },
      { verdict: 'approve' },
    ])
    expect(decisions[1]).not.toHaveProperty('reason')
  })

  test('is one click, unless the rule has it confirmed in the card', async () => {
    const find = (card: object) => JSON.stringify(card).match(/\{"type":"Action\.\w+","title":"Approve"/)?.[0]
    expect(find(await asLee('refused'))).toBe('{"type":"Action.Execute","title":"Approve"')
    const card = await asLee('confirmed')
    expect(find(card)).toBe('{"type":"Action.ShowCard","title":"Approve"')
    expect(JSON.stringify(card)).toContain('counts as soon as you confirm it')
    expect(sentenceOf(await press(world, 'lee', cardOf('confirmed'), 'approve'))).toContain('That is enough')
    await inStatus(world, idOf('confirmed'), 'succeeded')
  })
})

describe('a question', () => {
  test('asks the requester in the chain, stands on the card, and decides nothing', async () => {
    const { round } = await record('question')
    const said = await press(world, 'sam', cardOf('question'), 'question', { reason: 'why today?' })
    expect(sentenceOf(said)).toContain('Your question is asked in the thread of the request. It decides nothing')
    const told = await telling(world, 'question', '❓ @Dana Ito: @Sam Okafor asks before deciding: “why today?”')
    expect(mentionedIn(told)).toContain(PEOPLE.dana)
    expect(wordsOf(told)).toContain('the time to decide goes on, until ')
    await allTold(world, idOf('question'))
    expect(JSON.stringify(await asLee('question'))).toContain('“why today?”')
    expect(wordsOf(rootOf('question'))).toContain('“why today?”')
    const { questions, decisions, round: now } = await record('question')
    expect(questions).toMatchObject([{ text: 'why today?', digest: round?.digest }])
    expect({ now, decisions }).toEqual({ now: round, decisions: [] })
    expect(sentenceOf(await press(world, 'lee', cardOf('question'), 'approve'))).toContain('That is enough')
    await inStatus(world, idOf('question'), 'succeeded')
    const late = () =>
      press(world, 'sam', cardOf('question'), 'question', { reason: 'too late?', edit: 0, as: 'submit' })
    await expect(late()).rejects.toThrow('No question to click')
  })

  test('from a client of before is asked too, by its card in the direct message', async () => {
    const inputs = { question: 'is it <the> right one?' }
    const { conversation } = chatOf(world, 'lee')[0] as TeamsMessage
    const card = await openCard(world, idOf('direct'), conversation)
    expect(await world.teams.as('lee').click(card, { verb: 'question', inputs, as: 'submit' })).toMatchObject({
      status: 200,
    })
    await toldAlone(world, 'lee', 'Your question is asked')
    const asked = await telling(world, 'direct', 'asks before deciding')
    expect(wordsOf(asked)).toContain('is it ‹the› right one?')
    expect((await record('direct')).questions).toHaveLength(1)
  })

  test('needs words, and one with a secret is neither asked nor kept', async () => {
    await expect(press(world, 'lee', cardOf('refused'), 'question', { reason: ' ' })).rejects.toThrow(
      'Write what you want to know.',
    )
    const secret = () =>
      press(world, 'lee', cardOf('refused'), 'question', { reason: 'is password=hunter2hunter2 right?' })
    expect(await refusal(world, idOf('refused'), secret)).toContain('looks like a key, a SAS or a password')
    const kept = JSON.stringify([await recordOf(world, idOf('refused')), await auditOf(world)])
    expect(kept + world.output()).not.toContain('hunter2')
  })

  test.each([
    ['the requester', 'dana', 'This is your own request'],
    ['a guest', 'guest', 'Guests can neither ask nor decide'],
    ['somebody in the channel', 'rio', 'You are not an approver of this transfer'],
    ['an operator', 'ops', 'You are not an approver of this transfer'],
  ])('of %s is refused, and so is a comment', async (_, by, says) => {
    const card = await asLee('refused')
    for (const verb of ['question', 'comment'] as const) {
      const click = () => press(world, by, cardOf('refused'), verb, { card })
      expect(await refusal(world, idOf('refused'), click)).toContain(says)
    }
  })
})

describe('a withdrawal', () => {
  test.each(['sam', 'ops', 'rio'])('is the requester’s alone: %s is told how to stop it', async (by) => {
    const click = () => press(world, by, rootOf('back'), 'withdraw')
    expect(await refusal(world, idOf('back'), click)).toContain('Only whoever asked for it can withdraw a request')
  })

  test('undoes what was started, and is told as one', async () => {
    const id = idOf('back')
    const card = await asLee('back')
    const said = await press(world, 'dana', rootOf('back'), 'withdraw', { reason: 'found a copy' })
    expect(sentenceOf(said)).toContain(`Your withdrawal of ${id} is recorded`)
    await telling(world, 'back', '↩️ @Dana Ito withdraws this request: “found a copy”')
    expect(wordsOf(await telling(world, 'back', 'was withdrawn'))).toContain('Withdrawn by @Dana Ito: “found a copy”')
    expect((await jobOf(world, 'back')).phase).toBe('cancelled')
    const { cancel, round, ending } = await record('back')
    expect(cancel).toMatchObject({ withdrawn: true, reason: 'found a copy', digest: round?.digest })
    expect(ending).toMatchObject({ outcome: 'cancelled', cause: 'withdrawn' })
    await allTold(world, id)
    expect(cardsOf(world, id).map(wordsOf).join()).toContain('↩️ Withdrawn by @Dana Ito')
    expect(wordsOf(rootOf('back'))).not.toContain('[ Withdraw… ]')
    const late = () => press(world, 'lee', cardOf('back'), 'approve', { card })
    expect(await refusal(world, id, late)).toContain('Its requester, Dana Ito, has withdrawn this')
  })

  test('can be typed, and does not exist for who may not see it', async () => {
    const id = idOf('typed')
    expect(await chatted(world, 'rio', `withdraw ${id}`)).toContain(`There is no transfer ${id}`)
    expect(await chatted(world, 'sam', `withdraw ${id}`)).toContain('Only whoever asked for it')
    expect(await chatted(world, 'dana', `withdraw ${id} not needed`)).toContain(`Your withdrawal of ${id} is recorded`)
    await telling(world, 'typed', 'was withdrawn')
  })
})

test('Teams took everything, and nothing shows what it should not', () => {
  expect(flawsOf(world)).toEqual([])
})
