import { expect, test } from 'vitest'
import { createTurns } from '../src/bot/turns.ts'

test('works of one transfer follow each other in the order in which they came, and know whether they waited', async () => {
  const inTurn = createTurns()
  const seen: string[] = []
  const work = (name: string) => async (waited: boolean) => {
    seen.push(`${name} begins${waited ? ' after another' : ''}`)
    await Promise.resolve()
    seen.push(`${name} ends`)
    return name
  }
  expect(await Promise.all([inTurn('a', work('one')), inTurn('a', work('two'))])).toEqual(['one', 'two'])
  expect(seen).toEqual(['one begins', 'one ends', 'two begins after another', 'two ends'])
  await inTurn('a', work('three'))
  expect(seen.at(-2)).toBe('three begins')
})

test('works of other transfers do not wait', async () => {
  const inTurn = createTurns()
  const hung = Promise.withResolvers<void>()
  const first = inTurn('a', () => hung.promise)
  expect(await inTurn('b', async (waited) => waited)).toBe(false)
  hung.resolve()
  await first
})

test('a work that fails tells whoever asked for it, and the next one has its turn', async () => {
  const inTurn = createTurns()
  const failing = inTurn('a', async () => {
    throw new Error('no store')
  })
  const next = inTurn('a', async (waited) => waited)
  await expect(failing).rejects.toThrow('no store')
  expect(await next).toBe(true)
})
