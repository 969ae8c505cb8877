import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SlackView } from '../sandbox/slack/index.ts'
import { ruleVersion } from '../src/transfer/rule-version.ts'
import { type CaseRule, casesWorld } from './support/cases.ts'
import { clicksOn } from './support/clicks.ts'
import { auditOf } from './support/e2e.ts'
import { approve, ask, cardOf, eventually, hasButtons, inStatus, jobOf, reply, thread, told } from './support/story.ts'
import { messagesOf, startWorld, textOf, type World, writeConfig } from './support/world.ts'

const two: CaseRule = { stages: [{ approvers: ['S0DBA', 'U0OPS'], need: 2 }] }
const cases: Readonly<Record<string, CaseRule>> = {
  comment: two,
  confirmed: { confirm: true },
  question: {},
  refused: {},
  back: {},
  running: {},
  typed: { gate: 'submission' },
  late: {},
  changed: two,
}
const options = casesWorld(cases, { slack: { rateLimits: 'off' } })

let world: World
let on: ReturnType<typeof clicksOn>
const ids: Record<string, string> = {}
beforeAll(async () => {
  world = await startWorld(options)
  await Promise.all([world.start('bot'), world.start('worker')])
  for (const name of Object.keys(cases)) ids[name] = await ask(world, name)
  await Promise.all(Object.values(ids).map((id) => cardOf(world, id)))
  on = clicksOn(world, ids)
}, 120_000)
afterAll(() => world.close())

/** Fills in the form that a button opens, and sends it. */
async function send(name: string, by: string, actionId: string, values: Record<string, string>): Promise<SlackView> {
  const view = await on.openForm(name, by, actionId)
  await world.slack.as(by).submit(view, values)
  return view
}
const heard = (by: string, says: string) =>
  eventually(() => world.slack.state.ephemerals.some(({ to, text }) => to === by && text.includes(says)))
const notTaken = (view: SlackView): string => JSON.stringify(view.view)

describe('a yes', () => {
  test('takes a comment along, which the thread and the decided card tell', async () => {
    const id = on.idOf('comment')
    expect((await send('comment', 'U0SAM', 'comment', { comment: 'as <planned>' })).open).toBe(false)
    await heard('U0SAM', 'Your yes is recorded (1 of 2)')
    await reply(world, id, '<@U0SAM> approved this (1 of 2): “as &lt;planned&gt;”')
    expect((await send('comment', 'U0OPS', 'comment', {})).open).toBe(false)
    await inStatus(world, id, 'succeeded')
    const card = await eventually(() => !hasButtons(on.cardNow('comment')) && textOf(on.cardNow('comment')))
    expect(card).toMatch(/Approved by <@U0SAM>, <@U0OPS>, <!date[^>]+>\. <@U0SAM>: “as &lt;planned&gt;”/)
    const { decisions, rule } = (await on.record('comment')).transfer
    const version = ruleVersion(rule)
    expect(decisions).toMatchObject([
      { by: 'slack:T0SANDBOX/U0SAM', verdict: 'approve', reason: 'as <planned>', ruleVersion: version },
      { by: 'slack:T0SANDBOX/U0OPS', verdict: 'approve', ruleVersion: version },
    ])
    expect(decisions[1]).not.toHaveProperty('reason')
  })

  test('is one click, unless the rule has it confirmed', async () => {
    const button = (name: string) => {
      const all = on
        .cardNow(name)
        .blocks.flatMap(({ elements }) => (elements as Record<string, unknown>[] | undefined) ?? [])
      return all.find(({ action_id }) => action_id === 'approve')
    }
    expect(button('question')).not.toHaveProperty('confirm')
    expect(button('confirmed')).toMatchObject({
      confirm: { title: { text: 'Approve this?' }, confirm: { text: 'Approve' }, deny: { text: 'Back' } },
    })
    expect(await approve(world, on.cardNow('confirmed'))).toContain('That is enough')
    await inStatus(world, on.idOf('confirmed'), 'succeeded')
  })

  test('may be turned into a no until it is enough, and keeps today’s version of a rule that was changed', async () => {
    const name = 'changed'
    await approve(world, on.cardNow(name))
    await writeConfig(world.folder, {
      ...options,
      config: (config) => {
        options.config?.(config)
        const rule = config.rules.find((each: { name: string }) => each.name === name)
        rule.maxOpen = 99
      },
    })
    const [bot] = world.running
    await bot?.kill()
    await world.start('bot')
    await on.deny(name, 'U0SAM', 'on second thought')
    await inStatus(world, on.idOf(name), 'denied')
    const { decisions, rule } = (await on.record(name)).transfer
    const today = ruleVersion({ ...rule, maxOpen: 99 })
    expect(decisions).toMatchObject([
      { verdict: 'approve', ruleVersion: ruleVersion(rule) },
      { verdict: 'deny', ruleVersion: ruleVersion(rule), ruleToday: today },
    ])
    expect(decisions[0]).not.toHaveProperty('ruleToday')
  })
})

