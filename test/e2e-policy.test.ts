import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { checkExchange } from './support/azure-spec.ts'
import { armFor, type CaseRule, casesWorld, partsOf } from './support/cases.ts'
import { auditOf } from './support/e2e.ts'
import { sentFor } from './support/imports.ts'
import { approve, ask, cardOf, eventually, inStatus, recordOf, reply, told } from './support/story.ts'
import { type Config, idIn, messagesOf, startWorld, textOf, type World, writeConfig } from './support/world.ts'

// Each test is a whole story, and several processes tell it.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

const gigabyte = 2 ** 30
const first: CaseRule = { gate: 'submission' }
const sized = ['small', 'huge', 'blind', 'dry', 'open']
const full = ['full1', 'full2', 'full3']
const crowd = ['crowd1', 'crowd2', 'crowd3', 'crowd4']
const names = [...sized, ...crowd, ...full, 'ticket', 'fixed', 'labelled', 'changed', 'other', 'gone', 'relabelled']

/** The rules of this world in place of those that each case has of its own. */
function rules(config: Config, change: (rules: Config[]) => Config[] = (all) => all): void {
  const like = config.rules.find(({ name }: Config) => name === 'small')
  const rule = (name: string, database: readonly string[], more: object = {}, when: object = {}) => ({
    ...structuredClone({ ...like, requesters: ['U0DANA', 'U0SAM'] }),
    ...{ name, when: { database: [...database], ...when }, ...more },
  })
  for (const name of ['labelled', 'relabelled']) {
    const id = config.databases[name]
    config.databases[name] = typeof id === 'string' ? { id, environment: 'test' } : id
  }
  config.storage.fixed.environment = 'vault'
  const ticket = { reason: { pattern: '^CHG\\d{7}', example: 'CHG0012345, moved to the archive' } }
  const own = [
    rule('only-small', sized, { ...first, stages: [{ approvers: ['U0LEE'] }] }, { size: { below: '50GB' } }),
    rule('only-large', sized, { cards: ['C0DBA', 'U0OPS'] }, { size: { atLeast: '50GB' } }),
    rule('crowd', ['crowd*'], { ...first, maxOpenOfRule: 2 }),
    rule('full', ['full*'], { ...first, maxOpenOfRule: 1 }, { size: { below: '50GB' } }),
    rule('ticket', ['ticket'], { ...first, ...ticket }),
    rule('fixed', ['fixed', 'other'], { ...first, destinations: { environment: ['vault'] } }),
    rule('labels', ['labelled', 'relabelled'], first, { environment: ['test'] }),
    rule('changed', ['changed'], first),
    rule('gone', ['gone'], first),
  ]
  config.rules = change([...own, ...config.rules.filter(({ name }: Config) => !names.includes(name))])
}

let world: World
beforeAll(async () => {
  const cases = Object.fromEntries(names.map((name) => [name, first]))
  world = await startWorld(casesWorld(cases, { slack: { rateLimits: 'off' }, config: rules }))
  for (const name of ['huge', 'dry']) {
    const { database } = partsOf(world, name)
    if (database) Object.assign(database, { usedBytes: 80 * gigabyte })
  }
  armFor(world, 'blind', {
    name: 'usages',
    action: { kind: 'status', status: 403, body: { error: { code: 'AuthorizationFailed', message: 'no' } } },
  })
  await world.start('all')
})
afterAll(() => world.close())

const export_ = async (text: string, by = 'U0DANA'): Promise<string> => told(world, by, text, '/export')
const root = (id: string): string => textOf(messagesOf(world.slack, id, 'root')[0])

