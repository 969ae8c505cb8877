import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Fields, type InvokeResult, person, seedState, type TeamsMessage } from '../sandbox/teams/index.ts'
import { checkExchange } from './support/azure-spec.ts'
import { askedIn, teamsCases } from './support/chats.ts'
import { auditOf } from './support/e2e.ts'
import { inStatus, recordOf } from './support/story.ts'
import {
  allTold,
  askInTeams,
  cardFor,
  cardsOf,
  chatOf,
  flawsOf,
  hasButtons,
  idOfRoot,
  isOpen,
  openCard,
  press,
  rootsOf,
  sentenceOf,
  teamsRootOf,
  toldAlone,
  wordsOf,
} from './support/teams-story.ts'
import { startWorld, type World } from './support/world.ts'

const patience = 30_000
const asking = { gate: 'submission' } as const
const twenty = Array.from({ length: 20 }, (_, index) => {
  const n = String(index + 1).padStart(2, '0')
  return person(`approver${n}`, `Approver N${n}`, `a9900000-0000-4000-8000-0000000000${n}`)
})
const approvers = twenty.map(({ handle }) => handle)
/** The requester, somebody of the channel, a guest and a stranger. */
const others = ['dana', 'rio', 'guest', 'stranger']
const everybody = [...approvers, ...others]
const seed = { users: [...seedState().users, ...twenty] }

let world: World
beforeAll(async () => {
  const repeated = ['after', 'together', 'clicked', 'raced', 'denied', 'old', 'lost']
  const cases = Object.fromEntries(repeated.map((name) => [name, asking]))
  const many = { stages: [{ approvers: twenty.map(({ objectId = '' }) => objectId) }] }
  world = await startWorld(
    teamsCases({ ...cases, old: { ...asking, cards: ['approvers'] }, many }, { teams: { seed } }),
  )
  await Promise.all([world.start('bot'), world.start('bot'), world.start('worker')])
})
afterAll(() => world.close())

describe.concurrent('a delivery that comes twice', () => {
  test.each(['after', 'together'] as const)('is one transfer, sent again %s the first one', async (name) => {
    const { delivery } = await world.teams.as('dana').say(`export ${name} to ${name}`, {
      ...{ in: askedIn(name), replay: name },
    })
    expect(delivery?.replay).toMatchObject({ status: 200, body: delivery?.body })
    const id = idOfRoot(await teamsRootOf(world, name))
    await allTold(world, id)
    expect(await idsOf(name)).toEqual([id])
    expect(rootsOf(world, id)).toHaveLength(1)
    const answers = await world.teams.until(() => {
      const said = chatOf(world, 'dana').filter((each) => wordsOf(each).includes(`export of ${name} to ${name}`))
      return said.length === 2 && said.map(wordsOf)
    }, patience)
    expect(answers[1]).toBe(answers[0])
  })

  test('gets the refusal of the first one, though nobody would refuse it now', async () => {
    await world.teams.as('lee').say('export nowhere to lost', { replay: 'together' })
    await toldAlone(world, 'lee', 'no database nowhere')
    expect((await auditOf(world)).filter(({ kind }) => kind === 'command_refused')).toHaveLength(1)
  })

  test.each([
    ['clicked', 'after', 'approve'],
    ['raced', 'together', 'approve'],
    ['denied', 'together', 'deny'],
  ] as const)('is one decision: %s, sent again %s it', async (name, replay, verb) => {
    const id = await askInTeams(world, name)
    const clicked = await press(world, 'sam', await openCard(world, id), verb, { replay })
    expect(sentenceOf(clicked)).toMatch(/^Your (yes|no) is recorded/)
    expect(clicked.delivery.replay).toMatchObject({ status: 200, body: clicked.delivery.body })
    await expectOneDecision(id, verb === 'deny' ? 'denied' : 'succeeded')
  })

  test('is one decision of an old client, which is told twice', async () => {
    const id = await askInTeams(world, 'old')
    const card = await world.teams.until(
      () => cardsOf(world, id).find((each) => isOpen(each) && isWith('lee', each)),
      patience,
    )
    const { status } = await press(world, 'lee', card, 'approve', { as: 'submit', replay: 'together' })
    expect(status).toBe(200)
    await world.teams.until(
      () => chatOf(world, 'lee').filter((each) => wordsOf(each).includes('Your yes is recorded (1 of 1)')).length === 2,
      patience,
    )
    await expectOneDecision(id, 'succeeded')
  })
})

