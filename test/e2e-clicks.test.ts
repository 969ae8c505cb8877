import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SlackMessage } from '../sandbox/slack/index.ts'
import { checkExchange } from './support/azure-spec.ts'
import { armFor, type CaseRule, casesWorld } from './support/cases.ts'
import { clicksOn, valuesOf, withValue } from './support/clicks.ts'
import { approve, ask, cardOf, connectionsOf, eventually, hasButtons, inStatus, jobOf, reply } from './support/story.ts'
import { messagesOf, startWorld, textOf, type World } from './support/world.ts'

const two: CaseRule = { stages: [{ approvers: ['S0DBA', 'U0OPS'], need: 2 }] }
const cases: Readonly<Record<string, CaseRule>> = {
  plain: {},
  own: {},
  both: two,
  turned: two,
  denied: {},
  late: {},
  expired: { expiry: '2s' },
  rounds: { unnamedConnections: 'ask' },
}
const unnamed = { properties: { status: 'Pending', privateEndpointConnections: [] } }

let world: World
let on: ReturnType<typeof clicksOn>
const ids: Record<string, string> = {}
const first: Record<string, SlackMessage> = {}
beforeAll(async () => {
  world = await startWorld(casesWorld(cases, { slack: { rateLimits: 'off' } }))
  await world.start('all')
  armFor(world, 'rounds', { name: 'result', action: { kind: 'rewrite', body: unnamed } })
  const asked = Object.keys(cases).map(async (name) => {
    const id = await ask(world, name, { by: name === 'own' ? 'U0SAM' : 'U0DANA' })
    ids[name] = id
    first[name] = structuredClone(await cardOf(world, id))
  })
  await Promise.all(asked)
  on = clicksOn(world, ids)
})
afterAll(() => world.close())

describe('the card', () => {
  test('says who asks for what, from where to where, and what a yes releases', async () => {
    const { transfer } = await on.record('plain')
    const text = textOf(on.cardNow('plain'))
    const { sql, storage } = connectionsOf(world, await jobOf(world, 'plain'))
    const parts = ['<@U0DANA> asks for this', 'No reason was given', 'database `plain` on server `sql-plain`']
    const plan = ['Standard, S3, up to 250 GB, westeurope', 'container `bacpacs` of account `stcase0`']
    const ends = [sql, storage].flatMap((each) => [each?.name ?? '?', each?.privateEndpointId.split('/').at(-1) ?? '?'])
    const release = ['A yes approves exactly these connections', 'Needs 1 of <!subteam^S0DBA>', 'nobody yet', 'Expires']
    const known = [transfer.request.storage.blob, ids.plain ?? '?', 'rule `plain`', 'SQL server `sql-plain`']
    for (const part of [...parts, ...plan, ...ends, ...release, ...known]) expect(text).toContain(part)
    expect(on.cardNow('plain').text).toBe('Approval needed: export of plain to plain, asked for by <@U0DANA>.')
  })

  test('carries nothing in its buttons but the transfer and the digest of what it shows', async () => {
    const { transfer } = await on.record('plain')
    expect(valuesOf(on.cardNow('plain'))).toEqual(Array(4).fill(`${transfer.id}:${transfer.round?.digest}`))
  })
})

describe('a click that does not count is answered to the clicker alone and changes nothing', () => {
  test.each([
    ['the requester', 'U0DANA', 'plain', 'This is your own request'],
    ['the requester, an approver', 'U0SAM', 'own', 'This is your own request'],
    ['a stranger of another workspace', 'U0STRANGER', 'plain', 'Only members of this workspace'],
    ['a guest', 'U0GUEST', 'plain', 'Guests can neither ask nor decide'],
    ['a member of the channel', 'U0RIO', 'plain', 'You are not an approver of this transfer'],
    ['an operator', 'U0OPS', 'plain', 'You are not an approver of this transfer'],
    ['an auditor', 'U0AUD', 'plain', 'You are not an approver of this transfer'],
  ])('of %s', async (_, by, name, says) => {
    for (const actionId of ['approve', 'deny'] as const) {
      const answer = await on.refusal(name, () => world.slack.as(by).click({ message: on.cardNow(name), actionId }), by)
      expect(answer).toContain(says)
    }
    expect(world.slack.state.views).toEqual([])
  })

  test('of somebody who has left the group', async () => {
    const { slack } = world
    await slack.control.group('S0DBA', ['U0LEE'])
    const answer = await on.refusal('plain', () => slack.as('U0SAM').click(on.approving('plain')), 'U0SAM')
    expect(answer).toContain('You are not an approver of this transfer')
    await slack.control.group('S0DBA', ['U0SAM', 'U0LEE'])
  })

  test.each([
    ['of no transfer', () => 'approve-it', 'There is no transfer'],
    ['of a transfer that does not exist', () => `k3v9x2mq:${'0'.repeat(32)}`, 'There is no transfer'],
    ['with another digest', () => `${ids.plain}:${'0'.repeat(32)}`, 'Decide on the newest card'],
    [
      'with the digest of another card',
      () => valuesOf(on.cardNow('own'))[0]?.replace(on.idOf('own'), on.idOf('plain')) ?? '',
      'Decide on the newest card',
    ],
  ])('with a value %s', async (_, value, says) => {
    const message = withValue(on.cardNow('plain'), value())
    const click = () => world.slack.as('U0SAM').click({ message, actionId: 'approve' })
    expect(await on.refusal('plain', click, 'U0SAM')).toContain(says)
  })

  test('on an expired card', async () => {
    await inStatus(world, ids.expired ?? '', 'expired')
    const click = () => world.slack.as('U0SAM').click({ ...on.approving('expired'), edit: 0 })
    expect(await on.refusal('expired', click, 'U0SAM')).toContain('The time to decide is over')
    await eventually(() => textOf(on.cardNow('expired')).includes('⌛ Expired'))
    const last = textOf(await reply(world, ids.expired ?? '', 'has expired'))
    expect(last).toContain('ask again: `/export expired to expired`')
    const job = await jobOf(world, 'expired')
    expect(['failed', 'cancelled']).toContain(job.phase)
  })

  test('on a card that a new round has replaced', async () => {
    expect(textOf(first.rounds)).toContain('Azure did not name the connections of this operation')
    world.azure.disarm()
    await eventually(async () => {
      const { round } = (await on.record('rounds')).transfer
      return round?.number === 2 && round.deliveredAt !== undefined
    })
    const newer = await eventually(() => messagesOf(world.slack, ids.rounds ?? '', 'card:2').find(hasButtons))
    await eventually(() => textOf(on.cardNow('rounds')).includes('Replaced by round 2'))
    const click = () => world.slack.as('U0SAM').click({ ...on.approving('rounds'), edit: 0 })
    expect(await on.refusal('rounds', click, 'U0SAM')).toContain('it was replaced by round 2')
    expect(await approve(world, newer)).toContain('Your yes is recorded')
    await inStatus(world, ids.rounds ?? '', 'succeeded')
  })

  test('of whoever comes second', async () => {
    expect(await approve(world, on.cardNow('own'), 'U0LEE')).toContain('That is enough')
    await eventually(() => !hasButtons(on.cardNow('own')))
    await inStatus(world, ids.own ?? '', 'succeeded')
    await world.slack.control.group('S0DBA', ['U0SAM', 'U0LEE', 'U0RIO'])
    const click = () => world.slack.as('U0RIO').click({ ...on.approving('own'), edit: 0 })
    expect(await on.refusal('own', click, 'U0RIO')).toContain('This is decided already: <@U0LEE> said yes')
    await world.slack.control.group('S0DBA', ['U0SAM', 'U0LEE'])
  })
})

