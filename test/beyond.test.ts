import { describe, expect, test } from 'vitest'
import { beyondOf } from '../src/transfer/beyond.ts'
import { choices, mostChoices } from '../src/transfer/choices.ts'
import { type Discovered, type List, readLists } from '../src/transfer/discovered.ts'
import { Refusal } from '../src/transfer/errors.ts'
import { parseCommand } from '../src/transfer/grammar.ts'
import type { Rule } from '../src/transfer/model.ts'
import { matchRule, type Policy } from '../src/transfer/policy.ts'
import { resolveExport, resolveImport } from '../src/transfer/resolve.ts'

const subscription = '11111111-1111-1111-1111-111111111111'
const group = `/subscriptions/${subscription}/resourceGroups/rg-data/providers`
const serverId = (name: string): string => `${group}/Microsoft.Sql/servers/${name}`
const databaseId = (server: string, name: string): string => `${serverId(server)}/databases/${name}`
const accountId = (name: string): string => `${group}/Microsoft.Storage/storageAccounts/${name}`
const place = { subscription, resourceGroup: 'rg-data' }

const catalogue: Policy['catalogue'] = {
  databases: [
    { alias: 'orders', id: databaseId('sql-prod', 'orders'), ...place, server: 'sql-prod', database: 'orders' },
  ],
  storage: [
    {
      ...{ alias: 'backups', id: accountId('stbackups'), ...place, account: 'stbackups', container: 'bacpacs' },
      endpoint: 'https://stbackups.blob.core.windows.net',
    },
  ],
}
const lists: readonly List[] = [
  { kind: 'servers', of: subscription, at: 1, names: [serverId('sql-prod'), serverId('sql-test'), serverId('sql-hr')] },
  { kind: 'databases', of: serverId('sql-prod'), at: 1, names: ['orders', 'ledger', 'master'] },
  { kind: 'databases', of: serverId('sql-test'), at: 1, names: ['ledger', 'staging'] },
  { kind: 'databases', of: serverId('sql-hr'), at: 1, names: ['salaries'] },
  {
    kind: 'accounts',
    of: subscription,
    at: 1,
    names: [accountId('stbackups'), accountId('stextra'), accountId('backups')],
  },
  { kind: 'containers', of: accountId('stextra'), at: 1, names: ['weekly', 'nightly'] },
]
const discovered = readLists(lists, 'blob.core.windows.net')

function policyOf(database: readonly string[], storage: readonly string[] = ['st*/*', 'backups']): Policy {
  const rule: Rule = {
    ...{ name: 'r', when: { operation: [], database, storage }, requesters: ['anyone'], stages: [], cards: [] },
    ...{ expiry: 1, gate: 'endpoints', onBypass: 'stop', unnamedConnections: 'wait', maxOpen: 3 },
  }
  const reach = {
    ...{ subscriptions: [subscription], discover: [subscription], blobSuffix: 'blob.core.windows.net' },
    servers: ['sql-prod', 'sql-test'],
  }
  return { catalogue, reach, rules: [rule], operators: [], auditors: [], people: [] }
}

/** What a command comes to under a policy: its targets and its rule, or the refusal. */
function asked(text: string, policy: Policy, found: Discovered | 'unlisted' = discovered) {
  const intent = parseCommand(text)
  const beyond = beyondOf(policy, found === 'unlisted' ? undefined : found)
  try {
    if (intent.kind !== 'export' && intent.kind !== 'import') throw new Error('another command')
    const targets =
      intent.kind === 'export'
        ? resolveExport(intent, policy.catalogue, { id: 'k3v9x2mq', at: 0 }, beyond)
        : resolveImport(intent, policy.catalogue, beyond)
    const rule = matchRule(policy, { operation: intent.kind, ...targets })
    return { ...targets, rule: rule?.name, code: undefined, facts: undefined }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { database: undefined, storage: undefined, rule: undefined, code: error.code, facts: error.facts }
  }
}

