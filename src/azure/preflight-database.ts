import type { Database } from '@azure/arm-sql'
import { cloudEndpoints } from '../transfer/clouds.ts'
import { toBeCreated } from '../transfer/creation.ts'
import type { Plan, Request } from '../transfer/model.ts'
import { type Finding, ok, stop, warning } from './preflight-checks.ts'
import type { Reads } from './preflight-reads.ts'
import { isGone, Unread } from './preflight-unread.ts'

/** Whether the database is there, online, no managed instance's, and in the same cloud as the storage account. */
export async function checkDatabase(reads: Reads, request: Request, plan: Plan): Promise<Finding> {
  const { server: name, database, id } = request.database
  const known = await reads.server.catch(() => undefined)
  const host = known?.fullyQualifiedDomainName ?? plan.serverHost
  if (/\/managedInstances\//i.test(id) || /^[^.]+\.[^.]+\.database\./i.test(host)) {
    return stop('managed_instance', { name, host })
  }
  const failed = await reads.server
    .then(() => reads.database)
    .then(
      () => undefined,
      (error: unknown) => error,
    )
  if (isGone(failed)) {
    if (known && plan.databaseStatus === toBeCreated) return sameCloud(host, await blobHost(reads, plan))
    return known ? stop('database_not_found', { name: database, server: name }) : stop('server_not_found', { name })
  }
  const { status = 'unknown' } = await reads.server.then(() => reads.database)
  if (status.toLowerCase() !== 'online') return stop('database_not_online', { name: database, status })
  return sameCloud(host, await blobHost(reads, plan))
}

/** Whether Azure exports databases of this edition. */
export async function checkEdition(reads: Reads, request: Request): Promise<Finding> {
  const { database: name } = request.database
  const found = await reads.database
  const edition = found.currentSku?.tier ?? found.sku?.tier ?? 'unknown'
  const objective = found.currentServiceObjectiveName ?? found.currentSku?.name ?? found.sku?.name ?? 'unknown'
  const words = [edition, objective, found.currentSku?.name, found.sku?.name, found.sku?.tier, found.kind].join(' ')
  if (systemNames.has(name.toLowerCase()) || /\bsystem\b/i.test(`${edition} ${found.kind ?? ''}`)) {
    return stop('system_database', { name })
  }
  if (/datawarehouse|synapse|\bDW\d/i.test(words)) return stop('data_warehouse', { name, edition, objective })
  if (/hyperscale|\bHS_/i.test(words)) return warning('hyperscale', { name, edition, objective })
  return ok({ edition, objective })
}

/** Whether Azure's export service can take so much data; sizes in bytes. */
export async function checkSize(reads: Reads): Promise<Finding> {
  const usages = await reads.usages.catch((error: unknown) => error as Unread)
  const used = usages instanceof Unread ? undefined : usedOf(usages)
  if (used !== undefined) {
    if (used > mostBytes) return warning('size_over_limit', { used: String(used), limit: String(mostBytes) })
    return used > muchBytes
      ? warning('size_large', { used: String(used), much: String(muchBytes) })
      : ok({ used: String(used) })
  }
  const { maxSizeBytes: max = -1 } = await reads.database.catch((): Database => ({ location: '' }))
  // What may not grow beyond the size is not beyond it either.
  if (max > 0 && max <= muchBytes) return ok()
  if (usages instanceof Unread) throw usages
  return warning('size_unknown', max > 0 ? { max: String(max), much: String(muchBytes) } : { much: String(muchBytes) })
}

/** The host at which the account has its blobs, in lower case. */
export async function blobHost(reads: Reads, plan: Plan): Promise<string> {
  const account = await reads.account.catch(() => undefined)
  const address = account?.primaryEndpoints?.blob ?? plan.uri
  return URL.canParse(address) ? new URL(address).hostname.toLowerCase() : ''
}

const gigabyte = 1024 ** 3
/** A BACPAC in blob storage is at most that large; it is compressed, so that more data may fit. */
const mostBytes = 200 * gigabyte
/** Above it Microsoft advises SqlPackage: the service's machines have a disk of 450 GB and need up to three times the size. */
const muchBytes = 150 * gigabyte
const systemNames = new Set(['master', 'model', 'msdb', 'tempdb'])

function usedOf(usages: Awaited<Reads['usages']>): number | undefined {
  const found = usages.find(({ name, unit = 'Bytes' }) => /^database_size$/i.test(name ?? '') && /^bytes$/i.test(unit))
  return found?.currentValue
}

function sameCloud(server: string, storage: string): Finding {
  const sql = cloudOf(server, 'sqlSuffix')
  // Accounts with DNS zones, which the public cloud alone has, are at <name>.z00.blob.storage.azure.net.
  const blob = storage.endsWith('.blob.storage.azure.net') ? 'public' : cloudOf(storage, 'blobSuffix')
  if (sql === undefined || blob === undefined) return warning('cloud_unclear', { server, storage })
  return sql === blob ? ok() : stop('clouds_differ', { server, storage })
}

function cloudOf(host: string, suffix: 'sqlSuffix' | 'blobSuffix'): string | undefined {
  const clouds = Object.entries(cloudEndpoints)
  return clouds.find(([, endpoints]) => host.toLowerCase().endsWith(`.${endpoints[suffix]}`))?.[0]
}
