import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { armFor, type CaseRule, casesWorld } from './support/cases.ts'
import {
  approve,
  ask,
  cardOf,
  deny,
  eventually,
  hasButtons,
  inStatus,
  jobOf,
  replies,
  reply,
  statesOf,
  thread,
  told,
} from './support/story.ts'
import { messagesOf, startWorld, textOf, type World } from './support/world.ts'

const cases: Record<string, CaseRule> = {
  'deny-held': {},
  'deny-first': { gate: 'submission' },
  'deny-uncancelled': {},
  'deny-failing': {},
  'deny-released': {},
  'cancel-ignored': {},
  'cancel-submitting': {},
  'cancel-awaiting-endpoints': {},
  'cancel-awaiting-approval': {},
  'cancel-approving': {},
  'cancel-running': {},
  'cancel-first': { gate: 'submission' },
  'cancel-refused': {},
  expires: { expiry: '2s' },
  'expires-first': { expiry: '1s', gate: 'submission' },
}
let world: World
beforeAll(async () => {
  world = await startWorld(
    casesWorld(cases, {
      azure: {
        timings: { firstConnectionMs: 50, secondConnectionMs: 100, jobMs: 120_000 },
        options: { connectionsAfterJob: 'stay', rejectedJob: 'holds' },
      },
    }),
  )
  await world.start('all')
})
afterAll(() => world.close())

const rootOf = (id: string): string => textOf(messagesOf(world.slack, id, 'root')[0])
const cardText = (id: string): string => textOf(messagesOf(world.slack, id, 'card')[0])
const cancelsOf = (name: string) => {
  return world.azure.state.requests.filter(
    (each) => each.name === 'cancel' && each.path.includes(`/databases/${name}/`),
  )
}

describe.concurrent('a no', () => {
  test('rejects both connections, cancels the job, and is told when the job is over and not before', async () => {
    const id = await ask(world, 'deny-held')
    await deny(world, await cardOf(world, id), 'not before the audit')
    const end = await reply(world, id, 'was denied')
    const job = await jobOf(world, 'deny-held')
    expect(statesOf(world, job)).toEqual(['Rejected', 'Rejected'])
    expect(job.phase).toBe('cancelled')
    expect(end.edits[0]?.at).toBeGreaterThanOrEqual(job.endedAt ?? Number.POSITIVE_INFINITY)
    expect(textOf(end)).toContain('not before the audit')
    expect(textOf(end)).toContain('ended without data')
    await eventually(() => rootOf(id).includes('*Denied*') && !hasButtons(messagesOf(world.slack, id, 'card')[0]))
    expect(cardText(id)).toContain('not before the audit')
  })

  test('before anything was sent ends at once, and nothing is ever sent', async () => {
    const id = await ask(world, 'deny-first')
    await deny(world, await cardOf(world, id), 'wrong database')
    expect(textOf(await reply(world, id, 'was denied'))).toContain('Nothing was sent to Azure')
    expect(world.azure.state.operations.some(({ database }) => database === 'deny-first')).toBe(false)
  })

  test('that Azure will not cancel is told as that, and as denied only once the job is over', async () => {
    const refusal = armFor(world, 'deny-uncancelled', { name: 'cancel', code: 'CannotCancelOperation' })
    const id = await ask(world, 'deny-uncancelled')
    await deny(world, await cardOf(world, id), 'no')
    await reply(world, id, 'would not cancel the job')
    const job = await jobOf(world, 'deny-uncancelled')
    await eventually(() => refusal.hits >= 2 && statesOf(world, job).every((state) => state === 'Rejected'))
    expect(thread(world, id).join()).not.toContain('was denied')
    expect(rootOf(id)).not.toContain('*Denied*')
    expect(await told(world, 'U0DANA', `status ${id}`)).toContain('Closing')
    refusal.lift()
    await reply(world, id, 'was denied')
    expect((await jobOf(world, 'deny-uncancelled')).phase).toBe('cancelled')
    expect(thread(world, id).filter((text) => text.includes('would not cancel'))).toHaveLength(1)
  })

  test('is denied too when the job fails by itself without its connections', async () => {
    armFor(world, 'deny-failing', { name: 'cancel', code: 'CannotCancelOperation' })
    const id = await ask(world, 'deny-failing')
    await deny(world, await cardOf(world, id), 'no')
    const job = await jobOf(world, 'deny-failing')
    await eventually(() => statesOf(world, job).every((state) => state === 'Rejected'))
    world.azure.changeOperation({ action: 'fail', id: job.id, reason: 'The connection was rejected.' })
    expect(textOf(await reply(world, id, 'was denied'))).toContain('ended without data')
  })

  test('that Azure completes all the same is an alarm to approvers and operators, and is never told as a no', async () => {
    armFor(world, 'deny-released', { name: 'cancel', code: 'CannotCancelOperation' })
    const id = await ask(world, 'deny-released')
    await deny(world, await cardOf(world, id), 'no')
    await reply(world, id, 'would not cancel the job')
    world.azure.changeOperation({ action: 'complete', id: (await jobOf(world, 'deny-released')).id })
    const end = textOf(await reply(world, id, 'went out all the same'))
    for (const said of ['<@U0DANA>', '<!subteam^S0DBA>', '<@U0OPS>', `${id}.bacpac`, 'Delete the blob']) {
      expect(end).toContain(said)
    }
    expect(thread(world, id).join()).not.toContain('to deny-released was denied')
    await eventually(() => rootOf(id).includes('🚨'))
    expect(rootOf(id)).toContain('The data went out all the same')
  })
})

