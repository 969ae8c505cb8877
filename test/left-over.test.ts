import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Operation, Side } from '../sandbox/azure/types.ts'
import { armFor, type CaseRule, casesWorld } from './support/cases.ts'
import {
  approve,
  ask,
  cardOf,
  connectionsOf,
  deny,
  eventually,
  inStatus,
  jobOf,
  recordOf,
  reply,
  thread,
} from './support/story.ts'
import { startWorld, textOf, type World } from './support/world.ts'

const cases: Record<string, CaseRule> = {
  removed: { leftOver: 'remove' },
  denied: { leftOver: 'remove' },
  kept: {},
  cleared: { leftOver: 'remove' },
  forbidden: { leftOver: 'remove' },
  passing: { leftOver: 'remove' },
  replaced: { leftOver: 'remove' },
  stuck: { leftOver: 'remove' },
  crashed: { leftOver: 'remove' },
}
let world: World
beforeAll(async () => {
  world = await startWorld(
    casesWorld(cases, {
      azure: {
        timings: { firstConnectionMs: 50, secondConnectionMs: 100, jobMs: 120_000 },
        options: { connectionsAfterJob: 'stay', rejectedJob: 'holds' },
      },
      config: (config) => {
        config.polls = { ...config.polls, closing: '500ms' }
        config.clocks = { ...config.clocks, closing: '4s' }
      },
    }),
  )
  await world.start('all')
})
afterAll(() => world.close())

const deletesOf = ({ id }: { id: string }) =>
  world.azure.state.requests.filter(
    ({ method, path }) => method === 'DELETE' && path.toLowerCase() === id.toLowerCase(),
  )

/** An export of the case, approved and completed by Azure; answers what it had made. */
async function finished(name: string) {
  const id = await ask(world, name)
  await approve(world, await cardOf(world, id))
  await inStatus(world, id, 'running')
  const job = await jobOf(world, name)
  const made = connectionsOf(world, job) as Record<Side, { id: string; name: string; privateEndpointId: string }>
  return { id, job, made }
}

async function complete(id: string, job: Operation): Promise<string> {
  world.azure.changeOperation({ action: 'complete', id: job.id })
  return textOf(await reply(world, id, 'has finished'))
}

