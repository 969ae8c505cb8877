import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ConnectorCall, type Fault, PEOPLE, type TeamsSandboxOptions } from '../sandbox/teams/index.ts'
import { readTeamsId } from '../src/bot/teams-ids.ts'
import type { CaseRule } from './support/cases.ts'
import { askedIn, cardsIn, teamsCases } from './support/chats.ts'
import { eventually, inStatus, recordOf, withRedis } from './support/story.ts'
import {
  allTold,
  askInTeams,
  cardsOf,
  chatOf,
  chatted,
  isOpen,
  openCard,
  press,
  rootsOf,
  sentenceOf,
  telling,
  tellingsOf,
  toldAlone,
  wordsOf,
} from './support/teams-story.ts'
import { startWorld, type World } from './support/world.ts'

/** Ways in which Teams can be away for one conversation. */
const outages: Readonly<Record<string, Pick<Fault, 'action'> & { method?: 'send' }>> = {
  hangs: { method: 'send', action: { hang: 'forever' } },
  throttled: { action: { status: 429, headers: { 'retry-after': '2' } } },
  precondition: { action: { status: 412 } },
  gateway: { action: { status: 502 } },
  timeout: { action: { status: 504 } },
  resets: { action: 'reset' },
}
/** Those in one line are tried at the same time. */
const together = [['hangs'], ['throttled'], ['precondition', 'gateway', 'timeout', 'resets']] as const
const crowd = ['dana', 'sam', 'lee']
const others = ['swallowed', 'progress', 'redis', 'secret', 'down']
/** Nothing is sent, and one yes is not enough: what is recorded stays as it is. */
const held: CaseRule = { gate: 'submission', stages: [{ approvers: [PEOPLE.sam, PEOPLE.lee], need: 2 }] }
const cases: Record<string, CaseRule> = {
  ...Object.fromEntries([...Object.keys(outages), ...others].map((name) => [name, {}])),
  'dead-card': held,
  'hung-card': held,
  'dead-new': held,
  'hung-new': held,
  'hangs-card': held,
  'hangs-new': held,
  ...Object.fromEntries(crowd.map((by) => [`crowd-${by}`, { cards: [cardsIn('crowd-dana')] }])),
  undelivered: { expiry: '1500ms' },
}
/** What happens to all of Teams or to Redis has a world of its own, so that all can happen at once. */
type Where = 'places' | 'crowded' | 'teams' | 'redis'
/** One after the other, while other worlds have their turns. */
const inTurn = { concurrent: false }
const worlds = {} as Record<Where, World>
beforeAll(async () => {
  const open = async (where: Where, teams: TeamsSandboxOptions = {}) => {
    worlds[where] = await startWorld(teamsCases(cases, { azure: { timings: { jobMs: 1_500 } }, teams }))
    await worlds[where].start('all')
    // The first answer of a process takes longer than the others.
    await chatted(worlds[where], 'dana', 'help')
  }
  // The bot asks for a new token a minute before the old one ends: here, every two seconds.
  await Promise.all([
    open('places'),
    open('teams', { tokenSeconds: 62 }),
    open('redis'),
    open('crowded', { rateLimits: 'real' }),
  ])
})
afterAll(async () => {
  await Promise.all(Object.values(worlds).map((world) => world.close()))
})

const countIn = (world: World) => withRedis(world, (redis) => redis.zcard('{drawbridge}:all'))
const isReady = async ({ running }: World) =>
  (await fetch(`http://127.0.0.1:${running[0]?.port}/readyz`)).status === 200
/** Redis stops right before it sees the next write for a person, and goes on after so many milliseconds. */
const hangAtWrite = ({ proxy, redis }: World, ms: number): Promise<void> =>
  new Promise((done) => {
    const stop = proxy.onCommand(({ args }, phase) => {
      if (phase !== 'before' || !args.some((each) => each.includes('"notAfter":'))) return undefined
      stop()
      redis.stopProcess()
      void delay(ms).then(() => done(redis.cont()))
      return undefined
    })
  })

const blobOf = (world: World, id: string) =>
  eventually(() => world.azure.state.blobs.find(({ name }) => name.includes(id)))

/** The transfer of a case with its card, once all is told that there is to tell. */
async function askedFor(world: World, name: string) {
  const id = await askInTeams(world, name, { targeted: true })
  const card = await openCard(world, id)
  await allTold(world, id)
  return { id, card }
}

/** The whole story stands: in the order of the record, once each, and the root and the card tell the end. */
async function expectWholeStory(world: World, name: string, id: string, copies = 0): Promise<void> {
  await telling(world, name, 'has finished')
  const { transfer, chat } = await eventually(async () => {
    const stored = await recordOf(world, id)
    return stored?.transfer.story.every((_, index) => stored.chat.slots[`reply:${index}`]?.state === 'posted') && stored
  })
  const known = transfer.story.map((_, index) => readTeamsId(chat.slots[`reply:${index}`]?.ref ?? '')?.message)
  const told = tellingsOf(world, name).map((each) => each.id)
  expect(told.filter((each) => known.includes(each))).toEqual(known)
  expect(told.length - known.length).toBeLessThanOrEqual(copies)
  await eventually(() => rootsOf(world, id).every((each) => wordsOf(each).includes('Finished')))
  expect(rootsOf(world, id)).toHaveLength(1)
  await eventually(() => !cardsOf(world, id).some(isOpen))
}

