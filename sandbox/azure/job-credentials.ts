import { field, same } from './format.ts'
import type { SqlServer, StorageAccount } from './types.ts'
import type { Call } from './world.ts'

/** What is wrong with the form of the credentials in a submit, as the code of a refusal; undefined when nothing is. */
export function credentialRefusal(call: Call): string | undefined {
  const text = (name: string) => textIn(call.body, name)
  const version = (call.query.get('api-version') ?? '').slice(0, 10)
  const keyType = text('storageKeyType').toLowerCase()
  if (!['storageaccesskey', 'sharedaccesskey', 'managedidentity'].includes(keyType)) {
    return 'InvalidImportExportStorageAuthType'
  }
  if (keyType === 'managedidentity' && version < firstWithIdentity) return 'InvalidImportExportStorageAuthType'
  const authentication = (text('authenticationType') || 'sql').toLowerCase()
  if (!['sql', 'adpassword', 'managedidentity'].includes(authentication)) return 'InvalidSqlAuthType'
  const password = text('administratorLoginPassword')
  if (authentication === 'managedidentity') {
    if (version < firstWithIdentity)
      return password === '' ? 'MissingImportExportInputParameters' : 'InvalidSqlAuthType'
    if (field(call.body, 'administratorLoginPassword') !== undefined) return 'SQLPasswordSpecifiedWithManagedIdentity'
    if (!identityId.test(text('administratorLogin'))) return 'InvalidImportExportInputParameter'
  } else if (password === '') return 'MissingImportExportInputParameters'
  return keyFormatRefusal(keyType, text('storageKey'))
}

/** Whether the account takes the key or SAS of a submit; with an identity that turns out in the job. */
export function keyFits(body: unknown, account: StorageAccount, now: number): boolean {
  const key = textIn(body, 'storageKey')
  const keyType = textIn(body, 'storageKeyType').toLowerCase()
  if (keyType === 'managedidentity') return true
  if (!account.allowSharedKeyAccess) return false
  if (keyType === 'storageaccesskey') return account.keys.some((each) => each.value === key)
  const end = new URLSearchParams(key).get('se')
  return account.signatures.includes(key) && (end === null || Date.parse(end) > now)
}

/** Why the job cannot sign in to the server, in the words of the service; undefined when it can. */
export function loginProblem(body: unknown, server: SqlServer): string | undefined {
  const login = textIn(body, 'administratorLogin')
  const authentication = textIn(body, 'authenticationType') || 'sql'
  if (same(authentication, 'ManagedIdentity')) {
    if (!isAssigned(server, login)) return unassigned(server, login)
    return has(server.entraAdministrators, login) ? undefined : "Login failed for user '<token-identified principal>'."
  }
  const password = textIn(body, 'administratorLoginPassword')
  const failed = `Login failed for user '${login}'.`
  if (same(authentication, 'ADPassword')) {
    return server.entraUsers.some((each) => same(each.name, login) && each.password === password) ? undefined : failed
  }
  if (!same(login, server.administratorLogin) || password !== server.administratorPassword) return failed
  if (!server.azureADOnlyAuthentication) return undefined
  return `${failed} Reason: Azure Active Directory only authentication is enabled.`
}

/** Why the identity of a job may not do its work in the account, in the words of the service; undefined when it may. */
export function roleProblem(
  kind: 'export' | 'import',
  body: unknown,
  server: SqlServer,
  account: StorageAccount,
): string | undefined {
  if (!same(textIn(body, 'storageKeyType'), 'ManagedIdentity')) return undefined
  const identity = textIn(body, 'storageKey')
  if (!isAssigned(server, identity)) return unassigned(server, identity)
  const enough = ['Storage Blob Data Contributor', 'Storage Blob Data Owner']
  if (kind === 'import') enough.push('Storage Blob Data Reader')
  if (account.dataRoles.some((each) => same(each.identity, identity) && enough.includes(each.role))) return undefined
  return 'The remote server returned an error: (403) This request is not authorized to perform this operation using this permission.'
}

/** The first version of the calls whose service knew managed identities. */
const firstWithIdentity = '2023-08-01'
const identityId =
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.ManagedIdentity\/userAssignedIdentities\/[^/]+$/i

function keyFormatRefusal(keyType: string, key: string): string | undefined {
  const fits = {
    storageaccesskey: !key.startsWith('?'),
    sharedaccesskey: key.startsWith('?') && new URLSearchParams(key).has('sig'),
    managedidentity: identityId.test(key),
  }[keyType]
  return fits ? undefined : 'InvalidImportExportStorageKeyFormat'
}

function isAssigned(server: SqlServer, identity: string): boolean {
  return has(server.userAssignedIdentities, identity)
}

function unassigned(server: SqlServer, identity: string): string {
  return `The managed identity '${identity}' is not assigned to the server '${server.name}'.`
}

function has(ids: readonly string[], id: string): boolean {
  return ids.some((each) => same(each, id))
}

function textIn(body: unknown, name: string): string {
  const value = field(body, name)
  return typeof value === 'string' ? value : ''
}
