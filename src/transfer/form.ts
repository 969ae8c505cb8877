import { checkContainer } from './blob-name.ts'
import { flatten, holdsSecret } from './clean-text.ts'
import { readCreation } from './creation.ts'
import { Refusal } from './errors.ts'
import type { ExportIntent, ImportIntent } from './grammar.ts'
import type { Operation } from './model.ts'
import type { Catalogue } from './policy.ts'
import { reasonLimit } from './reason.ts'

/** The fields of a form that hold text, a chosen name included. */
export const textFields = [
  'database',
  'storage',
  'container',
  'blob',
  'reason',
  'edition',
  'objective',
  'max-size',
  'redundancy',
] as const
export type TextField = (typeof textFields)[number]
/** The yes or no of a form. */
export const toggles = ['private-link', 'dry-run', 'create'] as const
export type Toggle = (typeof toggles)[number]

/** A form as it was filled in: texts as typed, without any markup of a platform. */
export type Filled = {
  operation: Operation
  texts: Partial<Record<TextField, string>>
  on: readonly Toggle[]
}

/** The longest text of a field that is read, in characters. */
const fieldLimit = 1024

/**
 * What a filled-in form asks for: the same that `parseCommand` makes of the typed command, but for quotes and commas,
 * which a field keeps as they are. Throws `Refusal` for a mistake; never echoes a secret.
 */
export function readForm({ operation, texts, on }: Filled, catalogue: Catalogue): ExportIntent | ImportIntent {
  const read = (field: TextField): string | undefined => readField(field, texts[field] ?? '')
  const [database, storage, container, blob] = [read('database'), read('storage'), read('container'), read('blob')]
  const reason = readWholeReason(texts.reason ?? '')
  const create = creationOf(read, on)
  if (database === undefined) throw new Refusal(operation === 'export' ? 'missing_database' : 'missing_target')
  if (storage === undefined) throw new Refusal(operation === 'export' ? 'missing_storage' : 'missing_source')
  const common = {
    ...{ database, storage, privateLink: on.includes('private-link') },
    ...(on.includes('dry-run') ? { dryRun: true as const } : {}),
    ...(reason === undefined ? {} : { reason }),
  }
  if (operation === 'export') {
    const place = { ...(container === undefined ? {} : { container }), ...(blob === undefined ? {} : { blob }) }
    return { kind: 'export', ...common, ...place }
  }
  if (blob === undefined) throw new Refusal('missing_blob', { storage, database })
  if (container !== undefined) checkContainer(container)
  const path = `${container ?? usualContainer(storage, catalogue)}/${blob}`
  return { kind: 'import', ...common, path, ...(create ? { create } : {}) }
}

/** The field that a refusal is about; undefined when it is about the whole request. */
export function fieldOf({ code, facts }: Refusal): TextField | undefined {
  const named = facts.field ?? facts.flag?.replace(/^--/, '')
  return textFields.find((each) => each === named) ?? fieldsOfCodes[code]
}

const fieldsOfCodes: Readonly<Record<string, TextField>> = {
  missing_database: 'database',
  missing_target: 'database',
  unknown_database: 'database',
  ambiguous_database: 'database',
  target_needs_server: 'database',
  unknown_server: 'database',
  bad_database_name: 'database',
  database_reserved: 'database',
  missing_storage: 'storage',
  missing_source: 'storage',
  unknown_storage: 'storage',
  ambiguous_storage: 'storage',
  missing_container: 'container',
  bad_container: 'container',
  missing_blob: 'blob',
  bad_blob: 'blob',
  not_a_bacpac: 'blob',
  blob_too_long: 'blob',
  uri_too_long: 'blob',
  reason_too_long: 'reason',
  reason_required: 'reason',
  reason_missing: 'reason',
  reason_unfit: 'reason',
  bad_size: 'max-size',
  bad_redundancy: 'redundancy',
}

function readField(field: TextField, typed: string): string | undefined {
  if (typed.length > fieldLimit)
    throw new Refusal('field_too_long', { field, length: String(typed.length), most: String(fieldLimit) })
  if (holdsSecret(typed)) throw new Refusal('secret_in_text', { field })
  const text = flatten(typed)
  return text === '' ? undefined : text
}

/** One line like every reason, with its quotes: nobody put them there to mark where it ends. */
function readWholeReason(typed: string): string | undefined {
  if (holdsSecret(typed)) throw new Refusal('secret_in_text', { field: 'reason' })
  const reason = flatten(typed)
  if (reason.length > reasonLimit)
    throw new Refusal('reason_too_long', { length: String(reason.length), most: String(reasonLimit) })
  return reason === '' ? undefined : reason
}

function creationOf(read: (field: TextField) => string | undefined, on: readonly Toggle[]) {
  const wishes = (['edition', 'objective', 'max-size', 'redundancy'] as const).flatMap((field) => {
    const text = read(field)
    return text === undefined ? [] : [[field, text] as const]
  })
  return readCreation({ ...Object.fromEntries(wishes), ...(on.includes('create') ? { create: true } : {}) })
}

/** Empty for a storage that does not exist: whoever looks it up says so. */
function usualContainer(storage: string, { storage: entries }: Catalogue): string {
  const wanted = storage.toLowerCase()
  const byAlias = entries.filter(({ alias }) => alias.toLowerCase() === wanted)
  const found = byAlias.length > 0 ? byAlias : entries.filter(({ account }) => account.toLowerCase() === wanted)
  const [container, ...others] = new Set(found.map((each) => each.container))
  if (found.length > 0 && (container === undefined || others.length > 0))
    throw new Refusal('missing_container', { storage })
  return container ?? ''
}
