import { expect, describe as suite, test } from 'vitest'
import { parse } from 'yaml'
import {
  all,
  type Change,
  exampleText,
  guid,
  plain,
  put,
  refusalsIn,
  useConfigFolder,
} from './support/config-folder.ts'

const { load, problemsOf } = useConfigFolder()
const identity = `/subscriptions/${guid}/resourceGroups/rg-data/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-drawbridge`
const version = '0123456789abcdef0123456789abcdef'
const secret = 'https://kv-prod.vault.azure.net/secrets/sql-prod'
const sas = '?sv=2024-11-04&sp=rwlc&se=2099-01-01&sig=hidden%2B9%3D'
const stbackups = { alias: 'backups', account: 'stbackups' }
const login = (server: string, value: unknown) => put(`sqlLogins.${server}`, value)
const storage = (value: unknown) => put('storage.backups.credential', value)
const withSas = { ...plain, BACKUPS_SAS: sas }

suite('logins', () => {
  test.each<[string, unknown, object]>([
    [
      'a password of Entra in the environment',
      { kind: 'environment', authentication: 'entraPassword', user: 'a@b.example', password: 'SQL_PROD_PASSWORD' },
      { kind: 'entraPassword', user: 'a@b.example', password: plain.SQL_PROD_PASSWORD },
    ],
    [
      'a SQL login in Key Vault',
      { kind: 'keyVault', user: 'drawbridge', password: secret },
      { kind: 'sqlLogin', user: 'drawbridge', password: { vault: 'kv-prod', name: 'sql-prod' } },
    ],
    [
      'one version of a secret',
      { kind: 'keyVault', user: 'drawbridge', password: `${secret}/${version}`, authentication: 'entraPassword' },
      { kind: 'entraPassword', user: 'drawbridge', password: { vault: 'kv-prod', name: 'sql-prod', version } },
    ],
    ['an identity', { kind: 'managedIdentity', identity }, { kind: 'managedIdentity', identity }],
  ])('may be %s', (_what, value, expected) => {
    const config = load({ change: login('sql-prod', value) })
    expect(config.secrets.sqlLogin('SQL-Prod')).toEqual(expected)
    expect(config.secrets.sqlLogin('sql-test')).toMatchObject({ kind: 'sqlLogin', password: plain.SQL_TEST_PASSWORD })
  })

  test('of Key Vault and identities need no variable', () => {
    const change = all(
      login('sql-prod', { kind: 'keyVault', user: 'drawbridge', password: secret }),
      login('sql-test', { kind: 'managedIdentity', identity }),
    )
    const config = load({ change, role: 'worker', environment: {} })
    expect(config.secrets.jobSecrets()).toEqual([])
  })
})

