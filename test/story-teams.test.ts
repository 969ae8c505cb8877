import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MEETING, type SaidResult, type TeamsMessage, type TeamsPerson } from '../sandbox/teams/index.ts'
import { checkExchange } from './support/azure-spec.ts'
import { askedIn, teamsCases } from './support/chats.ts'
import { inStatus } from './support/story.ts'
import {
  cardFor,
  cardsOf,
  cardsOn,
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
  telling,
  tellingsOf,
  wordsOf,
} from './support/teams-story.ts'
import { startWorld, type World } from './support/world.ts'

const patience = 30_000

/** How people ask: the same story is told where each of them reads it. */
const ways = {
  mention: { by: 'ops', say: (who, text) => who.say(text, { in: askedIn('mention') }) },
  slash: { by: 'aud', say: (who, text) => who.say(`/${text}`, { in: askedIn('slash'), targeted: true }) },
  personal: { by: 'dana', say: (who, text) => who.chat(text) },
  group: { by: 'rio', say: (who, text) => who.say(text, { in: MEETING }) },
} as const satisfies Record<string, { by: string; say(who: TeamsPerson, text: string): Promise<SaidResult> }>
const names = Object.keys(ways) as (keyof typeof ways)[]

type Story = {
  asked: TeamsMessage
  root: TeamsMessage
  id: string
  card: TeamsMessage
  tellings: readonly TeamsMessage[]
}

const cases = Object.fromEntries(names.map((name) => [name, { requesters: ['anyone'] }]))

let world: World
const stories: Record<string, Story> = {}
const answers: Record<string, { refused: string; approved: string }> = {}

beforeAll(async () => {
  world = await startWorld(teamsCases(cases, { teams: { rateLimits: 'real' } }))
  await Promise.all([world.start('bot'), world.start('worker')])
  await Promise.all(names.map(play))
})
afterAll(() => world.close())

describe.each(names)('asked for by %s', (name) => {
  test('shows the approvers what they decide on, before anything has left', () => {
    const { card } = story(name)
    const first = cardsOn({ attachments: card.edits[0]?.attachments ?? [] })
    const text = JSON.stringify(first)
    for (const said of [
      `sql-${name}`,
      'Standard',
      '250 GB',
      'bacpacs',
      'before the release',
      `<at>${asker(name).name}</at> asks`,
      '<at>Lee Novak</at>',
    ]) {
      expect(text).toContain(said)
    }
  })

  test('refuses whoever is no approver, to their face alone, and takes the yes of one who is', () => {
    expect(answers[name]?.refused).toContain('You are not an approver of this transfer')
    expect(answers[name]?.approved).toBe('Your yes is recorded (1 of 1). That is enough: it goes on now.')
  })

  test('exports once, and says so to the requester, who is mentioned', () => {
    const { id } = story(name)
    const { state } = world.azure
    const blob = state.blobs.find((each) => each.name.endsWith(`-${id}.bacpac`))
    const last = story(name).tellings.at(-1)
    expect(last && wordsOf(last)).toContain(`-${id}.bacpac`)
    expect(last && mentionedIn(last)).toContain(asker(name).objectId)
    expect(blob?.name).toContain(id)
    const posts = state.requests.filter((each) => each.name === 'export' && each.path.includes(`/sql-${name}/`))
    expect(posts).toHaveLength(1)
  })

  test('edits its root in place, from the first word to the last', () => {
    const { root, id } = story(name)
    expect(rootsOf(world, id)).toHaveLength(1)
    const [first] = root.edits
    expect(first?.summary).toMatch(/: (reading the plan|submitting|waiting)/)
    expect(root.edits.length).toBeGreaterThan(3)
    for (const part of ['Finished', `-${id}.bacpac`]) expect(wordsOf(root)).toContain(part)
    expect(wordsOf(root)).toMatch(/Approved by @?Sam Okafor/)
    expect(wordsOf(root)).not.toContain('Next:')
  })

  test('decides the card for everybody', async () => {
    const { card } = story(name)
    expect(cardsOf(world, story(name).id)).toHaveLength(1)
    expect(isOpen(card)).toBe(false)
    expect(wordsOf(card)).toContain('👍 Approved by Sam Okafor')
    for (const by of ['sam', 'lee', 'guest', ways[name].by])
      expect(hasButtons(await cardFor(world, by, card))).toBe(false)
  })

  test('tells each milestone once, in order', () => {
    const told = story(name).tellings.map((each) => wordsOf(each))
    const milestones = [
      'Azure has taken the job',
      'The approvers are asked',
      'approved this (1 of 1)',
      'Azure',
      'has finished',
    ]
    expect(told).toHaveLength(milestones.length)
    for (const [index, part] of milestones.entries()) expect(told[index]).toContain(part)
  })
})

describe('the story stands', () => {
  test('in one chain below the message that asked, in a channel', () => {
    const { asked, root, tellings } = story('mention')
    expect(asked.rootId).toBe(asked.id)
    expect([root, ...tellings].map(placeOf)).toEqual(Array(6).fill([askedIn('mention'), asked.id]))
  })

  test('below a public post in the channel, after a command that only its writer sees', () => {
    const { asked, root, tellings } = story('slash')
    expect(asked.targetedTo).toBe(asker('slash').id)
    expect(root.targetedTo).toBeUndefined()
    expect([root, ...tellings].map(placeOf)).toEqual(Array(6).fill([askedIn('slash'), root.id]))
  })

  test.each(['personal', 'group'] as const)('as one card and a message for each milestone in a chat: %s', (name) => {
    const { asked, root, tellings } = story(name)
    expect([root, ...tellings].map(placeOf)).toEqual(Array(6).fill([asked.conversation, undefined]))
  })
})

test('leaves alone what belongs to others', () => {
  const foreign = world.azure.state.connections.filter(({ operationId }) => operationId === null)
  expect(foreign.map(({ status }) => status)).toEqual(['Pending', 'Pending'])
})

test('Teams took everything within its limits, and nobody saw anything that was not meant for people', () => {
  expect(flawsOf(world)).toEqual([])
})

test('every request and every answer is as the specification has it', () => {
  expect(world.azure.state.requests.flatMap(checkExchange)).toEqual([])
})

async function play(name: keyof typeof ways): Promise<void> {
  const { message: asked } = await ways[name].say(
    world.teams.as(ways[name].by),
    `export ${name} to ${name} --reason "before the release"`,
  )
  const root = await world.teams.until(
    ({ messages }) => messages.find((each) => wordsOf(each).includes(`· rule ${name}`)),
    patience,
  )
  const id = idOfRoot(root)
  const card = await openCard(world, id)
  const bystander = ways[name].by === 'ops' ? 'aud' : 'ops'
  const approverSees = await cardFor(world, 'sam', card)
  const refused = await refusal(world, id, () => press(world, bystander, card, 'approve', { card: approverSees }))
  const approved = sentenceOf(await press(world, 'sam', card, 'approve'))
  answers[name] = { refused, approved }
  await inStatus(world, id, 'succeeded')
  await telling(world, name, 'has finished')
  await world.teams.until(() => wordsOf(root).includes('Finished') && !isOpen(card), patience)
  stories[name] = { asked, root, id, card, tellings: tellingsOf(world, name) }
}

function story(name: string): Story {
  const found = stories[name]
  if (!found) throw new Error(`${name} was not told`)
  return found
}

function asker(name: keyof typeof ways) {
  return world.teams.as(ways[name].by).user
}

function placeOf({ conversation, rootId }: TeamsMessage): readonly [string, string | undefined] {
  return [conversation, rootId]
}
