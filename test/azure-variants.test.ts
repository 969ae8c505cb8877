import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AzureOptions } from '../sandbox/azure/index.ts'
import { casesWorld } from './support/cases.ts'
import { approve, ask, cardOf, jobOf, replies, reply, statesOf, thread, told } from './support/story.ts'
import { startWorld, textOf, type World } from './support/world.ts'

/** What nobody could verify about Azure, each of its ways at least once. */
const ways: Readonly<Record<string, Partial<AzureOptions>>> = {
  'equal names, connections that stay': { connectionNaming: 'equal', connectionsAfterJob: 'stay', retryAfter: 0 },
  'names that are a prefix, the account’s connection first, an approval that holds at once': {
    connectionNaming: 'prefix',
    firstConnection: 'storage',
    sqlApproval: 'immediate',
    retryAfter: 'absent',
  },
  'names of the private endpoints, the specification’s word for an export': {
    connectionNaming: 'private-endpoint',
    requestType: 'Export',
    retryAfter: 'http-date',
  },
  'other words for a job on hold, other names in its list, connections that are cut': {
    holdStatus: 'Waiting for approval',
    connectionStatusTexts: { Pending: 'pending' },
    operationName: 'other',
    connectionsAfterJob: 'disconnect',
  },
  'a job on hold that calls itself running, no list of operations, connections that vanish': {
    holdStatus: 'Running, Progress = 0 %',
    connectionStatusTexts: { Pending: 'PendingApproval', Approved: 'approved' },
    operationName: 'absent',
    connectionsAfterJob: 'vanish',
  },
  'no status at all on hold': { holdStatus: '', requestType: 'ExportDatabase' },
}

let world: World
beforeAll(async () => {
  world = await startWorld(
    casesWorld(
      { any: {} },
      {
        azure: {
          timings: {
            firstConnectionMs: 20,
            secondConnectionMs: 60,
            startMs: 20,
            jobMs: 20,
            approveMs: 50,
            cleanupMs: 0,
          },
        },
        config: (config) => {
          config.clocks = { ...config.clocks, approving: '4s', submitting: '4s' }
        },
      },
    ),
  )
  await world.start('all')
})
afterAll(() => world.close())

describe('an export finishes where Azure has', () => {
  test.for(Object.entries(ways))('%s', async ([, options]) => {
    world.azure.setOptions({ ...usual, ...options })
    const foreign = world.azure.state.connections.filter(({ operationId }) => operationId === null)
    const id = await ask(world, 'any')
    await approve(world, await cardOf(world, id))
    await reply(world, id, 'has finished')
    expect(world.azure.state.blobs.filter(({ name }) => name.includes(id))).toHaveLength(1)
    expect(replies(world, id)).toHaveLength(5)
    for (const each of foreign) expect(each.status).toBe('Pending')
  })
})

test('an approval that takes longer than Drawbridge takes to look again is not told as a failure', async () => {
  const { approveMs } = world.azure.timings
  world.azure.setOptions(usual)
  world.azure.setTimings({ approveMs: 900 })
  const id = await ask(world, 'any')
  await approve(world, await cardOf(world, id))
  await reply(world, id, 'has finished')
  world.azure.setTimings({ approveMs })
  const puts = world.azure.state.requests.filter(({ name, status }) => name === 'pec-sql-put' && status === 400)
  expect(puts.length).toBeGreaterThan(0)
  expect(replies(world, id)).toHaveLength(5)
})

describe('a cancelled export ends where Azure', () => {
  test.for([
    ['says Cancelled', { cancelledSpelling: 'Cancelled' }],
    ['says Canceled', { cancelledSpelling: 'Canceled' }],
    ['knows the operation by another name, and fails the job for its rejected connections', { operationName: 'other' }],
  ] as const)('%s', async ([, options]) => {
    world.azure.setOptions({ ...usual, ...options })
    const id = await ask(world, 'any')
    await cardOf(world, id)
    await told(world, 'U0DANA', `cancel ${id}`)
    expect(textOf(await reply(world, id, 'was cancelled'))).toContain('ended without data')
  })
})

test('an approval that Azure takes and never carries out is closed in the end', async () => {
  world.azure.setOptions({ ...usual, sqlApproval: 'lro-fails', connectionsAfterJob: 'stay' })
  const id = await ask(world, 'any')
  await approve(world, await cardOf(world, id))
  expect(textOf(await reply(world, id, 'has failed'))).toContain('only one of the two connections could be approved')
  expect(statesOf(world, await lastJob())).toEqual(['Pending', 'Approved'])
  expect(thread(world, id).join()).not.toContain('has finished')
})

test('a submit that Azure neither confirms nor lists is not called failed, and keeps its guard', async () => {
  world.azure.setOptions({ ...usual, operationName: 'absent' })
  world.azure.arm({ name: 'export', action: { kind: 'accept-then-reset' } })
  const id = await ask(world, 'any')
  await reply(world, id, 'the database stays reserved')
  expect(thread(world, id).join()).not.toContain('has failed')
  expect(await told(world, 'U0DANA', 'any to any', '/export')).toContain('already has an open transfer')
  const job = await lastJob()
  await told(world, 'U0OPS', `settle ${id} running ${job.id}`)
  await reply(world, id, 'has failed')
  expect(job.phase).toBe('cancelled')
})

const usual: Partial<AzureOptions> = {
  connectionNaming: 'equal',
  firstConnection: 'sql',
  requestType: 'ExportDatabase',
  holdStatus: 'Pending',
  connectionStatusTexts: {},
  sqlApproval: 'lro',
  connectionsAfterJob: 'vanish',
  retryAfter: 0,
  operationName: 'request',
  cancelledSpelling: 'Cancelled',
}

async function lastJob() {
  await jobOf(world, 'any')
  const job = world.azure.state.operations.at(-1)
  if (!job) throw new Error('there is no job')
  return job
}
