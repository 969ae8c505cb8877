import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { armFor, type CaseRule, casesWorld } from './support/cases.ts'
import { ask, cardOf, eventually, inStatus, jobOf, recordOf, reply, statesOf, thread, told } from './support/story.ts'
import { messagesOf, startWorld, textOf, type World } from './support/world.ts'

const cases: Record<string, CaseRule> = {
  'never-started': {},
  started: {},
  'settled-wrong': {},
  'found-late': {},
  seen: {},
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
        config.clocks = { ...config.clocks, submitting: '2500ms' }
      },
    }),
  )
  await world.start('all')
})
afterAll(() => world.close())

/** A submit of which Azure says nothing, and nothing can be read afterwards. */
async function askUnclear(name: string, started: boolean) {
  armFor(world, name, {
    name: 'export',
    times: 1,
    action: { kind: started ? 'accept-then-reset' : 'status', status: 504, text: '<html>Gateway Timeout</html>' },
  })
  const blind = armFor(world, name, { name: 'operations', skip: 1, code: 'AuthorizationFailed' })
  const id = await ask(world, name)
  await reply(world, id, 'the database stays reserved')
  return { id, blind }
}

const submits = (name: string) => {
  return world.azure.state.requests.filter((each) => each.name === 'export' && each.path.includes(`/${name}/`)).length
}

describe.concurrent('a submit that stays unclear', () => {
  test('is never sent again and keeps the database guarded until an operator says that it does not run', async () => {
    const { id } = await askUnclear('never-started', false)
    const unclear = textOf(await reply(world, id, 'the database stays reserved'))
    for (const said of ['<@U0OPS>', `settle ${id} not-running`, `settle ${id} running`]) expect(unclear).toContain(said)
    expect(await told(world, 'U0DANA', `status ${id}`)).toContain(`settle ${id}`)

    const second = await told(world, 'U0DANA', 'never-started to never-started', '/export')
    const [root] = messagesOf(world.slack, id, 'root')
    expect(second).toContain('already has an open transfer')
    expect(second).toContain(`p${root?.ts.replace('.', '')}|${id}>`)

    for (const by of ['U0DANA', 'U0SAM', 'U0AUD']) {
      expect(await told(world, by, `settle ${id} not-running`)).toContain('Only operators')
    }
    const unknown = await told(world, 'U0RIO', 'settle zzzzzzzz not-running')
    expect((await told(world, 'U0RIO', `settle ${id} not-running`)).replace(id, 'zzzzzzzz')).toBe(unknown)
    expect((await recordOf(world, id))?.transfer.status).toBe('closing')

    expect(await told(world, 'U0OPS', `settle ${id} not-running`)).toContain('Recorded')
    expect(textOf(await reply(world, id, 'has failed'))).toContain('an operator found no job of it in Azure')
    expect(submits('never-started')).toBe(1)
    expect(await told(world, 'U0OPS', `settle ${id} not-running`)).toContain('needs no settling')
    expect(await ask(world, 'never-started')).not.toBe(id)
  })

  test('is taken up and closed when an operator names its operation', async () => {
    const { id } = await askUnclear('started', true)
    const job = await jobOf(world, 'started')
    expect(await told(world, 'U0OPS', `settle ${id} running ${job.id}`)).toContain(job.id)
    const end = textOf(await reply(world, id, 'has failed'))
    expect(end).toContain('Azure did not say whether the job had started')
    expect(job.phase).toBe('cancelled')
    expect(statesOf(world, job).every((state) => state === 'Rejected')).toBe(true)
    expect(submits('started')).toBe(1)
    expect(thread(world, id).join()).toContain('looked into Azure')
  })

  test('tells the operator who names an operation that is not its own, and waits for the right one', async () => {
    const { id } = await askUnclear('settled-wrong', true)
    const foreign = randomUUID()
    expect(await told(world, 'U0OPS', `settle ${id} running ${foreign}`)).toContain('Recorded')
    expect(textOf(await reply(world, id, 'knows no operation'))).toContain(foreign)
    expect((await recordOf(world, id))?.transfer.status).toBe('closing')
    const job = await jobOf(world, 'settled-wrong')
    await told(world, 'U0OPS', `settle ${id} running ${job.id}`)
    await reply(world, id, 'has failed')
    expect(job.phase).toBe('cancelled')
  })

  test('is taken up and closed by itself once Azure can be read again', async () => {
    const { id, blind } = await askUnclear('found-late', true)
    blind.lift()
    await reply(world, id, 'has failed')
    expect((await jobOf(world, 'found-late')).phase).toBe('cancelled')
    expect(submits('found-late')).toBe(1)
  })
})

describe('a transfer', () => {
  test('can be looked up by its people, operators and auditors, and does not exist for anybody else', async () => {
    const id = await ask(world, 'seen')
    await cardOf(world, id)
    await inStatus(world, id, 'awaiting_approval')
    for (const by of ['U0DANA', 'U0SAM', 'U0LEE', 'U0OPS', 'U0AUD']) {
      expect(await told(world, by, `status ${id}`)).toContain('Waiting for approval')
      expect(await told(world, by, 'list')).toContain(id)
    }
    for (const by of ['U0RIO', 'U0GUEST', 'U0STRANGER']) {
      const unknown = await told(world, by, 'status zzzzzzzz')
      expect(unknown).toContain('There is no transfer')
      expect((await told(world, by, `status ${id}`)).replace(id, 'zzzzzzzz')).toBe(unknown)
      expect(await told(world, by, 'list')).toContain('There is no transfer that you can see')
    }
    const [root] = messagesOf(world.slack, id, 'root')
    const before = world.slack.state.ephemerals.length
    await world.slack.as('U0RIO').mention(`status ${id}`, { ...(root ? { thread: root.ts } : {}) })
    const shown = await eventually(() => world.slack.state.ephemerals.slice(before).find(({ to }) => to === 'U0RIO'))
    expect(shown.text).toContain('Waiting for approval')
    expect(shown.threadTs).toBe(root?.ts)
  })
})
