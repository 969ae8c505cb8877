import { expect, test } from 'vitest'
import { usualWords } from '../src/cards/usual-words.ts'
import { apply } from '../src/transfer/apply.ts'
import type { Transfer } from '../src/transfer/model.ts'
import { usualOf } from '../src/transfer/usual.ts'
import { casesWorld } from './support/cases.ts'
import { approve, ask, cardOf, eventually, inStatus, jobOf, recordOf, reply } from './support/story.ts'
import { transferOf } from './support/transfers.ts'
import { messagesOf, startWorld, textOf, type World } from './support/world.ts'

const minute = 60_000
const now: Transfer = { ...transferOf('now', { database: 'orders' }), status: 'running' }

function past(minutes: number, change: Partial<Transfer> = {}, database = 'orders'): Transfer {
  const work = { took: minutes * minute }
  const ending = { outcome: 'succeeded', at: 1, leftOver: [], nothingSent: false, work } as const
  return { ...transferOf(`p${minutes}`, { database }), status: 'succeeded', ending, ...change }
}

test('what is usual is the median of the last five that succeeded', () => {
  expect(
    usualOf(
      now,
      [10, 90, 12, 11, 13, 500, 600].map((each) => past(each)),
    ),
  ).toEqual({ of: 5, took: 12 * minute })
  expect(usualOf(now, [past(7)])).toEqual({ of: 1, took: 7 * minute })
})

test.each([
  ['nothing', []],
  ['what failed', [past(5, { status: 'failed' })]],
  ['another database', [past(5, {}, 'customers')]],
  ['itself', [past(5, { id: 'now' })]],
  ['an import', [past(5, { request: { ...past(5).request, operation: 'import' } })]],
  ['one without its time', [past(5, { ending: { outcome: 'succeeded', at: 1, leftOver: [], nothingSent: false } })]],
] as const)('nothing is made up of %s', (_, all) => {
  const usual = usualOf(now, all)
  expect(usual).toEqual({ of: 0 })
  expect(usualWords({ ...now, usual })).toBe('')
})

test('it is said by how many, without seconds that nobody can promise, and read once', () => {
  const read = apply(now, { type: 'usual_read', at: 1, usual: { of: 3, took: 12 * minute + 20_000 } })
  expect(usualWords(read)).toBe(' Usually it takes about 12 min, by the last 3 exports of this database.')
  expect(usualWords({ ...now, usual: { of: 1, took: 90_000 } })).toContain(
    'The last export of this database took 1 min 30 s',
  )
  expect(() => apply(read, { type: 'usual_read', at: 2, usual: { of: 0 } })).toThrow(/cannot follow/)
})

test('the second export of a database says how long the first one took', async () => {
  const timings = { firstConnectionMs: 50, secondConnectionMs: 100, jobMs: 1_000_000 }
  const world: World = await startWorld(casesWorld({ twice: {}, other: {} }, { azure: { timings } }))
  try {
    await world.start('all')
    const running = async (name: string) => {
      const id = await ask(world, name)
      await approve(world, await cardOf(world, id))
      await inStatus(world, id, 'running')
      await eventually(async () => (await recordOf(world, id))?.transfer.usual)
      return { id, usual: (await recordOf(world, id))?.transfer.usual }
    }
    const first = await running('twice')
    expect(first.usual).toEqual({ of: 0 })
    world.azure.changeOperation({ action: 'complete', id: (await jobOf(world, 'twice')).id })
    await reply(world, first.id, 'has finished')
    const took = (await recordOf(world, first.id))?.transfer.ending?.work?.took
    const second = await running('twice')
    expect(second.usual).toEqual({ of: 1, took })
    await eventually(() =>
      textOf(messagesOf(world.slack, second.id, 'root')[0]).includes('The last export of this database took'),
    )
    expect((await running('other')).usual).toEqual({ of: 0 })
  } finally {
    await world.close()
  }
})
