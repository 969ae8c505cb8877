import type { Millis, Transfer } from '../transfer/model.ts'
import { postedRoot } from '../transfer/outline.ts'
import type { Stored } from '../transfer/ports.ts'
import type { Inline, Line } from '../transfer/text.ts'
import { approvalCard } from './approval-card.ts'
import { withdrawButton } from './click-buttons.ts'
import { example, forms } from './forms.ts'
import { headline } from './headline.ts'
import { code, person } from './phrases.ts'
import { count } from './quantities.ts'
import { type Block, linesBlock, type View } from './view.ts'

/** What concerns one person now, as far as it is shown; `more` says of which there are others. */
export type Home = {
  at: Millis
  /** Transfers in which this person's yes would count; undefined while nobody can say who is in which group. */
  waiting: readonly Shown[] | undefined
  asked: readonly Shown[]
  running: readonly Shown[]
  ended: readonly Shown[]
  more: Readonly<Record<'waiting' | 'asked' | 'running' | 'ended', boolean>>
  /** Not all transfers were looked at, only the newest so many. */
  unread?: number
}

type Shown = Pick<Stored, 'transfer' | 'chat'>

/** The same as views: what stands above the cards, the cards of what waits, with their buttons, and what stands below. */
export type HomeViews = { top: View; cards: readonly View[]; rest: View }

/** The most cards that are shown whole; what is shown with buttons is never cut. */
const mostCards = 5
const mostLines = 10

/** What a person sees at home, in the order in which it matters to them. */
export function homeViews(home: Home): HomeViews {
  const { waiting = [] } = home
  const whole = waiting.slice(0, mostCards)
  return {
    top: { text: [summaryOf(home)], blocks: topBlocks(home, waiting.slice(mostCards)) },
    cards: whole.map(({ transfer }) => approvalCard(transfer, transfer.round?.number ?? 1)),
    rest: { text: [summaryOf(home)], blocks: restBlocks(home) },
  }
}

/** A sentence instead, for whom there is nothing. */
export function noHome(lines: readonly Line[]): HomeViews {
  const text = lines.flatMap((line, index): Line => (index === 0 ? line : [' ', ...line]))
  return { top: { text, blocks: linesBlock(lines) }, cards: [], rest: { text: [], blocks: [] } }
}

/** The same in words alone, for an answer without buttons. */
export function homeLines(home: Home): readonly Line[] {
  const { top, rest } = homeViews({ ...home, waiting: home.waiting && [] })
  const waiting = (home.waiting ?? []).slice(0, mostLines).map((each) => itemLine(each, home.at, 'card'))
  const older = home.waiting && home.waiting.length > mostLines ? [moreLine('pending')] : []
  const plain =
    home.waiting && home.waiting.length > 0 ? [[{ bold: waitingTitle(home) }], ...waiting, ...older] : linesOf(top)
  return [...plain, ...linesOf(rest)]
}

function topBlocks(home: Home, rest: readonly Shown[]): readonly Block[] {
  const { waiting, at, more } = home
  const title: Block = { kind: 'title', text: waitingTitle(home) }
  if (!waiting) return [title, ...linesBlock([unreadGroups])]
  if (waiting.length === 0) return [title, ...linesBlock([['Nothing waits for you.']])]
  const shown = rest.slice(0, mostLines)
  const left = rest.length > shown.length || more.waiting
  return [
    title,
    ...linesBlock([...shown.map((each) => itemLine(each, at, 'card')), ...(left ? [moreLine('pending')] : [])]),
  ]
}

