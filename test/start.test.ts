import { createServer } from 'node:http'
import { afterAll, expect, test } from 'vitest'
import { listen } from './support/e2e.ts'
import { startWorld } from './support/world.ts'

const taken = createServer()
afterAll(() => taken.close())

test.each(['http', 'socket'] as const)('a port that is taken ends the process, and it says why: %s', async (mode) => {
  const world = await startWorld({ mode, environment: { DRAWBRIDGE_PORT: String(await port()) } })
  const said = await world.start('all').then(
    () => 'it runs',
    (error: Error) => error.message,
  )
  await world.close()
  expect(said).toContain('Drawbridge ended (1)')
  expect(said).toContain('EADDRINUSE')
})

async function port(): Promise<number> {
  const address = taken.address()
  return typeof address === 'object' && address ? address.port : listen(taken)
}
