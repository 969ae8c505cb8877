import type { HomeView, KnownBlock } from '@slack/types'
import type { Line } from '../transfer/text.ts'
import { blocksOf, linesToBlocks } from './block-kit.ts'
import type { HomeViews } from './home-view.ts'

/** The action ids of what the Home tab has besides the buttons of cards. */
export const homeActions = { request: 'home_request', refresh: 'home_refresh' } as const

/** Blocks that Slack takes in a Home tab. */
const mostBlocks = 100

/**
 * A person's Home tab; `said` is the answer to their last click there and stands above everything. What does not fit is cut
 * from the end, where nothing can be decided: no card loses a part without losing its buttons.
 */
export function toHomeTab({ top, cards, rest }: HomeViews, said: readonly Line[] = []): HomeView {
  const answer: KnownBlock[] = said.length === 0 ? [] : [...linesToBlocks(said), divider]
  const first = [...answer, ...blocksOf(top), ...cards.flatMap((card) => [divider, ...blocksOf(card)]), divider]
  const all = [...first, ...blocksOf(rest)]
  const fitting = all.length < mostBlocks ? all : [...all.slice(0, mostBlocks - 2), ...linesToBlocks([['…']])]
  return { type: 'home', blocks: [buttons, ...fitting] }
}

const divider: KnownBlock = { type: 'divider' }

const buttons: KnownBlock = {
  type: 'actions',
  elements: [
    { type: 'button', action_id: homeActions.request, text: { type: 'plain_text', text: 'Move a database' } },
    { type: 'button', action_id: homeActions.refresh, text: { type: 'plain_text', text: 'Refresh' } },
  ],
}
