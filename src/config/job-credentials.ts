import type { CloudEndpoints } from '../transfer/clouds.ts'
import type { Catalogue } from '../transfer/policy.ts'
import type { Secrets } from './config.ts'
import type { Needs } from './environment.ts'
import type { Path, Problems } from './problems.ts'
import type { Salvaged } from './salvage.ts'
import type { File } from './schema.ts'
import { secretParts } from './schema-credentials.ts'

/** The variables that the credentials of the jobs name. */
export function neededForJobs(file: Salvaged<File>): readonly Needs[] {
  const passwords = Object.entries(file.sqlLogins ?? {}).flatMap(([server, login]) =>
    login?.kind === 'environment' && login.password
      ? [{ variable: login.password, what: `the password of the SQL login of ${server}` }]
      : [],
  )
  const shares = Object.entries(file.storage ?? {}).flatMap(([alias, entry]) =>
    entry?.credential?.kind === 'environment' && entry.credential.sas
      ? [{ variable: entry.credential.sas, what: `the SAS of ${alias}, from ?sv= to its end`, form: sas }]
      : [],
  )
  return [...passwords, ...shares]
}

/** Tells secrets of vaults in another cloud, and vaults that would be sent the token of a sandbox. */
export function checkVaults(file: Salvaged<File>, cloud: CloudEndpoints | undefined, problems: Problems): void {
  const places: [Path, string | undefined][] = [
    ...Object.entries(file.sqlLogins ?? {}).map(([server, login]): [Path, string | undefined] => [
      ['sqlLogins', server, 'password'],
      login?.kind === 'keyVault' ? login.password : undefined,
    ]),
    ...Object.entries(file.storage ?? {}).map(([alias, entry]): [Path, string | undefined] => [
      ['storage', alias, 'credential', 'sas'],
      entry?.credential?.kind === 'keyVault' ? entry.credential.sas : undefined,
    ]),
  ]
  for (const [path, id] of places) {
    if (id === undefined) continue
    if (cloud && secretParts(id).suffix !== cloud.vaultSuffix) {
      problems.add(path, `is not in a vault of this cloud — write an address on ${cloud.vaultSuffix}, or correct cloud`)
    } else if (file.azure?.credential?.kind === 'token' && !file.azure.keyVaultUrl) {
      const what = 'would be read with a fixed token, which is only for a sandbox on this machine'
      problems.add(path, `${what} — write a loopback azure.keyVaultUrl, or another kind of azure.credential`)
    }
  }
}

/** The credentials of the jobs, as they are handed to whoever reads what Key Vault keeps. */
export function openJobCredentials(
  file: File,
  catalogue: Catalogue,
  get: (variable: string) => string,
): Pick<Secrets, 'sqlLogin' | 'storageCredential' | 'jobSecrets'> {
  return {
    sqlLogin(server) {
      const name = server.toLowerCase()
      const login = Object.hasOwn(file.sqlLogins, name) ? file.sqlLogins[name] : undefined
      if (!login) throw new Error(`There is no SQL login for ${server}`)
      if (login.kind === 'managedIdentity') return login
      const password = login.kind === 'environment' ? get(login.password) : inVault(login.password)
      return { kind: login.authentication, user: login.user, password }
    },
    storageCredential({ alias, account }) {
      const credential = storageEntry(file, catalogue, alias, account)
      if (credential.kind === 'environment') return { kind: 'sas', sas: get(credential.sas) }
      return credential.kind === 'keyVault' ? { kind: 'sas', sas: inVault(credential.sas) } : credential
    },
    jobSecrets: () => neededForJobs(file).map(({ variable }) => get(variable)),
  }
}

/** The whole address with the SAS at its end would do elsewhere; Azure takes the SAS alone. */
const sas = {
  test: (written: string) => /^\??\w+=[^\s?]+$/.test(written.trim()) && /\bsig=[^&\s]/.test(written),
}

type StorageKind = File['storage'][string]['credential']

/** What is outside of the catalogue has the credential of its account there, and without one the account's key. */
function storageEntry(file: File, { storage }: Catalogue, alias: string, account: string): StorageKind {
  const named = storage.filter((each) => each.alias === alias)
  const onAccount = storage.filter((each) => each.account === account.toLowerCase())
  if (named.some((each) => !onAccount.includes(each))) throw new Error(`${alias} is no longer on ${account}`)
  const entries = named.length > 0 ? named : onAccount
  const credentials = entries.flatMap((each) => file.storage[each.alias]?.credential ?? [])
  const [first = { kind: 'accountKey' }, ...others] = credentials
  if (others.every((each) => JSON.stringify(each) === JSON.stringify(first))) return first
  throw new Error(`${account} has more than one credential, and ${alias} is none of its names`)
}

function inVault(id: string): { vault: string; name: string; version?: string } {
  const { suffix: _, ...secret } = secretParts(id)
  return secret
}
