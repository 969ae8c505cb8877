import { cleanText, holdsSecret } from './clean-text.ts'
import { type CreationWish, readCreation } from './creation.ts'
import { Refusal } from './errors.ts'
import { type ListIntent, readHistory, readList } from './finding.ts'
import { type Given, readWords, takeFlag, type Word } from './flags.ts'
import { didYouMean } from './near.ts'
import { readReason } from './reason.ts'
import { readTransferId } from './transfer-id.ts'
import { takeWord } from './words.ts'

export { didYouMean } from './near.ts'
export { readReason, reasonLimit } from './reason.ts'

/** What a person asks for; names are as typed and not looked up yet. `settle` without `running`: not running. */
export type Intent =
  | ExportIntent
  | ImportIntent
  | { kind: 'help'; topic?: string }
  | { kind: 'status'; id: string }
  | { kind: 'why'; id: string }
  | ListIntent
  | { kind: 'pending' }
  | { kind: 'history'; database: string }
  | { kind: 'retry'; id: string }
  | { kind: 'cancel' | 'withdraw'; id: string; reason?: string }
  | { kind: 'settle'; id: string; running?: string }

/** What every request says. */
type Asked = { database: string; storage: string; reason?: string; privateLink: boolean; dryRun?: true }

export type ExportIntent = Asked & {
  kind: 'export'
  /** May be empty when a person typed two slashes: `resolveExport` refuses it. */
  container?: string
  /** Of the path after the container, or of `--blob`; never of both. */
  blob?: string
}

export type ImportIntent = Asked & {
  kind: 'import'
  /** What stands after the storage: container and blob, or the blob alone in the usual container. */
  path: string
  /** The database is made first. */
  create?: CreationWish
}

/** The verbs that people can type. */
// biome-ignore format: one line a verb would hide how few they are
export const verbs = [
  'export', 'import', 'help', 'status', 'why', 'pending', 'list', 'history', 'retry', 'cancel', 'withdraw', 'settle',
] as const
type Verb = (typeof verbs)[number]

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
  if (verb === 'import') return readImport(first.rest)
  if (verb === 'list') return readList(first.rest)
  if (verb === 'history') return { kind: 'history', database: readHistory(first.rest) }
  if (verb === 'pending') return { kind: 'pending' }
  const words = split(first.rest)
  if (verb === 'help') return words[0] === undefined ? { kind: 'help' } : { kind: 'help', topic: clip(words[0]) }
  const id = readId(verb, words[0])
  if (verb === 'status' || verb === 'why' || verb === 'retry') return { kind: verb, id }
  const rest = takeWord(first.rest).rest
  return verb === 'settle' ? readSettle(id, split(rest)) : readStop(verb, id, rest)
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
  const suggestion = didYouMean(typed, verbs)
  throw new Refusal('unknown_verb', { verb: clip(word), ...(suggestion ? { suggestion } : {}) })
}

function readExport(text: string): ExportIntent {
  const { words, given } = readWords(text)
  for (const flag of ['create', 'edition', 'objective', 'max-size', 'redundancy', 'collation'] as const) {
    if (given[flag] !== undefined) throw new Refusal('flag_of_import', { flag: `--${flag}` })
  }
  const { from, to } = readPlaces('export', words)
  const path = readPath(to)
  if (given.blob !== undefined && path.blob !== undefined) throw new Refusal('blob_twice')
  const blob = given.blob ?? path.blob
  return {
    kind: 'export',
    ...{ database: from, storage: path.name },
    ...common(given),
    ...(path.container === undefined ? {} : { container: path.container }),
    ...(blob === undefined ? {} : { blob }),
  }
}

function readImport(text: string): ImportIntent {
  const { words, given } = readWords(text)
  if (given.blob !== undefined) throw new Refusal('flag_of_export', { flag: '--blob' })
  const { from, to } = readPlaces('import', words)
  const { name, container = '', blob } = readPath(from)
  const path = blob === undefined ? container : `${container}/${blob}`
  if (path === '') throw new Refusal('missing_blob', { storage: clip(name), database: clip(to) })
  const create = readCreation(given)
  return { kind: 'import', database: to, storage: name, path, ...common(given), ...(create ? { create } : {}) }
}

function common({
  privateLink = true,
  reason,
  'dry-run': dryRun,
}: Given): Pick<Asked, 'privateLink' | 'dryRun' | 'reason'> {
  return { privateLink, ...(dryRun ? { dryRun } : {}), ...(reason === undefined ? {} : { reason }) }
}

function readPlaces(verb: 'export' | 'import', words: readonly Word[]): { from: string; to: string } {
  const at = words.findIndex(({ text, quoted }) => !quoted && /^(?:to|into|→|->)$/i.test(text))
  const [first, second] = words
  const missing = verb === 'export' ? ['missing_database', 'missing_storage'] : ['missing_source', 'missing_target']
  if (!first || at === 0) throw new Refusal(missing[0] ?? '')
  const from = first.text.replace(/^[@#]/, '')
  if (at === -1) {
    throw new Refusal('missing_to', { verb, from: clip(from), ...(second ? { to: clip(second.text) } : {}) })
  }
  if (at > 1) throw new Refusal('name_with_spaces', { verb, name: clip(joined(words.slice(0, at))) })
  const to = words[at + 1]
  if (!to) throw new Refusal(missing[1] ?? '', { from: clip(from) })
  const extra = words[at + 2]
  if (extra) throw new Refusal('unexpected_word', { verb, word: clip(extra.text) })
  return { from, to: to.text.replace(/^[@#]/, '') }
}

/** `account/container/folder/blob`, also as the address or the resource id that the portal shows; an id stays whole. */
function readPath(typed: string): { name: string; container?: string; blob?: string } {
  const [whole = '', id = ''] = accountOfId.exec(typed) ?? []
  const path = typed
    .slice(whole.length)
    .replace(/^https?:\/\//i, '')
    .replace(/^([^/.]+)\.blob\.[^/]+/i, '$1')
  const [name = '', container, ...rest] = path.split('/')
  const blob = rest.join('/')
  if (container === undefined || (container === '' && rest.length === 0)) return { name: id || name }
  return { name: id || name, container, ...(blob === '' ? {} : { blob }) }
}

/** The resource id of an account, and of a container in it. */
const accountOfId =
  /^(\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Storage\/storageAccounts\/[^/]+)(?:\/blobServices\/default\/containers)?(?=\/|$)/i

function readId(verb: string, word: string | undefined): string {
  if (word === undefined) throw new Refusal('missing_id', { verb })
  const id = readTransferId(word)
  if (id === undefined) throw new Refusal('bad_id', { verb, id: clip(word) })
  return id
}

function readStop(kind: 'cancel' | 'withdraw', id: string, text: string): Intent {
  const flag = takeFlag(text)
  // Words after a dash that is set apart are the reason alone.
  const reason = readReason(flag?.name === 'reason' ? flag.rest : text.replace(/^[-\u2012-\u2015\u2212:]+\s+/, ''))
  return reason === undefined ? { kind, id } : { kind, id, reason }
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