describe('a rule that only Azure can tell', () => {
  test('is settled by the size of the data, and its approvers alone are asked', async () => {
    const answer = await export_('small to small')
    expect(answer).toContain('how much data there is: `only-small` or `only-large`.')
    const id = idIn(answer)
    await reply(world, id, 'There are 12 GB of data, so rule `only-small` counts.')
    const card = await cardOf(world, id)
    expect(textOf(card)).toContain('Needs 1 of 1: <@U0LEE>')
    expect(await approve(world, card, 'U0SAM')).toContain('You are not an approver')
    expect(await approve(world, card, 'U0LEE')).toContain('That is enough')
    await inStatus(world, id, 'succeeded')
    expect(root(id)).toContain('rule `only-small`')
    const settled = (await auditOf(world)).filter(({ transfer, kind }) => transfer === id && kind === 'rule_settled')
    expect(settled).toHaveLength(1)
  })

  test('is the other one for more data', async () => {
    const id = idIn(await export_('huge to huge'))
    await reply(world, id, 'There are 80 GB of data, so rule `only-large` counts.')
    await cardOf(world, id, 'C0DBA')
    expect(textOf(await cardOf(world, id))).toContain('Needs 1 of <!subteam^S0DBA>')
    expect((await recordOf(world, id))?.transfer).toMatchObject({
      status: 'awaiting_approval',
      measured: 80 * gigabyte,
    })
  })

  test('is none when the size cannot be read: the thread says why, and nothing is sent', async () => {
    const id = await ask(world, 'blind')
    await inStatus(world, id, 'refused')
    const last = textOf(await reply(world, id, 'was refused'))
    expect(last).toContain('No rule allows to move `blind` to `blind`')
    expect(last).toContain('Rule `only-small` does not match: its size is not known, and the rule is for below 50 GB.')
    expect(sentFor(world, 'blind')).toEqual([])
    expect(messagesOf(world.slack, id, 'card')).toEqual([])
    // Those who would have decided can still look it up.
    expect(await told(world, 'U0LEE', `status ${id}`)).toContain('Refused')
    expect(await told(world, 'U0DANA', `why ${id}`)).toContain('came under no rule')
  })
})

describe('why', () => {
  test('says which rule it is, why no other, and who will be asked', async () => {
    const id = idIn(await export_('labelled to labelled'))
    await cardOf(world, id)
    const answer = await told(world, 'U0DANA', `why ${id}`)
    for (const said of [
      'is under rule `labels` as it was when it was asked.',
      '✖️ Rule `only-small` does not match: database `labelled` is not `small`, `huge`, `blind`, `dry` or `open`.',
      '✔️ Rule `labels` matches, by database, environment.',
      'Not reached, as an earlier rule matches: `changed`, `gone`',
      'By rule `labels`, 1 of <!subteam^S0DBA> would be asked in <#C0DBA> (1 approval needed). It will ask 2 people in <#C0DBA>.',
      'Nobody decides on a request of their own: <@U0DANA> does not count.',
    ]) {
      expect(answer).toContain(said)
    }
    expect(await told(world, 'U0RIO', `why ${id}`)).toContain('There is no transfer')
    expect(await told(world, 'U0AUD', `why ${id}`)).not.toContain('not yours to see')
    expect(await told(world, 'U0OPS', 'why k3v9x2mq')).toContain('There is no transfer')
  })

  test('on a dry run is in the answer, and in the thread with what Azure said', async () => {
    const answer = await export_('dry to dry --dry-run')
    for (const said of [
      '❔ Rule `only-small` may match: its size is not known before Azure is read.',
      'By rule `only-small`, 1 of <@U0LEE> would be asked in <#C0DBA> (1 approval needed). It will ask 1 person in <#C0DBA>.',
      'It will ask 2 people in <#C0DBA> and <@U0OPS>.',
    ]) {
      expect(answer).toContain(said)
    }
    const id = idIn(answer.replace('Dry run', ''))
    await inStatus(world, id, 'checked')
    const last = textOf(await reply(world, id, 'was only checked'))
    for (const said of [
      'Asked for in earnest, rule `only-large` counts',
      'It will ask 2 people in',
      'Rule `only-small` does not match: it has 80 GB of data, and the rule is for below 50 GB.',
      'Rule `only-large` matches, by database, size.',
    ]) {
      expect(last).toContain(said)
    }
    expect(sentFor(world, 'dry')).toEqual([])
  })

  test('is told of a request that no rule takes, as far as the rules are the asker’s', async () => {
    const answer = await export_('orders to nightly --no-private-link', 'U0RIO')
    // Rio may ask under no rule but the one for everybody.
    expect(answer).not.toContain('only-small')
    const mine = await told(world, 'U0DANA', 'nightly/bacpacs/x.bacpac to orders', '/import')
    expect(mine).toContain('No rule allows to move `orders` to `nightly`')
    expect(mine).toContain('Rule `production` does not match: this is an import, not an `export`.')
    const stranger = await told(world, 'U0RIO', 'nightly/bacpacs/x.bacpac to orders', '/import')
    expect(stranger).toContain('No rule allows to move')
    expect(stranger).not.toContain('production')
  })
})

