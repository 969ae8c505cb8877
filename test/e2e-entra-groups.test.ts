import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GROUPS, PEOPLE, type TeamsMessage } from '../sandbox/teams/index.ts'
import type { CaseRule } from './support/cases.ts'
import { askedIn, cardsIn, samInBoth, teamsCases } from './support/chats.ts'
import { approve, ask, inStatus, recordOf, cardOf as slackCardOf, told } from './support/story.ts'
import {
  askInTeams,
  cardFor,
  flawsOf,
  hasButtons,
  openCard,
  press,
  refusal,
  sentenceOf,
  toldAlone,
  wordsOf,
} from './support/teams-story.ts'
import { messagesOf, startWorld, textOf, type World } from './support/world.ts'

const group = (name: keyof typeof GROUPS): string => `group:${GROUPS[name]}`
const requesters = ['U0DANA', PEOPLE.dana]
const byDba: CaseRule = { requesters, stages: [{ approvers: [group('dba')] }] }
const cases: Readonly<Record<string, CaseRule>> = {
  member: byDba,
  removed: byDba,
  away: byDba,
  askers: { requesters: [group('dba')], stages: [{ approvers: [PEOPLE.rio] }] },
  empty: { requesters, stages: [{ approvers: [group('empty')] }] },
  alone: { requesters, stages: [{ approvers: [group('alone')] }] },
  mixed: {
    requesters,
    stages: [{ approvers: ['S0DBA', group('dba')], need: 2 }],
    cards: ['C0DBA', cardsIn('mixed')],
  },
}
const asked = ['member', 'removed', 'away']

let world: World
const ids: Record<string, string> = {}
const cards: Record<string, TeamsMessage> = {}
beforeAll(async () => {
  world = await startWorld(
    teamsCases(cases, {
      chats: 'both',
      slack: { rateLimits: 'off' },
      config: (config) => {
        config.people = [samInBoth]
        config.operators = ['U0OPS', group('alone')]
      },
    }),
  )
  await Promise.all([world.start('bot'), world.start('worker')])
  await Promise.all(
    asked.map(async (name) => {
      const id = await askInTeams(world, name)
      ids[name] = id
      cards[name] = await openCard(world, id)
    }),
  )
})
afterAll(() => world.close())

