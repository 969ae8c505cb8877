import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CaseRule, casesWorld } from './support/cases.ts'
import { approve, ask, cardOf, eventually, recordOf, reply, told, withRedis } from './support/story.ts'
import { idIn, startWorld, type World } from './support/world.ts'

const numbered = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}-${index}`)
const asked = [1_250, 1_450, 2_000].flatMap((ms) => numbered(`asked-${ms}`, 4))
const voted = [1_250, 1_450, 2_000].flatMap((ms) => numbered(`voted-${ms}`, 2))
/** Nothing is sent, and one yes is not enough: what is recorded stays as it is. */
const held: CaseRule = { gate: 'submission', stages: [{ approvers: ['S0DBA'], need: 2 }] }
const cases: Record<string, CaseRule> = {
  statuses: {},
  'dead-new': held,
  'dead-card': held,
  'hung-new': held,
  'hung-card': held,
  'cut-new': held,
  'cut-away': held,
  ...Object.fromEntries([...asked, ...voted].map((name) => [name, held])),
}
let world: World
beforeAll(async () => {
  world = await startWorld(casesWorld(cases, { azure: { timings: { jobMs: 1_500 } } }))
  await world.start('all')
})
afterAll(() => world.close())

const ask3s = (text: string) => told(world, 'U0DANA', text, '/export')
const decisionsOf = async (id: string) => (await recordOf(world, id))?.transfer.decisions ?? []
const count = () => withRedis(world, (redis) => redis.zcard('{drawbridge}:all'))
const health = async (path: string) => {
  const answer = await fetch(`http://127.0.0.1:${world.running.at(-1)?.port}${path}`)
  return { status: answer.status, body: await answer.text() }
}

test('a transfer goes on to its end when Redis dies in each of its statuses', async () => {
  const killedIn = new Set<string>()
  const id = await ask(world, 'statuses')
  // Azure has the request in hand while Redis dies, and answers once Redis is back.
  const stop = world.azure.onRequest(async ({ when }) => {
    const status = (await recordOf(world, id))?.transfer.status ?? ''
    if (when === 'before' || killedIn.has(status)) return undefined
    killedIn.add(status)
    await world.redis.restart()
    return undefined
  })
  await approve(world, await cardOf(world, id))
  await reply(world, id, 'has finished')
  stop()
  expect(killedIn).toEqual(
    new Set(['requested', 'submitting', 'awaiting_endpoints', 'awaiting_approval', 'approving', 'running']),
  )
  expect(world.azure.state.requests.filter(({ name }) => name === 'export')).toHaveLength(1)
})

describe.each([
  ['dead', () => world.redis.kill(), () => world.redis.restart()],
  ['hung', () => world.redis.stopProcess(), () => world.redis.cont()],
] as const)('while Redis is %s', (how, away, back) => {
  test('people are told within 3 s, nothing appears later, and the next try works', async () => {
    const id = await ask(world, `${how}-card`)
    const card = await cardOf(world, id)
    const before = await count()
    await away()
    const command = await ask3s(`${how}-new to ${how}-new`)
    expect(command).toMatch(/nothing was recorded\. Try again/)
    const clicked = performance.now()
    expect(await approve(world, card)).toMatch(/nothing was recorded\. Try again/)
    expect(performance.now() - clicked).toBeLessThan(3_000)
    const readiness = await health('/readyz')
    expect(readiness.status).toBe(503)
    expect(readiness.body).toMatch(/Redis (is not connected|does not answer)/)
    expect((await health('/healthz')).status).toBe(200)

    await back()
    await eventually(async () => (await health('/readyz')).status === 200)
    expect(await count()).toBe(before)
    expect(await decisionsOf(id)).toEqual([])
    expect(await ask3s(`${how}-new to ${how}-new`)).toContain('Recorded as')
    expect(await approve(world, card)).toContain('Your yes is recorded')
    expect(await count()).toBe(before + 1)
  })
})