describe.concurrent('all of Teams', () => {
  test(
    'is down from the decision on: Azure finishes, and the thread catches up',
    inTurn,
    async ({ onTestFinished }) => {
      const world = worlds.teams
      const { id, card } = await askedFor(world, 'down')
      const sam = world.teams.as('sam')
      await sam.see(card.conversation)
      await world.teams.control.down()
      onTestFinished(world.teams.control.up)
      expect(sentenceOf(await sam.click(card, { verb: 'approve' }))).toContain('Your yes is recorded')
      await inStatus(world, id, 'succeeded')
      await world.teams.control.up()
      await expectWholeStory(world, 'down', id)
    },
  )

  test(
    'refuses the secret of the bot: nothing is lost, and the log says so without it',
    inTurn,
    async ({ onTestFinished }) => {
      const world = worlds.teams
      const { id, card } = await askedFor(world, 'secret')
      const sam = world.teams.as('sam')
      await sam.see(card.conversation)
      const refusal = {
        error: 'invalid_client',
        error_description: `AADSTS7000215: ${world.teams.appPassword} is wrong.`,
      }
      const fault = world.teams.control.fault({
        match: { method: 'token' },
        times: 'forever',
        action: { status: 401, body: refusal },
      })
      onTestFinished(fault.lift)
      // The token that is still in use is good for two seconds at most.
      await eventually(async () => (await world.teams.as('dana').chat('help')) && fault.hits > 0)
      expect(sentenceOf(await sam.click(card, { verb: 'approve' }))).toContain('Your yes is recorded')
      const told = tellingsOf(world, 'secret').length
      await inStatus(world, id, 'succeeded')
      await eventually(() => world.output().includes('invalid_client'))
      expect(tellingsOf(world, 'secret')).toHaveLength(told)
      fault.lift()
      await expectWholeStory(world, 'secret', id)
      expect(world.output()).not.toContain(world.teams.appPassword)
    },
  )
})

describe.concurrent('Redis', () => {
  test.for([
    ['dead', () => worlds.redis.redis.kill(), () => worlds.redis.redis.restart()],
    ['hung', () => worlds.redis.redis.stopProcess(), () => worlds.redis.redis.cont()],
  ] as const)(
    '%s: people are told within 3 s, nothing appears later, and the next try works',
    inTurn,
    async ([how, away, back]) => {
      const world = worlds.redis
      const nothing = /nothing was recorded\. Try again/
      const { id, card } = await askedFor(world, `${how}-card`)
      const before = await countIn(world)
      const said = { from: chatOf(world, 'dana').length, at: Date.now() }
      await world.teams.as('sam').see(card.conversation)
      await away()
      const asking = world.teams.as('dana').say(`export ${how}-new to ${how}-new`, { in: askedIn(`${how}-new`) })
      expect(sentenceOf(await world.teams.as('sam').click(card, { verb: 'approve' }))).toMatch(nothing)
      expect((await asking).delivery?.status).toBe(200)
      const told = await toldAlone(world, 'dana', 'nothing was recorded', said.from)
      expect(told.at - said.at).toBeLessThan(3_000)

      await back()
      await eventually(() => isReady(world))
      expect(await countIn(world)).toBe(before)
      expect((await recordOf(world, id))?.transfer.decisions).toEqual([])
      await askInTeams(world, `${how}-new`)
      expect(sentenceOf(await press(world, 'sam', card, 'approve'))).toContain('Your yes is recorded')
      expect(await countIn(world)).toBe(before + 1)
    },
  )

  test('hung with a command and a click in its hands: neither is done later', inTurn, async () => {
    const world = worlds.redis
    const { id, card } = await askedFor(world, 'hangs-card')
    await world.teams.as('sam').see(card.conversation)
    const before = await countIn(world)
    const from = chatOf(world, 'dana').length
    const hung = [hangAtWrite(world, 2_000)]
    expect(sentenceOf(await world.teams.as('sam').click(card, { verb: 'approve' }))).toContain('nothing was recorded')
    await hung[0]
    // What Redis still had is done once it has answered this.
    await eventually(() => isReady(world))
    hung.push(hangAtWrite(world, 2_000))
    await world.teams.as('dana').say('export hangs-new to hangs-new', { in: askedIn('hangs-new') })
    await toldAlone(world, 'dana', 'nothing was recorded', from)
    await hung[1]
    await eventually(() => isReady(world))
    expect(await countIn(world)).toBe(before)
    expect((await recordOf(world, id))?.transfer.decisions).toEqual([])
  })

  test('dying around every message loses none and repeats none', inTurn, async () => {
    const world = worlds.redis
    const died = new Set<string>()
    const stop = world.teams.onRequest(async ({ method, conversation = '', phase }) => {
      const point = `${phase} ${method}`
      if (!conversation.includes('redis-') || method === 'member' || died.has(point)) return
      died.add(point)
      await world.redis.restart()
    })
    const id = await askInTeams(world, 'redis', { targeted: true })
    // A click that Redis dies under is refused, and clicked again.
    while ((await recordOf(world, id))?.transfer.decisions.length === 0) {
      await press(world, 'sam', await openCard(world, id), 'approve').catch(() => undefined)
    }
    await expectWholeStory(world, 'redis', id)
    stop()
    const around = ['create', 'send', 'update'].flatMap((method) => [`after ${method}`, `before ${method}`])
    expect([...died].sort()).toEqual(around.sort())
  })
})