describe.concurrent('connections that Azure leaves behind', () => {
  test('are removed where the rule says so: exactly those of this operation, each once, and the thread tells it', async () => {
    const { id, job, made } = await finished('removed')
    const others = [
      world.azure.changeConnection({ action: 'add', side: 'sql', parent: 'sql-removed', status: 'Approved' }),
      world.azure.changeConnection({
        action: 'add',
        side: 'sql',
        parent: 'sql-removed',
        privateEndpoint: 'ImportExportPrivateLink_SQL-0123456789ab',
        status: 'Approved',
      }),
    ]
    const end = await complete(id, job)
    expect(end).toContain('(Approved). If it stays, Drawbridge removes it')
    for (const side of ['SQL server', 'storage account']) {
      expect(textOf(await reply(world, id, `🧽 Its connection on the ${side}`))).toContain('is removed')
    }
    expect(connectionsOf(world, job)).toEqual({})
    expect(deletesOf(made.sql)).toHaveLength(1)
    expect(deletesOf(made.storage)).toHaveLength(1)
    for (const other of others) {
      expect(deletesOf(other)).toEqual([])
      expect(world.azure.state.connections).toContain(other)
    }
    const { transfer } = (await recordOf(world, id)) ?? {}
    expect(transfer?.leftOver?.map(({ state }) => state)).toEqual(['removed', 'removed'])
    await eventually(async () =>
      textOf(await reply(world, id, 'has finished')).includes('was left over and is removed'),
    )
  })

  test('are removed after a no too, when the job is over', async () => {
    const id = await ask(world, 'denied')
    await deny(world, await cardOf(world, id), 'no')
    const job = await jobOf(world, 'denied')
    const end = await reply(world, id, 'was denied')
    expect(textOf(end)).toContain('(Rejected)')
    await eventually(() => Object.keys(connectionsOf(world, job)).length === 0)
    const first = world.azure.state.requests.find(({ method, path }) => method === 'DELETE' && path.includes('denied'))
    expect(first?.at).toBeGreaterThanOrEqual(job.endedAt ?? Number.POSITIVE_INFINITY)
  })

  test('stay where the rule says nothing, with the link to remove them', async () => {
    const { id, job, made } = await finished('kept')
    const end = await complete(id, job)
    expect(end).toContain(`${made.sql.name}`)
    expect(end).toContain('If it stays, remove it')
    // One that comes after it is done with: this one would be too.
    const later = await finished('cleared')
    await clearedByAzure(later)
    expect(Object.keys(connectionsOf(world, job))).toHaveLength(2)
    expect([...deletesOf(made.sql), ...deletesOf(made.storage)]).toEqual([])
  })

  async function clearedByAzure({ id, job, made }: Awaited<ReturnType<typeof finished>>): Promise<void> {
    // Each is gone as soon as it was read for the end.
    const stop = world.azure.onRequest(({ name, when, path }) => {
      const read = [made.sql, made.storage].find((each) => each.id.toLowerCase() === path.toLowerCase())
      if (!read || job.phase !== 'completed' || when !== 'after' || !/^pec-.*-get$/.test(name)) return undefined
      if (world.azure.state.connections.some(({ id }) => id === read.id)) {
        world.azure.changeConnection({ action: 'remove', id: read.id })
      }
      return undefined
    })
    await complete(id, job)
    stop()
    await reply(world, id, 'was removed by Azure itself')
    expect([...deletesOf(made.sql), ...deletesOf(made.storage)]).toEqual([])
  }

  test('that Drawbridge may not remove are told with the right that it lacks and where to remove them', async () => {
    const action = 'Microsoft.Storage/storageAccounts/privateEndpointConnections/delete'
    const message = `The client 'x' with object id 'x' does not have authorization to perform action '${action}' over scope '/y' or the scope is invalid.`
    const refusal = armFor(world, 'forbidden', {
      name: 'pec-storage-delete',
      action: { kind: 'status', status: 403, body: { error: { code: 'AuthorizationFailed', message } } },
    })
    const { id, job, made } = await finished('forbidden')
    await complete(id, job)
    const told = textOf(await reply(world, id, '⚠️ Its connection on the storage account'))
    expect(told).toContain(made.storage.name)
    expect(told).toContain(action)
    expect(told).toContain('in the portal')
    await reply(world, id, '🧽 Its connection on the SQL server')
    expect(refusal.hits).toBe(1)
    expect((await recordOf(world, id))?.transfer.status).toBe('succeeded')
  })

  test('are removed in the end when Azure cannot answer for a while, without a word about it', async () => {
    const trouble = armFor(world, 'passing', {
      name: 'pec-storage-delete',
      action: { kind: 'accept-then-reset' },
      times: 1,
    })
    const busy = armFor(world, 'passing', { name: 'pec-sql-delete', code: 'TooManyRequests', times: 2 })
    const { id, job } = await finished('passing')
    await complete(id, job)
    await reply(world, id, '🧽 Its connection on the storage account')
    await reply(world, id, '🧽 Its connection on the SQL server')
    expect([trouble.hits, busy.hits]).toEqual([1, 2])
    expect(thread(world, id).join()).not.toContain('could not be removed')
    expect(connectionsOf(world, job)).toEqual({})
  })

  test('are left alone when another private endpoint stands there under the same name', async () => {
    const { id, job, made } = await finished('replaced')
    const now = world.azure.state.connections.find((each) => each.id === made.sql.id)
    if (now) now.privateEndpointId = `${now.privateEndpointId}-other`
    await complete(id, job)
    expect(textOf(await reply(world, id, '⚠️ Its connection on the SQL server'))).toContain(
      'is not the connection of this',
    )
    expect(deletesOf(made.sql)).toEqual([])
  })

  test('are told as still there when Azure takes the removal and does nothing', async () => {
    armFor(world, 'stuck', { name: 'pec-storage-delete', action: { kind: 'status', status: 200, text: '' } })
    const { id, job, made } = await finished('stuck')
    await complete(id, job)
    expect(textOf(await reply(world, id, '⚠️ Its connection on the storage account'))).toContain('still there')
    const count = deletesOf(made.storage).length
    expect(count).toBeGreaterThanOrEqual(2)
    expect(thread(world, id).filter((text) => text.includes('⚠️'))).toHaveLength(1)
  })
})

test('a connection that was being removed when the process died is removed by the next one, and told once', async () => {
  const [first] = world.running
  const { id, job } = await finished('crashed')
  const died = Promise.withResolvers<void>()
  const stop = world.azure.onRequest(async ({ name, when, path }) => {
    if (name !== 'pec-storage-delete' || when !== 'after' || !path.includes('stcase8')) return undefined
    await first?.kill()
    died.resolve()
    return 'drop'
  })
  await complete(id, job)
  await died.promise
  stop()
  await world.start('all')
  await reply(world, id, '🧽 Its connection on the storage account')
  await reply(world, id, '🧽 Its connection on the SQL server')
  expect(
    thread(world, id).filter((text) => text.includes('on the storage account') && text.includes('🧽')),
  ).toHaveLength(1)
  expect(connectionsOf(world, job)).toEqual({})
})
