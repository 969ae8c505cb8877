import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createStore, type RedisStore } from '../src/queue/store.ts'
import { isFinal } from '../src/transfer/lifecycle.ts'
import { createChecks } from './support/model-checks.ts'
import { commands, settings, stop as stops, upset } from './support/model-commands.ts'
import { brokenBy, happenings, undecided, usually } from './support/model-events.ts'
import { type Run, startOf, startRun } from './support/model-run.ts'
import { quietLog as log } from './support/quiet-log.ts'
import { startTestRedis, type TestRedis } from './support/redis.ts'
import { ruleOf } from './support/transfers.ts'

/** More runs, or one that failed again: `CORE_RUNS=5000 CORE_SEED=… CORE_PATH=… npx vitest run test/core-properties.test.ts`. */
const { CORE_RUNS: runs = '300', CORE_SEED: seed, CORE_PATH: path } = process.env

let server: TestRedis
let redis: Redis
let store: RedisStore
let serial = 0
const seen = new Map<string, number>()

beforeAll(async () => {
  server = await startTestRedis()
  redis = new Redis({ path: server.path })
  // What is written here need not outlive its machine.
  await redis.config('SET', 'appendonly', 'no')
  store = createStore({ redis, prefix: 'drawbridge', log })
  await store.ready()
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

test('whatever people, Azure, clocks and crashes do: a quorum first, one outcome, the truth about the data', async () => {
  const runsOf = fc.record({
    setting: settings,
    begin: fc.constantFrom('requested', 'requested', 'asked', 'asked', 'decided', 'decided', 'running'),
    upsets: fc.array(upset, { maxLength: 5 }),
    stop: fc.option(stops, { nil: undefined }),
    script: fc.array(commands, { maxLength: 40 }),
    blind: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  })
  const property = fc.asyncProperty(runsOf, async ({ setting, begin, upsets, stop, script, blind }) => {
    await redis.flushdb()
    serial += 1
    const run = await startRun(store, redis, setting, serial)
    const checks = createChecks(run)
    if (begin !== 'requested') await toCard(run)
    if (begin === 'decided' || begin === 'running') await vote(run)
    if (begin === 'running') await toCard(run)
    run.world.state.upsets = [...upsets]
    if (stop && begin !== 'decided') {
      await run.passToDue()
      await run.workers.work(stop)
    }
    for (const each of script) {
      await each.run(run)
      await checks.always()
      count(await run.read())
    }
    await toEnd(run, blind)
    await checks.always()
    await checks.audit(redis)
    const { transfer } = await run.read()
    count({ transfer })
    if (!isFinal(transfer.status))
      run.broken.push(`it never ended: ${transfer.status} ${JSON.stringify(transfer.closing ?? '')}`)
    if (run.broken.length > 0) throw new Error([...new Set(run.broken)].join('\n'))
  })
  await fc.assert(property, {
    numRuns: Number(runs),
    ...(seed ? { seed: Number(seed) } : {}),
    ...(path ? { path } : {}),
  })
}, 3_600_000)

/** To the card, when nothing goes wrong. */
async function toCard(run: Run): Promise<void> {
  for (let step = 0; step < 6; step += 1) {
    await run.passToDue()
    await run.workers.work()
    run.world.act({ act: 'connect_both' })
  }
  await run.deliver()
  await run.look()
}

async function vote(run: Run): Promise<void> {
  for (const account of ['slack:T1/USAM', 'slack:T1/ULEE', 'slack:T1/UADA', 'slack:T1/UKIM', 'slack:T1/URIO']) {
    await run.click(account, 'approve', 0)
  }
}

/** Azure answers again and does what it was asked; an operator settles what nobody else can know. Then time goes on until the end. */
async function toEnd(run: Run, blind: boolean): Promise<void> {
  const { world } = run
  world.state.upsets = []
  run.memberships.down = 0
  if (blind) world.act({ act: 'close_connections' })
  await run.workers.resume()
  for (let step = 0; step < 300; step += 1) {
    const { transfer } = await run.read()
    const isDue = await run.passToDue()
    if (isFinal(transfer.status) && !isDue) return
    await run.workers.work()
    await run.deliver()
    const { job, connections } = world.state
    if (job?.state === 'cancelling') world.act({ act: 'finish', state: 'cancelled' })
    const approved = connections.filter((each) => each.ours && each.state === 'Approved')
    if (job?.state === 'working' && (approved.length > 1 || !transfer.request.privateLink))
      world.act({ act: 'finish', state: 'succeeded' })
    // Azure gives up by itself on what nobody releases.
    if (step > 200 && job?.state === 'working') world.act({ act: 'finish', state: 'cancelled' })
    if (transfer.closing?.cause === 'unclear' && !transfer.operation) {
      await run.say('slack:T1/UOPS', `settle ${run.id} ${job ? `running ${job.id}` : 'not-running'}`)
    }
  }
}

function count({ transfer }: { transfer: { status: string; ending?: { released?: boolean } } }): void {
  for (const what of [transfer.status, ...(transfer.ending?.released ? ['released'] : [])])
    seen.set(what, (seen.get(what) ?? 0) + 1)
}

test('a yes in time counts, though the worker looks only when the time is over', async () => {
  await redis.flushdb()
  const [stages, hour] = [[{ approvers: ['slack:T1/USAM'], need: 1 }], 3_600_000]
  const rule = { ...ruleOf(10), stages, expiry: hour, remindAfter: hour / 2, escalate: { after: hour / 2, to: [] } }
  const run = await startRun(store, redis, { rule, kind: 'export', by: 'slack:T1/UDANA' }, 1)
  await toCard(run)
  run.pass(hour / 4)
  await run.click('slack:T1/USAM', 'approve', 0)
  run.pass(hour)
  await toEnd(run, false)
  expect(run.broken).toEqual([])
  expect((await run.read()).transfer.status).toBe('succeeded')
})

test('whatever is stated, in whatever order, the record takes no step that its rule does not allow', () => {
  const property = fc.property(
    settings,
    fc.array(happenings, { maxLength: 60 }),
    fc.boolean(),
    fc.boolean(),
    (setting, all, isUsual, isOpen) => {
      const begun = isOpen ? undecided(startOf(setting)) : startOf(setting)
      expect(brokenBy(begun, isUsual ? [...usually(begun), ...all] : all)).toEqual([])
    },
  )
  fc.assert(property, { numRuns: 20 * Number(runs), ...(seed ? { seed: Number(seed) } : {}) })
}, 3_600_000)

test('the runs came everywhere', () => {
  expect([...seen.keys()].sort()).toEqual(
    expect.arrayContaining(['succeeded', 'denied', 'expired', 'cancelled', 'failed', 'refused', 'checked', 'released']),
  )
})

test('what somebody puts in the place of a connection after the yes is not approved', async () => {
  const [stages, hour] = [[{ approvers: ['slack:T1/USAM'], need: 1 }], 3_600_000]
  const rule = { ...ruleOf(10), stages, expiry: hour }
  const told: string[] = []
  for (let at = 1; at <= 24; at += 1) {
    await redis.flushdb()
    const run = await startRun(store, redis, { rule, kind: 'export', by: 'slack:T1/UDANA' }, at)
    await toCard(run)
    await run.click('slack:T1/USAM', 'approve', 0)
    await run.passToDue()
    // Whatever the worker has read by then, it dies, and the next one begins with what it left in the record.
    await run.workers.work({ at, when: 'before', how: 'die' })
    run.world.act({ act: 'impersonate', side: 'sql' })
    await toEnd(run, false)
    told.push(...run.broken)
  }
  expect(told).toEqual([])
})

test('a job that nobody looked for until Azure forgot it is not told as never sent', async () => {
  const [stages, hour] = [[{ approvers: ['slack:T1/USAM'], need: 1 }], 3_600_000]
  const told: (boolean | undefined)[] = []
  for (let at = 1; at <= 24; at += 1) {
    await redis.flushdb()
    const rule = { ...ruleOf(10), stages, expiry: hour }
    const run = await startRun(store, redis, { rule, kind: 'open_export', by: 'slack:T1/UDANA' }, at)
    await toCard(run)
    await run.click('slack:T1/USAM', 'approve', 0)
    await run.passToDue()
    await run.workers.work({ at, when: 'after', how: 'die' })
    run.world.act({ act: 'finish', state: 'succeeded' })
    const isThrough = run.world.state.job?.state === 'succeeded'
    run.pass(2 * hour)
    run.world.act({ act: 'forget' })
    await toEnd(run, false)
    expect(run.broken, `stopped after call ${at}`).toEqual([])
    if (isThrough) told.push((await run.read()).transfer.ending?.nothingSent)
  }
  expect(new Set(told)).toEqual(new Set([false]))
})
