import type { Inline, Line } from '../transfer/text.ts'
import { clip, utc } from './phrases.ts'

/** Lines as plain text in one paragraph, where a platform takes no markup: names for links, commands as they are typed. */
export function plainLines(lines: readonly Line[], limit = 1_000): string {
  return clip(lines.map((line) => line.map(plain).join('')).join(' '), limit)
}

function plain(piece: Inline): string {
  if (typeof piece === 'string') return piece
  if ('bold' in piece) return piece.bold
  if ('code' in piece) return piece.code
  if ('mention' in piece) return piece.mention
  if ('place' in piece) return piece.place
  return 'time' in piece ? utc(piece.time) : piece.label
}
