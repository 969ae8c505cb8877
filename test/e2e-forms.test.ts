import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SlackView } from '../sandbox/slack/index.ts'
import { casesWorld } from './support/cases.ts'
import { eventually, recordOf } from './support/story.ts'
import { idIn, messagesOf, startWorld, textOf, type World } from './support/world.ts'

/** Nothing is sent to Azure before somebody clicks. */
const open = { gate: 'submission', requesters: ['anyone'] } as const
const names = ['plain', 'twice', 'odd', 'shortcut', 'import', 'made', 'secret', 'usual']
let world: World

beforeAll(async () => {
  const cases = Object.fromEntries(names.map((name) => [name, open]))
  const closed = { gate: 'submission', requesters: ['U0SAM'] } as const
  world = await startWorld(casesWorld({ ...cases, closed }, { slack: { rateLimits: 'off' } }))
  await world.start('all')
})
afterAll(() => world.close())

describe('/export without words', () => {
  test('opens a form that ends in the same request as the typed command', async () => {
    const view = await formOf('/export', { channel: 'C0PUBLIC' })
    expect(view.view).toMatchObject({ callback_id: 'request', title: { text: 'Export a database' } })
    await choose(view, 'database', 'plain')
    await choose(view, 'storage', 'plain')
    await choose(view, 'container', 'bacpacs')
    const filled = {
      database: 'plain',
      storage: 'plain',
      container: 'bacpacs',
      blob: 'weekly/stem',
      reason: 'it’s due',
    }
    const sent = await world.slack.as('U0DANA').submit(view, filled)
    expect({ notice: sent.notice, open: view.open }).toEqual({ notice: undefined, open: false })
    const answer = await answerTo('U0DANA', 'export of plain')
    const { request, id } = await recorded(idIn(answer.text))
    const typed = await world.slack
      .as('U0SAM')
      .command('/export', 'twice to twice/bacpacs --blob weekly/stem --reason "it’s due"', { channel: 'C0PUBLIC' })
    const other = (await recorded(idIn(typed.ack.text))).request
    expect(same(request)).toEqual(same(other))
    const root = await eventually(() => messagesOf(world.slack, id, 'root')[0])
    expect(root).toMatchObject({ channel: 'C0PUBLIC' })
    expect(textOf(root)).toContain('“it’s due”')
  })

  test('a form that is sent twice asks once', async () => {
    const view = await formOf('/export')
    await choose(view, 'database', 'usual')
    await choose(view, 'storage', 'usual')
    const filled = { database: 'usual', storage: 'usual', options: 'private-link,dry-run' }
    const sent = await world.slack.as('U0DANA').submit(view, filled, { replay: 'together' })
    expect([sent.body, sent.replay?.body]).toEqual(Array(2).fill('{"response_action":"clear"}'))
    const answers = await eventually(() => {
      const all = world.slack.state.ephemerals.filter(({ text }) => text.includes('export of usual'))
      return all.length === 2 && all.map(({ text }) => idIn(text))
    })
    expect(new Set(answers).size).toBe(1)
    // The person presses Ask once more, before the form has closed.
    view.open = true
    await world.slack.as('U0DANA').submit(view, filled)
    const third = await eventually(() => {
      const all = world.slack.state.ephemerals.filter(({ text }) => text.includes('export of usual'))
      return all.length === 3 && idIn(all[2]?.text ?? '')
    })
    expect(third).toBe(answers[0])
    const { request } = await recorded(third)
    expect(request).toMatchObject({ dryRun: true, privateLink: true, storage: { container: 'bacpacs' } })
  })

  test('offers what a rule lets the person ask for, and nothing else', async () => {
    const view = await formOf('/export')
    const dana = await world.slack.as('U0DANA').lookFor(view, 'database')
    const values = dana.options.map(({ value }) => value)
    expect(values).toEqual(expect.arrayContaining(['plain', 'odd']))
    expect(values).not.toContain('closed')
    const mine = await formOf('/export', { by: 'U0SAM' })
    const sam = await world.slack.as('U0SAM').lookFor(mine, 'database', 'clo')
    expect(sam.options.map(({ value }) => value)).toEqual(['closed'])
    const guest = await formOf('/export', { by: 'U0GUEST' })
    for (const field of ['database', 'storage', 'container'])
      expect((await world.slack.as('U0GUEST').lookFor(guest, field)).options).toEqual([])
  })

  test('keeps quotes and odd characters, and asks with Private Link off', async () => {
    const view = await formOf('/export')
    await choose(view, 'database', 'odd')
    await choose(view, 'storage', 'odd')
    const reason = '"first" then --dry-run, <b> & `code` \'x\' to me'
    await world.slack.as('U0DANA').submit(view, { database: 'odd', storage: 'odd', reason, options: '' })
    const { request } = await recorded(idIn((await answerTo('U0DANA', 'export of odd')).text))
    expect(request).toMatchObject({ reason, privateLink: false })
    expect(request.dryRun).toBeUndefined()
  })

  test('says a no at the field that it is about, and takes the form once that is corrected', async () => {
    const view = await formOf('/export')
    await choose(view, 'database', 'secret')
    await choose(view, 'storage', 'secret')
    const dana = world.slack.as('U0DANA')
    const names = { database: 'secret', storage: 'secret' }
    await dana.submit(view, { ...names, reason: 'AccountKey=hunter2hunter2' })
    expect(view.open).toBe(true)
    expect(view.errors.reason).toContain('looks like a key')
    await dana.submit(view, { ...names, blob: '../up' })
    expect(Object.keys(view.errors)).toEqual(['blob'])
    await dana.submit(view, names)
    expect(view.open).toBe(false)
    const { id } = await recorded(idIn((await answerTo('U0DANA', 'export of secret')).text))
    expect(JSON.stringify(await recordOf(world, id))).not.toContain('hunter2')
    expect(world.output()).not.toContain('hunter2')
    const again = await formOf('/export')
    await choose(again, 'database', 'secret')
    await choose(again, 'storage', 'secret')
    await dana.submit(again, names)
    const no = world.slack.state.views.find(({ view }) => view.previous_view_id === again.id)
    expect(JSON.stringify(no?.view.blocks)).toContain(id)
    expect(again.open).toBe(true)
  })
})

