import { afterAll, beforeAll, expect, test } from 'vitest'
import { casesWorld } from './support/cases.ts'
import { approve, ask, cardOf, eventually, inStatus, jobOf, recordOf } from './support/story.ts'
import { messagesOf, startWorld, textOf, type World } from './support/world.ts'

const hour = 3_600_000
let world: World
beforeAll(async () => {
  const timings = { firstConnectionMs: 50, secondConnectionMs: 100, jobMs: 1_000 * hour }
  world = await startWorld(casesWorld({ textless: {}, unlisted: {} }, { azure: { timings } }))
  await world.start('all')
})
afterAll(() => world.close())

const rootOf = (id: string): string => textOf(messagesOf(world.slack, id, 'root')[0])
const progressOf = async (id: string) => (await recordOf(world, id))?.transfer.progress

/** Azure's own text of this case's operation names no percentage from now on. */
function sayWithoutPercent(name: string, job: { id: string }): void {
  const properties = { requestId: job.id, requestType: 'ExportDatabase', status: 'Running', databaseName: name }
  const body = { id: job.id, name: job.id, properties: { ...properties, privateEndpointConnections: [] } }
  const path = new RegExp(job.id)
  world.azure.arm({ name: 'result', path, times: 100_000, action: { kind: 'status', status: 202, body } })
}

async function running(name: string) {
  const id = await ask(world, name)
  await approve(world, await cardOf(world, id))
  await inStatus(world, id, 'running')
  const job = await jobOf(world, name)
  sayWithoutPercent(name, job)
  return { id, job }
}

test('a percentage comes from the database’s operations where the operation’s own text names none, which is kept as it is', async () => {
  const { id } = await running('textless')
  // Nobody counts yet: 0 is no news.
  await eventually(async () => (await progressOf(id))?.text === 'Running')
  expect((await progressOf(id))?.percent).toBeUndefined()
  world.azure.passTime(400 * hour)
  await eventually(async () => (await progressOf(id))?.percent === 40)
  expect((await progressOf(id))?.text).toBe('Running')
  await eventually(() => rootOf(id).includes('40 %') && rootOf(id).includes('Azure says: `Running`'))
})

test('a list of operations that cannot be read holds nothing up', async () => {
  const { id, job } = await running('unlisted')
  const [refused] = world.azure.arm({
    name: 'operations',
    path: /sql-unlisted/,
    code: 'AuthorizationFailed',
    times: 100_000,
  })
  await eventually(async () => (refused?.hits ?? 0) >= 2 && (await progressOf(id))?.text === 'Running')
  world.azure.disarm()
  world.azure.changeOperation({ action: 'complete', id: job.id })
  await inStatus(world, id, 'succeeded')
})
