import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Fields, TeamsMessage } from '../sandbox/teams/index.ts'
import { PEOPLE } from '../sandbox/teams/index.ts'
import { checkExchange } from './support/azure-spec.ts'
import { armFor, type CaseRule } from './support/cases.ts'
import { askedIn, teamsCases } from './support/chats.ts'
import { inStatus, jobOf, recordOf } from './support/story.ts'
import {
  allTold,
  askedNow,
  askInTeams,
  buttonsWith,
  cardFor,
  cardsOf,
  flawsOf,
  hasButtons,
  isOpen,
  mentionedIn,
  openCard,
  press,
  refusal,
  rootsOf,
  sentenceOf,
  telling,
  wordsOf,
} from './support/teams-story.ts'
import { startWorld, type World } from './support/world.ts'

const patience = 30_000
const two: CaseRule = { stages: [{ approvers: [PEOPLE.sam, PEOPLE.lee, PEOPLE.ops], need: 2 }] }
const cases: Readonly<Record<string, CaseRule>> = {
  plain: {},
  own: { requesters: [PEOPLE.sam], stages: [{ approvers: [PEOPLE.sam, PEOPLE.lee, PEOPLE.rio] }] },
  both: two,
  turned: two,
  denied: {},
  markup: {},
  expired: { expiry: '4s' },
  rounds: { unnamedConnections: 'ask' },
}
const unnamed = { properties: { status: 'Pending', privateEndpointConnections: [] } }
/** What Teams' markup would make of a reason if it were read as such. */
const expression = `$${'{who}'}`
const markup = `**now** [here](https://evil.example) <at>Rio Costa</at> {{DATE(1999-01-01T00:00:00Z,SHORT)}} ${expression} <b>&amp;</b> `

let world: World
const ids: Record<string, string> = {}
const cards: Record<string, TeamsMessage> = {}
/** The first card of each as Lee has it on screen; it stays there while others decide. */
const first: Record<string, Fields> = {}
beforeAll(async () => {
  world = await startWorld(teamsCases(cases))
  await Promise.all([world.start('bot'), world.start('worker')])
  armFor(world, 'rounds', { name: 'result', action: { kind: 'rewrite', body: unnamed } })
  const asked = Object.keys(cases).map(async (name) => {
    const id = await askInTeams(world, name, { by: name === 'own' ? 'sam' : 'dana' })
    const card = await openCard(world, id)
    ids[name] = id
    cards[name] = card
    first[name] = await cardFor(world, 'lee', card)
  })
  await Promise.all(asked)
})
afterAll(() => world.close())

describe('the card', () => {
  test('has its buttons for approvers alone; the others see how it stands', async () => {
    for (const by of ['sam', 'lee']) expect(hasButtons(await cardFor(world, by, cardOf('plain')))).toBe(true)
    for (const by of ['dana', 'rio', 'ops', 'aud', 'guest']) {
      const card = JSON.stringify(await cardFor(world, by, cardOf('plain')))
      expect(card).not.toContain('"verb":"approve"')
      expect(card).toContain('Needs 1 of 2: <at>Sam Okafor</at>, <at>Lee Novak</at>')
      expect(card).toContain('The approvers of this transfer see Approve and Deny here.')
    }
  })

  test('has none for an approver who asked', async () => {
    expect(hasButtons(await cardFor(world, 'sam', cardOf('own')))).toBe(false)
    expect(hasButtons(await cardFor(world, 'lee', cardOf('own')))).toBe(true)
  })

  test('carries nothing but the transfer and the digest of what it shows', async () => {
    const { transfer, digest } = await askedNow(world, idOf('plain'))
    const sent = JSON.stringify(first.plain).match(/"data":\{[^}]*\}/g) ?? []
    expect(new Set(sent.map((data) => data.replace(/"verb":"\w+",/, '')))).toEqual(
      new Set([`"data":${JSON.stringify({ transfer, digest })}`]),
    )
  })

  test('comes to nobody who could not see it otherwise', async () => {
    const value = { action: { verb: 'refresh', data: { transfer: idOf('plain'), round: 1 } }, trigger: 'automatic' }
    const elsewhere = await world.teams.as('rio').invoke('adaptiveCard/action', value, { in: askedIn('both') })
    expect(elsewhere).toMatchObject({ status: 200, body: { statusCode: 400, type: 'application/vnd.microsoft.error' } })
    expect(JSON.stringify(elsewhere.body)).toContain('This card cannot be shown to you now')
  })
})