describe('/import without words', () => {
  test('opens a form that asks for an import', async () => {
    const view = await formOf('/import')
    await choose(view, 'database', 'import')
    await choose(view, 'storage', 'import')
    const dana = world.slack.as('U0DANA')
    const filled = { database: 'import', storage: 'import', blob: 'weekly/orders.bacpac' }
    await dana.submit(view, { ...filled, edition: 'Standard' })
    expect(view.errors.edition).toContain('--create')
    await dana.submit(view, filled)
    const { request } = await recorded(idIn((await answerTo('U0DANA', 'import of')).text))
    expect(request).toMatchObject({
      operation: 'import',
      database: { alias: 'import' },
      storage: { container: 'bacpacs', blob: 'weekly/orders.bacpac' },
    })
    expect(request.create).toBeUndefined()
  })

  test('makes a new database on a server of the catalogue', async () => {
    const view = await formOf('/import')
    const dana = world.slack.as('U0DANA')
    await choose(view, 'database', 'sql-made/made-2')
    await choose(view, 'storage', 'made')
    await choose(view, 'container', 'elsewhere')
    await dana.submit(view, {
      ...{ database: 'sql-made/made-2', storage: 'made', container: 'elsewhere', blob: 'made.bacpac' },
      ...{ edition: 'Standard', objective: 'S3', 'max-size': '250GB', redundancy: 'Zone' },
      options: 'create,private-link',
    })
    // No rule of this world names the new database.
    expect(JSON.stringify(world.slack.state.views.at(-1)?.view.blocks)).toContain('No rule allows')
    expect(view.open).toBe(true)
    await choose(view, 'database', 'made')
    await dana.submit(view, {
      ...{ database: 'made', storage: 'made', container: 'elsewhere', blob: 'made.bacpac' },
      ...{ edition: 'Standard', objective: 'S3', 'max-size': '250GB', redundancy: 'Zone' },
      options: 'create,private-link',
    })
    const { request } = await recorded(idIn((await answerTo('U0DANA', 'made.bacpac')).text))
    expect(request.create).toEqual({
      edition: 'Standard',
      objective: 'S3',
      maxSizeBytes: 250 * 2 ** 30,
      redundancy: 'Zone',
    })
    expect(request.storage).toMatchObject({ container: 'elsewhere', blob: 'made.bacpac' })
  })
})

