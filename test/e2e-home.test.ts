import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renderHome, type SlackView } from '../sandbox/slack/index.ts'
import { type CaseRule, casesWorld } from './support/cases.ts'
import { auditOf } from './support/e2e.ts'
import { approve, ask, cardOf, eventually, inStatus, recordOf, told } from './support/story.ts'
import { startWorld, type World } from './support/world.ts'

/** Nothing is sent to Azure before somebody says yes, so that these stay open and cost nothing. */
const asking: CaseRule = { gate: 'submission' }
const cases: Readonly<Record<string, CaseRule>> = {
  yes: asking,
  no: asking,
  stays: asking,
  late: asking,
  wrong: asking,
  back: asking,
}

let world: World
const ids: Record<string, string> = {}
beforeAll(async () => {
  world = await startWorld(casesWorld(cases, { slack: { rateLimits: 'off' } }))
  await world.start('all')
  for (const name of Object.keys(cases)) {
    const id = await ask(world, name)
    ids[name] = id
    await cardOf(world, id)
    await inStatus(world, id, 'awaiting_approval')
  }
})
afterAll(() => world.close())

describe('the Home tab', () => {
  test('shows an approver what waits for them, as the card shows it, with its buttons', async () => {
    const { transfer } = (await recordOf(world, ids.stays ?? '')) ?? {}
    const text = await opened('U0SAM')
    expect(text).toContain('# Waiting for you (6)')
    for (const part of [
      'database `stays` on server `sql-stays`',
      'A yes sends the export',
      '[ Approve ]',
      '[ Deny ]',
    ]) {
      expect(text).toContain(part)
    }
    expect(text).toMatch(/As of \d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC/)
    const values = buttonsOf('U0SAM').filter(({ action_id }) => action_id === 'approve')
    expect(values.map(({ value }) => value)).toContain(`${ids.stays}:${transfer?.round?.digest}`)
  })

  test('shows the requester what they asked for, and nothing to decide', async () => {
    const text = await opened('U0DANA')
    expect(text).toContain('Nothing waits for you.')
    expect(text).toContain('# Asked for by you (6)')
    for (const id of Object.values(ids)) expect(text).toContain(id)
    expect(new Set(actionsOf('U0DANA'))).toEqual(new Set(['home_request', 'home_refresh', 'withdraw']))
  })

  test('shows a member whom it does not concern nothing of it', async () => {
    const text = await opened('U0RIO')
    for (const id of Object.values(ids)) expect(text).not.toContain(id)
    for (const part of ['Nothing waits for you.', 'You have nothing open', 'Nothing else is under way.']) {
      expect(text).toContain(part)
    }
  })

  test('shows an auditor what is under way, and nothing to decide', async () => {
    await opened('U0AUD')
    expect(actionsOf('U0AUD')).toEqual(['home_request', 'home_refresh'])
  })

  test('tells a guest a sentence alone', async () => {
    const text = await opened('U0GUEST')
    expect(text).toContain('Guests can neither ask nor decide')
    expect(text).not.toContain('#')
  })

  test('is not drawn for the tab of messages', async () => {
    const before = published()
    await world.slack.as('U0OPS').openHome({ tab: 'messages' })
    await opened('U0OPS')
    expect(published() - before).toBe(1)
  })

  test('opens the form for a request', async () => {
    await opened('U0RIO')
    await world.slack.as('U0RIO').clickHome({ actionId: 'home_request' })
    const form = await eventually(() => world.slack.state.views.find(({ user, open }) => user === 'U0RIO' && open))
    expect(JSON.stringify(form.view.title)).toContain('Move a database')
  })
})

