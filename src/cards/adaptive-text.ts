import type { Address, Principal } from '../transfer/model.ts'
import type { Inline, Line } from '../transfer/text.ts'
import { clip, utc } from './phrases.ts'

/** How a card calls people and places; `whole` is markup that must not be cut. */
export type Calls = {
  mention(principal: Principal): { text: string; whole: boolean }
  place(address: Address): string
}

/**
 * A line in the Markdown of a TextBlock or Fact, of at most `limit` characters; what is too long is cut between pieces or
 * inside of text, never inside of a mention, a link or a time. Text forms no markup: only `Inline` objects do.
 */
export function toCardText(line: Line, calls: Calls, limit: number): string {
  let out = ''
  for (const [index, inline] of line.entries()) {
    const piece = render(inline, calls)
    const whole = joined(out, marked(piece))
    // Room for the ellipsis is kept unless this piece is the last.
    if (whole.length <= (index === line.length - 1 ? limit : limit - 1)) {
      out = whole
      continue
    }
    return plainStart(`${joined(out, cut(piece, limit - 1 - out.length))}…`)
  }
  return plainStart(out)
}

/** Lines as one line of text without any markup, times in UTC, of at most `limit` characters. */
export function toPlainText(
  lines: readonly Line[],
  names: { mention(principal: Principal): { name: string }; place(address: Address): string },
  limit = 500,
): string {
  const calls: Calls = { mention: (each) => ({ text: names.mention(each).name, whole: false }), place: names.place }
  const text = oneLine(lines.map((line) => line.map((piece) => plain(piece, calls)).join('')).join(' ')).trim()
  return text.length > limit ? `${shortened(text, limit - 1)}…` : text
}

/**
 * Text that reads as it stands, on one line. Characters that would format become look-alikes instead of being escaped:
 * the clients on phones show a backslash as it is, and still make a link of the brackets behind it.
 */
export function literal(text: string): string {
  return oneLine(text)
    .replace(/[<>*`~\\]/g, alike)
    .replace(/&(?=#?\w+;)/g, alike)
    .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, alike)
    .replace(opensMarkup, alike)
}

/** `](`, `]:` and `][` make links, `![` an image, `{{` a date: the first of the two characters gives way. */
const opensMarkup = /\](?=[([:])|!(?=\[)|\{(?=\{)/g

const lookAlikes: Readonly<Record<string, string>> = {
  '<': '‹',
  '>': '›',
  '*': '∗',
  '`': '´',
  '~': '∼',
  '\\': '∖',
  '&': '＆',
  _: 'ˍ',
  '[': '［',
  ']': '］',
  '!': '！',
  '{': '｛',
  '-': '‐',
  '+': '＋',
  '#': '＃',
  '=': '＝',
  '.': '․',
  ')': '❩',
}

function alike(character: string): string {
  return lookAlikes[character] ?? character
}

type Piece = { text: string; mark: '' | '**'; whole: boolean }

function render(piece: Inline, calls: Calls): Piece {
  if (typeof piece === 'string') return text(piece)
  if ('bold' in piece) return { ...text(piece.bold), mark: '**' }
  // Cards know no inline code; bold stands apart and copies without anything around it.
  if ('code' in piece) return { ...text(piece.code), mark: '**' }
  if ('mention' in piece) return { ...calls.mention(piece.mention), mark: '' }
  if ('place' in piece) return text(calls.place(piece.place))
  if ('time' in piece) return time(piece.time)
  return link(piece.link, piece.label)
}

function plain(piece: Inline, calls: Calls): string {
  if (typeof piece === 'string') return piece
  if ('bold' in piece) return piece.bold
  if ('code' in piece) return piece.code
  if ('mention' in piece) return calls.mention(piece.mention).text
  if ('place' in piece) return calls.place(piece.place)
  return 'time' in piece ? utc(piece.time) : piece.label
}

function text(raw: string): Piece {
  const enough = raw.length > longest ? `${shortened(raw, longest)}…` : raw
  return { text: literal(enough), mark: '', whole: false }
}

/** More than any text of a card has room for. */
const longest = 4000

/** Each client shows its own zone. Its functions know no milliseconds and only years of four digits. */
function time(at: number): Piece {
  const iso = Math.abs(at) < 8.64e15 ? new Date(at).toISOString().replace(/\.\d+Z$/, 'Z') : ''
  if (!/^\d{4}-/.test(iso)) return text(utc(at))
  return { text: `{{DATE(${iso},SHORT)}} {{TIME(${iso})}}`, mark: '', whole: true }
}

function link(url: string, label: string): Piece {
  const shown = literal(clip(label, 100)).replace(/[[\]]/g, alike).trim() || 'link'
  if (!URL.canParse(url) || !/^https?:\/\/[^\s]+$/i.test(url)) return text(label)
  const target = new URL(url).href.replace(/[^\w\-.~:/?#@!$&'+,;=%]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, percent)
  return { text: `[${shown}](${target})`, mark: '', whole: true }
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

/** Emphasis must touch its text, so spaces at the edges stay outside. */
function marked({ text, mark }: Piece): string {
  return mark === '' ? text : text.replace(/\S(?:.*\S)?/s, (inner) => `${mark}${inner}${mark}`)
}

/** As much of a piece as fits. */
function cut(piece: Piece, room: number): string {
  if (piece.whole) return ''
  return marked({ ...piece, text: literal(shortened(piece.text, room - 2 * piece.mark.length)) })
}

function shortened(text: string, most: number): string {
  return text.slice(0, Math.max(0, most)).replace(/[\ud800-\udbff]$/, '')
}

/** Two pieces form no markup where they meet; emphasis that ends where the next begins is one. */
function joined(before: string, after: string): string {
  if (before.endsWith('**') && after.startsWith('**')) return joined(before.slice(0, -2), after.slice(2))
  const kept = /^#?\w*;/.test(after) ? before.replace(/&(?=#?\w*$)/, alike) : before
  const seam = kept.slice(-1) + after.slice(0, 1)
  return kept.slice(0, -1) + seam.replace(opensMarkup, alike) + after.slice(1)
}

/** Lists, headings and rules begin a line. */
function plainStart(line: string): string {
  return line.trim().replace(/^(\d*)([-+#=]|(?<=\d)[.)])/, (_, digits: string, sign: string) => digits + alike(sign))
}

/** Without control characters and those that turn the direction of text or can't be seen. */
function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
}
