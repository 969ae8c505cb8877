import fc from 'fast-check'
import { type Side, sides } from '../../src/transfer/model.ts'
import type { AzureAct, Upset } from './model-azure.ts'
import { accounts, groups, operator, principals } from './model-people.ts'
import type { Run, Setting } from './model-run.ts'
import { hour, type Stop } from './model-workers.ts'

/**
 * One thing that can happen: a word for it, its facts, and what it does. A new kind of command is one more entry here and
 * nothing else.
 */
export type Command = { name: string; facts: unknown; run(run: Run): Promise<unknown> }

const side = fc.constantFrom('sql' as const, 'storage' as const)
const account = fc.constantFrom(...accounts)
/** The newest card nearly always; now and then an older one. */
const back = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) },
)

function command<Facts>(
  name: string,
  facts: fc.Arbitrary<Facts>,
  run: (run: Run, facts: Facts) => unknown,
): fc.Arbitrary<Command> {
  // Not enumerable: fast-check prints what is.
  return facts.map((given) =>
    Object.defineProperty({ name, facts: given } as Command, 'run', { value: async (into: Run) => run(into, given) }),
  )
}

export const stop: fc.Arbitrary<Stop> = fc.record({
  at: fc.integer({ min: 1, max: 16 }),
  when: fc.constantFrom('before', 'after'),
  how: fc.constantFrom('die', 'pause'),
})

const act: fc.Arbitrary<AzureAct> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<AzureAct>({ act: 'connect_both' }) },
  fc.record({ act: fc.constant('connect' as const), side, named: fc.boolean() }),
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constantFrom('foreign', 'approve_elsewhere', 'reject_elsewhere', 'drop', 'replace', 'impersonate'),
      side,
    }) as fc.Arbitrary<AzureAct>,
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('finish' as const),
      state: fc.constantFrom('succeeded', 'failed', 'cancelled'),
    }),
  },
  fc.record({ act: fc.constantFrom('forget', 'change_facts') }) as fc.Arbitrary<AzureAct>,
)

const late = fc.record({ no: fc.constantFrom('deny', 'cancel'), isForgotten: fc.boolean() })

const plainly = ['transient', 'permanent'] as const
export const upset: fc.Arbitrary<Upset> = fc.oneof(
  fc.record({ call: fc.constantFrom('plan'), how: fc.constantFrom(...plainly, 'refusal') }),
  fc.record({ call: fc.constantFrom('preflight'), how: fc.constantFrom('stop') }),
  fc.record({
    call: fc.constantFrom('submit'),
    how: fc.constantFrom(...plainly, 'after', 'refused', 'unclear', 'unclear_started'),
  }),
  fc.record({ call: fc.constantFrom('look'), how: fc.constantFrom('transient', 'unknown', 'busy') }),
  fc.record({ call: fc.constantFrom('observe'), how: fc.constantFrom('transient', 'unknown') }),
  fc.record({ call: fc.constantFrom('decide', 'remove', 'prepare'), how: fc.constantFrom(...plainly, 'after') }),
  fc.record({ call: fc.constantFrom('cancel'), how: fc.constantFrom('transient', 'after', 'refused') }),
  fc.record({
    call: fc.constantFrom('connections', 'connection', 'database', 'percent'),
    how: fc.constantFrom(...plainly),
  }),
) as fc.Arbitrary<Upset>

const work = command('work', fc.constant(undefined), (run) => run.workers.work())
const workToDue = command('work when due', fc.constant(undefined), async (run) => {
  await run.passToDue()
  await run.workers.work()
})

/** Somebody approves or exchanges connections in the portal, also between the yes and the PUTs, and the job may be over before anybody looks. */
async function meddled(
  run: Run,
  given: {
    act: 'approve_elsewhere' | 'impersonate'
    sides: readonly Side[]
    decided: boolean
    finished: boolean
    stop: Stop
  },
): Promise<void> {
  if (given.decided) {
    await run.look()
    for (const by of accounts) await run.click(by, 'approve', 0)
  }
  await run.passToDue()
  await run.workers.work(given.stop)
  for (const each of given.sides) await run.act({ act: given.act, side: each })
  if (given.finished) await run.act({ act: 'finish', state: 'succeeded' })
  await run.passToDue()
  await run.workers.work()
}