describe('a click that does not count is answered to the clicker alone and changes nothing', () => {
  test.each([
    ['the requester', 'dana', 'plain', 'This is your own request'],
    ['the requester, an approver', 'sam', 'own', 'This is your own request'],
    ['a guest', 'guest', 'plain', 'Guests can neither ask nor decide'],
    ['somebody of another tenant', 'stranger', 'plain', 'Only members of this workspace or organization'],
    ['somebody in the channel', 'rio', 'plain', 'You are not an approver of this transfer'],
    ['an operator', 'ops', 'plain', 'You are not an approver of this transfer'],
    ['an auditor', 'aud', 'plain', 'You are not an approver of this transfer'],
  ])('of %s', async (_, by, name, says) => {
    const card = first[name] ?? {}
    for (const verb of ['approve', 'deny'] as const) {
      const click = () => press(world, by, cardOf(name), verb, { card, shared: true })
      expect(await refusal(world, idOf(name), click)).toContain(says)
    }
  })

  test.each([
    ['another digest', () => ({ transfer: idOf('plain'), digest: '0'.repeat(32) }), 'Decide on the newest card'],
    [
      'a transfer that does not exist',
      () => ({ transfer: 'k3v9x2mq', digest: '0'.repeat(32) }),
      'There is no transfer',
    ],
    ['no transfer', () => ({ transfer: 'approve-it', digest: '' }), 'There is no transfer'],
  ])('with %s in its button', async (_, data, says) => {
    const click = () => press(world, 'sam', cardOf('plain'), 'approve', { card: buttonsWith(data()) })
    expect(await refusal(world, idOf('plain'), click)).toContain(says)
  })

  test('that comes from another tenant does not even get in', async () => {
    await allTold(world, idOf('plain'))
    const before = await recordOf(world, idOf('plain'))
    const { status } = await press(world, 'stranger', cardOf('plain'), 'approve', { card: first.plain ?? {} })
    expect(status).toBe(403)
    expect((await recordOf(world, idOf('plain')))?.transfer.version).toBe(before?.transfer.version)
  })
})

describe.concurrent('a click that comes late changes nothing either', () => {
  test('on an expired card', async () => {
    await inStatus(world, idOf('expired'), 'expired')
    await world.teams.until(() => wordsOf(cardOf('expired')).includes('⌛ Expired'), patience)
    expect(await late('expired', 'lee')).toContain('The time to decide is over')
    const last = wordsOf(await telling(world, 'expired', 'has expired'))
    expect(last).toContain('ask again: /export expired to expired')
    expect(['failed', 'cancelled']).toContain((await jobOf(world, 'expired')).phase)
  })

  test('on a card that a new round has replaced', async () => {
    const id = idOf('rounds')
    expect(wordsOf(cardOf('rounds'))).toContain('Azure did not name the connections of this operation')
    world.azure.disarm()
    const newer = await world.teams.until(() => cardsOf(world, id, 2).find(isOpen), patience)
    await world.teams.until(() => wordsOf(cardOf('rounds')).includes('Replaced by round 2'), patience)
    expect(await late('rounds', 'lee')).toContain('it was replaced by round 2')
    expect(sentenceOf(await press(world, 'lee', newer, 'approve'))).toContain('Your yes is recorded')
    await inStatus(world, id, 'succeeded')
  })

  test('of whoever comes second', async () => {
    expect(sentenceOf(await press(world, 'rio', cardOf('own'), 'approve'))).toContain('That is enough')
    await inStatus(world, idOf('own'), 'succeeded')
    await world.teams.until(() => !isOpen(cardOf('own')), patience)
    for (const by of ['sam', 'lee', 'rio']) expect(hasButtons(await cardFor(world, by, cardOf('own')))).toBe(false)
    expect(await late('own', 'lee')).toContain('This is decided already: Rio Costa said yes')
  })
})

describe('a no', () => {
  test('needs a reason for a no, in the card and behind it', async () => {
    const deny = (reason: string, sent = reason) => {
      const change = (activity: Fields): Fields => JSON.parse(JSON.stringify(activity).replace(reason, sent))
      return press(world, 'lee', cardOf('plain'), 'deny', { reason, change, card: first.plain ?? {} })
    }
    await expect(deny('   ')).rejects.toThrow('Say in a few words why.')
    expect(await refusal(world, idOf('plain'), () => deny('why', ' '))).toContain('A reason is needed')
    await expect(deny('y'.repeat(501))).rejects.toThrow('(input reason)')
    const long = await refusal(world, idOf('plain'), () => deny('why', 'x'.repeat(501)))
    expect(long).toContain('The reason has 501 characters, and 500 fit')
  })
})

