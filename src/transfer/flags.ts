import { Refusal } from './errors.ts'
import { didYouMean } from './near.ts'
import { readReason } from './reason.ts'
import { skipPunctuation, takeReason, takeWord } from './words.ts'

/** Options with a value, and those without one. */
const valued = ['blob', 'reason', 'edition', 'objective', 'max-size', 'redundancy', 'collation'] as const
const bare = ['no-private-link', 'private-link', 'create', 'dry-run'] as const
export type Valued = (typeof valued)[number]
export type Bare = (typeof bare)[number]
type Flag = Valued | Bare
const flags: readonly Flag[] = [...valued, ...bare]

/** The options of a command as they were typed, each once. */
export type Given = Partial<Record<Valued, string>> &
  Partial<Record<Exclude<Bare, 'private-link' | 'no-private-link'>, true>> & {
    privateLink?: boolean
  }

/** The words of a command and its options. Throws `Refusal` for an option that does not exist or lacks its value. */
export function readWords(text: string): { words: readonly Word[]; given: Given } {
  const given: Given = {}
  const words: Word[] = []
  for (let rest = text; rest !== ''; ) {
    const flag = takeFlag(rest)
    if (flag) {
      rest = readFlag(flag, given)
      continue
    }
    const word = takeWord(rest)
    if (word.text !== '') words.push(word)
    rest = word.rest
  }
  return { words, given }
}

export type Word = { text: string; quoted: boolean }
type TakenFlag = { name: string; equals: boolean; rest: string }
const flagStart = /^((?:[-\u2012-\u2015\u2212]\s?){1,3})([a-z][\w\u2012-\u2015-]*)(\s*=)?/i

/** Dashes with a space between them or after them open only a flag that exists: in a reason a dash is a dash. */
export function takeFlag(text: string): TakenFlag | undefined {
  const [whole = '', dashes = '', typed = '', equals] = flagStart.exec(text) ?? []
  const name = typed.toLowerCase().replace(/[_\u2012-\u2015]/g, '-')
  if (whole === '' || (/\s/.test(dashes) && !isFlag(name))) return undefined
  return { name, equals: equals !== undefined, rest: text.slice(whole.length) }
}

function isFlag(name: string): name is Flag {
  return flags.some((flag) => flag === name)
}

/** Where the next flag that exists begins, for a value that goes on until then. */
function startsFlag(text: string): boolean {
  const flag = takeFlag(text)
  return flag !== undefined && isFlag(flag.name)
}

function readFlag({ name, equals, rest }: TakenFlag, given: Given): string {
  if (!isFlag(name)) {
    const suggestion = didYouMean(name, flags)
    const facts = suggestion ? { suggestion: `--${suggestion}` } : {}
    throw new Refusal('unknown_flag', { flag: `--${name}`.slice(0, 80), ...facts })
  }
  const key = name === 'private-link' || name === 'no-private-link' ? 'privateLink' : name
  if (given[key] !== undefined) throw new Refusal('flag_twice', { flag: `--${name}` })
  if (isBare(name)) {
    if (equals) throw new Refusal('flag_with_value', { flag: `--${name}` })
    Object.assign(given, { [key]: name !== 'no-private-link' })
    return skipPunctuation(rest)
  }
  const after = rest.trimStart()
  const value = startsFlag(after)
    ? { text: '', rest: after }
    : name === 'reason'
      ? takeReason(after, startsFlag)
      : takeWord(after)
  const text = name === 'reason' ? readReason(value.text) : value.text
  if (text === undefined || text === '') throw new Refusal('flag_without_value', { flag: `--${name}` })
  given[name] = text
  return value.rest
}

function isBare(name: Flag): name is Bare {
  return (bare as readonly string[]).includes(name)
}
