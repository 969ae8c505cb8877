import { PermanentError, TransientError } from '../transfer/errors.ts'
import type { Request } from '../transfer/model.ts'
import { apiVersions } from './api-versions.ts'
import type { Context, Secret, SqlLogin, StorageCredential, VaultSecret } from './context.ts'
import { isFailure } from './errors.ts'
import { usableSas } from './sas.ts'

/** What the configuration says of credentials. */
type Configured = Pick<Context, 'sqlLogin' | 'storageCredential'>

/** What kinds of credentials a request is sent with; identities by their resource ids. */
export type CredentialKinds = {
  storage: StorageCredential['kind']
  sql: 'sqlLogin' | 'entraPassword' | 'managedIdentity'
  identities: { storage?: string; sql?: string }
}

/** Names the kinds of credentials that a request is sent with; reads no secret and asks nothing of Azure. */
export async function credentialsOf(context: Configured, request: Request): Promise<CredentialKinds> {
  const [storage, login] = await Promise.all([configuredStorage(context, request), configuredLogin(context, request)])
  return {
    storage: storage.kind,
    sql: login.kind ?? 'sqlLogin',
    identities: {
      ...(storage.kind === 'managedIdentity' ? { storage: storage.identity } : {}),
      ...(login.kind === 'managedIdentity' ? { sql: login.identity } : {}),
    },
  }
}

/** The part of a submit's body that lets the job in, and the version of the call that takes it. */
export type JobCredentials = { fields: Readonly<Record<string, string>>; apiVersion: string }

/** Fetches what the job signs in with; every secret is known to the scrubber before it is handed out. */
export async function readCredentials(context: Context, request: Request): Promise<JobCredentials> {
  const storage = await storageFields(context, request)
  const sql = await sqlFields(context, request)
  const managed = [storage.storageKeyType, sql.authenticationType].includes(byIdentity)
  return { fields: { ...storage, ...sql }, apiVersion: managed ? apiVersions.exportsByIdentity : apiVersions.exports }
}

/** The places of the secrets in Key Vault that a request is sent with; reads none of them. */
export async function vaultSecretsOf(context: Configured, request: Request): Promise<readonly VaultSecret[]> {
  const [storage, login] = await Promise.all([configuredStorage(context, request), configuredLogin(context, request)])
  const secrets = [...(storage.kind === 'sas' ? [storage.sas] : []), ...('password' in login ? [login.password] : [])]
  return secrets.filter((secret) => typeof secret !== 'string')
}

const byIdentity = 'ManagedIdentity'

type StorageFields = { storageKeyType: string; storageKey: string }

async function storageFields(context: Context, request: Request): Promise<StorageFields> {
  const credential = await configuredStorage(context, request)
  if (credential.kind === 'managedIdentity') return { storageKeyType: byIdentity, storageKey: credential.identity }
  if (credential.kind === 'accountKey') {
    return { storageKeyType: 'StorageAccessKey', storageKey: await accountKey(context, request) }
  }
  const sas = await secretText(context, credential.sas)
  return { storageKeyType: 'SharedAccessKey', storageKey: usableSas(sas, request.storage.account, context.now()) }
}

type SqlFields = { administratorLogin: string; administratorLoginPassword?: string; authenticationType: string }

/** With an identity there must be no password at all, not even an empty one. */
async function sqlFields(context: Context, request: Request): Promise<SqlFields> {
  const login = await configuredLogin(context, request)
  if (login.kind === 'managedIdentity') return { administratorLogin: login.identity, authenticationType: byIdentity }
  return {
    administratorLogin: login.user,
    administratorLoginPassword: await secretText(context, login.password),
    authenticationType: login.kind === 'entraPassword' ? 'ADPassword' : 'SQL',
  }
}

async function accountKey({ clients, errors, scrub }: Context, { storage }: Request): Promise<string> {
  const action = 'Microsoft.Storage/storageAccounts/listKeys/action'
  const { storageAccounts } = clients.storage(storage.subscription)
  const { keys = [] } = await storageAccounts.listKeys(storage.resourceGroup, storage.account).catch((error) => {
    throw errors.failureOf(error, action)
  })
  for (const { value } of keys) scrub.remember(value ?? '')
  const full = keys.find(({ value, permissions }) => value && permissions?.toLowerCase() === 'full')
  if (full?.value) return full.value
  const message = `Azure gave no key of ${storage.account} that may write.`
  throw new PermanentError({ code: 'NoStorageKey', message })
}

async function secretText(context: Context, secret: Secret): Promise<string> {
  if (typeof secret !== 'string') return context.vaults.read(secret)
  context.scrub.remember(secret)
  return secret
}

function configuredLogin(context: Configured, { database }: Request): Promise<SqlLogin> {
  return configured(() => context.sqlLogin(database.server), {
    code: 'SqlLoginUnavailable',
    message: `The SQL login of ${database.server} could not be read.`,
  })
}

function configuredStorage(context: Configured, { storage }: Request): Promise<StorageCredential> {
  return configured(() => context.storageCredential(storage), {
    code: 'StorageCredentialUnavailable',
    message: `The credential of ${storage.account} could not be read.`,
  })
}

/** The error that was thrown may hold the secret. */
async function configured<T>(read: () => T | Promise<T>, fault: { code: string; message: string }): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw isFailure(error) ? error : new TransientError(fault)
  }
}
