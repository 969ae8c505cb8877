import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toMrkdwn } from '../src/cards/block-kit.ts'
import { replyView } from '../src/cards/reply-view.ts'
import { apply, applyAll } from '../src/transfer/apply.ts'
import type { Rule, Transfer } from '../src/transfer/model.ts'
import { isStalled, stallDue } from '../src/transfer/stall.ts'
import { casesWorld } from './support/cases.ts'
import { approve, ask, cardOf, eventually, inStatus, jobOf, reply, thread, told } from './support/story.ts'
import { transferOf } from './support/transfers.ts'
import { messagesOf, startWorld, textOf, type World } from './support/world.ts'

const hour = 3_600_000

/** A job that runs since hour 10, of which Azure said something at some hour. */
function running(at: number, percent?: number, rule: Partial<Rule> = {}): Transfer {
  const transfer = transferOf('k3v9x2mq')
  const text = percent === undefined ? 'Pending' : `Running, Progress = ${percent} %`
  const progress = { at: at * hour, text, ...(percent === undefined ? {} : { percent }) }
  return { ...transfer, status: 'running', since: 10 * hour, progress, rule: { ...transfer.rule, ...rule } }
}

describe('a running job stands still', () => {
  test.each([
    ['at 0 %', 0, 1],
    ['at 1 %', 1, 1],
    ['at 100 %', 100, 1],
    ['without a percentage', undefined, 1],
    ['in between', 1.5, 3],
    ['in between', 99, 3],
  ])('%s (%s) for %s h by the usual clocks', (_, percent, hours) => {
    expect(stallDue(running(12, percent))).toBe((12 + hours) * hour)
  })

  test('by the clocks of its rule', () => {
    const rule = { stuckAfter: 5, silentAfter: 7 }
    expect(stallDue(running(12, 0, rule))).toBe(12 * hour + 5)
    expect(stallDue(running(12, 50, rule))).toBe(12 * hour + 7)
  })

  test('only while it runs: what Azure said before the approval does not count', () => {
    expect(stallDue(running(2, undefined))).toBe(11 * hour)
    expect(stallDue({ ...running(12, 0), status: 'closing' })).toBeUndefined()
    expect(stallDue({ ...running(12, 0), status: 'succeeded' })).toBeUndefined()
  })

  test('and is told of once in a phase, never before its time', () => {
    const stuck = running(12, 0)
    const stalled = { type: 'stalled', at: 13 * hour } as const
    expect(() => apply(stuck, { ...stalled, at: 13 * hour - 1 })).toThrow(/cannot follow/)
    const said = apply(stuck, stalled)
    expect(said.story.at(-1)).toMatchObject({ kind: 'stalled', since: 12 * hour, percent: 0 })
    expect([isStalled(stuck), isStalled(said), stallDue(said)]).toEqual([false, true, undefined])
    expect(() => apply(said, { ...stalled, at: 99 * hour })).toThrow(/cannot follow/)
    const on = apply(said, { type: 'observed', at: 14 * hour, text: 'Running, Progress = 40.00 %', percent: 40 })
    expect([isStalled(on), stallDue(on)]).toEqual([false, 17 * hour])
    const again = applyAll(on, [{ type: 'stalled', at: 17 * hour }])
    expect(again.story.filter(({ kind }) => kind === 'stalled')).toHaveLength(2)
  })

  test.each([
    [undefined, 'Azure may not have begun'],
    [0, 'Azure may not have begun'],
    [40, 'clustered index'],
    [100, 'Azure has done all of it'],
  ])('and is told with what that may mean (%s %%)', (percent, says) => {
    const said = apply(running(12, percent), { type: 'stalled', at: 20 * hour })
    const text = toMrkdwn([replyView(said, said.story.length - 1, []).text])
    expect(text).toContain(says)
    expect(text).toContain('for 8 h')
    expect(text).toContain('`/drawbridge cancel k3v9x2mq`')
  })
})

describe('in the thread', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld(
      casesWorld(
        { stuck: { stuckAfter: '1s', silentAfter: '2s' } },
        { azure: { timings: { firstConnectionMs: 50, secondConnectionMs: 100, jobMs: 1_000 * 3_600_000 } } },
      ),
    )
    await world.start('all')
  })
  afterAll(() => world.close())

  test('the requester is told once in each phase, also across a restart, and the command that it names cancels', async () => {
    const id = await ask(world, 'stuck')
    await approve(world, await cardOf(world, id))
    await inStatus(world, id, 'running')
    const first = textOf(await reply(world, id, '🐌'))
    expect(first).toContain('<@U0DANA>')
    expect(first).toContain(`/drawbridge cancel ${id}`)
    await eventually(() => textOf(messagesOf(world.slack, id, 'root')[0]).includes('🐌 It has stood still since'))
    await world.running[0]?.kill()
    await world.start('all')
    const looks = () => world.azure.state.requests.filter(({ name }) => name === 'result').length
    const before = looks()
    await eventually(() => looks() >= before + 3)
    const stalls = () => thread(world, id).filter((text) => text.includes('🐌'))
    expect(stalls().filter((text) => text.includes('at 0 %'))).toHaveLength(1)
    world.azure.passTime(400 * 3_600_000)
    await reply(world, id, 'has stood still at 40 %')
    expect(stalls().filter((text) => text.includes('at 40 %'))).toHaveLength(1)
    await told(world, 'U0DANA', `cancel ${id}`)
    await reply(world, id, 'was cancelled')
    expect((await jobOf(world, 'stuck')).phase).toBe('cancelled')
  })
})
