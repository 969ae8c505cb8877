import ms from 'ms'
import { z } from 'zod'
import { Refusal } from './errors.ts'
import { takeFlag } from './flags.ts'
import type { Millis } from './model.ts'
import { didYouMean } from './near.ts'
import { takeWord } from './words.ts'

/** What a list may be narrowed down to, by a word. */
export const listKinds = ['pending', 'mine', 'running', 'failed', 'ended', 'all'] as const
export type ListKind = (typeof listKinds)[number]

/** From when on: a time, or so many milliseconds before now. */
export type Since = { at: Millis } | { ago: Millis }

/** A list that is asked for. `database` is as typed; `bare` says that it stood there without the word for it. */
export type ListIntent = { kind: 'list'; which?: ListKind; database?: string; bare?: true; since?: Since }

/** Reads `list [pending|mine|…] [database <name>] [--since 7d]`, in any order. Throws `Refusal` for a word that makes no sense. */
export function readList(text: string): ListIntent {
  const asked: ListIntent = { kind: 'list' }
  for (let rest = text; rest.trim() !== ''; ) rest = readPart(rest, asked)
  return asked
}

/** Reads the name in `history <database>`. Throws `Refusal` when there is none, or more than one word. */
export function readHistory(text: string): string {
  const named = takeWord(withoutWord(text, 'of') || text)
  const first = /^database$/i.test(named.text) && named.rest !== '' ? takeWord(named.rest) : named
  const name = first.text.replace(/^[@#]/, '')
  if (name === '') throw new Refusal('missing_history', { verb: 'history' })
  const more = takeWord(first.rest)
  if (more.text !== '') throw new Refusal('unexpected_word', { verb: 'history', word: clip(more.text) })
  return name
}

function readPart(text: string, asked: ListIntent): string {
  const flag = takeFlag(text.trimStart())
  if (flag) {
    if (flag.name !== 'since') throw unknownFlag(flag.name)
    return readSince(flag.rest, asked)
  }
  const word = takeWord(text)
  const typed = word.text.toLowerCase()
  // A phone turns the two dashes before an option into one, and sets it apart.
  if (/^[-\u2012-\u2015\u2212]*$/.test(word.text)) return word.rest
  if (!word.quoted && typed === 'since') return readSince(word.rest, asked)
  const which = word.quoted ? undefined : listKinds.find((each) => each === typed)
  if (which) {
    if (asked.which !== undefined) throw new Refusal('list_twice', { one: asked.which, other: which })
    asked.which = which
    return word.rest
  }
  if (word.quoted || typed !== 'database') return readName(word.text, word.rest, asked, true)
  const name = takeWord(word.rest)
  if (name.text === '') throw new Refusal('missing_list_database')
  return readName(name.text, name.rest, asked, false)
}

function readName(typed: string, rest: string, asked: ListIntent, bare: boolean): string {
  const name = typed.replace(/^[@#]/, '')
  if (asked.database !== undefined) throw new Refusal('unexpected_word', { verb: 'list', word: clip(typed) })
  asked.database = name
  if (bare) asked.bare = true
  return rest
}

function readSince(text: string, asked: ListIntent): string {
  if (asked.since !== undefined) throw new Refusal('flag_twice', { flag: '--since' })
  const word = takeWord(text.replace(/^\s*[:=]/, ''))
  if (word.text === '') throw new Refusal('flag_without_value', { flag: '--since' })
  // "2 weeks" is written with a space as often as without.
  const unit = /^\d+$/.test(word.text) ? takeWord(word.rest) : undefined
  const joined = unit && /^[a-z]+$/i.test(unit.text) ? unit : undefined
  asked.since = sinceOf(joined ? `${word.text} ${joined.text}` : word.text)
  const { rest } = joined ?? word
  return 'ago' in asked.since ? withoutWord(rest, 'ago') : rest
}

const day = z.iso.date()
const moment = z.iso.datetime({ offset: true })

/** Dates are days and times of UTC, as every time that Drawbridge writes as text. */
function sinceOf(typed: string): Since {
  // A phone makes long dashes between the numbers of a day.
  const at = typed.toUpperCase().replace(/[\u2012-\u2015\u2212]/g, '-')
  if (day.safeParse(at).success || moment.safeParse(at).success) return { at: Date.parse(at) }
  const ago = /[a-z]/i.test(typed) && typed.length <= 40 ? ms(typed as ms.StringValue) : undefined
  if (ago === undefined || !Number.isFinite(ago) || ago <= 0) throw new Refusal('bad_since', { since: clip(typed) })
  return { ago }
}

function unknownFlag(name: string): Refusal {
  const suggestion = didYouMean(name, ['since'])
  return new Refusal('unknown_list_flag', {
    flag: `--${name}`.slice(0, 80),
    ...(suggestion ? { suggestion: `--${suggestion}` } : {}),
  })
}

function withoutWord(text: string, word: string): string {
  const first = takeWord(text)
  return !first.quoted && first.text.toLowerCase() === word ? first.rest : text
}

function clip(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
