import { checkBlob, checkContainer, nameBlob } from './blob-name.ts'
import { Refusal } from './errors.ts'
import { didYouMean, type ExportIntent, type ImportIntent } from './grammar.ts'
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

/** The blob and the database that an intent means; one that is to be made belongs to a server of the catalogue. Throws `Refusal`. */
export function resolveImport(
  intent: ImportIntent,
  catalogue: Catalogue,
): { database: DatabaseTarget; storage: StorageTarget } {
  const [first = '', ...rest] = intent.path.split('/')
  // Without a container the blob is meant, and it is in the usual one.
  const bare = rest.length === 0 && /\.bacpac$/i.test(first)
  const wish = { storage: intent.storage, ...(bare ? {} : { container: first }) }
  const { container: usual, endpoint, ...storage } = findStorage(wish, catalogue.storage)
  const container = bare ? usual : first
  if (container === undefined) throw new Refusal('missing_container', { storage: storage.alias })
  checkContainer(container)
  const blob = bare ? first : rest.join('/')
  const uri = checkBlob({ endpoint, container, blob })
  const database = intent.create
    ? findServer(intent.database, catalogue.databases)
    : findDatabase(intent.database, catalogue.databases)
  return { database, storage: { ...storage, container, blob, uri } }
}

/** `server/database`, where the server holds a database of the catalogue; an alias means the database that has it. */
function findServer(typed: string, databases: readonly DatabaseTarget[]): DatabaseTarget {
  const wanted = typed.replace(/^([^/.]+)\.database\.[^/]+\//, '$1/')
  const known = databases.find((each) =>
    [each.alias, path(each), each.id].some((name) => lower(name) === lower(wanted)),
  )
  if (known) return known
  const [server = '', database = '', ...more] = wanted.split('/')
  const beside = databases.find((each) => lower(each.server) === lower(server))
  const servers = [...new Set(databases.map((each) => each.server))]
  if (database === '' || more.length > 0)
    throw new Refusal('target_needs_server', { name: clip(typed), servers: list(servers) })
  if (!beside)
    throw new Refusal(
      'unknown_server',
      unknown(
        server,
        servers.map((alias) => ({ alias })),
        [],
      ),
    )
  checkDatabaseName(database)
  const { subscription, resourceGroup } = beside
  const id = beside.id.replace(/[^/]*$/, database)
  return { alias: `${beside.server}/${database}`, id, subscription, resourceGroup, server: beside.server, database }
}

const reserved = ['master', 'model', 'msdb', 'tempdb']

function checkDatabaseName(name: string): void {
  if (reserved.includes(lower(name))) throw new Refusal('database_reserved', { name })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Azure refuses them in names.
  const possible = /^[^<>*%&:\\/?\u0000-\u001f\u007f]{1,128}$/.test(name) && !/[ .]$/.test(name)
  if (!possible) throw new Refusal('bad_database_name', { name: clip(name) })
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
function findStorage(
  { storage, container }: { storage: string; container?: string },
  entries: readonly StorageEntry[],
): StorageEntry {
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
