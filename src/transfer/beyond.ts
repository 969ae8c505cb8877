import { type Discovered, databaseTarget, type FoundServer, storageEntry } from './discovered.ts'
import { Refusal } from './errors.ts'
import type { DatabaseTarget, Operation, Rule, When } from './model.ts'
import { fitsName, mayNameIn, namesDatabase, namesStorage } from './naming.ts'
import type { Policy, Reach, StorageEntry } from './policy.ts'

/** What a request may name besides the catalogue: by full resource id, or among what was discovered and a rule names. */
export type Beyond = {
  reach: Reach
  servers: readonly FoundServer[]
  databases: readonly DatabaseTarget[]
  storage: readonly StorageEntry[]
  /** Facts of the refusal of an unknown name: what stands against the list being whole. */
  gap: Readonly<Record<string, string>>
}

/** What lies beyond the catalogue under these rules; undefined where the policy reaches no further. `discovered` absent: nothing is listed yet. */
export function beyondOf(policy: Policy, discovered: Discovered | undefined): Beyond | undefined {
  const { reach, rules, catalogue } = policy
  if (!reach) return undefined
  const last = discovered && kept.get(discovered)
  if (last?.policy === policy) return last.beyond
  const listed = new Set([...catalogue.databases, ...catalogue.storage].map(({ id }) => id.toLowerCase()))
  const isNew = ({ id }: { id: string }): boolean => !listed.has(id.toLowerCase())
  const beyond: Beyond = {
    reach,
    servers: (discovered?.servers ?? []).filter(({ server }) => mayList(rules, 'database', server)),
    databases: (discovered?.databases ?? []).filter((each) => isNew(each) && namedBySome(rules, each)),
    storage: (discovered?.storage ?? []).filter((each) => isNew(each) && mayList(rules, 'storage', each.account)),
    gap: gapOf(reach, discovered),
  }
  if (discovered) kept.set(discovered, { policy, beyond })
  return beyond
}

/** What the rules leave of a list is the same until there is a new list. */
const kept = new WeakMap<Discovered, { policy: Policy; beyond: Beyond }>()

/** Whether some rule could name something in this server or account: nothing else is listed or shown. */
export function mayList(rules: readonly Rule[], side: 'database' | 'storage', parent: string): boolean {
  return rules.some(({ when }) => mayNameIn(when[side], parent))
}

/** Whether some rule names the container. */
export function mayUse(policy: Policy, entry: StorageEntry, container: string): boolean {
  const aliases = policy.catalogue.storage.map(({ alias }) => alias)
  return policy.rules.some(
    ({ when }) => namesStorage(when.storage, { ...entry, container }, aliases) && couldHold(when, container),
  )
}

/** Whether what was typed is meant as a resource id. */
export function isResourceId(typed: string): boolean {
  return /^\/subscriptions\//i.test(typed)
}

/** The database of a full resource id. Throws `Refusal` when it is none, or in a subscription that is not configured. */
export function databaseById(typed: string, reach: Reach): DatabaseTarget {
  const target = databaseTarget(typed)
  if (!target) throw new Refusal('bad_resource_id', { name: clip(typed), side: 'database' })
  checkReach(reach, target)
  return target
}

/** The same for a storage account. */
export function storageById(typed: string, reach: Reach): StorageEntry {
  const entry = storageEntry(typed, reach.blobSuffix)
  if (!entry) throw new Refusal('bad_resource_id', { name: clip(typed), side: 'storage' })
  checkReach(reach, entry)
  return entry
}

/** Refuses what lies in a subscription that is not configured, also when an earlier configuration had it. */
export function checkReach(reach: Reach | undefined, { subscription }: { subscription: string }): void {
  if (reach && !reach.subscriptions.includes(subscription.toLowerCase())) {
    throw new Refusal('foreign_subscription', { subscription: clip(subscription) })
  }
}

/** Refuses a database whose server Drawbridge has no login for: Azure's job could not read or write it. */
export function checkLogin(reach: Reach | undefined, { server }: { server: string }): void {
  if (reach && !reach.servers.includes(server.toLowerCase())) throw new Refusal('no_login', { server: clip(server) })
}

function namedBySome(rules: readonly Rule[], target: DatabaseTarget): boolean {
  return rules.some(({ when }) => namesDatabase(when.database, target) && couldMove(when, target))
}

/** What is not of the catalogue has no label, so that no rule which states one can be about it. */
function couldMove(when: When, { server, subscription }: DatabaseTarget): boolean {
  const isThere = when.subscription?.includes(subscription.toLowerCase()) ?? true
  const fits = isThere && when.environment === undefined && (!when.server || fitsName(when.server, server))
  return fits && operationsOf(when).some((each) => when[each === 'export' ? 'from' : 'to'] === undefined)
}

function couldHold(when: When, container: string): boolean {
  if (when.container && !fitsName(when.container, container)) return false
  return operationsOf(when).some((each) => when[each === 'export' ? 'to' : 'from'] === undefined)
}

function operationsOf({ operation }: When): readonly Operation[] {
  return operation.length > 0 ? operation : ['export', 'import']
}

function gapOf({ discover }: Reach, discovered: Discovered | undefined): Readonly<Record<string, string>> {
  if (discover.length === 0) return {}
  if (!discovered) return { gap: 'unlisted' }
  if (discovered.behind !== undefined) {
    return { gap: 'behind', since: `${new Date(discovered.behind).toISOString().slice(0, 16).replace('T', ' ')} UTC` }
  }
  return { gap: discovered.partial ? 'partial' : 'none' }
}

function clip(text: string): string {
  return text.length > 200 ? `${text.slice(0, 199)}…` : text
}
