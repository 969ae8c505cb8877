import { distance } from 'fastest-levenshtein'
import { cleanText, holdsSecret } from './clean-text.ts'
import { Refusal } from './errors.ts'
import { readTransferId } from './transfer-id.ts'
import { skipPunctuation, takeReason, takeWord, unquote } from './words.ts'

/** What a person asks for; names are as typed and not looked up yet. `settle` without `running`: not running. */
export type Intent =
  | ExportIntent
  | { kind: 'help'; topic?: string }
  | { kind: 'status'; id: string }
  | { kind: 'list' }
  | { kind: 'cancel'; id: string; reason?: string }
  | { kind: 'settle'; id: string; running?: string }

export type ExportIntent = {
  kind: 'export'
  database: string
  storage: string
  /** May be empty when a person typed two slashes: `resolveExport` refuses it. */
  container?: string
  /** Of the path after the container, or of `--blob`; never of both. */
  blob?: string
  reason?: string
  privateLink: boolean
}

/** The verbs that people can type. */
export const verbs = ['export', 'help', 'status', 'list', 'cancel', 'settle'] as const
type Verb = (typeof verbs)[number]

/** The longest reason that is kept, in characters. */
export const reasonLimit = 500

/** The longest command that is read, in characters; what is longer is no command and only costs time. */
const textLimit = 4000

/** Reads a command, verb first, as people type it in chat. Throws `Refusal` for a mistake; never echoes a secret. */
export function parseCommand(text: string): Intent {
  if (text.length > textLimit) throw new Refusal('too_long', { length: String(text.length), most: String(textLimit) })
  if (holdsSecret(text)) throw new Refusal('secret_in_text')
  const plain = withoutAddressee(cleanText(text.replace(leadingMention, '')))
  const first = takeWord(plain)
  if (first.text === '') throw new Refusal('empty')
  const verb = readVerb(first.text)
  if (verb === 'export') return readExport(first.rest)
  const words = split(first.rest)
  if (verb === 'list') return { kind: 'list' }
  if (verb === 'help') return words[0] === undefined ? { kind: 'help' } : { kind: 'help', topic: clip(words[0]) }
  const id = readId(verb, words[0])
  if (verb === 'status') return { kind: 'status', id }
  const rest = takeWord(first.rest).rest
  return verb === 'cancel' ? readCancel(id, rest) : readSettle(id, split(rest))
}

/** A reason as it is kept: one line, without the quotes around it. Throws `Refusal` when it is too long or holds a secret. */
export function readReason(text: string): string | undefined {
  if (holdsSecret(text)) throw new Refusal('secret_in_text')
  const reason = unquote(cleanText(text))
  if (reason.length > reasonLimit) {
    throw new Refusal('reason_too_long', { length: String(reason.length), most: String(reasonLimit) })
  }
  return reason === '' ? undefined : reason
}

/** The name that was most likely meant; undefined when nothing is near enough to be worth asking. */
export function didYouMean(typed: string, known: readonly string[]): string | undefined {
  const wanted = typed.toLowerCase()
  const most = Math.min(3, Math.ceil(wanted.length / 3))
  const far = (name: string): number => distance(wanted, name.toLowerCase())
  return known.filter((name) => far(name) <= most).sort((a, b) => far(a) - far(b))[0]
}

/** The bot's own mention, which may touch the verb. */
const leadingMention = /^[^\p{L}\p{N}<@]*(?:<@[^>]*>[\s:,]*)+/u

function withoutAddressee(text: string): string {
  const bare = text.replace(/^`+|`+$/g, '').trim()
  const rest = bare.replace(/^(?:@\S+\s*)+/, '').replace(/^[:,/\s]+/, '')
  const next = rest.replace(/^drawbridge(?:[\s:,]+|$)/i, '').replace(/^please[\s,]+/i, '')
  return next.replace(/^\/+/, '')
}

function readVerb(word: string): Verb {
  const typed = word.toLowerCase()
  const verb = verbs.find((each) => each === typed)
  if (verb) return verb
  if (/^\?*$/.test(typed)) return 'help'
  if (typed === 'import') throw new Refusal('not_yet', { verb: 'import' })
  const suggestion = didYouMean(typed, verbs)
  throw new Refusal('unknown_verb', { verb: clip(word), ...(suggestion ? { suggestion } : {}) })
}

type Flag = 'blob' | 'reason' | 'no-private-link' | 'private-link'
const flags: readonly Flag[] = ['blob', 'reason', 'no-private-link', 'private-link']
type Given = { blob?: string; reason?: string; privateLink?: boolean }

