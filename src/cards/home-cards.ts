import type { HomeViews } from './home-view.ts'
import type { View } from './view.ts'

/** With more buttons than these, a card has no room for anything else: Teams takes 28 KB of one, and each unfolds a field. */
const mostButtons = 4

/**
 * What stands above the cards of what waits: one view with everything, or two where a person has so many open requests
 * that their buttons would push the rest out.
 */
export function overviewCards({ top, cards, rest }: HomeViews): readonly View[] {
  const follow = cards.length === 1 ? 'Its card follows.' : `Their ${cards.length} cards follow.`
  const below: View['blocks'] = cards.length === 0 ? [] : [{ kind: 'lines', lines: [[follow]] }]
  const last = rest.blocks.findLastIndex(({ kind }) => kind === 'actions')
  const buttons = rest.blocks.filter(({ kind }) => kind === 'actions').length
  const cut = buttons > mostButtons ? last + 1 : rest.blocks.length
  const first = { text: top.text, blocks: [...top.blocks, ...below, ...rest.blocks.slice(0, cut)] }
  return cut === rest.blocks.length ? [first] : [first, { text: rest.text, blocks: rest.blocks.slice(cut) }]
}
