import type { CloudEndpoints } from '../transfer/clouds.ts'
import type { StorageTarget } from '../transfer/request.ts'
import type { Offers } from './capabilities.ts'
import type { Clients } from './clients.ts'
import type { Errors } from './errors.ts'
import type { Vaults } from './key-vault.ts'
import type { Home } from './operation-url.ts'
import type { Scrubber } from './scrub.ts'

/** A secret in Key Vault: the name of the vault without its domain, and the newest version unless one is named. */
export type VaultSecret = { vault: string; name: string; version?: string }

/** A secret by its value, or by where it is kept until the moment of the call. */
export type Secret = string | VaultSecret

/** With what Azure's service signs in to a server: a SQL login unless stated, an identity by its resource id. */
export type SqlLogin =
  | { kind?: 'sqlLogin' | 'entraPassword'; user: string; password: Secret }
  | { kind: 'managedIdentity'; identity: string }

/** With what Azure's service writes to and reads from a storage account; an identity by its resource id. */
export type StorageCredential =
  | { kind: 'accountKey' }
  | { kind: 'sas'; sas: Secret }
  | { kind: 'managedIdentity'; identity: string }

/** What every call of the port works with. */
export type Context = {
  cloud: CloudEndpoints
  home: Home
  clients: Clients
  errors: Errors
  scrub: Scrubber
  offers: Offers
  /** Databases that this process has Azure make: the address of each operation by the mark of its import; empty without one. */
  creations: Map<string, string>
  sqlLogin(server: string): SqlLogin | Promise<SqlLogin>
  storageCredential(storage: StorageTarget): StorageCredential | Promise<StorageCredential>
  vaults: Vaults
  now(): number
  /** Takes one line of plain text without secrets. */
  log(line: string): void
}