describe('a decision', () => {
  test('of two people is shown as it grows, and counts each once', async () => {
    const id = on.idOf('both')
    expect(await approve(world, on.cardNow('both'))).toContain('(1 of 2). Until enough people have said yes, Deny')
    await eventually(() => textOf(on.cardNow('both')).includes('Yes so far: <@U0SAM>'))
    expect(hasButtons(on.cardNow('both'))).toBe(true)
    await reply(world, id, '<@U0SAM> approved this (1 of 2)')
    await eventually(() => textOf(messagesOf(world.slack, id, 'root')[0]).includes('1 more approval'))
    const again = () => world.slack.as('U0SAM').click(on.approving('both'))
    expect(await on.refusal('both', again, 'U0SAM')).toContain('Your yes is already counted')
    expect(await approve(world, on.cardNow('both'), 'U0OPS')).toContain('(2 of 2). That is enough')
    await inStatus(world, id, 'succeeded')
    await eventually(() => textOf(on.cardNow('both')).includes('👍 Approved by <@U0SAM>, <@U0OPS>, <!date^'))
  })

  test('turns from yes into no', async () => {
    await approve(world, on.cardNow('turned'))
    await eventually(() => textOf(on.cardNow('turned')).includes('Yes so far: <@U0SAM>'))
    await on.deny('turned', 'U0SAM', 'on second thought')
    expect(await answered('U0SAM', 'Your yes is taken back, and your no is recorded')).toBe(true)
    await inStatus(world, on.idOf('turned'), 'denied')
  })

  test('keeps the card’s body and shows everyone who denied, when and why', async () => {
    const id = on.idOf('denied')
    const body = textOf(on.cardNow('denied'))
    await on.deny('denied', 'U0LEE', 'month <end> *closing*')
    await inStatus(world, id, 'denied')
    const after = await eventually(() => !hasButtons(on.cardNow('denied')) && textOf(on.cardNow('denied')))
    for (const kept of [
      '<@U0DANA> asks for this',
      'sql-denied',
      'stcase4',
      'connection `ImportExportPrivateLink_SQL',
    ]) {
      expect(body).toContain(kept)
      expect(after).toContain(kept)
    }
    expect(after).toMatch(/⛔ Denied by <@U0LEE>, <!date\^\d+\^[^>]+>: “month &lt;end&gt; ∗closing∗”/)
    const last = textOf(await reply(world, id, 'was denied'))
    for (const part of ['Denied by <@U0LEE>', '“month &lt;end&gt;', 'ended without data', '/export denied to denied']) {
      expect(last).toContain(part)
    }
    const states = world.azure.state.connections.filter(({ parent }) => parent === 'sql-denied')
    expect(states.filter(({ status }) => status === 'Approved')).toEqual([])
  })

  test('needs a reason for a no, and is refused in the form when it comes too late', async () => {
    const { slack } = world
    const view = await on.openForm('late', 'U0LEE')
    await slack.as('U0LEE').submit(view, { reason: '   ' })
    expect(view.errors).toEqual({ reason: 'Say in a few words why.' })
    await approve(world, on.cardNow('late'))
    await slack.as('U0LEE').submit(view, { reason: 'too late' })
    expect(JSON.stringify(view.view)).toContain('This is decided already: <@U0SAM> said yes')
    expect((await on.record('late')).transfer.decisions).toHaveLength(1)
  })
})

test('every request and every answer is as the specification has it', () => {
  expect(world.azure.state.requests.flatMap(checkExchange)).toEqual([])
})

function answered(by: string, says: string): Promise<boolean> {
  return eventually(() => world.slack.state.ephemerals.some(({ to, text }) => to === by && text.includes(says)))
}