suite('credentials of storage', () => {
  test('are the account’s key unless another kind is written', () => {
    const config = load()
    expect(config.secrets.storageCredential(stbackups)).toEqual({ kind: 'accountKey' })
    expect(load({ change: storage({ kind: 'accountKey' }) }).secrets.storageCredential(stbackups)).toEqual({
      kind: 'accountKey',
    })
  })

  test.each<[string, unknown, object]>([
    ['a SAS in the environment', { kind: 'environment', sas: 'BACKUPS_SAS' }, { kind: 'sas', sas }],
    [
      'a SAS in Key Vault',
      { kind: 'keyVault', sas: 'https://KV-Prod.vault.azure.net/secrets/Backups-Sas/' },
      { kind: 'sas', sas: { vault: 'kv-prod', name: 'Backups-Sas' } },
    ],
    ['an identity', { kind: 'managedIdentity', identity }, { kind: 'managedIdentity', identity }],
  ])('may be %s, for one alias of the account alone', (_what, value, expected) => {
    const { secrets } = load({ change: storage(value), environment: withSas })
    expect(secrets.storageCredential({ ...stbackups, account: 'STBackups' })).toEqual(expected)
    expect(secrets.storageCredential({ alias: 'nightly', account: 'stbackups' })).toEqual({ kind: 'accountKey' })
  })

  test('are not given for an alias that means another account by now', () => {
    const { secrets } = load()
    expect(() => secrets.storageCredential({ alias: 'backups', account: 'starchive' })).toThrow(
      'no longer on starchive',
    )
  })

  test('outside of the catalogue are those of the account, if they are clear, else its key', () => {
    const beyond = { alias: 'stbackups/other', account: 'stbackups' }
    const kind = { kind: 'managedIdentity', identity }
    const both = all(storage(kind), put('storage.nightly.credential', kind))
    expect(load({ change: both }).secrets.storageCredential(beyond)).toEqual(kind)
    expect(() => load({ change: storage(kind) }).secrets.storageCredential(beyond)).toThrow('more than one credential')
    expect(load().secrets.storageCredential({ ...beyond, account: 'stelsewhere' })).toEqual({ kind: 'accountKey' })
  })

  test('every secret in the environment is known from the start, and the bot has none of them', () => {
    const change = storage({ kind: 'environment', sas: 'BACKUPS_SAS' })
    const worker = load({ change, environment: withSas, role: 'worker' })
    const { SQL_PROD_PASSWORD, SQL_TEST_PASSWORD } = plain
    expect(worker.secrets.jobSecrets()).toEqual([SQL_PROD_PASSWORD, SQL_TEST_PASSWORD, sas])
    const bot = load({ change, environment: withSas, role: 'bot' })
    expect(() => bot.secrets.jobSecrets()).toThrow('role (bot)')
    expect(() => bot.secrets.storageCredential(stbackups)).toThrow('role (bot)')
  })

  test.each([
    [undefined, /^BACKUPS_SAS: is not set — write the SAS of backups/],
    ['hunter2-hidden', /^BACKUPS_SAS: does not look right \(it is not shown\)/],
    [`https://stbackups.blob.core.windows.net/${sas}`, /^BACKUPS_SAS: does not look right/],
    ['?sv=2024&sp=rwlc', /^BACKUPS_SAS: does not look right/],
  ])('a SAS that is none is told (%#)', (value, told) => {
    const change = storage({ kind: 'environment', sas: 'BACKUPS_SAS' })
    const problems = problemsOf({ change, environment: { ...plain, BACKUPS_SAS: value } })
    expect(problems).toEqual([expect.stringMatching(told)])
    expect(problems.join()).not.toContain('hidden')
  })
})

const refusals = refusalsIn(`
storage.backups.credential = {"kind":"sas"} => storage.backups.credential.kind: is "sas" — write kind: accountKey, kind: environment or keyVault with sas
storage.backups.credential = "BACKUPS_SAS" => storage.backups.credential: is missing — write kind: accountKey
storage.backups.credential = {"kind":"environment","sas":"?sv=1&sig=hidden"} => storage.backups.credential.sas: is not the name of an environment variable
storage.backups.credential = {"kind":"environment"} => storage.backups.credential.sas: is missing — write the name of the environment variable that holds the SAS
storage.backups.credential = {"kind":"keyVault","sas":"hidden"} => storage.backups.credential.sas: is not the address of a secret in Key Vault (what is there is not repeated here)
storage.backups.credential = {"kind":"keyVault","sas":"http://kv-prod.vault.azure.net/secrets/x"} => storage.backups.credential.sas: is not the address of a secret in Key Vault
storage.backups.credential = {"kind":"keyVault","sas":"https://kv-prod.vault.azure.net.evil.example/secrets/x"} => storage.backups.credential.sas: is not in a vault of this cloud
storage.backups.credential = {"kind":"keyVault","sas":"https://kv-prod.vault.azure.net/keys/x"} => storage.backups.credential.sas: is not the address of a secret in Key Vault
storage.backups.credential = {"kind":"keyVault","sas":"https://kv-prod.vault.azure.cn/secrets/x"} => storage.backups.credential.sas: is not in a vault of this cloud — write an address on vault.azure.net
storage.backups.credential = {"kind":"managedIdentity","identity":"${guid}"} => storage.backups.credential.identity: is "${guid}" — write the resource id of a user-assigned identity
storage.backups.credential = {"kind":"managedIdentity"} => storage.backups.credential.identity: is missing
storage.backups.credential = {"kind":"managedIdentity","identity":"${identity}","sas":"X"} => storage.backups.credential.sas: is not a key of Drawbridge
storage.backups.credential = {"kind":"accountKey","key":"X"} => storage.backups.credential.key: is not a key of Drawbridge
sqlLogins.sql-prod = {"kind":"managedIdentity","identity":"${identity}","password":"SQL_PROD_PASSWORD"} => sqlLogins.sql-prod.password: is not a key of Drawbridge
sqlLogins.sql-prod = {"kind":"managedIdentity","identity":"id-drawbridge"} => sqlLogins.sql-prod.identity: is "id-drawbridge" — write the resource id
sqlLogins.sql-prod.authentication = "entra" => sqlLogins.sql-prod.authentication: is "entra"
sqlLogins.sql-prod = {"kind":"keyVault","user":"x","password":"SQL_PROD_PASSWORD"} => sqlLogins.sql-prod.password: is not the address of a secret in Key Vault
sqlLogins.sql-prod = {"kind":"keyVault","user":"x","password":"https://kv-gov.vault.usgovcloudapi.net/secrets/x"} => sqlLogins.sql-prod.password: is not in a vault of this cloud
azure.keyVaultUrl = "https://kv-prod.vault.azure.net" => azure.keyVaultUrl: is "https://kv-prod.vault.azure.net" — write an address on this machine`)

