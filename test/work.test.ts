import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAzureSandbox } from '../sandbox/azure/index.ts'
import { createAzure } from '../src/azure/azure.ts'
import { toMrkdwn } from '../src/cards/block-kit.ts'
import { endingLines } from '../src/cards/ending-lines.ts'
import type { Ending, Milestone, Plan, Transfer } from '../src/transfer/model.ts'
import { dataBytes, tookUntil } from '../src/transfer/work.ts'
import { ask as call, callsGoTo, definition, job, operationPath, orders, subscription } from './support/azure-caller.ts'
import { casesWorld } from './support/cases.ts'
import { approve, ask, cardOf, inStatus, jobOf, recordOf, reply, told } from './support/story.ts'
import { transferOf } from './support/transfers.ts'
import { idIn, startWorld, textOf, type World } from './support/world.ts'

const minute = 60_000
const gigabyte = 2 ** 30
const began: Milestone = { kind: 'running', at: 10 * minute }

function done(change: Partial<Transfer> = {}, work: Ending['work'] = { took: 12 * minute }): string {
  const ending = { outcome: 'succeeded', at: 1, leftOver: [], nothingSent: false, ...(work ? { work } : {}) } as const
  const transfer: Transfer = { ...transferOf('k3v9x2mq'), status: 'succeeded', ending, ...change }
  return toMrkdwn(endingLines(transfer))
}

const planOf = (facts: Record<string, string>): Plan => ({
  ...{ at: 1, location: 'westeurope', serverHost: 'h', edition: 'Standard', objective: 'S3', databaseStatus: 'Online' },
  ...{ accountSku: 'Standard_LRS', accountKind: 'StorageV2', uri: 'https://st.blob.core.windows.net/c/b.bacpac' },
  checks: [{ name: 'size', verdict: 'ok', code: 'ok', facts }],
})

describe('how long Azure had', () => {
  const transfer: Transfer = {
    ...transferOf('k3v9x2mq'),
    story: [{ kind: 'submitted', operation: 'o', adopted: false, at: 1 }, began],
  }

  test.each([
    ['ends when Azure says', 30 * minute, 22 * minute, 12 * minute],
    ['ends at our look where Azure says nothing', 30 * minute, undefined, 20 * minute],
    ['ends at our look where Azure’s clock is behind', 30 * minute, 9 * minute, 20 * minute],
    ['ends at our look where Azure’s clock is ahead', 30 * minute, 31 * minute, 20 * minute],
  ])('%s', (_, now, changedAt, took) => {
    expect(tookUntil(transfer, now, changedAt)).toBe(took)
  })

  test('begins with the job where there are no connections, and is not known without a beginning', () => {
    const request = { ...transfer.request, privateLink: false }
    expect(tookUntil({ ...transfer, request }, 30 * minute, undefined)).toBe(30 * minute - 1)
    expect(tookUntil({ ...transfer, story: [] }, 30 * minute, 22 * minute)).toBeUndefined()
  })
})

describe('the end of an export', () => {
  test('tells the time, and the rate only where the size of the data was read', () => {
    expect(done()).toContain('Azure needed 12 min from the approval of the connections.')
    const used = String(12 * gigabyte)
    expect(done({ plan: planOf({ used }) })).toContain('for 12 GB of data: 1 GB a minute.')
    expect(done({ plan: planOf({ much: used }) })).not.toContain('a minute')
    expect(done({ plan: planOf({ used: 'about 3' }) })).not.toContain('a minute')
    expect(done({}, {})).not.toContain('needed')
  })

  test('knows nothing of the data of an import', () => {
    const { request } = transferOf('k3v9x2mq')
    expect(dataBytes({ ...transferOf('k3v9x2mq'), plan: planOf({ used: '5' }) })).toBe(5)
    const plan = planOf({ used: '5' })
    expect(dataBytes({ ...transferOf('k3v9x2mq'), request: { ...request, operation: 'import' }, plan })).toBeUndefined()
  })
})

