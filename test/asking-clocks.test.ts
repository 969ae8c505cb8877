import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toMrkdwn } from '../src/cards/block-kit.ts'
import { draw } from '../src/cards/draw.ts'
import { apply, applyAll } from '../src/transfer/apply.ts'
import { askingDue, isAsking } from '../src/transfer/asking-clocks.ts'
import { Refusal } from '../src/transfer/errors.ts'
import type { Event } from '../src/transfer/events.ts'
import type { Decision, Rule, Transfer } from '../src/transfer/model.ts'
import { outline } from '../src/transfer/outline.ts'
import type { ChatState } from '../src/transfer/ports.ts'
import { openStages } from '../src/transfer/quorum.ts'
import { approversNow, peopleNow, stagesNow } from '../src/transfer/stages-now.ts'
import { askedAt, transferOf } from './support/transfers.ts'

const hour = 3_600_000
const id = (name: string) => `slack:T1/U${name}`
const [sam, lee, kim, rio, dana] = ['SAM', 'LEE', 'KIM', 'RIO', 'ASKER'].map(id) as [
  string,
  string,
  string,
  string,
  string,
]
const clocked = { remindAfter: 2 * hour, escalate: { after: 4 * hour, to: [rio] } }
const stages = [{ approvers: [sam, lee], need: 1 }]
const delivered = askedAt + hour

/** A transfer whose first card was delivered at `delivered`. */
function asking(rule: Partial<Rule> = {}): Transfer {
  const first = transferOf('k3v9x2mq')
  const ruled = { ...first.rule, gate: 'submission', stages, expiry: 8 * hour, ...clocked, ...rule } as const
  return applyAll({ ...first, rule: ruled }, [
    { at: askedAt, type: 'asked', changed: [] },
    { at: delivered, type: 'card_delivered' },
  ])
}

function decided(transfer: Transfer, by: string, verdict: Decision['verdict'], on: readonly number[] = [0]): Event {
  const digest = transfer.round?.digest ?? ''
  const decision = {
    by,
    verdict,
    at: delivered + 1,
    digest,
    stages: on,
    ...(verdict === 'deny' ? { reason: 'no' } : {}),
  }
  return { at: delivered + 1, type: 'decided', decision }
}

const at = (hours: number): number => delivered + hours * hour
const reminded = (hours: number): Event => ({ at: at(hours), type: 'reminded' })
const escalated = (hours: number): Event => ({ at: at(hours), type: 'escalated' })
const newRound: Event = { at: at(3), type: 'asked', changed: [] }

describe('reminder and escalation are due', () => {
  const told = apply(asking(), reminded(2))
  const both = apply(told, escalated(4))
  const none = {}
  const all = { reminded: at(2), escalated: at(4) }
  const twoNeeded = asking({ stages: [{ approvers: [sam, lee], need: 2 }] })
  test.each<[string, Transfer, object]>([
    ['from the first card on', asking(), all],
    ['without clocks never', asking({ remindAfter: undefined, escalate: undefined } as never), none],
    ['each once', told, { escalated: at(4) }],
    ['no more when both have been', both, none],
    ['still after one yes of two', apply(twoNeeded, decided(twoNeeded, sam, 'approve')), all],
    ['not after enough approvals', apply(asking(), decided(asking(), sam, 'approve')), none],
    ['not after a no', apply(asking(), decided(asking(), sam, 'deny')), none],
    ['not after a wish to cancel', apply(asking(), { at: at(1), type: 'cancel_asked', by: dana }), none],
    ['not in a new round before its card', apply(told, newRound), none],
    [
      'in a new round anew, counted from its own card',
      applyAll(told, [newRound, { at: at(5), type: 'card_delivered' }]),
      { reminded: at(7), escalated: at(9) },
    ],
    [
      'in a new round after the escalation: the reminder alone',
      applyAll(both, [newRound, { at: at(5), type: 'card_delivered' }]),
      { reminded: at(7) },
    ],
    [
      'not where the escalation asks the requester alone',
      asking({ escalate: { after: hour, to: [dana] } }),
      { reminded: at(2) },
    ],
  ])('%s', (_, transfer, due) => {
    expect(askingDue(transfer)).toEqual(due)
    if (Object.keys(due).length > 0) expect(isAsking(transfer)).toBe(true)
  })

  test('and are stated once, and never before their time', () => {
    expect(() => apply(asking(), { ...reminded(2), at: at(2) - 1 })).toThrow(/cannot follow/)
    expect(() => apply(told, reminded(3))).toThrow(/cannot follow/)
    expect(() => apply(asking(), { ...escalated(4), at: at(4) - 1 })).toThrow(/cannot follow/)
    expect(() => apply(both, escalated(5))).toThrow(/cannot follow/)
    expect(both.story.slice(-2)).toEqual([
      { at: at(2), kind: 'reminded', have: 0, need: 1 },
      { at: at(4), kind: 'escalated', to: [rio], after: 4 * hour, have: 0, need: 1 },
    ])
  })
})

