import type { CloudEndpoints } from '../transfer/clouds.ts'
import type { Catalogue } from '../transfer/policy.ts'
import { type DatabaseId, type Parsed, parseAccountId, parseDatabaseId } from '../transfer/resource-id.ts'
import type { Path, Problems } from './problems.ts'
import type { Salvaged } from './salvage.ts'
import type { File } from './schema.ts'
import { didYouMean, listed } from './wording.ts'

/** Reads the ids of all databases and accounts and tells what is wrong with them; what could be read comes back. */
export function readCatalogue(file: Salvaged<File>, cloud: CloudEndpoints | undefined, problems: Problems): Catalogue {
  const read = <Parts extends { subscription: string }>(path: Path, parsed: Parsed<Parts>) => {
    if (!parsed.ok) problems.add(path, parsed.wrong)
    else checkSubscription(path, parsed.parts.subscription, file, problems)
    return parsed.ok ? [parsed.parts] : []
  }
  const databases = Object.entries(file.databases ?? {}).flatMap(([alias, entry]) =>
    entry?.id
      ? read(['databases', alias], parseDatabaseId(entry.id)).map((parts) => ({ alias, ...parts, ...labelOf(entry) }))
      : [],
  )
  const storage = Object.entries(file.storage ?? {}).flatMap(([alias, entry]) => {
    if (!entry?.account) return []
    const container = entry.container ? { container: entry.container } : {}
    return read(['storage', alias, 'account'], parseAccountId(entry.account)).map((parts) => ({
      alias,
      ...parts,
      ...container,
      ...labelOf(entry),
      endpoint: cloud ? `https://${parts.account}.${cloud.blobSuffix}` : '',
    }))
  })
  checkTwice(databases, problems)
  checkOneLabel(storage, problems)
  return { databases, storage }
}

/** Tells which servers of the catalogue have no login, and which logins have no server. */
export function checkLogins(file: Salvaged<File>, catalogue: Catalogue, problems: Problems): void {
  if (!file.sqlLogins) return
  const servers = [...new Set(catalogue.databases.map((each) => each.server))]
  const logins = Object.keys(file.sqlLogins)
  for (const server of servers.filter((each) => !logins.includes(each))) {
    const users = listed(
      catalogue.databases.filter((each) => each.server === server).map((each) => each.alias),
      'and',
    )
    problems.add(
      ['sqlLogins', server],
      `is missing, and ${users} cannot be read without it — write kind, user and password`,
    )
  }
  // Of a server outside of the catalogue: it can be discovered, or be meant by a rule over resource ids.
  if (reachesBeyond(file)) return
  // A login whose databases are misspelt would be told twice.
  if (catalogue.databases.length < Object.keys(file.databases ?? {}).length) return
  for (const login of logins.filter((each) => !servers.includes(each))) {
    const meant = didYouMean(login, servers)
    problems.add(
      ['sqlLogins', login],
      `is not the server of any of the databases${meant} — write one of ${listed(servers)}`,
    )
  }
}

/** Tells every subscription that is to be listed although nothing in it may be touched. */
export function checkDiscover({ azure }: Salvaged<File>, problems: Problems): void {
  for (const [index, subscription] of (azure?.discover ?? []).entries()) {
    const known = azure?.subscriptions
    if (!subscription || !known?.length || known.includes(undefined) || known.includes(subscription)) continue
    problems.add(
      ['azure', 'discover', index],
      `is not one of azure.subscriptions — add ${subscription} there, or take it out here`,
    )
  }
}

/** Whether a request may name something outside of the catalogue at all. */
function reachesBeyond({ azure, rules }: Salvaged<File>): boolean {
  const overIds = (rules ?? []).some((rule) => (rule?.when?.database ?? []).some((glob) => glob?.startsWith('/')))
  return overIds || (azure?.discover ?? []).length > 0
}

function checkSubscription(path: Path, subscription: string, file: Salvaged<File>, problems: Problems): void {
  const subscriptions = file.azure?.subscriptions
  // With an unreadable member the right one may be there.
  if (!subscriptions?.length || subscriptions.includes(undefined) || subscriptions.includes(subscription)) return
  problems.add(
    path,
    `is in a subscription that azure.subscriptions does not name — add ${subscription} there, or correct the id`,
  )
}

function labelOf({ environment }: { readonly environment?: string | undefined }): { environment?: string } {
  return environment === undefined ? {} : { environment }
}

/** Whoever may write to one container of an account by one of its names could choose the name with the other label. */
function checkOneLabel(storage: Catalogue['storage'], problems: Problems): void {
  for (const { id, alias, environment } of storage) {
    const other = storage.find((each) => each.id === id)
    if (!other || other.environment === environment) continue
    const theirs = other.environment === undefined ? 'without environment' : `in ${other.environment}`
    const text = `is ${environment ?? 'nothing'}, but ${other.alias} is the same account and ${theirs}`
    problems.add(['storage', alias, 'environment'], `${text} — write the same for every storage of one account`)
  }
}

function checkTwice(databases: readonly (DatabaseId & { alias: string })[], problems: Problems): void {
  const first = new Map<string, string>()
  for (const { id, alias } of databases) {
    const other = first.get(id.toLowerCase())
    // One name for one database: with two, a request could choose the name with the weaker rule.
    if (other) problems.add(['databases', alias], `is the same database as ${other} — write one name for each database`)
    else first.set(id.toLowerCase(), alias)
  }
}