function readExport(text: string): ExportIntent {
  const given: Given = {}
  const words: { text: string; quoted: boolean }[] = []
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
  const { database, storage } = readPlaces(words)
  const { blob: named, privateLink = true, reason } = given
  const path = readPath(storage)
  if (named !== undefined && path.blob !== undefined) throw new Refusal('blob_twice')
  const blob = named ?? path.blob
  return {
    kind: 'export',
    ...{ database, storage: path.name, privateLink },
    ...(path.container === undefined ? {} : { container: path.container }),
    ...(blob === undefined ? {} : { blob }),
    ...(reason === undefined ? {} : { reason }),
  }
}

type TakenFlag = { name: string; equals: boolean; rest: string }
const flagStart = /^((?:[-\u2012-\u2015\u2212]\s?){1,3})([a-z][\w\u2012-\u2015-]*)(\s*=)?/i

/** Dashes with a space between them or after them open only a flag that exists: in a reason a dash is a dash. */
function takeFlag(text: string): TakenFlag | undefined {
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
    throw new Refusal('unknown_flag', {
      flag: clip(`--${name}`),
      ...(suggestion ? { suggestion: `--${suggestion}` } : {}),
    })
  }
  const key = name === 'blob' || name === 'reason' ? name : 'privateLink'
  if (given[key] !== undefined) throw new Refusal('flag_twice', { flag: `--${name}` })
  if (key === 'privateLink') {
    if (equals) throw new Refusal('flag_with_value', { flag: `--${name}` })
    given.privateLink = name === 'private-link'
    return skipPunctuation(rest)
  }
  const after = rest.trimStart()
  const value = startsFlag(after)
    ? { text: '', rest: after }
    : key === 'blob'
      ? takeWord(after)
      : takeReason(after, startsFlag)
  const text = key === 'reason' ? readReason(value.text) : value.text
  if (text === undefined || text === '') throw new Refusal('flag_without_value', { flag: `--${name}` })
  given[key] = text
  return value.rest
}

function readPlaces(words: readonly { text: string; quoted: boolean }[]): { database: string; storage: string } {
  const to = words.findIndex(({ text, quoted }) => !quoted && /^(?:to|into|→|->)$/i.test(text))
  const [first, second] = words
  if (!first || to === 0) throw new Refusal('missing_database')
  const database = clip(first.text.replace(/^[@#]/, ''))
  if (to === -1) throw new Refusal('missing_to', { database, ...(second ? { storage: clip(second.text) } : {}) })
  if (to > 1) throw new Refusal('name_with_spaces', { name: clip(joined(words.slice(0, to))) })
  const storage = words[to + 1]
  if (!storage) throw new Refusal('missing_storage', { database })
  const extra = words[to + 2]
  if (extra) throw new Refusal('unexpected_word', { word: clip(extra.text) })
  return { database: first.text.replace(/^[@#]/, ''), storage: storage.text.replace(/^[@#]/, '') }
}

/** `account/container/folder/blob`, also as the address that the portal shows. */
function readPath(typed: string): { name: string; container?: string; blob?: string } {
  const path = typed.replace(/^https?:\/\//i, '').replace(/^([^/.]+)\.blob\.[^/]+/i, '$1')
  const [name = '', container, ...rest] = path.split('/')
  const blob = rest.join('/')
  if (container === undefined || (container === '' && rest.length === 0)) return { name }
  return { name, container, ...(blob === '' ? {} : { blob }) }
}

function readId(verb: string, word: string | undefined): string {
  if (word === undefined) throw new Refusal('missing_id', { verb })
  const id = readTransferId(word)
  if (id === undefined) throw new Refusal('bad_id', { verb, id: clip(word) })
  return id
}

function readCancel(id: string, text: string): Intent {
  const flag = takeFlag(text)
  const reason = readReason(flag?.name === 'reason' ? flag.rest : text)
  return reason === undefined ? { kind: 'cancel', id } : { kind: 'cancel', id, reason }
}

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function readSettle(id: string, words: readonly string[]): Intent {
  const [first = '', second = ''] = words.map((word) => word.toLowerCase())
  if (/^not[-_]?running$/.test(first) || (first === 'not' && second === 'running')) return { kind: 'settle', id }
  if (first !== 'running') throw new Refusal('missing_settlement', { id })
  if (second === '') throw new Refusal('missing_operation', { id })
  if (!guid.test(second)) throw new Refusal('bad_operation', { id, operation: clip(second) })
  return { kind: 'settle', id, running: second }
}

function split(text: string): readonly string[] {
  const words: string[] = []
  for (let rest = text; rest !== ''; ) {
    const word = takeWord(rest)
    if (word.text !== '') words.push(word.text)
    rest = word.rest
  }
  return words
}

function joined(words: readonly { text: string }[]): string {
  return words.map(({ text }) => text).join(' ')
}

/** What is shown again of what was typed: enough to recognize it. */
function clip(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