describe('an escalation', () => {
  const rule = {
    stages: [
      { approvers: [sam], need: 1 },
      { approvers: [lee, kim], need: 2 },
    ],
  }
  const before = asking(rule)
  const after = apply(before, escalated(4))

  test('lets its people decide in every stage, from then on and not before', () => {
    expect(stagesNow(before).map(({ approvers }) => approvers)).toEqual([[sam], [lee, kim]])
    expect(stagesNow(after).map(({ approvers }) => approvers)).toEqual([
      [sam, rio],
      [lee, kim, rio],
    ])
    expect([approversNow(before).includes(rio), peopleNow(before).includes(rio)]).toEqual([false, false])
    expect([approversNow(after).includes(rio), peopleNow(after).includes(rio)]).toEqual([true, true])
    expect(stagesNow(after).map(({ need }) => need)).toEqual([1, 2])
  })

  test('is no new round: what was said counts on, and so does a card that was drawn before', () => {
    const yes = apply(before, decided(before, lee, 'approve', [1]))
    const later = apply(yes, escalated(4))
    expect(later.round).toEqual(yes.round)
    const next = applyAll(later, [decided(later, rio, 'approve', [0, 1]), decided(later, kim, 'approve', [1])])
    expect(next.story.at(-1)).toMatchObject({ kind: 'decided', have: 3, need: 3 })
  })

  test('never makes room for the requester', () => {
    const own = apply(asking({ escalate: { after: hour, to: [dana, rio] } }), escalated(1))
    expect(() => apply(own, decided(own, dana, 'approve'))).toThrow(/own_request/)
    expect(own.story.at(-1)).toMatchObject({ kind: 'escalated', to: [rio] })
  })
})

describe('a seat is open', () => {
  const [one, two] = [
    { approvers: [sam, lee], need: 1 },
    { approvers: [lee, kim], need: 1 },
  ]
  const both = asking({ stages: [one, two] })
  test.each<[string, Transfer, readonly number[]]>([
    ['in both stages', both, [0, 1]],
    ['in the other one', apply(both, decided(both, sam, 'approve', [0])), [1]],
    ['in either, as who sits there can move', apply(both, decided(both, lee, 'approve', [0, 1])), [0, 1]],
    ['nowhere', applyAll(both, [decided(both, sam, 'approve', [0]), decided(both, kim, 'approve', [1])]), []],
  ])('%s', (_, transfer, open) => expect(openStages(transfer)).toEqual(open))

  test('for somebody exactly where their yes would count', () => {
    const stage = fc.integer({ min: 0, max: 2 })
    const voters = fc.array(fc.uniqueArray(stage, { minLength: 1 }), { maxLength: 6 })
    const needs = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(needs, voters, fc.uniqueArray(stage, { minLength: 1 }), (need, votes, mine) => {
        const first = asking({ stages: need.map((each) => ({ approvers: [sam], need: each })) })
        const voted = votes.reduce((transfer, on, index) => say(transfer, id(`V${index}`), on) ?? transfer, first)
        const mayCount = mine.some((each) => openStages(voted).includes(each))
        expect(say(voted, kim, mine) !== undefined).toBe(mayCount)
      }),
    )
  })

  /** Undefined where the yes would fill no seat, and is refused. */
  function say(transfer: Transfer, by: string, on: readonly number[]): Transfer | undefined {
    try {
      return apply(transfer, decided(transfer, by, 'approve', on))
    } catch (error) {
      if (error instanceof Refusal) return undefined
      throw error
    }
  }
})