describe('a question', () => {
  test('asks the requester in the thread, stands on the card, and decides nothing', async () => {
    const id = on.idOf('question')
    const { round } = (await on.record('question')).transfer
    expect((await send('question', 'U0SAM', 'question', { question: 'why *today*?' })).open).toBe(false)
    await heard('U0SAM', 'Your question is asked in the thread of the request. It decides nothing')
    const asked = await reply(world, id, '❓ <@U0DANA>: <@U0SAM> asks before deciding: “why ∗today∗?”')
    expect(textOf(asked)).toMatch(/the time to decide goes on, until <!date\^/)
    await send('question', 'U0LEE', 'question', { question: 'and who reads it?' })
    const says = '2 questions were asked, all in the request’s thread. The last: <@U0LEE> asked'
    await eventually(() => textOf(on.cardNow('question')).includes(says))
    expect(textOf(messagesOf(world.slack, id, 'root')[0])).toContain('“and who reads it?”')
    const { transfer } = await on.record('question')
    expect(transfer.questions).toMatchObject([
      {
        by: 'slack:T0SANDBOX/U0SAM',
        text: 'why *today*?',
        digest: round?.digest,
        ruleVersion: ruleVersion(transfer.rule),
      },
      { by: 'slack:T0SANDBOX/U0LEE', text: 'and who reads it?', digest: round?.digest },
    ])
    expect({ round: transfer.round, decisions: transfer.decisions }).toEqual({ round, decisions: [] })
    expect(await approve(world, on.cardNow('question'))).toContain('That is enough')
    await inStatus(world, id, 'succeeded')
    expect(textOf(on.cardNow('question'))).not.toContain('questions were asked')
  })

  test('that is sent twice is asked once', async () => {
    const view = await on.openForm('refused', 'U0LEE', 'question')
    await world.slack.as('U0LEE').submit(view, { question: 'is it the right one?' }, { replay: 'together' })
    await reply(world, on.idOf('refused'), 'is it the right one?')
    expect(thread(world, on.idOf('refused')).filter((text) => text.includes('is it the right one?'))).toHaveLength(1)
    expect((await on.record('refused')).transfer.questions).toHaveLength(1)
  })

  test('needs words, and one with a secret is neither asked nor kept', async () => {
    const view = await on.openForm('refused', 'U0LEE', 'question')
    await world.slack.as('U0LEE').submit(view, { question: '   ' })
    expect(view.errors).toEqual({ question: 'Write what you want to know.' })
    await world.slack.as('U0LEE').submit(view, { question: 'is password=hunter2hunter2 still right?' })
    expect(notTaken(view)).toContain('looks like a key, a SAS or a password')
    const kept = JSON.stringify([await on.record('refused'), await auditOf(world), thread(world, on.idOf('refused'))])
    expect(kept + world.output()).not.toContain('hunter2')
  })

  test.each([
    ['the requester', 'U0DANA', 'This is your own request'],
    ['a guest', 'U0GUEST', 'Guests can neither ask nor decide'],
    ['a member of the channel', 'U0RIO', 'You are not an approver of this transfer'],
    ['an operator', 'U0OPS', 'You are not an approver of this transfer'],
  ])('of %s opens no form, and neither does a comment', async (_, by, says) => {
    for (const actionId of ['question', 'comment']) {
      const click = () => world.slack.as(by).click({ message: on.cardNow('refused'), actionId })
      expect(await on.refusal('refused', click, by)).toContain(says)
    }
  })

  test('that comes when it is decided is answered in the form', async () => {
    const view = await on.openForm('late', 'U0LEE', 'question')
    await approve(world, on.cardNow('late'))
    await inStatus(world, on.idOf('late'), 'succeeded')
    await world.slack.as('U0LEE').submit(view, { question: 'too late?' })
    expect(notTaken(view)).toContain('Questions can be asked here only while approvers decide')
    expect((await on.record('late')).transfer).not.toHaveProperty('questions')
  })
})

