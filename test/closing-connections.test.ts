import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection, Operation } from '../sandbox/azure/types.ts'
import { armFor, type CaseRule, casesWorld } from './support/cases.ts'
import {
  approve,
  ask,
  cardOf,
  connectionsOf,
  eventually,
  inStatus,
  jobOf,
  recordOf,
  reply,
  statesOf,
  thread,
  told,
} from './support/story.ts'
import { messagesOf, startWorld, textOf, type World } from './support/world.ts'

const cases: Record<string, CaseRule> = {
  late: {},
  'stop-sql': {},
  'stop-storage': {},
  'stop-both': {},
  'follow-sql': { onBypass: 'follow' },
  'follow-storage': { onBypass: 'follow' },
  'follow-both': { onBypass: 'follow' },
  'stop-done': {},
  'follow-done': { onBypass: 'follow' },
  'closing-half': {},
  'closing-done': {},
  replaced: {},
  rejected: {},
  'half-storage': {},
  'half-none': {},
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
        config.clocks = { ...config.clocks, approving: '3s' }
      },
    }),
  )
  await world.start('all')
})
afterAll(() => world.close())

const rootOf = (id: string): string => textOf(messagesOf(world.slack, id, 'root')[0])
const putsOf = (id: string) => world.azure.state.requests.filter((each) => each.method === 'PUT' && each.path === id)

/** Somebody approves these sides in the portal. */
async function approveInPortal(name: string, sides: readonly ('sql' | 'storage')[]) {
  const job = await jobOf(world, name)
  const connections = connectionsOf(world, job)
  for (const side of sides) {
    world.azure.changeConnection({ action: 'approve', id: connections[side]?.id ?? '' })
  }
  return job
}

describe.concurrent('a connection that is approved in the portal', () => {
  test.for([
    ['sql', ['sql'], ['Approved', 'Rejected']],
    ['storage', ['storage'], ['Rejected', 'Approved']],
    ['both', ['sql', 'storage'], ['Approved', 'Approved']],
  ] as const)('stops the transfer where the rule says stop (%s)', async ([which, sides, left]) => {
    const name = `stop-${which}`
    const id = await ask(world, name)
    await cardOf(world, id)
    const job = await approveInPortal(name, sides)
    const alarm = textOf(await reply(world, id, 'approved outside of Drawbridge'))
    for (const said of ['🚨', '<!subteam^S0DBA>', '<@U0OPS>', 'stop']) expect(alarm).toContain(said)
    await reply(world, id, 'approved already')
    const end = textOf(await reply(world, id, 'has failed'))
    expect(end).toContain('a connection was approved outside of Drawbridge')
    expect(statesOf(world, job)).toEqual(left)
    expect(job.phase).toBe('cancelled')
    expect(end).toContain('(Approved)')
    expect(end).toContain('in the portal')
  })

  test.for(['sql', 'storage'] as const)(
    'is followed where the rule says follow (%s): the other one still waits for a yes',
    async (side) => {
      const name = `follow-${side}`
      const id = await ask(world, name)
      const card = await cardOf(world, id)
      const job = await approveInPortal(name, [side])
      await reply(world, id, 'The rule says follow')
      expect([...statesOf(world, job)].sort()).toEqual(['Approved', 'Pending'])
      expect(await approve(world, card)).toContain('Your yes is recorded')
      await inStatus(world, id, 'running')
      expect(putsOf(connectionsOf(world, job)[side]?.id ?? '')).toEqual([])
      world.azure.changeOperation({ action: 'complete', id: job.id })
      await reply(world, id, 'has finished')
    },
  )

  test('on both sides is followed to the end, without a yes', async () => {
    const id = await ask(world, 'follow-both')
    await cardOf(world, id)
    const job = await approveInPortal('follow-both', ['sql', 'storage'])
    await reply(world, id, 'The rule says follow')
    await inStatus(world, id, 'running')
    world.azure.changeOperation({ action: 'complete', id: job.id })
    await reply(world, id, 'has finished')
    expect(
      world.azure.state.requests.filter(({ path, method }) => method === 'PUT' && path.includes('follow-both')),
    ).toEqual([])
    const card = messagesOf(world.slack, id, 'card')[0]
    await eventually(() => !textOf(card).includes('"action_id":"approve"'))
  })

  test('on both sides, with the data out before anybody looked, is told as that', async () => {
    const id = await ask(world, 'stop-done')
    await cardOf(world, id)
    const job = await approveInPortal('stop-done', ['sql', 'storage'])
    world.azure.changeOperation({ action: 'complete', id: job.id })
    const end = textOf(await reply(world, id, 'went out all the same'))
    expect(end).toContain('<@U0OPS>')
    expect(thread(world, id).join()).toContain('approved outside of Drawbridge')
    await eventually(() => rootOf(id).includes('🚨'))
  })

  test('on both sides, with the data out before anybody looked, has finished where the rule says follow', async () => {
    const id = await ask(world, 'follow-done')
    await cardOf(world, id)
    const job = await approveInPortal('follow-done', ['sql', 'storage'])
    world.azure.changeOperation({ action: 'complete', id: job.id })
    await reply(world, id, 'has finished')
    expect(thread(world, id).join()).toContain('approved outside of Drawbridge')
  })
})