describe('what the outline wants in chat', () => {
  const place = 'slack:T1/CCARDS'
  const card = { state: 'posted', address: place, at: 0, ref: `${place}/1`, link: 'https://chat/card' } as const
  const chat = (mention: readonly string[], more: ChatState['slots'] = {}): ChatState => ({
    slots: { [`card:1:${place}`]: card, ...more },
    cards: { round: 1, addresses: [place] },
    reminder: { round: 1, places: [{ address: place, mention }] },
  })
  const keysOf = (transfer: Transfer, state: ChatState) =>
    outline(transfer, state).flatMap(({ key }) => (/^(remind|tell)/.test(key) ? [key] : []))
  const told = apply(asking({ stages: [{ approvers: [sam, lee], need: 2 }] }), reminded(2))

  test('a reminder below the card, for those who have not said yes meanwhile', () => {
    const [reminder] = outline(told, chat([sam, lee])).filter(({ kind }) => kind === 'reminder')
    expect(reminder).toMatchObject({ mention: [sam, lee], link: card.link, to: { address: place, thread: card.ref } })
    const yes = apply(told, decided(told, sam, 'approve'))
    expect(outline(yes, chat([sam, lee])).find(({ kind }) => kind === 'reminder')).toMatchObject({ mention: [lee] })
    expect(keysOf(yes, chat([sam]))).toEqual([])
  })

  test.each<[string, Transfer]>([
    ['a decision', apply(told, decided(told, sam, 'deny'))],
    ['a wish to cancel', apply(told, { at: at(3), type: 'cancel_asked', by: dana })],
    ['a new round', apply(told, newRound)],
  ])('no reminder after %s, but one that may have been posted is looked for', (_, transfer) => {
    expect(keysOf(transfer, chat([lee]))).toEqual([])
    const posting = { state: 'posting', address: place, at: 0 } as const
    expect(keysOf(transfer, chat([lee], { [`remind:1:${place}`]: posting }))).toEqual([`remind:1:${place}`])
  })

  test('a reminder once: what stands is never drawn again', () => {
    const posted = { state: 'posted', address: place, at: 0, ref: `${place}/2` } as const
    expect(keysOf(told, chat([lee], { [`remind:1:${place}`]: posted }))).toEqual([])
  })

  test('one message for each place that is told silently, but where it was asked, and none of a dry run', () => {
    const rule = { ...told.rule, tell: ['slack:T1/CAUDIT', 'slack:T1/CAUDIT', told.request.origin.address] }
    expect(keysOf({ ...told, rule }, { slots: {} })).toEqual(['tell:slack:T1/CAUDIT'])
    expect(keysOf({ ...told, rule, request: { ...told.request, dryRun: true } }, { slots: {} })).toEqual([])
  })

  test('a silent message without any button, whatever the root has', () => {
    const rootSlot = { key: 'root', kind: 'root' } as const
    const tellSlot = { key: 'tell', kind: 'tell', address: place } as const
    const [root, silent] = [rootSlot, tellSlot].map((slot) => draw(told, slot, at(3), { operators: [] }).view)
    expect(root?.blocks.some(({ kind }) => kind === 'actions')).toBe(true)
    expect(silent?.blocks).toEqual(root?.blocks.filter(({ kind }) => kind !== 'actions'))
  })

  test('says what is missing, until when and where, and mentions nobody else', () => {
    const slot = { key: 'remind', kind: 'reminder', mention: [lee], link: 'https://chat/card' } as const
    const { view } = draw(told, slot, at(2), { operators: [] })
    const text = toMrkdwn([view.text])
    expect(text).toContain('<@ULEE>: 2 approvals of 2 still missing. Decide on <https://chat/card|the card>.')
    expect(text).toContain('It expires')
    expect(text.match(/<@/g)).toHaveLength(1)
  })

  test('the card says to whom it was escalated, and the thread whom it asks', () => {
    const after = apply(told, escalated(4))
    const cardView = draw(after, { key: 'c', kind: 'card', address: place, round: 1 }, at(4), { operators: [] }).view
    expect(JSON.stringify(cardView)).toContain('Escalated ')
    expect(JSON.stringify(cardView)).toContain(rio)
    const index = after.story.length - 1
    const reply = draw(after, { key: 'r', kind: 'reply', index }, at(4), { operators: [] }).view
    expect(toMrkdwn([reply.text])).toContain('within 4 h (0 of 2), so these are asked too and may decide: <@URIO>.')
  })
})
