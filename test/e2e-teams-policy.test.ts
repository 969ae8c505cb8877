import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { PEOPLE, type TeamsMessage } from '../sandbox/teams/index.ts'
import { partsOf } from './support/cases.ts'
import { askedIn, cardsIn, teamsCases } from './support/chats.ts'
import { sentFor } from './support/imports.ts'
import { inStatus, recordOf } from './support/story.ts'
import {
  chatOf,
  chatted,
  flawsOf,
  openCard,
  press,
  sentenceOf,
  telling,
  toldAlone,
  wordsOf,
} from './support/teams-story.ts'
import { type Config, idIn, startWorld, type World } from './support/world.ts'

const first = { gate: 'submission', requesters: [PEOPLE.dana] } as const
const sized = ['small', 'dry']
const names = [...sized, 'ticket']

// Each test is a whole story, and several processes tell it.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

/** The rules of this world in place of those that each case has of its own. */
function rules(config: Config): void {
  const like = config.rules.find(({ name }: Config) => name === 'small')
  const rule = (name: string, database: readonly string[], more: object = {}, when: object = {}) => ({
    ...structuredClone(like),
    ...{ name, when: { database: [...database], ...when }, ...more },
  })
  const ticket = { reason: { pattern: '^CHG\\d{7}', example: 'CHG0012345' } }
  const lee = { stages: [{ approvers: [PEOPLE.lee] }] }
  config.rules = [
    rule('only-small', sized, lee, { size: { below: '50GB' } }),
    rule('only-large', sized, {}, { size: { atLeast: '50GB' } }),
    rule('ticket', ['ticket'], { ...ticket, cards: [cardsIn('ticket')] }),
    ...config.rules.filter(({ name }: Config) => !names.includes(name)),
  ]
}

let world: World
beforeAll(async () => {
  world = await startWorld(teamsCases(Object.fromEntries(names.map((name) => [name, first])), { config: rules }))
  const { database } = partsOf(world, 'dry')
  if (database) Object.assign(database, { usedBytes: 80 * 2 ** 30 })
  await Promise.all([world.start('bot'), world.start('worker')])
})
afterAll(() => world.close())

describe('in Teams', () => {
  test('the size of the data settles the rule, and its approver decides', async () => {
    await world.teams.as('dana').say('export small to small', { in: askedIn('small') })
    const answer = wordsOf(await toldAlone(world, 'dana', 'export of small to small'))
    expect(answer).toContain('how much data there is: only-small or only-large.')
    const id = idIn(/Recorded as (\S{8})/.exec(answer)?.[1] ?? '')
    expect(wordsOf(await telling(world, 'small', 'so rule only-small counts'))).toContain('There are 12 GB of data')
    const card = await openCard(world, id)
    const why = await chatted(world, 'dana', `why ${id}`)
    for (const said of [
      'is under rule only-small as it was when it was asked.',
      'Rule only-small matches, by database, size.',
      'It will ask 1 person in',
    ]) {
      expect(why).toContain(said)
    }
    expect(sentenceOf(await press(world, 'lee', card, 'approve'))).toContain('That is enough')
    await inStatus(world, id, 'succeeded')
  })

  test('a dry run says which rule counts and why no other, and asks nobody', async () => {
    await world.teams.as('dana').say('export dry to dry --dry-run', { in: askedIn('dry') })
    const answer = wordsOf(await toldAlone(world, 'dana', 'export of dry to dry'))
    for (const said of ['Rule only-small may match: its size is not known', 'It will ask 2 people in'])
      expect(answer).toContain(said)
    const last = wordsOf(await telling(world, 'dry', 'was only checked'))
    for (const said of [
      'rule only-large counts',
      'Rule only-small does not match: it has 80 GB of data, and the rule is for below 50 GB.',
    ]) {
      expect(last).toContain(said)
    }
    expect(sentFor(world, 'dry')).toEqual([])
  })

  test('a reason of another form is refused, typed and in the form, with how to write it', async () => {
    await world.teams.as('rio').say('why k3v9x2mq', { in: askedIn('ticket') })
    expect(wordsOf(await toldAlone(world, 'rio', 'There is no transfer k3v9x2mq'))).toBeDefined()
    await world.teams.as('sam').chat('why')
    expect(wordsOf(await toldAlone(world, 'sam', 'Which transfer?'))).toContain('/drawbridge why ‹id›')
    const form = await formFor('dana', 'export')
    const inputs = { database: 'ticket', storage: 'ticket', reason: 'because' }
    const dana = world.teams.as('dana')
    expect(sentenceOf(await dana.click(form, { verb: 'ask', inputs }))).toContain('--reason "CHG0012345"')
    const sent = await dana.click(form, { verb: 'ask', inputs: { ...inputs, reason: 'CHG1234567' } })
    const id = idIn(/Recorded as \**(\w{8})/.exec(JSON.stringify(sent.card))?.[1] ?? '')
    expect((await recordOf(world, id))?.transfer.request.reason).toBe('CHG1234567')
  })
})

test('Teams took everything', () => {
  expect(flawsOf(world)).toEqual([])
})

/** The form in the personal chat. */
async function formFor(by: string, text: string): Promise<TeamsMessage> {
  const from = chatOf(world, by).length
  await world.teams.as(by).chat(text)
  const isForm = ({ attachments }: TeamsMessage): boolean => JSON.stringify(attachments).includes(`"form":"${text}"`)
  return world.teams.until(() => chatOf(world, by).slice(from).find(isForm), 30_000)
}
