import { z } from 'zod'
import { choice, kindOf, strict, text } from './fields.ts'
import { complaint } from './wording.ts'

// Neither takes another text, and none is repeated in errors: a secret pasted here must not reach a log.
const unrepeated = (form: RegExp, what: string, hint: string, instead: string) => {
  const error = ({ input }: { input?: unknown }) =>
    input === undefined || input === null || input === ''
      ? complaint(input, hint)
      : `is not ${what} (what is there is not repeated here) — ${instead}`
  return z.string({ error }).regex(form, { error })
}

/** The name of the environment variable that holds a secret. */
export const variable = (what: string) =>
  unrepeated(
    /^[A-Z][A-Z0-9_]*$/,
    'the name of an environment variable',
    `the name of the environment variable that holds ${what}`,
    `write ${what} into the environment and its variable's name here, as SQL_PASSWORD`,
  )

/** The secret identifier of a secret in Key Vault, of one version or of the newest; in which cloud is checked elsewhere. */
const vaultSecret = (what: string) => {
  const example = 'https://<vault>.vault.azure.net/secrets/<name>'
  const hint = `the secret identifier of ${what} in Key Vault, ${example}`
  return unrepeated(secretIdForm, 'the address of a secret in Key Vault', hint, `write ${hint}`)
}

const secretIdForm =
  /^https:\/\/(?<vault>[a-z][a-z0-9-]{1,22}[a-z0-9])\.(?<suffix>vault\.[a-z.]+[a-z])\/secrets\/(?<name>[0-9a-z-]{1,127})(?:\/(?<version>[0-9a-f]{32}))?\/?$/i

/** The parts of a secret identifier; the vault by its name alone. Throws when it is none. */
export function secretParts(id: string): { vault: string; suffix: string; name: string; version?: string } {
  const { vault, suffix, name, version } = secretIdForm.exec(id)?.groups ?? {}
  if (!vault || !suffix || !name) throw new Error('That is not the address of a secret in Key Vault')
  return { vault: vault.toLowerCase(), suffix: suffix.toLowerCase(), name, ...(version ? { version } : {}) }
}

const identity = text(
  /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[^/]+\/providers\/Microsoft\.ManagedIdentity\/userAssignedIdentities\/[^/]+$/i,
  'the resource id of a user-assigned identity, /subscriptions/…/userAssignedIdentities/<name>',
)

const login = {
  user: text(/^\S.{0,127}$/, 'the name of the login'),
  authentication: choice(['sqlLogin', 'entraPassword']).prefault('sqlLogin'),
}
const loginKinds = 'kind: environment or keyVault with user and password, or kind: managedIdentity with identity'

/** With what the jobs of a server sign in to it. */
export const sqlLogin = z.discriminatedUnion(
  'kind',
  [
    strict(
      { kind: z.literal('environment'), ...login, password: variable('the password') },
      'kind, user, password and perhaps authentication',
    ),
    strict(
      { kind: z.literal('keyVault'), ...login, password: vaultSecret('the password') },
      'kind, user, password and perhaps authentication',
    ),
    strict({ kind: z.literal('managedIdentity'), identity }, 'kind and identity'),
  ],
  { error: ({ input }) => complaint(kindOf(input), loginKinds) },
)

const storageKinds = 'kind: accountKey, kind: environment or keyVault with sas, or kind: managedIdentity with identity'

/** With what jobs write to and read from a storage account. */
export const storageCredential = z.discriminatedUnion(
  'kind',
  [
    strict({ kind: z.literal('accountKey') }, 'kind'),
    strict({ kind: z.literal('environment'), sas: variable('the SAS') }, 'kind and sas'),
    strict({ kind: z.literal('keyVault'), sas: vaultSecret('the SAS') }, 'kind and sas'),
    strict({ kind: z.literal('managedIdentity'), identity }, 'kind and identity'),
  ],
  { error: ({ input }) => complaint(kindOf(input), storageKinds) },
)