test('the global shortcut asks what and where, then opens the form', async () => {
  const { slack } = world
  const dana = slack.as('U0DANA')
  await dana.shortcut('request', { channel: 'C0PUBLIC' })
  const view = await slack.until(({ views }) => views.find((each) => each.open && each.view.callback_id === 'what'))
  await dana.submit(view, { operation: 'export' })
  expect(view.view).toMatchObject({ callback_id: 'request', title: { text: 'Export a database' } })
  await choose(view, 'database', 'shortcut')
  await choose(view, 'storage', 'shortcut')
  await dana.submit(view, { database: 'shortcut', storage: 'shortcut' })
  expect(view.open).toBe(false)
  const { id } = await recorded(idIn((await answerTo('U0DANA', 'export of shortcut')).text))
  const root = await eventually(() => messagesOf(slack, id, 'root')[0])
  expect(root.channel).toBe('C0PUBLIC')
})

test('whoever cannot get the form is told what to type', async () => {
  const { slack } = world
  const fault = slack.control.fault({
    match: { method: 'views.open' },
    action: { error: 'expired_trigger_id' },
    times: 2,
  })
  await slack.as('U0LEE').command('/import', ' ')
  expect((await answerTo('U0LEE', 'could not be opened')).text).toContain('/import &lt;storage&gt;')
  await slack.as('U0LEE').shortcut('request')
  const direct = await eventually(() => slack.state.messages.find(({ text }) => text.includes('could not be opened')))
  expect(direct.text).toContain('/export &lt;database&gt; to &lt;storage&gt;')
  expect(fault.hits).toBe(2)
})

async function formOf(command: string, { by = 'U0DANA', channel = 'C0DATA' } = {}): Promise<SlackView> {
  const { slack } = world
  const known = slack.state.views.length
  const { ack, notice } = await slack.as(by).command(command, '', { channel })
  expect({ text: ack.text, notice }).toEqual({ text: '', notice: undefined })
  return slack.until(({ views }) => views.slice(known).find(({ user }) => user === by))
}

async function choose(view: SlackView, field: string, value: string): Promise<void> {
  const { options, notice } = await world.slack.as(view.user).lookFor(view, field, value)
  expect(notice).toBeUndefined()
  expect(options.map((option) => option.value)).toContain(value)
}

async function recorded(id: string) {
  const stored = await recordOf(world, id)
  if (!stored) throw new Error(`there is no transfer ${id}`)
  return { id, request: stored.transfer.request }
}

/** A request without what differs between two cases of this world. */
function same({
  by: _by,
  at: _at,
  database: _database,
  storage,
  ...request
}: Awaited<ReturnType<typeof recorded>>['request']) {
  const { container, blob } = storage
  return { ...request, container, blob: blob.replace(/-\d{8}-\d{6}-[a-z0-9]{8}\.bacpac$/, '') }
}

/** The private answer: where the bot is not in the channel, it is a direct message. */
function answerTo(user: string, says: string): Promise<{ text: string }> {
  return eventually(() => {
    const { ephemerals, messages, channels } = world.slack.state
    const own = channels.find((each) => each.kind === 'im' && each.user === user)?.id
    const direct = messages.filter(({ channel, text }) => channel === own && text.startsWith('Recorded as'))
    return [...ephemerals.filter(({ to }) => to === user), ...direct].find(({ text }) => text.includes(says))
  })
}