describe.concurrent('a connection that is approved in the portal when the transfer is being closed', () => {
  test('is told as what it is', async () => {
    const refusals = [
      armFor(world, 'closing-half', { name: 'cancel', code: 'CannotCancelOperation' }),
      armFor(world, 'closing-half', { name: 'pec-storage-put', code: 'LinkedAuthorizationFailed' }),
    ]
    const id = await ask(world, 'closing-half')
    await cardOf(world, id)
    await told(world, 'U0DANA', `cancel ${id}`)
    await reply(world, id, 'would not reject the connection on the storage account')
    await approveInPortal('closing-half', ['storage'])
    const alarm = textOf(await reply(world, id, 'approved outside of Drawbridge'))
    for (const said of ['🚨', '<!subteam^S0DBA>', '<@U0OPS>', 'being closed already']) expect(alarm).toContain(said)
    for (const refusal of refusals) refusal.lift()
    await reply(world, id, 'was cancelled')
    expect(thread(world, id).filter((text) => text.includes('approved outside of Drawbridge'))).toHaveLength(1)
  })

  test('is told also when the data is out before anybody looked', async () => {
    const refusals = ['sql', 'storage'].map((side) =>
      armFor(world, 'closing-done', { name: `pec-${side}-put`, code: 'LinkedAuthorizationFailed' }),
    )
    const refusal = armFor(world, 'closing-done', { name: 'cancel', code: 'CannotCancelOperation' })
    const id = await ask(world, 'closing-done')
    await cardOf(world, id)
    await told(world, 'U0DANA', `cancel ${id}`)
    await reply(world, id, 'would not cancel the job')
    const job = await approveInPortal('closing-done', ['sql', 'storage'])
    world.azure.changeOperation({ action: 'complete', id: job.id })
    await reply(world, id, 'went out all the same')
    expect(thread(world, id).filter((text) => text.includes('approved outside of Drawbridge'))).toHaveLength(1)
    for (const each of [...refusals, refusal]) each.lift()
  })
})

describe.concurrent('a connection that changes while people decide', () => {
  test('is asked about anew when Azure replaces it, and the old button no longer counts', async () => {
    const id = await ask(world, 'replaced')
    const first = await cardOf(world, id)
    const job = await jobOf(world, 'replaced')
    const made = await replaceBetweenReads(job)
    expect(textOf(await reply(world, id, 'asked anew in round 2'))).toContain('the connections')
    expect(await approve(world, first, 'U0SAM', 0)).toContain('The facts on this card have changed')
    await eventually(() => textOf(messagesOf(world.slack, id, 'card:1')[0]).includes('Replaced by round 2'))
    const second = await cardOf(world, id)
    expect(textOf(second)).toContain(made.name)
    await approve(world, second)
    await inStatus(world, id, 'running')
    expect(statesOf(world, job)).toEqual(['Approved', 'Approved'])
    world.azure.changeOperation({ action: 'complete', id: job.id })
    await reply(world, id, 'has finished')
  })

  test('ends the transfer when somebody rejects it', async () => {
    const id = await ask(world, 'rejected')
    await cardOf(world, id)
    const job = await jobOf(world, 'rejected')
    world.azure.changeConnection({ action: 'reject', id: connectionsOf(world, job).storage?.id ?? '' })
    const end = textOf(await reply(world, id, 'has failed'))
    expect(end).toContain('a connection was rejected, disconnected or removed')
    expect(statesOf(world, job)).toEqual(['Rejected', 'Rejected'])
    expect(job.phase).toBe('cancelled')
  })

  test('or appears only after a cancel is rejected too', async () => {
    const refusal = armFor(world, 'late', { name: 'cancel', code: 'CannotCancelOperation' })
    const stop = world.azure.onRequest(({ name, when, path }) => {
      const job = world.azure.state.operations.find(({ database }) => database === 'late')
      if (job && name === 'export' && when === 'after' && path.includes('late')) job.sides = ['sql']
      return undefined
    })
    const id = await ask(world, 'late')
    const job = await jobOf(world, 'late')
    await eventually(async () => (await recordOf(world, id))?.transfer.connections.sql)
    stop()
    await told(world, 'U0DANA', `cancel ${id}`)
    await eventually(() => statesOf(world, job)[0] === 'Rejected')
    job.sides = ['sql', 'storage']
    await eventually(() => statesOf(world, job)[1] === 'Rejected')
    expect(job.phase).toBe('hold')
    refusal.lift()
    await reply(world, id, 'was cancelled')
  })
})

