import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SlackMessage } from '../sandbox/slack/index.ts'
import { type CaseRule, casesWorld } from './support/cases.ts'
import {
  approve,
  ask,
  cardOf,
  deny,
  eventually,
  hasButtons,
  inStatus,
  recordOf,
  replies,
  reply,
  thread,
  told,
} from './support/story.ts'
import { messagesOf, startWorld, textOf, type World, writeConfig } from './support/world.ts'

/** Long enough for what people do before it, also on a slow machine. */
const soon = '5s'
const cases: Record<string, CaseRule> = {
  whole: { remindAfter: '500ms' },
  partly: { stages: [{ approvers: ['S0DBA', 'U0RIO'], need: 3 }], remindAfter: soon },
  own: { requesters: ['U0SAM'], stages: [{ approvers: ['S0DBA', 'U0RIO'] }], remindAfter: '500ms' },
  seated: { stages: [{ approvers: ['U0SAM'] }, { approvers: ['U0LEE', 'U0RIO'] }], remindAfter: soon },
  direct: { stages: [{ approvers: ['U0SAM', 'U0LEE'], need: 2 }], cards: ['approvers'], remindAfter: soon },
  decided: { remindAfter: soon, escalate: { after: '6s', to: ['U0RIO'] } },
  escalates: {
    stages: [{ approvers: ['U0SAM'] }, { approvers: ['U0LEE'] }],
    escalate: { after: soon, to: ['U0RIO', 'U0OPS', 'U0DANA'] },
    gate: 'submission',
  },
  changed: {
    stages: [{ approvers: ['U0SAM'] }],
    escalate: { after: '500ms', to: ['U0RIO', 'U0OPS'] },
    gate: 'submission',
  },
  silent: { tell: ['C0PUBLIC', 'G0PRIVATE', 'C0DATA', 'U0AUD'] },
}
let world: World
beforeAll(async () => {
  world = await startWorld(casesWorld(cases, { slack: { rateLimits: 'off' } }))
  await Promise.all([world.start('bot'), world.start('worker')])
})
afterAll(() => world.close())

const reminders = (id: string) => messagesOf(world.slack, id, 'remind')
const reminderOf = (id: string) => eventually(() => reminders(id)[0])
const mentions = (message: SlackMessage | undefined) => textOf(message).match(/<[@!](?!date)[^>]*>/g) ?? []
const distinct = (all: readonly string[]) => [...new Set(all)].sort()
/** The places where cards of the transfer stand, by who has the direct message. */
const usersOf = (all: readonly SlackMessage[]) =>
  all.map(({ channel }) => world.slack.state.channels.find(({ id }) => id === channel)?.user ?? channel).sort()

describe.concurrent('a reminder', () => {
  test('is a reply below the card that mentions the group where all of it can still decide, and the thread tells it', async () => {
    const id = await ask(world, 'whole')
    const reminder = await reminderOf(id)
    const [card] = messagesOf(world.slack, id, 'card')
    expect([reminder.channel, reminder.threadTs]).toEqual(['C0DBA', card?.ts])
    expect(distinct(mentions(reminder))).toEqual(['<!subteam^S0DBA>'])
    expect(reminder.text).toContain('1 approval of 1 still missing')
    const said = await reply(world, id, 'Those who can still say yes are reminded (0 of 1 so far)')
    expect(mentions(said)).toEqual([])
  })

  test('mentions nobody who said yes, so of a group those who are left', async () => {
    const id = await ask(world, 'partly')
    await approve(world, await cardOf(world, id))
    const reminder = await reminderOf(id)
    expect(distinct(mentions(reminder))).toEqual(['<@U0LEE>', '<@U0RIO>'])
    expect(reminder.text).toContain('2 approvals of 3 still missing')
  })

  test('never mentions the requester, who may be in the group', async () => {
    const id = await ask(world, 'own', { by: 'U0SAM' })
    expect(distinct(mentions(await reminderOf(id)))).toEqual(['<@U0LEE>', '<@U0RIO>'])
  })

  test('mentions only those whose stage has a free seat', async () => {
    const id = await ask(world, 'seated')
    await approve(world, await cardOf(world, id), 'U0RIO')
    expect(distinct(mentions(await reminderOf(id)))).toEqual(['<@U0SAM>'])
  })

  test('goes below the direct cards of those who have not decided', async () => {
    const id = await ask(world, 'direct')
    const cards = await eventually(() => {
      const all = messagesOf(world.slack, id, 'card')
      return all.length === 2 && all
    })
    const mine = cards.find((card) => usersOf([card])[0] === 'U0SAM')
    if (mine) await approve(world, mine)
    const reminder = await reminderOf(id)
    expect(usersOf([reminder])).toEqual(['U0LEE'])
    expect(distinct(mentions(reminder))).toEqual(['<@U0LEE>'])
    await reply(world, id, 'are reminded (1 of 2 so far)')
    expect(usersOf(reminders(id))).toEqual(['U0LEE'])
  })

  test('is not sent after the decision, and nobody is asked by an escalation then', async () => {
    const id = await ask(world, 'decided')
    await deny(world, await cardOf(world, id), 'no')
    await inStatus(world, id, 'denied')
    const delivered = (await recordOf(world, id))?.transfer.round?.deliveredAt ?? 0
    await eventually(() => Date.now() > delivered + 7_000)
    expect(reminders(id)).toEqual([])
    expect((await recordOf(world, id))?.transfer.escalated).toBeUndefined()
    expect(usersOf(messagesOf(world.slack, id, 'card'))).toEqual(['C0DBA'])
  })
})

