import { askingDue } from '../transfer/asking-clocks.ts'
import type { Milestone, Principal, Transfer } from '../transfer/model.ts'
import { tally } from '../transfer/quorum.ts'
import { escalatedTo } from '../transfer/stages-now.ts'
import type { Line } from '../transfer/text.ts'
import { people } from './phrases.ts'
import { count, duration } from './quantities.ts'
import { routeTitle } from './route.ts'
import { linesBlock, type View } from './view.ts'

/** More are never mentioned at one place, as whoever finds out whom to remind knows. */
const mostMentioned = 200

/** What the thread tells of the clocks of an asking; whom a reminder is for is mentioned below the cards, not here. */
export function tellClock(milestone: Extract<Milestone, { kind: 'reminded' | 'escalated' }>): Line {
  const { have, need } = milestone
  if (milestone.kind === 'reminded') {
    return [`🔔 Those who can still say yes are reminded (${have} of ${need} so far).`]
  }
  const { after, to } = milestone
  return [
    `⏫ Not enough approvers said yes within ${duration(after)} (${have} of ${need}), so these are asked too and may decide: `,
    ...people(to),
    '.',
  ]
}

/** Below a card: mentions exactly those whose yes would still count, because edits of the card notify nobody. */
export function reminderView(transfer: Transfer, mention: readonly Principal[], link?: string): View {
  const { have, need } = tally(transfer)
  const until = transfer.round?.expiresAt
  const limit: Line = until === undefined ? [] : [' It expires ', { time: until }, '.']
  const card: Line = link === undefined ? ['the card above'] : [{ link, label: 'the card' }]
  const line: Line = [
    ...[
      '🔔 ',
      ...people(mention, mostMentioned),
      `: ${count(need - have, 'approval')} of ${need} still missing. Decide on `,
    ],
    ...[...card, '.', ...limit],
  ]
  return { text: [`${routeTitle(transfer.request)}: `, ...line], blocks: linesBlock([line]) }
}

/** On the card once it was escalated: who may decide beside the approvers of its stages. */
export function escalatedLines(transfer: Transfer): readonly Line[] {
  const { escalated } = transfer
  if (!escalated) return []
  return [['⏫ Escalated ', { time: escalated.at }, ' to ', ...people(escalatedTo(transfer)), ': may decide too.']]
}

/** What happens by itself while nobody decides. */
export function clockWords(transfer: Transfer): Line {
  const { reminded, escalated } = askingDue(transfer)
  return [
    ...(reminded === undefined ? [] : [' Those who have not decided are reminded ', { time: reminded }, '.']),
    ...(escalated === undefined ? [] : [' Others are asked too ', { time: escalated }, '.']),
  ]
}
