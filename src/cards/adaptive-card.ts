import type { Line } from '../transfer/text.ts'
import { type MentionEntity, mentionBook, type Names } from './adaptive-names.ts'
import { type Steps, stepsOf } from './adaptive-steps.ts'
import { expander } from './adaptive-template.ts'
import { type Calls, toCardText, toPlainText } from './adaptive-text.ts'
import template from './templates/card.json' with { type: 'json' }
import { type Block, linesBlock, type View } from './view.ts'

export { mentionedIn, mentionedInLines, type Names } from './adaptive-names.ts'
export { toPlainText } from './adaptive-text.ts'

export type CardOptions = {
  names: Names
  /** `none`: whoever reads this has no buttons here (its approvers get theirs by refresh); a line says so. */
  buttons: 'all' | 'none'
  /** Whose clients fetch a view of their own (MRIs; Teams takes 60 at most), and what comes back with it. */
  refresh?: { userIds: readonly string[]; data: Readonly<Record<string, unknown>> }
}

export type AdaptiveCard = {
  type: 'AdaptiveCard'
  version: '1.5'
  fallbackText: string
  refresh?: {
    action: { type: 'Action.Execute'; verb: 'refresh'; data: Readonly<Record<string, unknown>> }
    userIds: readonly string[]
  }
  body: readonly { type: string; [property: string]: unknown }[]
  msteams: { width: 'Full'; entities: readonly MentionEntity[] }
}

/** The most that a card takes as JSON, in bytes. */
export const cardLimit = 28 * 1024

/** A view as Teams takes it: at most 28 KB, and with text that forms no mention, link, date or markup of its own. */
export function toAdaptiveCard(view: View, options: CardOptions): AdaptiveCard {
  for (const room of rooms) {
    const card = cardOf(view, options, room)
    if (Buffer.byteLength(JSON.stringify(card)) <= cardLimit) return card
  }
  return cardOf(view, options, tightest)
}

/** Lines of a private answer as a small card. */
export function linesCard(lines: readonly Line[], names: Names): AdaptiveCard {
  const text = lines.flatMap((line, index): Line => (index === 0 ? line : [' ', ...line]))
  return toAdaptiveCard({ text, blocks: linesBlock(lines) }, { names, buttons: 'all' })
}

type Room = { text: number; many: number; mentions: boolean }

/** Characters a text, and pieces a block or a card: the first of them that gives a card which is small enough is taken. */
const rooms: readonly Room[] = [
  { text: 2000, many: 60, mentions: true },
  { text: 1000, many: 60, mentions: true },
  { text: 500, many: 40, mentions: true },
  { text: 250, many: 25, mentions: true },
  { text: 120, many: 15, mentions: true },
]
/** Small enough whatever comes; without mentions, because each of them takes more than its name. */
const tightest: Room = { text: 40, many: 6, mentions: false }

const most = { title: 150, label: 60, fallback: 500, refreshed: 60 }
const expand = expander(template)

function cardOf(view: View, { names, buttons, refresh }: CardOptions, room: Room): AdaptiveCard {
  const book = mentionBook(room.mentions ? names : withoutIds(names))
  const calls: Calls = { mention: book.markupOf, place: names.place }
  const steps = stepsOf(view, (line) => toCardText(line, calls, room.text))
  const blocks = fewBlocks(view.blocks, room.many).map((block) => shown(block, calls, room, steps))
  const card = expand({
    // Clients show it as the text of a card.
    fallbackText: toCardText([toPlainText([view.text], names)], calls, Math.min(room.text, most.fallback)),
    blocks,
    entities: book.entitiesIn(JSON.stringify(blocks)),
    buttons,
    ...(refresh ? { refresh: { ...refresh, userIds: refresh.userIds.slice(0, most.refreshed) } } : {}),
  }) as AdaptiveCard
  // The template leaves null where it leaves out a property.
  const { refresh: asked, ...rest } = card
  return asked ? card : rest
}

function withoutIds(names: Names): Names {
  return { ...names, mention: (each) => ({ name: names.mention(each).name }) }
}

/** A block as the template shows it; a divider before it is a line above it. */
type Shown = { kind: Block['kind']; separator: boolean; [property: string]: unknown }

function shown({ block, separator }: Placed, calls: Calls, { text, many }: Room, steps: Steps): Shown {
  const { kind } = block
  const textOf = (line: Line): string => toCardText(line, calls, text)
  switch (kind) {
    case 'title':
      return { kind, separator, text: toCardText([block.text], calls, Math.min(text, most.title)) }
    case 'lines':
      return { kind, separator, lines: few(block.lines, many, ['…']).map((line) => ({ text: textOf(line) })) }
    case 'facts': {
      const label = Math.min(text, most.label)
      const facts = few(block.facts, many, { label: '…', value: [] })
      const both = facts.map((fact) => ({ title: toCardText([fact.label], calls, label), value: textOf(fact.value) }))
      return { kind, separator, facts: both }
    }
    case 'note':
      return { kind, separator, text: textOf(block.line) }
    case 'actions':
      return {
        kind,
        separator,
        asksToDecide: block.buttons.some(({ id }) => id === 'approve'),
        ...steps(block.buttons),
      }
    case 'divider':
      return { kind, separator }
  }
}

type Placed = { block: Block; separator: boolean }

/** Buttons are never among what is cut. */
function fewBlocks(blocks: readonly Block[], many: number): readonly Placed[] {
  const placed = blocks
    .map((block, index) => ({ block, separator: blocks[index - 1]?.kind === 'divider' }))
    .filter(({ block }) => block.kind !== 'divider' && !(block.kind === 'lines' && block.lines.length === 0))
  if (placed.length <= many) return placed
  const actions = placed.filter(({ block }) => block.kind === 'actions').slice(0, 1)
  const rest = placed.filter(({ block }) => block.kind !== 'actions').slice(0, many)
  return [...rest, { block: { kind: 'note', line: ['…'] }, separator: false }, ...actions]
}

function few<T>(all: readonly T[], many: number, more: T): readonly T[] {
  return all.length > many ? [...all.slice(0, many), more] : all
}