test.each(refusals)('is refused: $path $start', ({ path, value, start }) => {
  const problems = problemsOf({ change: put(path, value) })
  expect(problems).toEqual([expect.stringMatching(/^[^\n]+: [^\n]+ — [^\n]+$/)])
  expect(problems[0]).toContain(start)
  expect(problems.join()).not.toContain('hidden')
})

suite('Key Vault', () => {
  const inVault = login('sql-prod', { kind: 'keyVault', user: 'drawbridge', password: secret })

  test.each([
    ['usgovernment', 'vault.usgovcloudapi.net'],
    ['china', 'vault.azure.cn'],
  ])('of the cloud %s is at %s', (cloud, suffix) => {
    const there = secret.replace('vault.azure.net', suffix)
    const change = all(put('cloud', cloud), login('sql-prod', { kind: 'keyVault', user: 'x', password: there }))
    expect(problemsOf({ change })).toEqual([])
    expect(problemsOf({ change: all(put('cloud', cloud), inVault) })).toEqual([
      expect.stringContaining(`write an address on ${suffix}`),
    ])
  })

  test('of a sandbox takes the place of the real one, which never gets a fixed token', () => {
    const environment = {
      ...plain,
      DRAWBRIDGE_AZURE_TOKEN: 'token-hidden-7',
      DRAWBRIDGE_RESOURCE_MANAGER_URL: 'http://127.0.0.1:4001',
    }
    expect(problemsOf({ change: inVault, environment })).toEqual([
      expect.stringMatching(/^sqlLogins\.sql-prod\.password: would be read with a fixed token/),
    ])
    const pretended = { ...environment, DRAWBRIDGE_KEY_VAULT_URL: 'http://127.0.0.1:4001/vaults/' }
    expect(load({ change: inVault, environment: pretended }).azure.keyVaultUrl).toBe('http://127.0.0.1:4001/vaults')
    expect(load({ environment }).azure).not.toHaveProperty('keyVaultUrl')
  })
})

test('each kind that the example shows in a comment can be used as it stands there', () => {
  const shown = [...exampleText.matchAll(/^ *# {3,}(?:credential: |[a-z-]+: )?(\{ kind: .*\})$/gm)].map(
    ([, text = '']) => parse(text),
  )
  expect(shown.length).toBeGreaterThanOrEqual(6)
  const isLogin = (value: Record<string, unknown>) => 'user' in value || value.kind === 'managedIdentity'
  const changes: Change[] = shown.flatMap((value) => [
    ...(isLogin(value) ? [login('sql-prod', value)] : []),
    ...('user' in value ? [] : [storage(value)]),
  ])
  for (const change of changes) expect(problemsOf({ change, environment: withSas })).toEqual([])
})