describe.concurrent('an escalation', () => {
  test('asks others by cards of their own, who may decide in every stage from then on and see nothing before', async () => {
    const id = await ask(world, 'escalates')
    const card = await cardOf(world, id)
    expect(await approve(world, card, 'U0RIO')).toContain('not an approver')
    expect(await told(world, 'U0RIO', `status ${id}`)).toContain('no transfer')
    expect(await approve(world, card, 'U0SAM')).toContain('(1 of 2)')
    const said = await reply(world, id, '⏫ Not enough approvers said yes within 5 s (1 of 2)')
    expect(mentions(said).filter((each) => each !== '<@U0DANA>')).toEqual(
      expect.arrayContaining(['<@U0RIO>', '<@U0OPS>']),
    )
    const direct = await eventually(() => {
      const all = messagesOf(world.slack, id, 'card').filter(({ channel }) => channel !== 'C0DBA')
      return all.length === 2 && all
    })
    // The requester is asked by nobody, though the rule names them.
    expect(usersOf(direct)).toEqual(['U0OPS', 'U0RIO'])
    expect(direct.every(hasButtons)).toBe(true)
    await eventually(() => textOf(messagesOf(world.slack, id, 'card')[0]).includes('⏫ Escalated '))
    expect(textOf(messagesOf(world.slack, id, 'card')[0])).toContain('<@U0RIO>, <@U0OPS>: may decide too.')
    expect(await told(world, 'U0RIO', `status ${id}`)).toContain(id)
    const theirs = direct.find((each) => usersOf([each])[0] === 'U0RIO')
    expect(theirs && (await approve(world, theirs, 'U0RIO'))).toContain('That is enough')
    await inStatus(world, id, 'succeeded')
    await eventually(() => !messagesOf(world.slack, id, 'card').some(hasButtons))
    expect((await recordOf(world, id))?.transfer.round?.number).toBe(1)
    expect(thread(world, id).filter((text) => text.includes('⏫'))).toHaveLength(1)
  })
})

describe.concurrent('a place that is told silently', () => {
  test('has one message from the start to the end, with names and without mentions; one that cannot be used changes nothing', async () => {
    const id = await ask(world, 'silent')
    await approve(world, await cardOf(world, id))
    await inStatus(world, id, 'succeeded')
    const all = await eventually(() => {
      const told = messagesOf(world.slack, id, 'tell')
      return told.length === 2 && told.every((each) => textOf(each).includes('*Finished*')) && told
    })
    expect(usersOf(all)).toEqual(['C0PUBLIC', 'U0AUD'])
    for (const { edits, threadTs } of all) {
      expect(threadTs).toBeUndefined()
      for (const edit of edits) {
        expect(mentions({ ...edit, channel: '', ts: '' } as never)).toEqual([])
        expect(JSON.stringify(edit)).not.toContain('action_id')
      }
    }
    expect(textOf(all[0])).toContain('Asked for by Dana Ito')
    expect(textOf(all[0])).toContain('Approved by Sam Okafor')
    expect(replies(world, id).map(textOf).join()).not.toContain('C0PUBLIC')
    expect((await recordOf(world, id))?.chat.slots['tell:slack:T0SANDBOX/G0PRIVATE']).toMatchObject({ state: 'closed' })
    expect(world.output()).toContain('chat refused a message for good')
  })
})

test('who was asked by an escalation decides only if today’s file has them in its own', async () => {
  const id = await ask(world, 'changed')
  const direct = await eventually(() => {
    const all = messagesOf(world.slack, id, 'card').filter(({ channel }) => channel !== 'C0DBA')
    return all.length === 2 && all
  })
  const cardWith = (by: string) => direct.find((card) => usersOf([card])[0] === by) as SlackMessage
  const today = { ...cases, changed: { ...cases.changed, escalate: { after: '1h', to: ['U0OPS', 'U0LEE'] } } }
  await writeConfig(world.folder, casesWorld(today))
  await world.running.find(({ role }) => role === 'bot')?.kill()
  await world.start('bot')
  expect(await approve(world, cardWith('U0RIO'), 'U0RIO')).toContain('not an approver')
  // Of today's escalation, but not of the one that it was asked under.
  expect(await approve(world, await cardOf(world, id, 'C0DBA'), 'U0LEE')).toContain('not an approver')
  expect(await approve(world, cardWith('U0OPS'), 'U0OPS')).toContain('That is enough')
  await inStatus(world, id, 'succeeded')
})
