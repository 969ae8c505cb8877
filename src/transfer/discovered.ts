import type { DatabaseTarget, Millis } from './model.ts'
import type { StorageEntry } from './policy.ts'
import { parseAccountId, parseDatabaseId } from './resource-id.ts'

/** What Azure lists: servers and accounts of a subscription, databases of a server, containers of an account. */
export type ListKind = 'servers' | 'databases' | 'accounts' | 'containers'

/** What one list of Azure held: resource ids of servers and accounts, names of databases and containers. `cut`: there are more. */
export type Names = { names: readonly string[]; cut?: true }

/** One list as it was last read to its end; when it could not be read again it is kept, and `failed` says so. */
export type List = Names & {
  kind: ListKind
  /** The subscription, or the resource id of the server or account. */
  of: string
  /** When the last complete reading began; absent: there was none. */
  at?: Millis
  /** Not to be asked again before `again`. */
  failed?: { code: string; at: Millis; again: Millis }
}

/** Reads one list of Azure to its end, or throws `PermanentError` or `TransientError`; who asks at the same time shares it. */
export type Lister = { read(kind: ListKind, of: string): Promise<Names> }

/** The lists that all processes share; a turn is held by one of them at a time. */
export type SharedLists = {
  read(): Promise<readonly List[] | undefined>
  write(lists: readonly List[]): Promise<void>
  /** Takes the turn, or keeps it, for so many milliseconds; false while another one has it. */
  turn(holder: string, length: Millis): Promise<boolean>
}

/** What people may name besides the catalogue; answers at once from what is known, and never throws. */
export type Finder = { known(): Promise<Discovered | undefined> }

/** A server by the parts of its resource id. */
export type FoundServer = { subscription: string; resourceGroup: string; server: string }

/** The lists as targets. */
export type Discovered = {
  servers: readonly FoundServer[]
  databases: readonly DatabaseTarget[]
  storage: readonly StorageEntry[]
  /** By the account's resource id in lower case. */
  containers: Readonly<Record<string, readonly string[]>>
  /** The time of the oldest list that could not be read again; absent: all are fresh. */
  behind?: Millis
  /** Some list was never read to its end, or is longer than what is kept. */
  partial: boolean
}

/** Reads the lists as targets; what Drawbridge could not use anyway (system databases, `$logs`) is left out. */
export function readLists(lists: readonly List[], blobSuffix: string): Discovered {
  const of = (kind: ListKind): readonly List[] => lists.filter((each) => each.kind === kind)
  const failed = lists.flatMap(({ failed: failure, at }) => (failure && at !== undefined ? [at] : []))
  return {
    servers: of('servers').flatMap(({ names }) => names.flatMap((id) => serverOf(id) ?? [])),
    databases: of('databases').flatMap(({ of: server, names }) =>
      names.flatMap((name) => databaseTarget(`${server}/databases/${name}`) ?? []),
    ),
    storage: of('accounts').flatMap(({ names }) => names.flatMap((id) => storageEntry(id, blobSuffix) ?? [])),
    containers: Object.fromEntries(of('containers').map((each) => [each.of.toLowerCase(), each.names])),
    ...(failed.length > 0 ? { behind: Math.min(...failed) } : {}),
    partial: lists.some(({ at, cut }) => at === undefined || cut),
  }
}

/** The database that a resource id means, as a target outside of the catalogue; undefined when it is none. */
export function databaseTarget(id: string): DatabaseTarget | undefined {
  const parsed = parseDatabaseId(id)
  if (!parsed.ok) return undefined
  return { alias: `${parsed.parts.server}/${parsed.parts.database}`, ...parsed.parts, discovered: true }
}

/** The storage account that a resource id means, as an entry outside of the catalogue; undefined when it is none. */
export function storageEntry(id: string, blobSuffix: string): StorageEntry | undefined {
  const parsed = parseAccountId(id)
  if (!parsed.ok) return undefined
  const { account } = parsed.parts
  return { alias: account, ...parsed.parts, endpoint: `https://${account}.${blobSuffix}`, discovered: true }
}

function serverOf(id: string): FoundServer | undefined {
  const target = databaseTarget(`${id}/databases/any`)
  if (!target) return undefined
  const { subscription, resourceGroup, server } = target
  return { subscription, resourceGroup, server }
}