describe('twenty approvers, the requester and three others decide at the same time, at two bots', () => {
  const answers = new Map<string, InvokeResult>()
  let id = ''
  let card: TeamsMessage
  beforeAll(async () => {
    id = await askInTeams(world, 'many')
    card = await openCard(world, id)
    await allTold(world, id)
    const shown = new Map<string, Fields>()
    await Promise.all(approvers.map(async (each) => shown.set(each, await cardFor(world, each, card))))
    const token = await world.teams.token()
    const bots = world.running.filter(({ role }) => role === 'bot')
    const decisions = everybody.map(async (each, index) => {
      world.teams.control.deliverTo(`http://127.0.0.1:${bots[index % 4 < 2 ? 0 : 1]?.port}/api/messages`)
      const seen = shown.get(each) ?? shown.get('approver01') ?? {}
      const verb = index % 2 === 0 ? 'approve' : 'deny'
      answers.set(each, await press(world, each, card, verb, { card: seen, token, shared: true }))
    })
    await Promise.all(decisions)
    await allTold(world, id)
  }, 60_000)

  test('one decision counts', async () => {
    expect(approvers).toContain(await winner())
    await expectOneDecision(id, (await isNo()) ? 'denied' : 'succeeded')
    expect(world.azure.state.blobs.filter(({ name }) => name.includes(id))).toHaveLength((await isNo()) ? 0 : 1)
  })

  test('everybody is answered, and all but one approver are told who was faster', async () => {
    const first = await winner()
    const { name } = world.teams.as(first).user
    for (const each of approvers) {
      const said = sentenceOf(answers.get(each) as InvokeResult)
      if (each === first) expect(said).toMatch(/^Your (yes|no) is recorded/)
      else expect(said).toContain(`This is decided already: ${name} said`)
    }
  })

  test('who may not decide is told why', () => {
    const said = others.map((each) => sentenceOf(answers.get(each) as InvokeResult))
    expect(said[0]).toContain('This is your own request')
    expect(said[1]).toContain('You are not an approver')
    expect(said[2]).toContain('Guests can neither ask nor decide')
    expect(said[3]).toContain('Only members of this workspace or organization')
  })

  test('nobody has anything left to click', async () => {
    expect(isOpen(card)).toBe(false)
    for (const each of everybody) {
      if (each !== 'stranger') expect(hasButtons(await cardFor(world, each, card))).toBe(false)
    }
  })

  async function winner(): Promise<string> {
    const by = (await recordOf(world, id))?.transfer.decisions[0]?.by.split('/').at(-1)
    return twenty.find(({ objectId }) => objectId === by)?.handle ?? ''
  }

  async function isNo(): Promise<boolean> {
    return (await recordOf(world, id))?.transfer.decisions[0]?.verdict === 'deny'
  }
})

test('Teams took everything', () => {
  expect(flawsOf(world)).toEqual([])
})

test('every request and every answer is as the specification has it', () => {
  expect(world.azure.state.requests.flatMap(checkExchange)).toEqual([])
})

async function expectOneDecision(id: string, status: string): Promise<void> {
  const { transfer } = await inStatus(world, id, status)
  expect(transfer.decisions).toHaveLength(1)
  const lines = (await auditOf(world)).filter((line) => line.transfer === id)
  expect(lines.filter(({ kind }) => kind === 'decided')).toHaveLength(1)
}

function isWith(by: string, { conversation }: TeamsMessage): boolean {
  const { id } = world.teams.as(by).user
  return world.teams.state.conversations.find(({ person: who }) => who === id)?.id === conversation
}

/** The transfers of a case's database, by the audit. */
async function idsOf(name: string): Promise<readonly string[]> {
  const lines = (await auditOf(world)).filter(
    ({ kind, event }) => kind === 'requested' && event?.includes(`/sql-${name}/`),
  )
  return lines.map(({ transfer = '' }) => transfer)
}
