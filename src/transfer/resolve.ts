import { type Beyond, databaseById, isResourceId, storageById } from './beyond.ts'
import { checkBlob, checkContainer, nameBlob } from './blob-name.ts'
import { databaseTarget } from './discovered.ts'
import { Refusal } from './errors.ts'
import { didYouMean, type ExportIntent, type ImportIntent } from './grammar.ts'
import type { DatabaseTarget, Millis, StorageTarget } from './model.ts'
import type { Catalogue, StorageEntry } from './policy.ts'

/**
 * The database and the blob that an intent means: what the catalogue has of that name, else what lies beyond it. Throws
 * `Refusal` for what is unknown, ambiguous or not allowed.
 */
export function resolveExport(
  intent: ExportIntent,
  catalogue: Catalogue,
  { id, at }: { id: string; at: Millis },
  beyond?: Beyond,
): { database: DatabaseTarget; storage: StorageTarget } {
  const database = findDatabase(intent.database, catalogue.databases, beyond)
  const { container: usual, endpoint, ...storage } = findStorage(intent, catalogue.storage, beyond)
  const container = intent.container ?? usual
  if (container === undefined) throw new Refusal('missing_container', { storage: storage.alias })
  checkContainer(container)
  const wish = intent.blob === undefined ? {} : { wish: intent.blob }
  const named = nameBlob({ endpoint, container, database: database.database, id, at, ...wish })
  return { database, storage: { ...storage, container, ...named } }
}

/** The same for an import; a database that is to be made belongs to a server that is known, or has its full resource id. */
export function resolveImport(
  intent: ImportIntent,
  catalogue: Catalogue,
  beyond?: Beyond,
): { database: DatabaseTarget; storage: StorageTarget } {
  const [first = '', ...rest] = intent.path.split('/')
  // Without a container the blob is meant, and it is in the usual one.
  const bare = rest.length === 0 && /\.bacpac$/i.test(first)
  const wish = { storage: intent.storage, ...(bare ? {} : { container: first }) }
  const { container: usual, endpoint, ...storage } = findStorage(wish, catalogue.storage, beyond)
  const container = bare ? usual : first
  if (container === undefined) throw new Refusal('missing_container', { storage: storage.alias })
  checkContainer(container)
  const blob = bare ? first : rest.join('/')
  const uri = checkBlob({ endpoint, container, blob })
  const database = intent.create
    ? findServer(intent.database, catalogue.databases, beyond)
    : findDatabase(intent.database, catalogue.databases, beyond)
  return { database, storage: { ...storage, container, blob, uri } }
}