describe.concurrent('a half-approved job', () => {
  test('is told, tried again, and in the end closed with what to do', async () => {
    armFor(world, 'half-storage', { name: 'pec-storage-put', code: 'LinkedAuthorizationFailed' })
    const id = await ask(world, 'half-storage')
    await approve(world, await cardOf(world, id))
    const half = textOf(await reply(world, id, 'is tried again'))
    expect(half).toContain('The connection on the SQL server is approved, the one on the storage account is not yet')
    expect(half).toContain('PrivateEndpointConnectionsApproval/action')
    const end = textOf(await reply(world, id, 'has failed'))
    expect(end).toContain('only one of the two connections could be approved')
    expect(end).toContain('PrivateEndpointConnectionsApproval/action')
    const job = await jobOf(world, 'half-storage')
    expect(end).toContain(connectionsOf(world, job).sql?.name)
    expect(end).toContain('in the portal')
    expect(statesOf(world, job)).toEqual(['Approved', 'Pending'])
    expect(job.phase).toBe('cancelled')
    expect(thread(world, id).filter((text) => text.includes('is tried again'))).toHaveLength(1)
    const tried = putsOf(connectionsOf(world, job).storage?.id ?? '').map((each) => JSON.stringify(each.requestBody))
    expect(tried.filter((body) => body.includes('Approved')).length).toBeGreaterThanOrEqual(2)
  })

  test('of which neither side could be approved is not told as half approved', async () => {
    armFor(world, 'half-none', { name: 'pec-storage-put', code: 'LinkedAuthorizationFailed' })
    armFor(world, 'half-none', { name: 'pec-sql-put', code: 'LinkedAuthorizationFailed' })
    const id = await ask(world, 'half-none')
    await approve(world, await cardOf(world, id))
    const end = textOf(await reply(world, id, 'has failed'))
    expect(thread(world, id).join('\n')).not.toMatch(/(server|account) is approved/)
    expect(thread(world, id).filter((text) => text.includes('could not be approved yet'))).toHaveLength(2)
    expect(end).toContain('the two connections could not be approved')
    expect(statesOf(world, await jobOf(world, 'half-none'))).toEqual(['Pending', 'Pending'])
  })
})

/** Azure makes another connection in place of the SQL server's, after it has named the old one and before that is read. */
async function replaceBetweenReads(job: Operation): Promise<Connection> {
  const old = connectionsOf(world, job).sql?.id ?? ''
  return new Promise((done) => {
    const stop = world.azure.onRequest(({ name, when, path }) => {
      if (name !== 'pec-sql-get' || when !== 'before' || !path.toLowerCase().includes(`/${job.server}/`))
        return undefined
      stop()
      const privateEndpoint = 'ImportExportPrivateLink_SQL-0123456789ab'
      const made = world.azure.changeConnection({ action: 'add', side: 'sql', parent: job.server, privateEndpoint })
      Object.assign(made, { operationId: job.id })
      job.connections.sql = made.id
      world.azure.changeConnection({ action: 'remove', id: old })
      done(made)
      return undefined
    })
  })
}
