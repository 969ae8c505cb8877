import { checkContainer, nameBlob } from './blob-name.ts'
import { Refusal } from './errors.ts'
import { didYouMean, type ExportIntent } from './grammar.ts'
import type { DatabaseTarget, Millis, StorageTarget } from './model.ts'
import type { Catalogue, StorageEntry } from './policy.ts'

/** The database and the blob that an intent means. Throws `Refusal` for what is unknown, ambiguous or not allowed. */
export function resolveExport(
  intent: ExportIntent,
  catalogue: Catalogue,
  { id, at }: { id: string; at: Millis },
): { database: DatabaseTarget; storage: StorageTarget } {
  const database = findDatabase(intent.database, catalogue.databases)
  const { container: usual, endpoint, ...storage } = findStorage(intent, catalogue.storage)
  const container = intent.container ?? usual
  if (container === undefined) throw new Refusal('missing_container', { storage: storage.alias })
  checkContainer(container)
  const wish = intent.blob === undefined ? {} : { wish: intent.blob }
  const named = nameBlob({ endpoint, container, database: database.database, id, at, ...wish })
  return { database, storage: { ...storage, container, ...named } }
}

/** By alias, by `server/database` (the server also with its host name), by resource id, by the database's name alone. */
function findDatabase(typed: string, databases: readonly DatabaseTarget[]): DatabaseTarget {
  const wanted = lower(typed).replace(/^([^/.]+)\.database\.[^/]+\//, '$1/')
  const byAlias = databases.filter((each) => lower(each.alias) === wanted)
  const byPath = databases.filter((each) => lower(path(each)) === wanted || lower(each.id) === wanted)
  const byName = databases.filter((each) => lower(each.database) === wanted)
  const found = [byAlias, byPath, byName].find((some) => some.length > 0) ?? []
  const [first] = found
  if (!first) {
    throw new Refusal(
      'unknown_database',
      unknown(
        typed,
        databases,
        databases.flatMap((each) => [each.database, path(each)]),
      ),
    )
  }
  if (found.some((each) => lower(each.id) !== lower(first.id))) {
    throw new Refusal('ambiguous_database', { name: clip(typed), candidates: list(found.map(describe)) })
  }
  return first
}

/** By alias or by account; entries of one account differ only in their usual container. */
function findStorage({ storage, container }: ExportIntent, entries: readonly StorageEntry[]): StorageEntry {
  const wanted = lower(storage)
  const byAlias = entries.filter((each) => lower(each.alias) === wanted)
  const found = byAlias.length > 0 ? byAlias : entries.filter((each) => lower(each.account) === wanted)
  const [first] = found
  if (!first)
    throw new Refusal(
      'unknown_storage',
      unknown(
        storage,
        entries,
        entries.map((each) => each.account),
      ),
    )
  const same = (each: StorageEntry): boolean => {
    return lower(each.id) === lower(first.id) && (container !== undefined || each.container === first.container)
  }
  if (!found.every(same)) {
    throw new Refusal('ambiguous_storage', { name: clip(storage), candidates: list(found.map((each) => each.alias)) })
  }
  return first
}

function unknown(
  typed: string,
  entries: readonly { alias: string }[],
  others: readonly string[],
): Readonly<Record<string, string>> {
  const aliases = [...new Set(entries.map((each) => each.alias))]
  const suggestion = didYouMean(typed, [...aliases, ...others])
  return {
    name: clip(typed),
    ...(suggestion ? { suggestion } : {}),
    ...(aliases.length > 0 && aliases.length <= 10 ? { known: list(aliases) } : {}),
  }
}

function path({ server, database }: DatabaseTarget): string {
  return `${server}/${database}`
}

function describe(target: DatabaseTarget): string {
  return `${target.alias} (${path(target)})`
}

function list(names: readonly string[]): string {
  return names.slice(0, 10).join(', ')
}

function lower(text: string): string {
  return text.toLowerCase()
}

function clip(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