describe('a rule with an Entra group', () => {
  test('shows its name on the card, and the buttons to whoever is in it', async () => {
    const card = cardOf('member')
    expect(wordsOf(card)).toContain('Needs 1 of Database admins. Yes so far: nobody yet.')
    for (const by of ['sam', 'lee']) expect(hasButtons(await cardFor(world, by, card))).toBe(true)
    for (const by of ['dana', 'rio', 'guest']) expect(hasButtons(await cardFor(world, by, card))).toBe(false)
  })

  test('is passed by the click of somebody who is in it through another group', async () => {
    expect(sentenceOf(await press(world, 'lee', cardOf('member'), 'approve'))).toContain('(1 of 1). That is enough')
    await inStatus(world, idOf('member'), 'succeeded')
  })

  test('is asked again at the click: whoever was taken out of it meanwhile decides no more', async () => {
    // Rio comes in before the card is refreshed for him and is out again before he clicks.
    const card = await cardFor(world, 'sam', cardOf('removed'))
    const { members } = groupOf('dba')
    world.teams.control.group(GROUPS.dba, { members: [...members, PEOPLE.rio] })
    world.teams.control.group(GROUPS.dba, { members })
    const rio = () => press(world, 'rio', cardOf('removed'), 'approve', { card })
    expect(await refusal(world, idOf('removed'), rio)).toContain('You are not an approver of this transfer')
    // Lee clicked before, so that his membership was read less than a minute ago; Teams tells that somebody went.
    world.teams.control.group(GROUPS.leads, { members: [] })
    await world.teams.control.removeMember(askedIn('away'), 'aud')
    const lee = () => press(world, 'lee', cardOf('removed'), 'approve', { card })
    expect(await refusal(world, idOf('removed'), lee)).toContain('You are not an approver of this transfer')
    world.teams.control.group(GROUPS.leads, { members: [PEOPLE.lee] })
  })

  test('counts no click while Graph is away, and tells to try again', async () => {
    const card = await cardFor(world, 'sam', cardOf('away'))
    await world.teams.control.removeMember(askedIn('removed'), 'aud')
    const match = { method: 'graphCheck' } as const
    for (const action of [{ hang: 'forever' }, { status: 503 }, 'reset'] as const) {
      const fault = world.teams.control.fault({ match, times: 'forever', action })
      const click = () => press(world, 'sam', cardOf('away'), 'approve', { card })
      expect(await refusal(world, idOf('away'), click)).toContain(
        'This could not be checked and recorded in time, so nothing was recorded. Try again in a minute.',
      )
      fault.lift()
    }
    const yes = async () => sentenceOf(await press(world, 'sam', cardOf('away'), 'approve', { card }))
    await expect.poll(yes).toContain('That is enough')
    await inStatus(world, idOf('away'), 'succeeded')
  })

  test('lets those ask who are in it, and its people see every transfer as operators', async () => {
    await askInTeams(world, 'askers', { by: 'sam' })
    await world.teams.as('dana').say('export askers to askers', { in: askedIn('askers') })
    await toldAlone(world, 'dana', 'You are not among those who may ask for this (rule askers)')
    await world.teams.as('dana').chat('list')
    await toldAlone(world, 'dana', 'askers')
  })

  test.each([
    ['empty', 'Nobody yet'],
    ['alone', 'Only Dana'],
  ])('that is %s but for the requester is refused at once, by name, and was told at start', async (name, called) => {
    await world.teams.as('dana').say(`export ${name} to ${name}`, { in: askedIn(name) })
    const said = `has not enough approvers who could decide on this request: it needs 1, and 0 could say yes besides you`
    expect(wordsOf(await toldAlone(world, 'dana', `The rule ${name} ${said}`))).toContain(
      `so nothing was started. Ask an operator to name more, or to add people to ${called}.`,
    )
    expect(await told(world, 'U0DANA', `${name} to ${name}`, '/export')).toContain(`add people to ${called} (Teams).`)
    expect(world.output()).toContain(`"rule":"${name}"`)
    expect(world.azure.state.operations.filter(({ database }) => database === name)).toEqual([])
  })

  test('does not keep the bot from being ready', async () => {
    const [bot] = world.running.filter(({ role }) => role === 'bot')
    const answer = await fetch(`http://127.0.0.1:${bot?.port}/readyz`)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({
      parts: { approvers: { ok: true, reason: 'too few people could say yes, see the log: alone, empty' } },
    })
  })
})

test('a rule with a group of each chat is passed across both by people of the one and of the other', async () => {
  // Sam counts by the Entra group alone.
  await world.slack.control.group('S0DBA', ['U0LEE'])
  const id = await ask(world, 'mixed')
  const card = await openCard(world, id)
  expect(textOf(messagesOf(world.slack, id, 'card')[0])).toContain('<!subteam^S0DBA>, Database admins (Teams)')
  expect(wordsOf(card)).toContain('Needs 2 of @dba (Slack), Database admins. Yes so far: nobody yet.')
  expect(sentenceOf(await press(world, 'sam', card, 'approve'))).toContain('(1 of 2)')
  expect(await approve(world, await slackCardOf(world, id), 'U0LEE')).toContain('(2 of 2). That is enough')
  await inStatus(world, id, 'succeeded')
  expect((await recordOf(world, id))?.transfer.decisions.map(({ by }) => by)).toEqual([
    `teams:22222222-2222-2222-2222-222222222222/${PEOPLE.sam}`,
    'slack:T0SANDBOX/U0LEE',
  ])
})

test('Teams and Graph took everything but what was broken on purpose', () => {
  const broken = (each: unknown): boolean => (each as { fault?: string }).fault !== undefined
  expect(flawsOf(world).filter((each) => !broken(each))).toEqual([])
})

function idOf(name: string): string {
  return ids[name] ?? ''
}

function cardOf(name: string): TeamsMessage {
  const card = cards[name]
  if (!card) throw new Error(`there is no card for ${name}`)
  return card
}

function groupOf(name: keyof typeof GROUPS) {
  const found = world.teams.state.groups.find(({ id }) => id === GROUPS[name])
  if (!found) throw new Error(`there is no group ${name}`)
  return found
}