export const commands: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: workToDue },
  { weight: 4, arbitrary: work },
  {
    weight: 5,
    arbitrary: command('worker stops', stop, async (run, given) => {
      await run.passToDue()
      await run.workers.work(given)
    }),
  },
  {
    weight: 5,
    arbitrary: command('worker stops, and meanwhile in Azure', fc.record({ stop, act }), async (run, given) => {
      await run.passToDue()
      await run.workers.work(given.stop)
      await run.act(given.act)
      await run.passToDue()
      await run.workers.work()
    }),
  },
  {
    weight: 4,
    arbitrary: command(
      'meddled with elsewhere',
      fc.record({
        sides: fc.subarray([...sides], { minLength: 1 }),
        decided: fc.boolean(),
        act: fc.constantFrom('approve_elsewhere', 'impersonate'),
        finished: fc.boolean(),
        stop,
      }),
      meddled,
    ),
  },
  {
    weight: 2,
    arbitrary: command(
      'approved elsewhere before anybody looked',
      fc.record({ side, stop }),
      async (run, { side, stop }) => {
        await run.act({ act: 'connect_both' })
        await run.act({ act: 'approve_elsewhere', side })
        await run.passToDue()
        await run.workers.work(stop)
      },
    ),
  },
  {
    weight: 2,
    arbitrary: command('another job connects too', side, async (run, given) => {
      await run.act({ act: 'connect_both' })
      await run.act({ act: 'foreign', side: given })
      await run.passToDue()
      await run.workers.work()
    }),
  },
  { weight: 2, arbitrary: command('worker goes on', fc.constant(undefined), (run) => run.workers.resume()) },
  {
    weight: 7,
    arbitrary: command('approve', fc.record({ account, back }), async (run, { account, back }) => {
      await run.look()
      await run.click(account, 'approve', back)
    }),
  },
  // Who has the card on screen does not see the newest one.
  {
    weight: 2,
    arbitrary: command('approve what is on screen', fc.record({ account, back }), (run, { account, back }) =>
      run.click(account, 'approve', back),
    ),
  },
  {
    weight: 1,
    arbitrary: command('deny', fc.record({ account, back }), async (run, { account, back }) => {
      await run.look()
      await run.click(account, 'deny', back)
    }),
  },
  { weight: 1, arbitrary: command('click comes again', fc.constant(undefined), (run) => run.clickAgain()) },
  { weight: 3, arbitrary: command('azure', act, (run, given) => run.act(given)) },
  { weight: 3, arbitrary: command('goes wrong', upset, (run, given) => run.world.state.upsets.push(given)) },
  {
    weight: 2,
    arbitrary: command(
      'time passes',
      fc.constantFrom(1_000, 60_000, 60_000, 10 * 60_000, 16 * 60_000, hour, 44 * hour),
      (run, ms) => run.pass(ms),
    ),
  },
  { weight: 3, arbitrary: command('card is delivered', fc.constant(undefined), (run) => run.deliver()) },
  {
    weight: 2,
    arbitrary: command('cancel', fc.oneof(account, fc.constant(operator)), (run, by) =>
      run.say(by, `cancel ${run.id}`),
    ),
  },
  {
    weight: 3,
    arbitrary: command('everybody approves', fc.constant(undefined), async (run) => {
      await run.look()
      for (const by of accounts) await run.click(by, 'approve', 0)
    }),
  },
  {
    weight: 3,
    arbitrary: command('a no that comes too late', late, async (run, { no, isForgotten }) => {
      await run.look()
      if (no === 'cancel') await run.say(run.setting.by, `cancel ${run.id}`)
      else for (const by of accounts.slice(2)) await run.click(by, 'deny', 0)
      await run.act({ act: 'finish', state: 'succeeded' })
      if (!isForgotten) return
      // No worker looks until Azure knows nothing of it any more.
      run.pass(2 * hour)
      await run.act({ act: 'forget' })
    }),
  },
  { weight: 1, arbitrary: command('question', account, (run, by) => run.question(by)) },
  { weight: 1, arbitrary: command('withdraw', account, (run, by) => run.withdraw(by)) },
  { weight: 1, arbitrary: command('settle', fc.boolean(), (run, truly) => run.say(operator, settlement(run, truly))) },
  {
    weight: 1,
    arbitrary: command(
      'group changes',
      fc.record({ group: fc.constantFrom(...groups), members: fc.subarray([...accounts]) }),
      (run, { group, members }) => {
        run.memberships.members[group] = members
      },
    ),
  },
  {
    weight: 1,
    arbitrary: command('directory is down', fc.integer({ min: 1, max: 3 }), (run, down) => {
      run.memberships.down = down
    }),
  },
  {
    weight: 1,
    arbitrary: command(
      'policy changes',
      fc.option(fc.subarray([...principals], { minLength: 1 })),
      (run, approvers) => {
        run.policy.rules.splice(0, 1, ...(approvers ? [{ ...run.setting.rule, stages: [{ approvers, need: 1 }] }] : []))
      },
    ),
  },
)

