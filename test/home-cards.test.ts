import { describe, expect, test } from 'vitest'
import { cardLimit, toAdaptiveCard } from '../src/cards/adaptive-card.ts'
import { overviewCards } from '../src/cards/home-cards.ts'
import { toHomeTab } from '../src/cards/home-kit.ts'
import { homeViews } from '../src/cards/home-view.ts'
import { transferAt } from './support/teams-transfers.ts'

const names = { mention: (id: string) => ({ name: 'N'.repeat(30), id }), place: () => 'somewhere' }
const link = `https://teams.microsoft.com/l/message/${'x'.repeat(90)}/1?${'y'.repeat(120)}`
const ids = [...'abcdefghjk'].map((last) => `k3v9x2m${last}`)

describe('a view with ten of everything, names as long as Azure takes them', () => {
  const views = homeOf(10)

  test('is two cards in Teams, which fit and lose no button and no line', () => {
    const cards = overviewCards(views).map((view) => toAdaptiveCard(view, { names, buttons: 'all' }))
    expect(cards).toHaveLength(2)
    for (const card of cards) expect(Buffer.byteLength(JSON.stringify(card))).toBeLessThanOrEqual(cardLimit)
    const [first, second] = cards.map((card) => JSON.stringify(card))
    for (const id of ids) {
      expect(first).toContain(`"title":"Withdraw ${id}…"`)
      expect(second?.split(`**${id}**`)).toHaveLength(3)
    }
    expect([first?.includes('Their 5 cards follow'), second?.includes('As of')]).toEqual([true, true])
  })

  test('is one Home tab in Slack, which says all of it too', () => {
    const { blocks } = toHomeTab(views, [['Your yes is recorded.']])
    expect(blocks.length).toBeLessThanOrEqual(100)
    expect(blocks.filter((block) => JSON.stringify(block).includes('"action_id":"withdraw"'))).toHaveLength(10)
    expect(blocks.filter((block) => JSON.stringify(block).includes('"action_id":"approve"'))).toHaveLength(5)
    const below = JSON.stringify(blocks.slice(-12))
    for (const id of ids) expect(below.split(`\`${id}\``).length, id).toBeGreaterThanOrEqual(3)
    expect(JSON.stringify(blocks.at(-1))).toContain('As of')
  })
})

test('what fits into one card is one', () => {
  expect(overviewCards(homeOf(2))).toHaveLength(1)
})

function homeOf(asked: number) {
  const transfer = transferAt('awaiting_approval')
  const { request } = transfer
  const database = { ...request.database, database: 'd'.repeat(128), server: 's'.repeat(63) }
  const all = ids.map((id) => ({
    transfer: { ...transfer, id, request: { ...request, database } },
    chat: { slots: { root: { state: 'posted' as const, address: 'teams:t/c', at: 1, ref: 'teams:t/c/1', link } } },
  }))
  const more = { waiting: true, asked: true, running: true, ended: true }
  return homeViews({
    at: request.at + 60_000,
    waiting: all,
    asked: all.slice(0, asked),
    running: all,
    ended: all,
    more,
  })
}
