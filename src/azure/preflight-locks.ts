import type { Request } from '../transfer/model.ts'
import { record, textOf } from './answer.ts'
import type { Context } from './context.ts'
import { type Finding, listed, ok, stop } from './preflight-checks.ts'
import { listAll } from './preflight-list.ts'
import type { Reads } from './preflight-reads.ts'
import { isGone, type Reader } from './preflight-unread.ts'
import { accountId, databaseId, serverId } from './resource-ids.ts'

/** A management lock; `scope` is the resource, group or subscription that it was put on. */
export type Lock = { id: string; name: string; level: string; scope: string }

/** Starts one read for each scope that a lock could hold the export up from. */
export function readLocks(context: Context, request: Request, read: Reader): readonly Promise<readonly Lock[]>[] {
  const action = 'Microsoft.Authorization/locks/read'
  return scopesOf(request).map((scope) =>
    read(action, async () => (await listAll(context, `${scope}${locksPath}`, version, action)).flatMap(toLock)).catch(
      (error: unknown) => {
        // Nothing is locked that is not there yet.
        if (request.create && isGone(error)) return []
        throw error
      },
    ),
  )
}

/** Whether a lock is on the database, the account, or on anything above them. */
export async function checkLocks(reads: Reads, request: Request): Promise<Finding> {
  const answers = await Promise.allSettled(reads.locks)
  const seen = new Map<string, Lock>()
  for (const each of answers) {
    if (each.status === 'fulfilled') for (const lock of each.value) seen.set(lock.id.toLowerCase(), lock)
  }
  const scopes = new Set(scopesOf(request).map(plain))
  const holding = [...seen.values()].filter(
    ({ scope, level }) => scopes.has(plain(scope)) && (request.privateLink ? isLock(level) : isReadOnly(level)),
  )
  // A lock that was seen stays one, whatever else could not be read.
  if (holding.length > 0) return stop('locked', { count: String(holding.length), locks: listed(holding.map(wording)) })
  const failed = answers.find((each) => each.status === 'rejected')
  if (failed) throw failed.reason
  return ok()
}

const version = '2020-05-01'
const locksPath = '/providers/Microsoft.Authorization/locks'

/** Lists also hold the locks below a scope, on resources that have nothing to do with the transfer. */
function scopesOf(request: Request): readonly string[] {
  const resources = [databaseId(request), serverId(request), accountId(request)]
  const groups = resources.map((id) => id.split('/').slice(0, 5).join('/'))
  const subscriptions = resources.map((id) => id.split('/').slice(0, 3).join('/'))
  const all = [...resources, ...groups, ...subscriptions]
  return all.filter((each, at) => all.findIndex((other) => plain(other) === plain(each)) === at)
}

/** We send names encoded; Azure gives them back as they are. */
function plain(scope: string): string {
  return scope.toLowerCase().split('/').map(decoded).join('/')
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

function toLock(entry: unknown): Lock[] {
  const lock = record(entry)
  const id = textOf(lock?.id)
  const end = id.toLowerCase().lastIndexOf(locksPath.toLowerCase())
  if (end < 0) return []
  return [{ id, name: textOf(lock?.name), level: textOf(record(lock?.properties)?.level), scope: id.slice(0, end) }]
}

function isLock(level: string): boolean {
  return level.toLowerCase() !== 'notspecified'
}

/** Without private link nothing is made on the resources: only a lock on writing stops the keys and the job. */
function isReadOnly(level: string): boolean {
  return level.toLowerCase() === 'readonly'
}

function wording({ name, level, scope }: Lock): string {
  const [kind = '', last = ''] = scope.split('/').slice(-2)
  return `${name} (${level}) on the ${kinds[kind.toLowerCase()] ?? kind} ${last}`
}

const kinds: Readonly<Record<string, string>> = {
  databases: 'database',
  servers: 'server',
  storageaccounts: 'storage account',
  resourcegroups: 'resource group',
  subscriptions: 'subscription',
}
