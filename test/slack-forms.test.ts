import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type SlackSandbox, type SlackView, startSlackSandbox } from '../sandbox/slack/index.ts'
import type { Handlers } from '../src/bot/handlers-type.ts'
import { noHome } from '../src/cards/home-view.ts'
import type { Choice, ChoiceKind } from '../src/transfer/form-choices.ts'
import type { Answer, FormInput } from '../src/transfer/ports.ts'
import { openSlackDoor, type Way } from './support/slack-door.ts'

const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
const never = new Promise<never>(() => undefined)
const closing: (() => Promise<void>)[] = []

let slack: SlackSandbox
let sent: FormInput[]
let sought: { kind: ChoiceKind; typed: string; by: string }[]
let answer: () => Promise<Answer>
let found: () => Promise<readonly Choice[]>

beforeEach(async () => {
  sent = []
  sought = []
  answer = async () => ({ ok: true, lines: [['Recorded.']] })
  found = async () => [{ value: 'orders', label: 'orders' }]
  slack = await startSlackSandbox()
})

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await slack.close()
})

const handlers: Handlers = {
  onCommand: async ({ text }) => ({ ok: true, lines: [[`typed ${text}`]] }),
  onForm(input) {
    sent.push(input)
    return answer()
  },
  choices(kind, typed, by) {
    sought.push({ kind, typed, by })
    return found()
  },
  onDecision: async () => ({ ok: true, lines: [] }),
  onQuestion: async () => ({ ok: true, lines: [] }),
  onWithdrawal: async () => ({ ok: true, lines: [] }),
  beforeAct: async () => undefined,
  onView: async () => undefined,
  onHome: async () => noHome([]),
  onMembershipChange: () => undefined,
}

async function start(way: Way): Promise<void> {
  closing.push(...(await openSlackDoor(way, { slack, handlers, log })))
}

async function opened(by = 'U0DANA', command = '/export'): Promise<SlackView> {
  await slack.as(by).command(command, '')
  return slack.until(({ views }) => views.find(({ user }) => user === by))
}

/** The form with what must be in it. */
async function filled(by = 'U0DANA'): Promise<SlackView> {
  const view = await opened(by)
  for (const field of ['database', 'storage']) await slack.as(by).lookFor(view, field)
  return view
}
const names = { database: 'orders', storage: 'orders' }

describe.each<Way>(['http', 'socket'])('over %s', (way) => {
  test('a form says what was filled in, who did, and where its story goes', async () => {
    await start(way)
    const view = await filled()
    const { triggerId } = await slack.as('U0DANA').submit(view, { ...names, reason: 'why "not"', options: 'dry-run' })
    expect(sent).toEqual([
      {
        delivery: `slack:${view.id}`,
        attempt: `slack:${triggerId}`,
        by: 'slack:T0SANDBOX/U0DANA',
        filled: { operation: 'export', texts: { ...names, reason: 'why "not"' }, on: ['dry-run'] },
        origin: { address: 'slack:T0SANDBOX/C0DATA' },
      },
    ])
    const told = await slack.until(({ ephemerals }) => ephemerals[0])
    expect(told).toMatchObject({ to: 'U0DANA', channel: 'C0DATA', text: 'Recorded.' })
  })

  test('the shortcut asks what and where first', async () => {
    await start(way)
    const dana = slack.as('U0DANA')
    await dana.shortcut('request', { channel: 'C0DBA' })
    const view = await slack.until(({ views }) => views[0])
    await dana.submit(view, { operation: 'import', channel: 'C0DATA' })
    for (const field of ['database', 'storage']) await dana.lookFor(view, field)
    await dana.submit(view, { ...names, blob: 'a.bacpac' })
    expect(sent[0]).toMatchObject({ filled: { operation: 'import' }, origin: { address: 'slack:T0SANDBOX/C0DATA' } })
  })
})

test('options are looked for with what is typed, and with the storage that is chosen', async () => {
  await start('http')
  const dana = slack.as('U0DANA')
  const view = await opened('U0DANA', '/import')
  await dana.lookFor(view, 'storage', 'or')
  await dana.lookFor(view, 'container', '', { values: { storage: 'orders' } })
  const by = 'slack:T0SANDBOX/U0DANA'
  expect(sought).toEqual([
    { kind: { operation: 'import', field: 'storage' }, typed: 'or', by },
    { kind: { operation: 'import', field: 'container', storage: 'orders' }, typed: '', by },
  ])
})

test('options keep within the limits of Slack', async () => {
  await start('http')
  const many = Array.from({ length: 150 }, (_, index) => ({ value: `v${index}`, label: `${index} ${'x'.repeat(200)}` }))
  found = async () => [{ value: 'y'.repeat(151), label: 'too long' }, ...many]
  const { options, notice } = await slack.as('U0DANA').lookFor(await opened(), 'database')
  expect({ notice, count: options.length, first: options[0]?.value }).toEqual({
    notice: undefined,
    count: 100,
    first: 'v0',
  })
})

test('options that fail or take too long are none, and Slack hears so in time', async () => {
  await start('http')
  const view = await opened()
  found = () => Promise.reject(new Error('password=hunter2'))
  const failed = await slack.as('U0DANA').lookFor(view, 'database')
  found = () => never
  const late = await slack.as('U0DANA').lookFor(view, 'database')
  expect([failed.options, failed.notice, late.options, late.notice]).toEqual([[], undefined, [], undefined])
})

test('a form of another company’s person is theirs', async () => {
  await start('http')
  const view = await filled('U0STRANGER')
  await slack.as('U0STRANGER').submit(view, names)
  expect([sought[0]?.by, sent[0]?.by]).toEqual(Array(2).fill('slack:T0OTHER/U0STRANGER'))
})

test('a command that is delivered twice opens one form and says nothing', async () => {
  await start('http')
  await slack.as('U0DANA').command('/export', '', { replay: 'after' })
  await slack.until(({ calls }) => calls.filter(({ method, status }) => method === 'views.open' && status).length === 2)
  expect(slack.state.views).toHaveLength(1)
  await slack.as('U0DANA').command('/drawbridge', 'help')
  expect(slack.state.ephemerals.map(({ text }) => text)).toEqual(['typed help'])
})

test('words after the command are a command, and open nothing', async () => {
  await start('http')
  const { ack } = await slack.as('U0DANA').command('/export', 'orders')
  expect(ack.text).toBe('typed export orders')
  expect(slack.state.views).toEqual([])
})

test('a no is said at its field, or above the form, which stays', async () => {
  await start('http')
  const view = await filled()
  answer = async () => ({ ok: false, lines: [['Not ', { code: 'this' }, '.']], about: 'storage' })
  await slack.as('U0DANA').submit(view, names)
  expect(view.errors).toEqual({ storage: 'Not this.' })
  answer = async () => ({ ok: false, lines: [['Not you.']] })
  const { notice } = await slack.as('U0DANA').submit(view, names)
  const above = slack.state.views.find((each) => each.view.previous_view_id === view.id)
  expect({ notice, open: view.open }).toEqual({ notice: undefined, open: true })
  expect(JSON.stringify(above?.view.blocks)).toContain('Not you.')
})

test('a handler that hangs is given up in time, and the form can be sent again', async () => {
  await start('http')
  const view = await filled()
  answer = () => never
  const { ms, notice } = await slack.as('U0DANA').submit(view, names)
  expect(ms).toBeLessThan(3_000)
  expect(notice).toBeUndefined()
  expect(view.errors.database).toContain('Press Ask again')
})
