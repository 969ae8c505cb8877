import { webApi } from '@slack/bolt'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { renderHome, type SlackSandbox, startSlackSandbox } from '../sandbox/slack/index.ts'
import type { Handlers } from '../src/bot/handlers-type.ts'
import { type HomeViews, noHome } from '../src/cards/home-view.ts'
import { buttonValue, type View } from '../src/cards/view.ts'
import type { Answer, DecisionInput } from '../src/transfer/ports.ts'
import { openSlackDoor, type Way } from './support/slack-door.ts'
import { until } from './support/until.ts'

const logged: string[] = []
const note = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`)
const log = { info: note, warn: note, error: note }
const digest = 'd'.repeat(32)
const closing: (() => Promise<void>)[] = []

let slack: SlackSandbox
let asked: string[]
let decisions: DecisionInput[]
let views: () => Promise<HomeViews>
let refusal: Answer | undefined

beforeEach(async () => {
  logged.length = 0
  asked = []
  decisions = []
  refusal = undefined
  views = async () => homeOf(1)
  slack = await startSlackSandbox({ eventRetryDelaysMs: [0, 1, 1] })
})

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await slack.close()
})

describe.each<Way>(['http', 'socket'])('over %s', (way) => {
  test('opening the Home tab draws it for who opened it, and the other tab draws nothing', async () => {
    await start(way)
    const { status, error } = await slack.as('U0SAM').openHome()
    expect({ status, error }).toEqual({ status: 200, error: undefined })
    const home = await slack.until(() => slack.as('U0SAM').home())
    expect(renderHome(home)).toContain('# Waiting for you')
    await slack.as('U0LEE').openHome({ tab: 'messages' })
    expect(asked).toEqual(['slack:T0SANDBOX/U0SAM'])
    expect(slack.as('U0LEE').home()).toBeUndefined()
  })

  test('a click in it becomes a decision with what its button carries, answered above what is drawn anew', async () => {
    await start(way)
    const id = await opened('U0SAM')
    const { payload, notice } = await slack.as('U0SAM').clickHome({ actionId: 'approve' })
    const [{ action_ts }] = payload.actions as [{ action_ts: string }]
    expect(decisions).toEqual([
      {
        delivery: `slack:${id}:U0SAM:approve:${action_ts}`,
        by: 'slack:T0SANDBOX/U0SAM',
        ...{ transfer: 'k3v9x2mq', digest, verdict: 'approve' },
      },
    ])
    await shown('U0SAM', 'Your answer counts.')
    expect([notice, asked.length]).toEqual([undefined, 2])
  })

  test('Deny in it asks why, and the answer stands in it', async () => {
    await start(way)
    await opened('U0SAM')
    await slack.as('U0SAM').clickHome({ actionId: 'deny' })
    const form = await slack.until((state) => state.views.find(({ open }) => open))
    await slack.as('U0SAM').submit(form, { reason: 'not now' })
    expect(decisions).toMatchObject([{ transfer: 'k3v9x2mq', digest, verdict: 'deny', reason: 'not now' }])
    await shown('U0SAM', 'Your answer counts.')
  })

  test('a no that would not be taken is said at once', async () => {
    await start(way)
    await opened('U0SAM')
    refusal = { ok: false, lines: [['This is your own request.']] }
    await slack.as('U0SAM').clickHome({ actionId: 'deny' })
    await shown('U0SAM', 'This is your own request.')
    expect(slack.state.views).toEqual([])
  })
})

test('a click that Slack sends twice is one delivery', async () => {
  await start('http')
  await opened('U0SAM')
  await slack.as('U0SAM').clickHome({ actionId: 'approve', replay: 'after' })
  expect(new Set(decisions.map(({ delivery }) => delivery)).size).toBe(1)
})

test('a tab that was drawn anew meanwhile is read once more, and not replaced by what was read before', async () => {
  await start('http')
  await opened('U0SAM')
  views = async () => {
    if (asked.length === 2) await publishElsewhere()
    return homeOf(asked.length)
  }
  await slack.as('U0SAM').clickHome({ actionId: 'home_refresh' })
  await shown('U0SAM', 'reading 3')
  expect(slack.state.calls.filter(({ method }) => method === 'views.publish').map(({ error }) => error)).toEqual([
    ...[undefined, undefined, 'hash_conflict', undefined],
  ])
})

test('what cannot be drawn is logged, and an answer is sent as a message then', async () => {
  await start('http')
  await opened('U0SAM')
  slack.control.fault({ match: { method: 'views.publish' }, times: 2, action: { error: 'internal_error' } })
  await slack.as('U0SAM').clickHome({ actionId: 'home_refresh' })
  await until(async () =>
    logged.some((line) => line.includes('a Home tab could not be published {"code":"internal_error"}')),
  )
  expect(slack.state.messages).toEqual([])
  await slack.as('U0SAM').clickHome({ actionId: 'approve' })
  await slack.until(({ messages }) =>
    messages.find(({ channel, text }) => channel === 'D0SAM' && text === 'Your answer counts.'),
  )
})

test('handlers that hang are given up, and the tab says so', async () => {
  await start('http')
  views = () => new Promise<never>(() => undefined)
  await slack.as('U0SAM').openHome()
  await shown('U0SAM', 'could not be read in time')
})

test('a person whose team Slack leaves out has their tab all the same', async () => {
  await start('http')
  delete (slack.as('U0SAM').user as { team_id?: string }).team_id
  await opened('U0SAM')
  await slack.as('U0SAM').clickHome({ actionId: 'approve' })
  await shown('U0SAM', 'Your answer counts.')
  expect(new Set(asked)).toEqual(new Set(['slack:T0SANDBOX/U0SAM']))
})

test('lines that are too long for one block all stand there', async () => {
  await start('http')
  const lines = Array.from({ length: 15 }, (_, n) => [`request ${n} ${'&'.repeat(300)}`])
  views = async () => ({ ...homeOf(1), rest: { text: ['x'], blocks: [{ kind: 'lines', lines }] } })
  await opened('U0SAM')
  const text = renderHome(slack.as('U0SAM').home() ?? missing)
  for (let n = 0; n < 15; n += 1) expect(text).toContain(`request ${n} &`)
})

test('however much there is, the tab stays within what Slack takes, and loses no card', async () => {
  await start('http')
  const lines = Array.from({ length: 90 }, (_, n): View['blocks'][number] => ({
    kind: 'lines',
    lines: [[`request ${n}`]],
  }))
  views = async () => ({ ...homeOf(1), rest: { text: ['x'], blocks: lines } })
  await opened('U0SAM')
  const home = slack.as('U0SAM').home()
  expect(home?.view.blocks).toHaveLength(100)
  expect(JSON.stringify(home?.view.blocks).match(/"action_id":"(approve|deny)"/g)).toHaveLength(6)
})

function homeOf(reading: number): HomeViews {
  const { top } = noHome([[`reading ${reading}`]])
  const card: View = {
    text: ['one'],
    blocks: [
      { kind: 'lines', lines: [['What a yes releases.']] },
      {
        kind: 'actions',
        buttons: [
          { id: 'approve', label: 'Approve', style: 'primary', value: buttonValue('k3v9x2mq', digest) },
          { id: 'deny', label: 'Deny', style: 'danger', value: buttonValue('k3v9x2mq', digest) },
        ],
      },
    ],
  }
  const title: View['blocks'][number] = { kind: 'title', text: 'Waiting for you' }
  return { top: { ...top, blocks: [title, ...top.blocks] }, cards: [card, card, card], rest: { text: [], blocks: [] } }
}

const handlers: Handlers = {
  onCommand: async () => ({ ok: true, lines: [] }),
  onForm: async () => ({ ok: true, lines: [] }),
  choices: async () => [],
  onDecision: async (input) => {
    decisions.push(input)
    return { ok: true, lines: [['Your answer counts.']] }
  },
  onQuestion: async () => ({ ok: true, lines: [] }),
  onWithdrawal: async () => ({ ok: true, lines: [] }),
  beforeAct: async () => refusal,
  onView: async () => undefined,
  onHome: (by) => {
    asked.push(by)
    return views()
  },
  onMembershipChange: () => undefined,
}

async function publishElsewhere(): Promise<void> {
  const client = new webApi.WebClient(slack.botToken, { slackApiUrl: slack.apiUrl })
  await client.views.publish({ user_id: 'U0SAM', view: { type: 'home', blocks: [] } })
}

/** Opens the tab; answers its id once it is drawn. */
async function opened(by: string): Promise<string> {
  await slack.as(by).openHome()
  return (await slack.until(() => slack.as(by).home())).id
}

async function shown(by: string, text: string): Promise<void> {
  await slack.until(() => renderHome(slack.as(by).home() ?? missing).includes(text))
}

const missing = { id: '', user: '', open: false, errors: {}, loaded: {}, view: {} }

async function start(way: Way): Promise<void> {
  closing.push(...(await openSlackDoor(way, { slack, handlers, log })))
}