describe('a name is looked for in the catalogue, then in Azure', () => {
  const policy = policyOf(['orders', 'sql-*/*'])
  test.each([
    ['orders', databaseId('sql-prod', 'orders'), 'orders', undefined],
    ['sql-prod/orders', databaseId('sql-prod', 'orders'), 'orders', undefined],
    ['staging', databaseId('sql-test', 'staging'), 'sql-test/staging', true],
    ['SQL-TEST/Ledger', databaseId('sql-test', 'ledger'), 'sql-test/ledger', true],
    ['sql-test.database.windows.net/staging', databaseId('sql-test', 'staging'), 'sql-test/staging', true],
    [`"${databaseId('sql-test', 'brand new')}"`, databaseId('sql-test', 'brand new'), 'sql-test/brand new', true],
    [databaseId('sql-prod', 'orders').toUpperCase(), databaseId('sql-prod', 'orders'), 'orders', undefined],
  ])('%s', (typed, id, alias, isDiscovered) => {
    const { database, rule } = asked(`export ${typed} to backups`, policy)
    expect(database).toMatchObject({ id, alias })
    expect(database?.discovered).toBe(isDiscovered)
    expect(rule).toBe('r')
  })

  test.each([
    ['stextra/weekly', 'stextra', 'weekly', ''],
    [`${accountId('stextra')}/weekly/in/folder`, 'stextra', 'weekly', 'in/folder'],
    [`"${accountId('stnew')}/blobServices/default/containers/weekly"`, 'stnew', 'weekly', ''],
    ['https://stextra.blob.core.windows.net/weekly', 'stextra', 'weekly', ''],
  ])('storage %s', (typed, account, container, blob) => {
    const { storage, rule } = asked(`export orders to ${typed}`, policy)
    expect(storage).toMatchObject({ id: accountId(account), alias: account, account, container, discovered: true })
    expect(storage?.uri).toBe(`https://${account}.blob.core.windows.net/${container}/${storage?.blob}`)
    expect(storage?.blob.startsWith(blob)).toBe(true)
    expect(rule).toBe('r')
  })

  test.each([
    ['ledger to backups', 'ambiguous_database', { candidates: 'sql-prod/ledger, sql-test/ledger' }],
    ['stagng to backups', 'unknown_database', { suggestion: 'staging', known: 'orders', gap: 'none' }],
    ['ordrs to backups', 'unknown_database', { suggestion: 'orders' }],
    ['orders to stextr/weekly', 'unknown_storage', { suggestion: 'stextra' }],
    ['orders to stextra', 'missing_container', { storage: 'stextra' }],
    ['sql-prod/master to backups', 'unknown_database', {}],
    [`${serverId('sql-prod')} to backups`, 'bad_resource_id', { side: 'database' }],
    [`${databaseId('sql-prod', 'master')} to backups`, 'bad_resource_id', { side: 'database' }],
    [`${databaseId('sql-prod', 'x').replace('1111', '2222')} to backups`, 'foreign_subscription', {}],
    [`orders to ${accountId('stnew').replace('1111', '2222')}/weekly`, 'foreign_subscription', {}],
    [`orders to ${accountId('st-new')}/weekly`, 'bad_resource_id', { side: 'storage' }],
  ])('%s is refused', (text, code, facts) => {
    const refused = asked(`export ${text}`, policy)
    expect(refused.code).toBe(code)
    expect(refused.facts).toMatchObject(facts)
  })

  test('a database is made on a server that has none yet, or by its resource id', () => {
    const all = policyOf(['sql-*/*'])
    const from = 'import backups/orders.bacpac to'
    for (const typed of ['sql-test/fresh', databaseId('sql-test', 'fresh')]) {
      const { database, rule } = asked(`${from} ${typed} --create`, all)
      expect(database).toMatchObject({ id: databaseId('sql-test', 'fresh'), alias: 'sql-test/fresh', discovered: true })
      expect(rule).toBe('r')
    }
    const onKnown = asked(`${from} ${databaseId('sql-prod', 'fresh')} --create`, policyOf([])).database
    expect(onKnown).toMatchObject({ id: databaseId('sql-prod', 'fresh'), alias: 'sql-prod/fresh' })
    expect(onKnown, 'as sql-prod/fresh, which is on a server of the catalogue').not.toHaveProperty('discovered')
    expect(asked(`${from} sql-tst/fresh --create`, all)).toMatchObject({
      code: 'unknown_server',
      facts: { suggestion: 'sql-test' },
    })
  })

  test('the answer says how fresh the list is, where something was not found', () => {
    const gap = (found: Discovered | 'unlisted', under = policy) =>
      asked('export zzzzzz to backups', under, found).facts
    const behind = lists.map((each) => ({ ...each, failed: { code: 'Http503', at: 2, again: 3 } }))
    const of = (some: readonly List[]) => readLists(some, 'blob.core.windows.net')
    expect(gap(discovered)).toMatchObject({ gap: 'none' })
    expect(gap('unlisted')).toMatchObject({ gap: 'unlisted' })
    expect(gap(of(behind))).toMatchObject({ gap: 'behind', since: '1970-01-01 00:00 UTC' })
    expect(gap(of([{ kind: 'servers', of: subscription, names: [] }]))).toMatchObject({ gap: 'partial' })
    const off = { ...policy, ...(policy.reach ? { reach: { ...policy.reach, discover: [] } } : {}) }
    expect(gap(discovered, off)).not.toHaveProperty('gap')
  })
})