describe('a withdrawal', () => {
  test.each([
    ['an approver', 'U0SAM'],
    ['an operator', 'U0OPS'],
    ['a member of the channel', 'U0RIO'],
  ])('is the requester’s alone: %s is told how to stop it', async (_, by) => {
    const click = () => world.slack.as(by).click({ message: on.rootNow('back'), actionId: 'withdraw' })
    const says = `Only whoever asked for it can withdraw a request. Approvers and operators can stop it: \`/drawbridge cancel ${on.idOf('back')}`
    expect(await on.refusal('back', click, by)).toContain(says)
  })

  test('undoes what was started, and is told as one', async () => {
    const id = on.idOf('back')
    expect((await send('back', 'U0DANA', 'withdraw', { reason: 'found a copy' })).open).toBe(false)
    await heard('U0DANA', `Your withdrawal of \`${id}\` is recorded`)
    await reply(world, id, '↩️ <@U0DANA> withdraws this request: “found a copy”')
    await reply(world, id, 'because its requester withdrew it')
    expect(textOf(await reply(world, id, 'was withdrawn'))).toContain('Withdrawn by <@U0DANA>: “found a copy”')
    expect((await jobOf(world, 'back')).phase).toBe('cancelled')
    const { cancel, ending, round, rule } = (await on.record('back')).transfer
    const by = { by: 'slack:T0SANDBOX/U0DANA', reason: 'found a copy', withdrawn: true }
    expect(cancel).toMatchObject({ ...by, digest: round?.digest, ruleVersion: ruleVersion(rule) })
    expect(ending).toMatchObject({ outcome: 'cancelled', cause: 'withdrawn' })
    await eventually(() => textOf(on.cardNow('back')).includes('↩️ Withdrawn by <@U0DANA>'))
    await eventually(
      () => textOf(on.rootNow('back')).includes('Withdrawn') && !textOf(on.rootNow('back')).includes('"withdraw"'),
    )
    const click = () => world.slack.as('U0SAM').click({ ...on.approving('back'), edit: 0 })
    expect(await on.refusal('back', click, 'U0SAM')).toContain('Its requester, <@U0DANA>, has withdrawn this')
    const edit = on.rootNow('back').edits.findIndex(({ blocks }) => JSON.stringify(blocks).includes('"withdraw"'))
    const again = () => world.slack.as('U0DANA').click({ message: on.rootNow('back'), actionId: 'withdraw', edit })
    expect(await on.refusal('back', again, 'U0DANA')).toContain('There is nothing to stop any more')
  })

  test('of a running job cancels it in Azure', async () => {
    const id = on.idOf('running')
    world.azure.setTimings({ jobMs: 60_000 })
    await approve(world, on.cardNow('running'))
    await inStatus(world, id, 'running')
    await send('running', 'U0DANA', 'withdraw', {})
    await reply(world, id, '↩️ <@U0DANA> withdraws this request.')
    await inStatus(world, id, 'cancelled')
    expect((await jobOf(world, 'running')).phase).toBe('cancelled')
    world.azure.setTimings({ jobMs: 600 })
  })

  test('can be typed, does not exist for who may not see it, and sends nothing to Azure', async () => {
    const id = on.idOf('typed')
    expect(await told(world, 'U0RIO', `withdraw ${id}`)).toContain(`There is no transfer \`${id}\``)
    expect(await told(world, 'U0SAM', `withdraw ${id}`)).toContain('Only whoever asked for it')
    expect(await told(world, 'U0DANA', `withdraw ${id} "not needed"`)).toContain('Nothing has been sent to Azure')
    expect(textOf(await reply(world, id, 'was withdrawn'))).toContain('Nothing was sent to Azure')
    expect(await told(world, 'U0DANA', `withdraw ${id}`)).toContain('nothing to stop any more')
    expect(await told(world, 'U0DANA', `status ${id}`)).toContain('Withdrawn by <@U0DANA>: “not needed”')
  })
})