/** `server/database` on a server that is known, or a resource id; an alias means the database that has it. */
export function findServer(
  typed: string,
  databases: readonly DatabaseTarget[],
  beyond: Beyond | undefined,
): DatabaseTarget {
  const wanted = typed.replace(/^([^/.]+)\.database\.[^/]+\//, '$1/')
  const known = databases.find((each) =>
    [each.alias, path(each), each.id].some((name) => lower(name) === lower(wanted)),
  )
  if (known) return known
  if (beyond && isResourceId(typed)) {
    const target = listedOr(databaseById(typed, beyond.reach), databases)
    if (!target.discovered) return target
    const neighbour = databases.find((each) => lower(serverId(each)) === lower(serverId(target)))
    return neighbour ? besides(neighbour, target.database) : target
  }
  const [server = '', database = '', ...more] = wanted.split('/')
  const beside = databases.find((each) => lower(each.server) === lower(server))
  const found = beyond?.servers.find((each) => lower(each.server) === lower(server))
  const servers = [...new Set([...databases, ...(beyond?.servers ?? [])].map((each) => each.server))]
  if (database === '' || more.length > 0)
    throw new Refusal('target_needs_server', { name: clip(typed), servers: list(servers) })
  if (!beside && !found) {
    const names = servers.map((alias) => ({ alias }))
    throw new Refusal('unknown_server', { ...unknown(server, names, []), ...beyond?.gap })
  }
  checkDatabaseName(database)
  if (beside) return besides(beside, database)
  const group = `/subscriptions/${found?.subscription}/resourceGroups/${found?.resourceGroup}`
  const target = databaseTarget(`${group}/providers/Microsoft.Sql/servers/${found?.server}/databases/${database}`)
  if (!target) throw new Refusal('bad_database_name', { name: clip(database) })
  return target
}

/** A database that is to be made on the server of one of the catalogue. */
function besides(neighbour: DatabaseTarget, database: string): DatabaseTarget {
  const { subscription, resourceGroup, server } = neighbour
  const id = `${serverId(neighbour)}/databases/${database}`
  return { alias: `${server}/${database}`, id, subscription, resourceGroup, server, database }
}

function serverId({ id }: DatabaseTarget): string {
  return id.replace(/\/databases\/[^/]*$/i, '')
}

const reserved = ['master', 'model', 'msdb', 'tempdb']

function checkDatabaseName(name: string): void {
  if (reserved.includes(lower(name))) throw new Refusal('database_reserved', { name })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Azure refuses them in names.
  const possible = /^[^<>*%&:\\/?\u0000-\u001f\u007f]{1,128}$/.test(name) && !/[ .]$/.test(name)
  if (!possible) throw new Refusal('bad_database_name', { name: clip(name) })
}

/** A database that is there: of the catalogue, by resource id, or discovered. Throws `Refusal`. */
export function findDatabase(
  typed: string,
  databases: readonly DatabaseTarget[],
  beyond: Beyond | undefined,
): DatabaseTarget {
  const listed = databaseAmong(typed, databases)
  if (listed) return listed
  if (beyond && isResourceId(typed)) return listedOr(databaseById(typed, beyond.reach), databases)
  const found = databaseAmong(typed, beyond?.databases ?? [])
  if (found) return found
  const names = [...databases, ...(beyond?.databases ?? [])].flatMap((each) => [each.database, path(each)])
  throw new Refusal('unknown_database', { ...unknown(typed, databases, names), ...beyond?.gap })
}

/** By alias, by `server/database` (the server also with its host name), by resource id, by the database's name alone. */
function databaseAmong(typed: string, databases: readonly DatabaseTarget[]): DatabaseTarget | undefined {
  const wanted = lower(typed).replace(/^([^/.]+)\.database\.[^/]+\//, '$1/')
  const byAlias = databases.filter((each) => lower(each.alias) === wanted)
  const byPath = databases.filter((each) => lower(path(each)) === wanted || lower(each.id) === wanted)
  const byName = databases.filter((each) => lower(each.database) === wanted)
  const found = [byAlias, byPath, byName].find((some) => some.length > 0) ?? []
  const [first] = found
  if (first && found.some((each) => lower(each.id) !== lower(first.id))) {
    throw new Refusal('ambiguous_database', { name: clip(typed), candidates: list(found.map(describe)) })
  }
  return first
}

/** An id has more than one spelling, and what the catalogue has is under the rules for the catalogue in each of them. */
function listedOr<Target extends { id: string }>(target: Target, listed: readonly Target[]): Target {
  return listed.find((each) => lower(each.id) === lower(target.id)) ?? target
}

type StorageWish = { storage: string; container?: string }

function findStorage(wish: StorageWish, entries: readonly StorageEntry[], beyond: Beyond | undefined): StorageEntry {
  const listed = storageAmong(wish, entries)
  if (listed) return listed
  if (beyond && isResourceId(wish.storage)) return listedOr(storageById(wish.storage, beyond.reach), entries)
  const found = storageAmong(wish, beyond?.storage ?? [])
  if (found) return found
  const names = [...entries, ...(beyond?.storage ?? [])].map((each) => each.account)
  throw new Refusal('unknown_storage', { ...unknown(wish.storage, entries, names), ...beyond?.gap })
}

/** By alias, by account or by resource id; entries of one account differ only in their usual container. */
function storageAmong({ storage, container }: StorageWish, entries: readonly StorageEntry[]): StorageEntry | undefined {
  const wanted = lower(storage)
  const byAlias = entries.filter((each) => lower(each.alias) === wanted)
  const byAccount = entries.filter((each) => lower(each.account) === wanted || lower(each.id) === wanted)
  const found = byAlias.length > 0 ? byAlias : byAccount
  const [first] = found
  const same = (each: StorageEntry): boolean => {
    return lower(each.id) === lower(first?.id ?? '') && (container !== undefined || each.container === first?.container)
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
  return target.alias === path(target) ? target.alias : `${target.alias} (${path(target)})`
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
