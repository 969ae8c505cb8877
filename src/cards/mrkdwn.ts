import type { Inline, Line } from '../transfer/text.ts'
import { utc } from './phrases.ts'

/** The most that a private answer says, in characters of Slack's markup: what is longer, Slack may cut. */
export const answerLimit = 3_900

/**
 * Lines in Slack's markup, of at most `limit` characters; what is too long is cut between pieces or inside of text,
 * never inside of an entity, a mention or a link. Text forms no markup: only `Inline` objects do.
 */
export function toMrkdwn(lines: readonly Line[], limit = 3000): string {
  const pieces = lines.flatMap((line, index): Line => (index === 0 ? line : [newline, ...line]))
  let out = ''
  for (const [index, piece] of pieces.entries()) {
    const room = limit - out.length
    // Room for the ellipsis is kept unless this piece is the last.
    const last = index === pieces.length - 1
    const whole = render(piece)
    if (whole.length <= (last ? room : room - 1)) {
      out += whole
      continue
    }
    return `${out}${cut(piece, room - 1)}…`.slice(0, limit)
  }
  return out
}

const newline = { bold: '\n' } as const

function render(piece: Inline): string {
  if (piece === newline) return '\n'
  if (typeof piece === 'string') return escapeEntities(neutral(oneLine(piece)))
  if ('bold' in piece) return wrapped('*', escapeEntities(neutral(oneLine(piece.bold))))
  if ('code' in piece) return wrapped('`', escapeEntities(oneLine(piece.code).replaceAll('`', '´')))
  if ('mention' in piece) return mention(piece.mention)
  if ('place' in piece) return place(piece.place)
  if ('time' in piece) return time(piece.time)
  return link(piece.link, piece.label)
}

/** As much of a piece as fits; mentions, times and links go whole or not at all. */
function cut(piece: Inline, room: number): string {
  const [text, again] = reader(piece)
  if (text === undefined) return ''
  const characters = [...text.slice(0, Math.max(0, room))]
  // A longer text is never shorter as markup, so halving finds the longest that fits.
  let [fits, tooMany] = [0, characters.length + 1]
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2)
    if (render(again(characters.slice(0, middle).join(''))).length <= room) fits = middle
    else tooMany = middle
  }
  return fits === 0 ? '' : render(again(characters.slice(0, fits).join('')))
}

function reader(piece: Inline): [text: string | undefined, again: (text: string) => Inline] {
  if (typeof piece === 'string') return [piece, (text) => text]
  if ('bold' in piece) return [piece === newline ? undefined : piece.bold, (bold) => ({ bold })]
  if ('code' in piece) return [piece.code, (code) => ({ code })]
  return [undefined, (text) => text]
}

function wrapped(mark: string, text: string): string {
  return text.trim() === '' ? text : `${mark}${text}${mark}`
}

function escapeEntities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Characters that would format become look-alikes; an underscore inside of a word stays, because names have them. */
function neutral(text: string): string {
  return text
    .replaceAll('*', '∗')
    .replaceAll('`', '´')
    .replaceAll('~', '∼')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, 'ˍ')
    .replace(/^>/, '›')
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}

function mention(principal: string): string {
  const id = /^slack:[^/]*\/([UWS][A-Z0-9]+)$/.exec(principal)?.[1]
  if (id === undefined) return render({ code: principal })
  return id.startsWith('S') ? `<!subteam^${id}>` : `<@${id}>`
}

function place(address: string): string {
  const id = /^slack:[^/]*\/([A-Z][A-Z0-9]+)$/.exec(address)?.[1]
  if (id === undefined) return render({ code: address })
  if (id.startsWith('D')) return 'a direct message'
  return /^[UW]/.test(id) ? `<@${id}>` : `<#${id}>`
}

function time(at: number): string {
  const known = Number.isFinite(at) && at >= 0
  return known ? `<!date^${Math.floor(at / 1000)}^{date_short_pretty} {time}|${utc(at)}>` : utc(at)
}

function link(url: string, label: string): string {
  const text = escapeEntities(neutral(oneLine(label))).replaceAll('|', '¦')
  if (!/^https?:\/\/[^\s<>|]+$/i.test(url)) return text
  return `<${url.replaceAll('&', '&amp;')}|${text || 'link'}>`
}