describe('a decision in the Home tab', () => {
  test('of an approver counts as one on the card, and is answered above all else', async () => {
    await opened('U0SAM')
    const value = buttonFor('U0SAM', 'yes')
    const { status, notice } = await world.slack.as('U0SAM').clickHome({ actionId: 'approve', value })
    expect({ status, notice }).toEqual({ status: 200, notice: undefined })
    const text = await eventually(() => shows('U0SAM', 'Your yes is recorded (1 of 1). That is enough'))
    expect(text).not.toContain('database yes on server')
    const { transfer } = await inStatus(world, ids.yes ?? '', 'succeeded')
    expect(transfer.decisions).toMatchObject([{ by: 'slack:T0SANDBOX/U0SAM', verdict: 'approve' }])
    expect(await opened('U0SAM')).toContain('Ended in the last 7 days')
    expect(await opened('U0SAM')).toMatch(new RegExp(`${ids.yes}\` Export of yes to yes: Finished`))
  })

  test('against it asks for the reason, and takes it', async () => {
    await opened('U0SAM')
    await world.slack.as('U0SAM').clickHome({ actionId: 'deny', value: buttonFor('U0SAM', 'no') })
    const form = await eventually(() => formOf('U0SAM'))
    expect(JSON.stringify(form.view)).toContain('Why? The requester and the thread will see it.')
    await world.slack.as('U0SAM').submit(form, { reason: 'not this month' })
    await eventually(() => shows('U0SAM', 'Your no is recorded'))
    const { transfer } = await inStatus(world, ids.no ?? '', 'denied')
    expect(transfer.decisions).toMatchObject([{ verdict: 'deny', reason: 'not this month' }])
  })

  test('to take back an own request asks for words, and is answered there', async () => {
    await opened('U0DANA')
    await world.slack.as('U0DANA').clickHome({ actionId: 'withdraw', value: ids.back ?? '' })
    const form = await eventually(() => formOf('U0DANA', 'withdraw'))
    await world.slack.as('U0DANA').submit(form, { reason: 'no longer needed' })
    await inStatus(world, ids.back ?? '', 'cancelled')
    await eventually(() => shows('U0DANA', `Your withdrawal of \`${ids.back}\` is recorded`))
  })

  test('that comes after another one is refused there, and shows how it stands now', async () => {
    await opened('U0SAM')
    const shown = structuredClone(world.slack.as('U0SAM').home()?.view)
    const value = buttonFor('U0SAM', 'late')
    await approve(world, await cardOf(world, ids.late ?? ''), 'U0LEE')
    await world.slack.as('U0SAM').clickHome({ actionId: 'approve', value, ...(shown ? { shown } : {}) })
    await eventually(() => shows('U0SAM', 'This is decided already: @Lee Novak said yes'))
    await world.slack.as('U0SAM').clickHome({ actionId: 'deny', value, ...(shown ? { shown } : {}) })
    await eventually(() => published('hash_conflict') > 0 && shows('U0SAM', 'This is decided already'))
    expect(formOf('U0SAM')).toBeUndefined()
  })

  test('by somebody who may not is refused, whatever their tab is made to send', async () => {
    await opened('U0SAM')
    const shown = structuredClone(world.slack.as('U0SAM').home()?.view)
    await opened('U0RIO')
    const value = buttonFor('U0SAM', 'wrong')
    await world.slack.as('U0RIO').clickHome({ actionId: 'approve', value, ...(shown ? { shown } : {}) })
    await eventually(() => shows('U0RIO', 'You are not an approver of this transfer'))
    const { transfer } = (await recordOf(world, ids.wrong ?? '')) ?? {}
    expect(transfer?.decisions).toEqual([])
    expect(
      (await auditOf(world)).filter(({ kind, by }) => kind === 'decision_refused' && by?.endsWith('U0RIO')),
    ).toHaveLength(1)
  })

  test('is told by message when the tab cannot be drawn', async () => {
    await opened('U0LEE')
    const value = buttonFor('U0LEE', 'wrong')
    world.slack.control.fault({ match: { method: 'views.publish' }, action: { error: 'internal_error' } })
    await world.slack.as('U0LEE').clickHome({ actionId: 'approve', value })
    const isTold = ({ text, channel }: { text: string; channel: string }): boolean =>
      channel === 'D0LEE' && text.includes('Your yes is recorded')
    await eventually(() => world.slack.state.messages.some(isTold))
    expect(world.output()).toContain('a Home tab could not be published')
  })
})

describe('in words', () => {
  test('pending tells the same without buttons', async () => {
    const text = await told(world, 'U0SAM', 'pending')
    for (const part of ['*Waiting for you', 'stays', '*Asked for by you*', '*Ended in the last 7 days', 'As of']) {
      expect(text).toContain(part)
    }
  })

  test('status tells the whole story, where the card stands and what comes next', async () => {
    const text = await told(world, 'U0SAM', `status ${ids.yes}`)
    const { transfer } = await inStatus(world, ids.yes ?? '', 'succeeded')
    const story = [
      'asks for this',
      'The approvers are asked',
      '<@U0SAM> approved this (1 of 1)',
      'Azure has taken the job',
    ]
    const known = [
      transfer.operation?.id ?? '?',
      'Connection on the SQL server',
      'Rule `yes`',
      'Cards of round 1: <#C0DBA',
    ]
    for (const part of [...story, ...known, 'https://']) expect(text).toContain(part)
    const open = await told(world, 'U0SAM', `status ${ids.stays}`)
    expect(open).toMatch(/Next: 1 approval on the card\. It expires <!date/)
  })

  test('history tells the last good export', async () => {
    const text = await told(world, 'U0SAM', 'history yes')
    for (const part of ['*Last good export* of `yes`', 'approved by <@U0SAM>', `/drawbridge status ${ids.yes}`]) {
      expect(text).toContain(part)
    }
    expect(await told(world, 'U0RIO', 'history yes')).toContain('There is no transfer of `yes` that you can see')
  })
})

/** Opens the tab; what it shows then. */
async function opened(by: string): Promise<string> {
  const before = published()
  const { status } = await world.slack.as(by).openHome()
  expect(status).toBe(200)
  await eventually(() => published() > before)
  return shows(by, '') ?? ''
}

function shows(by: string, part: string): string | undefined {
  const home = world.slack.as(by).home()
  const text = home ? renderHome(home, world.slack.state) : ''
  return text.includes(part) ? text : undefined
}

function published(error?: string): number {
  return world.slack.state.calls.filter(
    (call) => call.method === 'views.publish' && (error ? call.error === error : call.ok === true),
  ).length
}

type Shown = { action_id: string; value?: string }

function buttonsOf(by: string): readonly Shown[] {
  const blocks = (world.slack.as(by).home()?.view.blocks ?? []) as { type: string; elements?: Shown[] }[]
  return blocks.flatMap(({ type, elements = [] }) => (type === 'actions' ? elements : []))
}

function actionsOf(by: string): readonly string[] {
  return buttonsOf(by).map(({ action_id }) => action_id)
}

function buttonFor(by: string, name: string): string {
  const value = buttonsOf(by).find((each) => each.value?.startsWith(`${ids[name]}:`))?.value
  if (value === undefined) throw new Error(`nothing to decide on ${name}`)
  return value
}

function formOf(by: string, id = 'deny'): SlackView | undefined {
  return world.slack.state.views.find(({ user, open, view }) => user === by && open && view.callback_id === id)
}