/** What an operator finds in Azure, or a name that is wrong. */
function settlement({ id, world }: Run, truly: boolean): string {
  const { job } = world.state
  if (!truly) return `settle ${id} running 5364d250-2a6b-4b1c-9d7e-0123456789ab`
  return job ? `settle ${id} running ${job.id}` : `settle ${id} not-running`
}

const stage = fc.record({
  approvers: fc.oneof(
    fc.constant<string[]>(['slack:T1/SDBA', 'slack:T1/USAM', 'slack:T1/UADA']),
    fc.uniqueArray(fc.constantFrom(...principals), { minLength: 1, maxLength: 4 }),
  ),
  need: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(2) }),
})

/** Each other rule has a reminder, and an escalation to somebody who may be in no stage. */
const clocks = {
  remindAfter: fc.option(fc.constant(hour / 2), { nil: undefined }),
  escalate: fc.option(fc.constant({ after: (hour * 3) / 4, to: ['slack:T1/URIO', 'slack:T1/UDANA'] }), {
    nil: undefined,
  }),
}

const rule = fc.record({
  name: fc.constant('production'),
  when: fc.constant({ operation: [], database: [], storage: [] }),
  requesters: fc.constant(['anyone']),
  stages: fc.oneof(
    { weight: 2, arbitrary: fc.array(stage, { minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: fc.array(stage, { minLength: 2, maxLength: 3 }) },
  ),
  cards: fc.constant(['slack:T1/C2']),
  expiry: fc.constantFrom(hour, 8 * hour),
  gate: fc.constantFrom('endpoints', 'submission'),
  onBypass: fc.constantFrom('stop', 'follow'),
  unnamedConnections: fc.constantFrom('wait', 'ask'),
  leftOver: fc.constantFrom('keep', 'remove'),
  maxOpen: fc.constant(100_000),
  ...clocks,
})

export const settings: fc.Arbitrary<Setting> = fc.record({
  rule: rule.map(({ remindAfter, escalate, ...rest }) => ({
    ...rest,
    ...(remindAfter ? { remindAfter } : {}),
    ...(escalate ? { escalate } : {}),
  })),
  kind: fc.oneof(
    { weight: 5, arbitrary: fc.constant('export' as const) },
    { weight: 5, arbitrary: fc.constantFrom('open_export', 'import', 'new_database') },
    { weight: 1, arbitrary: fc.constant('dry_run' as const) },
  ),
  by: fc.oneof({ weight: 3, arbitrary: fc.constant('slack:T1/UDANA') }, { weight: 1, arbitrary: account }),
})