describe.concurrent('a decision', () => {
  test('of two people is shown as it grows, and counts each once', async () => {
    const id = idOf('both')
    const card = cardOf('both')
    const yes = sentenceOf(await press(world, 'sam', card, 'approve'))
    expect(yes).toContain('(1 of 2). Until enough people have said yes, Deny takes it back')
    await world.teams.until(() => wordsOf(card).includes('Yes so far: @Sam Okafor.'), patience)
    await telling(world, 'both', '@Sam Okafor approved this (1 of 2)')
    await world.teams.until(() => wordsOf(rootsOf(world, id)[0] ?? card).includes('1 more approval'), patience)
    for (const by of ['sam', 'lee', 'ops']) expect(hasButtons(await cardFor(world, by, card))).toBe(true)
    expect(hasButtons(await cardFor(world, 'rio', card))).toBe(false)
    const again = await refusal(world, id, () => press(world, 'sam', card, 'approve'))
    expect(again).toContain('Your yes is already counted')
    expect(sentenceOf(await press(world, 'ops', card, 'approve'))).toContain('(2 of 2). That is enough')
    await inStatus(world, id, 'succeeded')
    await world.teams.until(() => wordsOf(card).includes('👍 Approved by @Sam Okafor, @Olu Adeyemi, '), patience)
  })

  test('turns from yes into no', async () => {
    sentenceOf(await press(world, 'sam', cardOf('turned'), 'approve'))
    await world.teams.until(() => wordsOf(cardOf('turned')).includes('Yes so far: @Sam Okafor'), patience)
    const no = sentenceOf(await press(world, 'sam', cardOf('turned'), 'deny', { reason: 'on second thought' }))
    expect(no).toContain('Your yes is taken back, and your no is recorded')
    await inStatus(world, idOf('turned'), 'denied')
    expect(wordsOf(await telling(world, 'turned', 'was denied'))).toContain('“on second thought”')
  })

  test('keeps the card’s body and shows everyone who denied, when and why', async () => {
    const id = idOf('denied')
    const before = wordsOf(cardOf('denied'))
    sentenceOf(await press(world, 'lee', cardOf('denied'), 'deny', { reason: 'month end closing' }))
    await inStatus(world, id, 'denied')
    await world.teams.until(() => !isOpen(cardOf('denied')), patience)
    const after = wordsOf(cardOf('denied'))
    for (const kept of ['@Dana Ito asks for this', 'sql-denied', 'connection ImportExportPrivateLink_SQL']) {
      expect(before).toContain(kept)
      expect(after).toContain(kept)
    }
    expect(after).toMatch(/⛔ Denied by @Lee Novak, \d{4}-\d\d-\d\d \d\d:\d\d UTC: “month end closing”/)
    const last = await telling(world, 'denied', 'was denied')
    for (const part of ['Denied by @Lee Novak', 'ended without data', '/export denied to denied']) {
      expect(wordsOf(last)).toContain(part)
    }
    expect(mentionedIn(last)).toEqual(expect.arrayContaining([PEOPLE.dana, PEOPLE.lee]))
    const states = world.azure.state.connections.filter(({ parent }) => parent === 'sql-denied')
    expect(states.filter(({ status }) => status === 'Approved')).toEqual([])
  })

  test('shows a long reason as it was typed, and nothing in it is markup', async () => {
    const reason = markup.padEnd(500, 'and so on ')
    sentenceOf(await press(world, 'sam', cardOf('markup'), 'deny', { reason }))
    const last = await telling(world, 'markup', 'was denied')
    await world.teams.until(() => !isOpen(cardOf('markup')), patience)
    for (const message of [last, cardOf('markup')]) {
      const json = JSON.stringify(message.attachments)
      for (const live of ['**now**', '](https://evil', '<at>Rio', '{{DATE(1999', '<b>'])
        expect(json).not.toContain(live)
      expect(wordsOf(message)).toContain('and so on and so on')
      expect(wordsOf(message)).toContain(expression)
      expect(mentionedIn(message)).not.toContain(PEOPLE.rio)
    }
  })
})

test('Teams took everything but what came from another tenant', () => {
  const { id: user } = world.teams.as('stranger').user
  expect(flawsOf(world, expression)).toEqual([expect.objectContaining({ user, error: 'http_error' })])
})

test('every request and every answer is as the specification has it', () => {
  expect(world.azure.state.requests.flatMap(checkExchange)).toEqual([])
})

function idOf(name: string): string {
  return ids[name] ?? ''
}

function cardOf(name: string): TeamsMessage {
  const card = cards[name]
  if (!card) throw new Error(`there is no card for ${name}`)
  return card
}

/** A click on the first card, which somebody still has on screen. */
function late(name: string, by: string): Promise<string> {
  return refusal(world, idOf(name), () => press(world, by, cardOf(name), 'approve', { card: first[name] ?? {} }))
}
