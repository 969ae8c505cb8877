import type { Request } from '../transfer/model.ts'
import { type Finding, ok, stop, warning } from './preflight-checks.ts'
import type { Reads } from './preflight-reads.ts'
import { isGone } from './preflight-unread.ts'

/** Whether account and container are there, and of a kind to which Azure exports. */
export async function checkAccount(reads: Reads, request: Request): Promise<Finding> {
  const { account: name, container } = request.storage
  const account = await reads.account.catch((error: unknown) => {
    if (isGone(error)) return undefined
    throw error
  })
  if (account === undefined) return stop('account_not_found', { name })
  const [sku = 'unknown', kind = 'unknown'] = [account.sku?.name, account.kind]
  const premium = /^premium/i.test(sku) || account.sku?.tier?.toLowerCase() === 'premium'
  if (premium || /^(BlockBlobStorage|FileStorage)$/i.test(kind)) return stop('premium_account', { name, sku, kind })
  const gone = await reads.container.then(() => false, isGone)
  if (gone) return stop('container_not_found', { name: container, account: name })
  const state = account.provisioningState ?? 'Succeeded'
  if (state.toLowerCase() !== 'succeeded') return warning('account_not_ready', { name, state })
  const primary = account.statusOfPrimary ?? 'available'
  return primary.toLowerCase() === 'available'
    ? ok({ sku, kind })
    : warning('account_not_ready', { name, state: primary })
}

/** Azure's management tells nobody which blobs there are, and Drawbridge reads no data: the job itself finds out. */
export async function checkBlob({ storage }: Request): Promise<Finding> {
  return warning('blob_unseen', { name: storage.blob, container: storage.container })
}

/** Whether the account takes its keys, which is what an export writes with. */
export async function checkStorageKey(reads: Reads, request: Request): Promise<Finding> {
  const { allowSharedKeyAccess, allowSharedKeyAccessForServices: services } = await reads.account
  // Left out means allowed.
  const off = allowSharedKeyAccess === false || services?.blob?.enabled === false
  return off ? stop('shared_key_off', { account: request.storage.account }) : ok()
}

/** Whether anything makes the account or the container immutable, which Azure does not export to. */
export async function checkImmutability(reads: Reads, request: Request): Promise<Finding> {
  const { account: name, container } = request.storage
  const [account, found] = await Promise.allSettled([reads.account, reads.container])
  const facts = { account: name, container }
  if (account.status === 'fulfilled' && account.value.immutableStorageWithVersioning?.enabled === true) {
    return stop('immutable_account', { account: name })
  }
  if (found.status === 'rejected') throw found.reason
  const { hasImmutabilityPolicy, hasLegalHold, immutableStorageWithVersioning } = found.value
  if (hasImmutabilityPolicy) return stop('immutability_policy', facts)
  if (hasLegalHold) return stop('legal_hold', facts)
  if (immutableStorageWithVersioning?.enabled) return stop('immutable_container', facts)
  if (account.status === 'rejected') throw account.reason
  return ok()
}