function restBlocks(home: Home): readonly Block[] {
  const { at, asked, running, ended, more, unread } = home
  const nothing: Line = ['You have nothing open. Ask for something: ', code(example), '.']
  const unseen: readonly Block[] =
    unread === undefined
      ? []
      : linesBlock([[`Only the newest ${unread} transfers were looked at; older ones are not shown.`]])
  return [
    { kind: 'title', text: titled('Asked for by you', asked, more.asked) },
    ...(asked.length === 0 ? linesBlock([nothing]) : asked.flatMap((each) => askedBlocks(each, at))),
    ...(more.asked ? linesBlock([moreLine('mine')]) : []),
    ...section('Running', {
      shown: running,
      more: more.running,
      at,
      none: 'Nothing else is under way.',
      list: 'running',
    }),
    ...section('Ended in the last 7 days', {
      ...{ shown: ended, more: more.ended, at, none: 'Nothing has ended.', list: 'ended' },
    }),
    ...unseen,
    { kind: 'note', line: ['As of ', { time: at }, '.'] },
  ]
}

/** One open request of the person; what they may do with it belongs below its line. */
function askedBlocks(shown: Shown, at: Millis): readonly Block[] {
  const { transfer } = shown
  const button = withdrawButton(transfer)
  // With its id on it, it cannot be taken for that of another request.
  const buttons = button ? [{ ...button, label: `Withdraw ${transfer.id}…` }] : []
  return [
    ...linesBlock([itemLine(shown, at, 'story')]),
    ...(buttons.length > 0 ? [{ kind: 'actions' as const, buttons }] : []),
  ]
}

function section(
  title: string,
  { shown, more, at, none, list }: { shown: readonly Shown[]; more: boolean; at: Millis; none: string; list: string },
): readonly Block[] {
  const lines = shown.map(
    (each): Line => [...itemLine(each, at, 'story'), ', asked for by ', person(each.transfer.request.by)],
  )
  const rest = more ? [moreLine(list)] : []
  return [
    { kind: 'title', text: titled(title, shown, more) },
    ...linesBlock(shown.length === 0 ? [[none]] : [...lines, ...rest]),
  ]
}

function itemLine({ transfer, chat }: Shown, at: Millis, to: 'card' | 'story'): Line {
  const link = (to === 'card' ? cardLink({ transfer, chat }) : undefined) ?? postedRoot(chat)?.link
  const where: readonly Inline[] = link === undefined ? [] : [' · ', { link, label: to === 'card' ? 'card' : 'thread' }]
  return [...headline(transfer, at, code(transfer.id)), ...where]
}

/** A card of the newest round, wherever one stands. */
function cardLink({ transfer, chat }: { transfer: Transfer; chat: Stored['chat'] }): string | undefined {
  const key = `card:${transfer.round?.number}:`
  return Object.entries(chat.slots).find(([name, { link }]) => name.startsWith(key) && link !== undefined)?.[1].link
}

function moreLine(list: string): Line {
  return ['There are more: ', code(`${forms.list} ${list}`), '.']
}

function waitingTitle({ waiting, more }: Home): string {
  return titled('Waiting for you', waiting ?? [], more.waiting)
}

function titled(title: string, shown: readonly Shown[], more: boolean): string {
  return shown.length === 0 ? title : `${title} (${shown.length}${more ? '+' : ''})`
}

function summaryOf({ waiting, asked }: Home): string {
  const mine = asked.length === 0 ? '' : `; ${count(asked.length, 'open request')} of yours`
  if (!waiting) return `What waits for you cannot be read now${mine}.`
  const some = waiting.length === 1 ? '1 transfer waits' : `${waiting.length} transfers wait`
  return waiting.length === 0 ? `Nothing waits for you${mine}.` : `${some} for you${mine}.`
}

const unreadGroups: Line = [
  'Who is in which group cannot be read now, so it is not known what waits for you, and only what you asked for yourself is shown. Try again in a minute.',
]

function linesOf({ blocks }: View): readonly Line[] {
  return blocks.flatMap((block): readonly Line[] => {
    if (block.kind === 'title') return [[{ bold: block.text }]]
    if (block.kind === 'lines') return block.lines
    return block.kind === 'note' ? [block.line] : []
  })
}