test('Azure’s time of the end is read off the operation’s result', async () => {
  const sandbox = callsGoTo(await startAzureSandbox())
  const azure = createAzure({
    cloud: 'public',
    credential: { kind: 'token', token: () => sandbox.token },
    resourceManagerUrl: sandbox.url,
    requestTimeout: 5_000,
    sqlLogin: () => ({ user: 'nobody', password: 'unused' }),
    log: () => {},
  })
  try {
    expect((await call('POST', `${orders}/export`, definition())).status).toBe(202)
    sandbox.passTime(7 * minute)
    sandbox.changeOperation({ action: 'complete', id: job().id })
    sandbox.passTime(9 * minute)
    const { request } = transferOf('k3v9x2mq')
    const database = { ...request.database, subscription: subscription.split('/').at(-1) ?? '' }
    const resultUrl = `${sandbox.url}${operationPath('importExportOperationResults')}?api-version=2023-08-01`
    const operation = { id: job().id, resultUrl, startedAt: 1, adopted: false }
    const seen = await azure.observe({ ...request, database }, operation)
    expect(seen).toMatchObject({ state: 'succeeded', changedAt: Math.floor((job().endedAt ?? 0) / 1000) * 1000 })
  } finally {
    azure.close()
    await sandbox.close()
  }
})

test('the end of an import says plainly that the database is not online', () => {
  const request = { ...transferOf('k3v9x2mq').request, operation: 'import' } as const
  const database = { status: 'Recovering', edition: 'Standard', objective: 'S0', maxSizeBytes: 250 * gigabyte }
  const said = done({ request }, { database })
  expect(said).toContain('⚠️ Azure says that it is `Recovering` (Standard S0, up to 250 GB)')
  expect(said).toContain('in the portal')
})

describe.concurrent('against Azure', () => {
  let world: World
  beforeAll(async () => {
    const options = casesWorld(
      { out: {}, into: {}, unread: {} },
      { azure: { timings: { firstConnectionMs: 50, secondConnectionMs: 100, jobMs: 120_000 } } },
    )
    world = await startWorld(options)
    for (const name of ['into', 'unread']) {
      const database = world.azure.state.databases.find((each) => each.name === name)
      if (database) database.tables = []
      const account = `stcase${name === 'into' ? 1 : 2}`
      world.azure.state.blobs.push({ account, container: 'bacpacs', name: 'in.bacpac', size: 9_000, createdAt: 1 })
    }
    await world.start('all')
  })
  afterAll(() => world.close())

  async function importing(name: string) {
    const id = idIn(await told(world, 'U0DANA', `import ${name}/bacpacs/in.bacpac to ${name}`))
    await approve(world, await cardOf(world, id))
    await inStatus(world, id, 'running')
    return { id, job: await jobOf(world, name) }
  }

  test('an export ends with the time that Azure needed', async () => {
    const id = await ask(world, 'out')
    await approve(world, await cardOf(world, id))
    const { transfer } = await inStatus(world, id, 'running')
    const job = await jobOf(world, 'out')
    const { since } = transfer
    world.azure.changeOperation({ action: 'complete', id: job.id })
    expect(textOf(await reply(world, id, 'has finished'))).toMatch(/Azure needed \d+ s from the approval/)
    const ended = (await recordOf(world, id))?.transfer.ending
    expect(ended?.work?.took).toBeGreaterThanOrEqual(0)
    expect(ended?.work?.took).toBeLessThanOrEqual((ended?.at ?? 0) - since)
    expect(ended?.work?.database).toBeUndefined()
  })

  test('an import ends with the database as Azure has it now', async () => {
    const { id, job } = await importing('into')
    const database = world.azure.state.databases.find((each) => each.name === 'into')
    if (database) Object.assign(database, { serviceObjective: 'S2', maxSizeBytes: 10 * gigabyte })
    world.azure.changeOperation({ action: 'complete', id: job.id })
    expect(textOf(await reply(world, id, 'has finished'))).toContain('It is online: Standard S2, up to 10 GB.')
  })

  test('an import ends all the same when the database cannot be read', async () => {
    const { id, job } = await importing('unread')
    world.azure.arm({ name: 'database', path: /sql-unread/, code: 'InternalServerError', times: 100 })
    world.azure.changeOperation({ action: 'complete', id: job.id })
    const end = textOf(await reply(world, id, 'has finished'))
    expect(end).toContain('Azure needed')
    expect(end).not.toContain('online')
  })
})