describe('only a rule that names it lets something outside of the catalogue be moved', () => {
  const staging = `export ${databaseId('sql-test', 'staging')} to backups`
  test.each<[readonly string[], boolean]>([
    [[], false],
    [['*'], false],
    [['**'], false],
    [['*/*'], false],
    [['staging'], false],
    [['!(hr)/*'], false],
    [['[!h]*/*'], false],
    [['sql-test/staging'], true],
    [['SQL-TEST/*'], true],
    [['*/staging'], true],
    [['{sql-prod,sql-test}/*'], true],
    [['sql-prod/*'], false],
    [[databaseId('sql-test', '*')], true],
    [[`/subscriptions/${subscription}/**`], true],
    [[databaseId('sql-prod', '*')], false],
  ])('database: %j', (database, isAllowed) => {
    expect(asked(staging, policyOf(database)).rule).toBe(isAllowed ? 'r' : undefined)
    const listed = asked('export sql-test/staging to backups', policyOf(database))
    expect(listed.rule ?? listed.code).toBe(isAllowed ? 'r' : 'unknown_database')
  })

  test.each<[readonly string[], boolean]>([
    [[], false],
    [['*'], false],
    [['**'], false],
    [['stextra'], false],
    [['stextra/*'], true],
    [['stextra/weekly'], true],
    [['stextra/nightly'], false],
    [[accountId('stextra')], true],
    [[`${accountId('st*')}/weekly`], true],
    [[`${accountId('stextra')}/nightly`], false],
  ])('storage: %j', (storage, isAllowed) => {
    const text = `export orders to ${accountId('stextra')}/weekly`
    expect(asked(text, policyOf(['orders'], storage)).rule).toBe(isAllowed ? 'r' : undefined)
  })

  test('a rule about an alias does not open an account that is called so', () => {
    const text = `export orders to ${accountId('backups')}/weekly`
    expect(asked(text, policyOf(['orders'], ['backups/*'])).rule).toBeUndefined()
    expect(asked(text, policyOf(['orders'], [accountId('backups')])).rule).toBe('r')
  })

  test('what is of the catalogue is matched as ever, and by its resource id', () => {
    for (const globs of [[], ['*'], ['orders'], ['sql-prod/*'], [databaseId('sql-prod', 'orders')]]) {
      expect(asked('export orders to backups', policyOf(globs)).rule).toBe('r')
    }
    expect(
      asked('export orders to backups', policyOf(['!(orders|sql-prod)/**'])).rule,
      'never by its id',
    ).toBeUndefined()
  })
})

describe('choices', () => {
  const policy = policyOf(['sql-test/*', 'sql-prod/*'], ['stextra/w*'])
  test('are what a rule names and the catalogue has not, the nearest first', () => {
    const database = (fragment: string) => choices({ policy, discovered }, { kind: 'database', fragment })
    expect(database('')).toEqual(['sql-prod/ledger', 'sql-test/ledger', 'sql-test/staging'])
    expect(database(' LEDG')).toEqual(['sql-prod/ledger', 'sql-test/ledger'])
    expect(database('sql-t')).toEqual(['sql-test/ledger', 'sql-test/staging'])
    expect(choices({ policy, discovered }, { kind: 'storage', fragment: 'st' })).toEqual(['stextra'])
    expect(choices({ policy, discovered }, { kind: 'container', of: 'stextra', fragment: '' })).toEqual(['weekly'])
    expect(choices({ policy, discovered: undefined }, { kind: 'storage', fragment: '' })).toEqual([])
  })

  test('and answers come in time among as many names as are ever kept', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `database-${index}`)
    const many: readonly List[] = [{ kind: 'databases', of: serverId('sql-test'), at: 1, names }]
    // Of the processor: a busy machine says nothing about the code.
    const began = process.cpuUsage()
    const found = readLists(many, 'blob.core.windows.net')
    expect(choices({ policy, discovered: found }, { kind: 'database', fragment: 'base-1' })).toHaveLength(mostChoices)
    expect(asked('export database-19999x to backups', policy, found).facts).toMatchObject({
      suggestion: expect.any(String),
    })
    const { user, system } = process.cpuUsage(began)
    expect((user + system) / 1_000).toBeLessThan(1_500)
  })
})