describe.concurrent('a cancellation', () => {
  test('that Azure takes and does not carry out is told as what it is', async () => {
    armFor(world, 'cancel-ignored', { name: 'cancel', action: { kind: 'status', status: 200 } })
    const id = await ask(world, 'cancel-ignored')
    await approve(world, await cardOf(world, id))
    await inStatus(world, id, 'running')
    expect(await told(world, 'U0DANA', `cancel ${id} the wrong week`)).toContain('is recorded')
    await inStatus(world, id, 'closing')
    world.azure.changeOperation({ action: 'complete', id: (await jobOf(world, 'cancel-ignored')).id })
    const end = textOf(await reply(world, id, 'went out all the same'))
    expect(end).toContain('It was cancelled, but Azure completed the export')
    expect(end).toContain('<@U0OPS>')
  })

  const people = { requester: 'U0DANA', approver: 'U0LEE', operator: 'U0OPS' } as const
  test.for([
    ['submitting', 'requester', { name: 'export', action: { kind: 'hang', ms: 700 } }],
    ['awaiting_endpoints', 'approver', { name: 'pec-storage-list', skip: 1, code: 'TooManyRequests' }],
    ['awaiting_approval', 'operator', undefined],
    ['approving', 'requester', { name: 'pec-storage-put', code: 'LinkedAuthorizationFailed' }],
    ['running', 'operator', undefined],
  ] as const)('while %s is taken from the %s', async ([status, who, fault]) => {
    const name = `cancel-${status.replace('_', '-')}`
    const armed = fault && armFor(world, name, fault)
    const id = await ask(world, name)
    if (status === 'approving' || status === 'running') await approve(world, await cardOf(world, id))
    await inStatus(world, id, status)
    await eventually(() => !armed || armed.hits > 0)
    expect(await told(world, people[who], `cancel ${id}`)).toContain('is recorded')
    armed?.lift()
    const end = textOf(await reply(world, id, 'was cancelled'))
    expect(end).toContain(`Cancelled by <@${people[who]}>`)
    const job = await jobOf(world, name)
    expect(job.phase).toBe('cancelled')
    expect(cancelsOf(name).filter((each) => each.status === 200)).toHaveLength(1)
    expect(
      world.azure.state.requests.filter((each) => each.name === 'export' && each.path.includes(name)),
    ).toHaveLength(1)
    const [sql, storage] = statesOf(world, job)
    if (status === 'approving') expect([sql, storage]).toEqual(['Approved', 'Rejected'])
    if (status === 'awaiting_approval') expect([sql, storage]).toEqual(['Rejected', 'Rejected'])
    expect(replies(world, id).at(-1)?.text).toContain('was cancelled')
  })

  test('before anything was sent ends at once', async () => {
    const id = await ask(world, 'cancel-first')
    await cardOf(world, id)
    expect(await told(world, 'U0SAM', `cancel ${id}`)).toContain('Nothing has been sent to Azure')
    expect(textOf(await reply(world, id, 'was cancelled'))).toContain('Nothing was sent to Azure')
  })

  test('is refused to everybody else, and a second one is told of the first', async () => {
    const id = await ask(world, 'cancel-refused')
    const card = await cardOf(world, id)
    const unknown = await told(world, 'U0RIO', 'cancel zzzzzzzz')
    expect((await told(world, 'U0RIO', `cancel ${id}`)).replace(id, 'zzzzzzzz')).toBe(unknown)
    expect(await told(world, 'U0AUD', `cancel ${id}`)).toContain('Only the requester, the approvers and the operators')
    expect(thread(world, id).join()).not.toContain('cancels this')
    const job = await jobOf(world, 'cancel-refused')
    const slow = armFor(world, 'cancel-refused', { name: 'cancel', code: 'TooManyRequests' })
    expect(await told(world, 'U0DANA', `cancel ${id}`)).toContain('is recorded')
    expect(await told(world, 'U0OPS', `cancel ${id}`)).toMatch(/already|nothing/)
    expect(await approve(world, card)).toMatch(/cancel|nothing to decide/i)
    slow.lift()
    await reply(world, id, 'was cancelled')
    expect(job.phase).toBe('cancelled')
    expect(await told(world, 'U0DANA', `cancel ${id}`)).toContain('at “cancelled”')
  })
})

describe.concurrent('nobody decides', () => {
  test('in time: the connections are rejected, the job is cancelled, and the card says so', async () => {
    const id = await ask(world, 'expires')
    const card = await cardOf(world, id)
    const end = await reply(world, id, 'has expired')
    const job = await jobOf(world, 'expires')
    expect(statesOf(world, job)).toEqual(['Rejected', 'Rejected'])
    expect(job.phase).toBe('cancelled')
    expect(end.edits[0]?.at).toBeGreaterThanOrEqual(job.endedAt ?? Number.POSITIVE_INFINITY)
    await eventually(() => cardText(id).includes('Expired'))
    expect(await approve(world, card, 'U0SAM', 0)).toContain('The time to decide is over')
  })

  test('before anything was sent: it ends, and nothing is ever sent', async () => {
    const id = await ask(world, 'expires-first')
    expect(textOf(await reply(world, id, 'has expired'))).toContain('Nothing was sent to Azure')
    expect(world.azure.state.operations.some(({ database }) => database === 'expires-first')).toBe(false)
  })
})