describe('a reason', () => {
  test('that the rule wants is asked for with its example, and kept by a retry', async () => {
    expect(await export_('ticket to ticket')).toContain(
      'Rule `ticket` wants a reason. Add `--reason "CHG0012345, moved to the archive"` and ask again.',
    )
    expect(await export_('ticket to ticket --reason "just so"')).toContain('Rule `ticket` wants another form of reason')
    const id = idIn(await export_('ticket to ticket --reason "CHG7654321"'))
    await told(world, 'U0DANA', `cancel ${id}`)
    await inStatus(world, id, 'cancelled')
    const again = idIn((await told(world, 'U0DANA', `retry ${id}`)).replace(id, ''))
    expect((await recordOf(world, again))?.transfer.request.reason).toBe('CHG7654321')
    await told(world, 'U0DANA', `cancel ${again}`)
    await inStatus(world, again, 'cancelled')
  })

  test('that is refused is refused at its field of the form', async () => {
    const { slack } = world
    const known = slack.state.views.length
    await slack.as('U0DANA').command('/export', '', { channel: 'C0DATA' })
    const view = await slack.until(({ views }) => views.slice(known).find(({ user }) => user === 'U0DANA'))
    for (const field of ['database', 'storage']) await slack.as('U0DANA').lookFor(view, field, 'ticket')
    const filled = { database: 'ticket', storage: 'ticket' }
    await slack.as('U0DANA').submit(view, { ...filled, reason: 'because' })
    expect({ open: view.open, fields: Object.keys(view.errors) }).toEqual({ open: true, fields: ['reason'] })
    expect(view.errors.reason).toContain('CHG0012345, moved to the archive')
    await slack.as('U0DANA').submit(view, { ...filled, reason: 'CHG1234567 for the audit' })
    expect(view.open).toBe(false)
  })
})

test('data goes only where the rule lets it, and the asker is told where', async () => {
  const no = await export_('other to other')
  expect(no).toContain('Rule `fixed` lets no data go to `other/bacpacs`. Allowed: environment vault.')
  expect(await export_('other to fixed')).toContain('Recorded as')
})