describe('when Redis hangs with the command or click in its hands', () => {
  // It is given up after 1.5 s, and may not be carried out after 1.4 s.
  test.for([1_250, 1_450, 2_000])('and goes on after %i ms, what was said is true', async (ms) => {
    const names = asked.filter((name) => name.startsWith(`asked-${ms}-`))
    const votes = await Promise.all(
      voted
        .filter((name) => name.startsWith(`voted-${ms}-`))
        .map(async (name) => {
          const id = await ask(world, name)
          return { id, card: await cardOf(world, id) }
        }),
    )
    const before = await count()
    const goesOn = hangAtWrite(ms)
    const commands = names.map(async (name) => ({ name, said: await ask3s(`${name} to ${name}`) }))
    const clicks = votes.map(async (vote) => ({ ...vote, said: await approve(world, vote.card) }))
    const [answers, yeses] = await Promise.all([Promise.all(commands), Promise.all(clicks), goesOn])
    // What Redis still had is done once it has answered this.
    await eventually(async () => (await health('/readyz')).status === 200)

    const recorded = answers.filter(({ said }) => said.startsWith('Recorded'))
    const refused = answers.filter(({ said }) => !said.startsWith('Recorded'))
    if (ms === 2_000) expect(recorded).toEqual([])
    for (const { said } of refused) expect(said).toContain('nothing was recorded')
    expect(await count()).toBe(before + recorded.length)
    for (const { name } of refused) expect(await ask3s(`${name} to ${name}`)).toContain('Recorded as')
    for (const { id, card, said } of yeses) {
      const counts = said.startsWith('Your yes is recorded')
      if (!counts) expect(said).toContain('nothing was recorded')
      expect(await decisionsOf(id)).toHaveLength(counts ? 1 : 0)
      if (!counts) expect(await approve(world, card)).toContain('Your yes is recorded')
    }
  })

  /** Redis stops right before it sees the next write for a person, and goes on after so many milliseconds. */
  const hangAtWrite = (ms: number): Promise<void> =>
    new Promise((done) => {
      const stop = world.proxy.onCommand(({ args }, phase) => {
        if (phase !== 'before' || !args.some((each) => each.includes('"notAfter":'))) return undefined
        stop()
        world.redis.stopProcess()
        void delay(ms).then(() => {
          world.redis.cont()
          done()
        })
        return undefined
      })
    })
})

describe('a command or click that was recorded, and whose answer is lost with the connection,', () => {
  /** Cuts the connection when Redis has done what these words are part of, `times` times. */
  const cutAfter = (words: RegExp, times: number) => {
    let left = times
    return world.proxy.onCommand(({ args }, phase) => {
      if (phase !== 'after' || left === 0 || !args.some((each) => words.test(each))) return undefined
      left -= 1
      return 'cut'
    })
  }

  test('is answered as recorded, and is there once', async () => {
    const before = await count()
    const stop = cutAfter(/"maxOpen":/, 1)
    const id = idIn(await ask3s('cut-new to cut-new'))
    stop()
    const card = await cardOf(world, id)
    const again = cutAfter(/"type\\?":\\?"decided/, 1)
    expect(await approve(world, card)).toContain('Your yes is recorded')
    again()
    expect(await decisionsOf(id)).toHaveLength(1)
    expect(await count()).toBe(before + 1)
  })

  test('is not called unrecorded when Redis stays away', async () => {
    const stop = world.proxy.onCommand(async ({ args }, phase) => {
      if (phase !== 'after' || !args.some((each) => each.includes('"maxOpen":'))) return undefined
      stop()
      void world.proxy.down()
      return 'cut'
    })
    expect(await ask3s('cut-away to cut-away')).toContain('not certain whether this was recorded')
    await world.proxy.up()
    await eventually(async () => (await health('/readyz')).status === 200)
    expect(await told(world, 'U0DANA', 'list')).toContain('cut-away')
  })
})