describe.concurrent('in a chat that takes few messages', () => {
  test('all transfers together keep the pace of one conversation: Teams has to refuse nothing', async () => {
    const world = worlds.crowded
    const asked = { in: askedIn('crowd-dana'), targeted: true }
    const ids = await Promise.all(crowd.map((by) => askInTeams(world, `crowd-${by}`, { ...asked, by })))
    await Promise.all(ids.map((id) => allTold(world, id)))
    expect(world.teams.state.calls.filter(({ status }) => status === 429)).toEqual([])
  })

  test('progress alone changes no message more often than every five seconds', async () => {
    const world = worlds.places
    const { id, card } = await askedFor(world, 'progress')
    await press(world, 'sam', card, 'approve')
    await expectWholeStory(world, 'progress', id)
    const [root] = rootsOf(world, id)
    const running = root?.edits.filter(({ summary }) => summary?.endsWith(': running'))
    // The job ran for 1.5 s and was looked at all the time.
    expect(running).toHaveLength(1)
  })

  test('cards that cannot be delivered do not let the time to decide run; it runs from the first that is', async () => {
    const world = worlds.places
    const match = { conversation: cardsIn('undelivered') }
    const fault = world.teams.control.fault({ match, times: 'forever', action: { status: 503 } })
    const id = await askInTeams(world, 'undelivered')
    const { transfer } = await inStatus(world, id, 'awaiting_approval')
    await eventually(() => Date.now() > (transfer.round?.askedAt ?? 0) + 2_500 && fault.hits >= 2)
    const before = (await recordOf(world, id))?.transfer
    expect(before?.status).toBe('awaiting_approval')
    expect(before?.round).not.toHaveProperty('expiresAt')
    fault.lift()
    const card = await openCard(world, id)
    await telling(world, 'undelivered', 'has expired')
    const round = (await recordOf(world, id))?.transfer.round
    expect(round?.deliveredAt).toBeGreaterThanOrEqual(card.at)
    expect(round?.expiresAt).toBe((round?.deliveredAt ?? 0) + 1_500)
  })
})

describe.concurrent('Teams away from the decision on', () => {
  test.for(together.map((names) => [names.join(), names] as const))(
    '(%s): Azure finishes, and the thread catches up, in order and nothing twice',
    async ([, names]) => {
      await Promise.all(names.map(playWithout))
    },
  )

  const playWithout = async (name: string): Promise<void> => {
    const world = worlds.places
    const { id, card } = await askedFor(world, name)
    const told = tellingsOf(world, name).length
    const { action = 'reset', ...method } = outages[name] ?? {}
    const fault = world.teams.control.fault({
      match: { conversation: askedIn(name), ...method },
      times: 'forever',
      action,
    })
    expect(sentenceOf(await press(world, 'sam', card, 'approve'))).toContain('Your yes is recorded')
    await blobOf(world, id)
    await inStatus(world, id, 'succeeded')
    await eventually(() => fault.hits >= (name === 'hangs' ? 1 : 2))
    expect(tellingsOf(world, name)).toHaveLength(told)
    fault.lift()
    await expectWholeStory(world, name, id)
    const met = ({ conversation, fault }: ConnectorCall) => conversation === askedIn(name) && fault !== undefined
    const tries = world.teams.state.calls.filter(met).map(({ at }) => at)
    const gaps = tries.slice(1).map((at, index) => at - (tries[index] ?? 0))
    // What Teams asks for holds for the whole conversation.
    if (name === 'throttled') expect(Math.min(...gaps)).toBeGreaterThan(1_900)
    expect(tries.length).toBeLessThan(12)
  }

  test('repeats a message whose answer was lost once, and no other', async () => {
    const world = worlds.places
    const { id, card } = await askedFor(world, 'swallowed')
    const match = { conversation: askedIn('swallowed'), method: 'send' } as const
    world.teams.control.fault({ match, action: 'accept-then-reset' })
    await press(world, 'sam', card, 'approve')
    await expectWholeStory(world, 'swallowed', id, 1)
  })
})