describe('the most transfers that a rule lets be open', () => {
  test('holds for two people at once, and tells them which are open', async () => {
    const { slack } = world
    const open = idIn(await export_('crowd1 to crowd1'))
    const both = await Promise.all([
      slack.as('U0DANA').command('/export', 'crowd2 to crowd2', { channel: 'C0DATA' }),
      slack.as('U0SAM').command('/export', 'crowd3 to crowd3', { channel: 'C0DATA' }),
    ])
    const texts = both.map(({ ack }) => ack.text)
    const [no, ...others] = texts.filter((text) => !text.includes('Recorded as'))
    expect(others).toEqual([])
    expect(no).toContain('Rule `crowd` lets 2 transfers be open at a time, whoever asked, and so many are.')
    expect(no).toContain(`Open: \`${open}\` of <@U0DANA>, \``)
    // A dry run takes no room, and the end of one makes room.
    expect(await export_('crowd4 to crowd4 --dry-run')).toContain('Dry run')
    await told(world, 'U0DANA', `cancel ${open}`)
    await inStatus(world, open, 'cancelled')
    expect(await export_('crowd4 to crowd4', 'U0SAM')).toContain('Recorded as')
  })

  test('holds where the plan settles the rule: of two at once one goes on, and the other is told of it', async () => {
    const ids = await Promise.all([ask(world, 'full1'), ask(world, 'full2', { by: 'U0SAM' })])
    const statusOf = async (id: string) => (await recordOf(world, id))?.transfer.status ?? ''
    const [no, yes] = await eventually(async () => {
      const [one, other] = await Promise.all(ids.map(statusOf))
      if (one === 'refused' && other === 'awaiting_approval') return ids
      return other === 'refused' && one === 'awaiting_approval' && ids.toReversed()
    })
    const last = textOf(await reply(world, no ?? '', 'was refused'))
    expect(last).toContain('Rule `full` lets 1 transfers be open at a time, whoever asked, and so many are.')
    expect(last).toContain(`Open: \`${yes}\` of`)
    // It was in nobody's way: the database is free, and so is the room once the other one has ended.
    await told(world, yes === ids[0] ? 'U0DANA' : 'U0SAM', `cancel ${yes}`)
    await inStatus(world, yes ?? '', 'cancelled')
    await inStatus(world, await ask(world, 'full3'), 'awaiting_approval')
  })
})

describe('a policy file that changes between card and click', () => {
  test('binds the click: the person must be an approver by both, and some rule must still allow it', async () => {
    const ids: Record<string, string> = {}
    for (const name of ['changed', 'gone', 'relabelled', 'open']) {
      ids[name] = idIn(await export_(`${name} to ${name}`))
      await cardOf(world, ids[name])
    }
    await world.running[0]?.term()
    await writeConfig(world.folder, {
      config: (config: Config) => {
        casesWorld(Object.fromEntries(names.map((name) => [name, first]))).config?.(config)
        rules(config, ([...all]) => [
          {
            ...structuredClone(all[0]),
            name: 'changed-first',
            when: { database: ['changed'] },
            stages: [{ approvers: ['U0SAM', 'U0OPS'] }],
          },
          ...all.filter(({ name }) => name !== 'gone' && name !== 'changed'),
        ])
        config.databases.relabelled.environment = 'prod'
      },
    })
    await world.start('all')
    const click = async (name: string, by: string) => approve(world, await cardOf(world, ids[name] ?? ''), by)
    expect(await click('changed', 'U0OPS')).toContain('You are not an approver of this transfer')
    // Lee may neither ask nor decide under that rule, so its name is not his to know.
    expect(await click('changed', 'U0LEE')).toContain('today another rule counts for it, and you are not among')
    expect(await told(world, 'U0DANA', `why ${ids.changed}`)).toContain('today rule `changed-first` counts')
    expect(await click('gone', 'U0LEE')).toContain('today no rule allows it, so nobody can decide on it')
    expect(await click('relabelled', 'U0LEE')).toContain('today no rule allows it')
    expect(await told(world, 'U0DANA', `why ${ids.gone}`)).toContain('today no rule allows it, and nobody can say yes')
    expect((await recordOf(world, ids.gone ?? ''))?.transfer.decisions).toEqual([])
    expect(await click('changed', 'U0SAM')).toContain('That is enough')
    await inStatus(world, ids.changed ?? '', 'succeeded')
    // The size of the plan still counts, and its rule stands as it was.
    expect(await click('open', 'U0LEE')).toContain('That is enough')
    await inStatus(world, ids.open ?? '', 'succeeded')
  })
})

test('every request and every answer is as the specification has it', () => {
  expect(world.azure.state.requests.flatMap(checkExchange)).toEqual([])
})
