import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cleanText, holdsSecret } from '../src/transfer/clean-text.ts'
import { Refusal } from '../src/transfer/errors.ts'
import { type ExportIntent, parseCommand, readReason } from '../src/transfer/grammar.ts'
import type { Catalogue } from '../src/transfer/policy.ts'
import { resolveExport } from '../src/transfer/resolve.ts'
import { isTransferId, newTransferId, readTransferId } from '../src/transfer/transfer-id.ts'

const plain = { kind: 'export', database: 'orders', storage: 'backups', privateLink: true }
const operation = '5364d250-2a6b-4b1c-9d7e-0123456789ab'

const understood: readonly [text: string, intent: Record<string, unknown>][] = [
  ['export orders to backups', plain],
  ['  Export   orders\u00a0TO\u00a0backups  ', plain],
  ['/export orders to backups', plain],
  ['/drawbridge export orders to backups', plain],
  ['drawbridge: export orders to backups', plain],
  ['<@U0BOT> export orders to backups', plain],
  ['<@U0BOT|drawbridge>, please export orders to backups.', plain],
  ['<@U0BOT>export orders to backups', plain],
  ['@drawbridge EXPORT orders to backups!', plain],
  ['export `orders` to `backups`', plain],
  ['`export orders to backups`', plain],
  ['```export orders to backups```', plain],
  ['export “orders” to ‘backups’', plain],
  ['export «orders» to „backups“', plain],
  ['export "orders", to "backups".', plain],
  ['export orders, to backups?', plain],
  ['export or\u200bders to back\u2060ups\ufeff', plain],
  ['export orders into <#C024|backups>', plain],
  ['export orders\nto\nbackups', plain],
  ['export orders to backups/', plain],
  ['export "my orders" to backups', { ...plain, database: 'my orders' }],
  ['export prod-sql/orders to backups/nightly', { ...plain, database: 'prod-sql/orders', container: 'nightly' }],
  ['export orders to backups/nightly/weekly/full', { ...plain, container: 'nightly', blob: 'weekly/full' }],
  ['export orders to backups/nightly/weekly/', { ...plain, container: 'nightly', blob: 'weekly/' }],
  ['export orders to backups//weekly', { ...plain, container: '', blob: 'weekly' }],
  [
    'export orders to <https://drawbridgebackups.blob.core.windows.net/nightly>',
    { ...plain, storage: 'drawbridgebackups', container: 'nightly' },
  ],
  [
    'export <http://prod-sql.database.windows.net/orders|prod-sql.database.windows.net/orders> to backups',
    { ...plain, database: 'prod-sql.database.windows.net/orders' },
  ],
  ['export orders to backups --blob <http://orders.bacpac|orders.bacpac>', { ...plain, blob: 'orders.bacpac' }],
  ['export orders to backups —blob weekly/full', { ...plain, blob: 'weekly/full' }],
  ['export orders to backups –blob weekly/full.', { ...plain, blob: 'weekly/full' }],
  ['export orders to backups - -blob weekly/full', { ...plain, blob: 'weekly/full' }],
  ['export orders to backups -- blob weekly/full', { ...plain, blob: 'weekly/full' }],
  ['export orders to backups -blob weekly/full', { ...plain, blob: 'weekly/full' }],
  ['export orders to backups --BLOB=weekly/full', { ...plain, blob: 'weekly/full' }],
  ['export --blob x orders to backups', { ...plain, blob: 'x' }],
  ['export orders to backups --no-private-link', { ...plain, privateLink: false }],
  ['export orders to backups —no–private‑link.', { ...plain, privateLink: false }],
  ['export orders to backups --private-link', plain],
  ['export orders to backups --reason "audit"', { ...plain, reason: 'audit' }],
  ['export orders to backups --reason=“audit Q3”', { ...plain, reason: 'audit Q3' }],
  [
    'export orders to backups --reason “it’s for the «big» audit — really”.',
    {
      ...plain,
      reason: 'it’s for the «big» audit — really',
    },
  ],
  [
    'export orders to backups --reason "he said "go" - blobs and all" --blob x',
    {
      ...plain,
      reason: 'he said "go" - blobs and all',
      blob: 'x',
    },
  ],
  ['export orders to backups --reason "say "hi""', { ...plain, reason: 'say "hi"' }],
  ["export orders to backups --reason 'it's late'", { ...plain, reason: "it's late" }],
  ['export orders --reason "audit" to "backups"', { ...plain, reason: 'audit' }],
  ['export orders to backups --reason quarterly audit --blob x', { ...plain, reason: 'quarterly audit', blob: 'x' }],
  ['export orders to backups --reason “never closed --blob x', { ...plain, reason: 'never closed', blob: 'x' }],
  ['export orders to backups --reason "line one\nline two"', { ...plain, reason: 'line one line two' }],
  [
    'export orders to backups --reason "R&amp;D &lt;b&gt; for <@U1|ana> in <#C1|ops>"',
    {
      ...plain,
      reason: 'R&D <b> for @ana in #ops',
    },
  ],
  [
    'export orders to backups --reason "see <https://wiki.test/a?b=1&amp;c=2>"',
    {
      ...plain,
      reason: 'see https://wiki.test/a?b=1&c=2',
    },
  ],
  ['help', { kind: 'help' }],
  ['HELP!', { kind: 'help' }],
  ['?', { kind: 'help' }],
  ['help export', { kind: 'help', topic: 'export' }],
  ['list', { kind: 'list' }],
  ['/drawbridge list', { kind: 'list' }],
  ['status k3v9x2mq', { kind: 'status', id: 'k3v9x2mq' }],
  ['Status `K3V9X2MQ`.', { kind: 'status', id: 'k3v9x2mq' }],
  ['cancel k3v9x2mq', { kind: 'cancel', id: 'k3v9x2mq' }],
  ['cancel k3v9x2mq, wrong database', { kind: 'cancel', id: 'k3v9x2mq', reason: 'wrong database' }],
  ['withdraw k3v9x2mq', { kind: 'withdraw', id: 'k3v9x2mq' }],
  ['withdraw k3v9x2mq “not needed”', { kind: 'withdraw', id: 'k3v9x2mq', reason: 'not needed' }],
  ['cancel k3v9x2mq --reason “wrong database”', { kind: 'cancel', id: 'k3v9x2mq', reason: 'wrong database' }],
  ['settle k3v9x2mq not-running', { kind: 'settle', id: 'k3v9x2mq' }],
  ['settle k3v9x2mq Not running.', { kind: 'settle', id: 'k3v9x2mq' }],
  [`settle k3v9x2mq running \`${operation.toUpperCase()}\`.`, { kind: 'settle', id: 'k3v9x2mq', running: operation }],
]

describe('a command is read as it is typed', () => {
  test.each(understood)('%s', (text, intent) => {
    expect(parseCommand(text)).toEqual(intent)
  })
})

const refused: readonly [text: string, code: string, facts: Record<string, string>][] = [
  ['', 'empty', {}],
  ['x'.repeat(4001), 'too_long', { length: '4001', most: '4000' }],
  ['<@U0BOT>', 'empty', {}],
  ['drawbridge', 'empty', {}],
  ['exprot orders to backups', 'unknown_verb', { verb: 'exprot', suggestion: 'export' }],
  ['frobnicate', 'unknown_verb', { verb: 'frobnicate' }],
  ['import backups/bacpacs/x.bacpac', 'missing_to', { verb: 'import', from: 'backups/bacpacs/x.bacpac' }],
  ['import', 'missing_source', {}],
  ['import backups/bacpacs/x.bacpac to', 'missing_target', { from: 'backups/bacpacs/x.bacpac' }],
  ['import backups to orders', 'missing_blob', { storage: 'backups', database: 'orders' }],
  ['import b/c/x.bacpac to orders --blob y', 'flag_of_export', { flag: '--blob' }],
  ['import b/c/x.bacpac to orders --edition Standard', 'flag_needs_create', { flag: '--edition' }],
  ['import b/c/x.bacpac to s/d --create --max-size huge', 'bad_size', { size: 'huge' }],
  ['import b/c/x.bacpac to s/d --create --max-size 1.0000001MB', 'bad_size', { size: '1.0000001MB' }],
  ['import b/c/x.bacpac to s/d --create --redundancy Moon', 'bad_redundancy', { redundancy: 'Moon' }],
  ['import b/c/x.bacpac to s/d --create --collation no;pe', 'bad_collation', { collation: 'no;pe' }],
  ['export orders to backups --create', 'flag_of_import', { flag: '--create' }],
  ['retry', 'missing_id', { verb: 'retry' }],
  ['export', 'missing_database', {}],
  ['export to backups', 'missing_database', {}],
  ['export orders', 'missing_to', { verb: 'export', from: 'orders' }],
  ['export orders backups', 'missing_to', { verb: 'export', from: 'orders', to: 'backups' }],
  ['export my orders to backups', 'name_with_spaces', { verb: 'export', name: 'my orders' }],
  ['export orders to', 'missing_storage', { from: 'orders' }],
  ['export orders to backups now', 'unexpected_word', { verb: 'export', word: 'now' }],
  ['export orders to backups --blub x', 'unknown_flag', { flag: '--blub', suggestion: '--blob' }],
  ['export orders to backups --overwrite', 'unknown_flag', { flag: '--overwrite' }],
  ['export orders to backups --blob', 'flag_without_value', { flag: '--blob' }],
  ['export orders to backups --reason ""', 'flag_without_value', { flag: '--reason' }],
  ['export orders to backups --reason --blob x', 'flag_without_value', { flag: '--reason' }],
  ['export orders to backups --no-private-link=false', 'flag_with_value', { flag: '--no-private-link' }],
  ['export orders to backups --blob x --blob y', 'flag_twice', { flag: '--blob' }],
  ['export orders to backups --private-link --no-private-link', 'flag_twice', { flag: '--no-private-link' }],
  ['export orders to backups/nightly/x --blob y', 'blob_twice', {}],
  [`export orders to backups --reason "${'a'.repeat(501)}"`, 'reason_too_long', { length: '501', most: '500' }],
  ['status', 'missing_id', { verb: 'status' }],
  ['status 123', 'bad_id', { verb: 'status', id: '123' }],
  ['cancel orders', 'bad_id', { verb: 'cancel', id: 'orders' }],
  ['settle k3v9x2mq', 'missing_settlement', { id: 'k3v9x2mq' }],
  ['settle k3v9x2mq running', 'missing_operation', { id: 'k3v9x2mq' }],
  ['settle k3v9x2mq running 42', 'bad_operation', { id: 'k3v9x2mq', operation: '42' }],
]

describe('a mistake is refused with what is needed to show the right form', () => {
  test.each(refused)('%s → %s', (text, code, facts) => {
    expect(refusalOf(() => parseCommand(text))).toEqual({ code, facts })
  })
})

const key = `${'Ab1+/'.repeat(17)}Z==`
const secrets: readonly string[] = [
  'export orders to <https://a.blob.core.windows.net/c?sv=2024-11-04&amp;sig=abc%2Fdefghijk%3D|backups>',
  'export orders to https://a.blob.core.windows.net/c?sig=abcdefghijk&sv=2024',
  'export orders to backups --reason "?sv=1&amp;sig=x"',
  `export orders to backups --reason "DefaultEndpointsProtocol=https;AccountKey=${key}"`,
  `export orders to backups --reason "${key}"`,
  `withdraw k3v9x2mq ${key.replaceAll('=', '%3D')}`,
  `cancel k3v9x2mq ${key.replaceAll('=', '%3D')}`,
  'export orders to backups --password hunter2',
  'export orders to backups —admin-password hunter2',
  'export orders to backups --reason "Server=x;Password=hunter2"',
  'export orders to backups --reason "pwd = hunter2"',
  'export orders to backups --reason "pass\u200bword: hunter2"',
  'help pwd=hunter2',
]

describe('a secret in the text', () => {
  test.each(secrets)('is refused and not echoed: %s', (text) => {
    expect(refusalOf(() => parseCommand(text))).toEqual({ code: 'secret_in_text', facts: {} })
  })

  test('is not seen in ordinary words', () => {
    for (const text of [
      'reset of the password policy',
      'design review',
      'orders-sv-sig',
      'the pwd file',
      key.slice(2),
    ]) {
      expect(holdsSecret(text), text).toBe(false)
    }
  })

  test('is refused in a reason that comes from a form too', () => {
    expect(refusalOf(() => readReason('password=hunter2'))).toEqual({ code: 'secret_in_text', facts: {} })
    expect(readReason('  ')).toBeUndefined()
  })
})

describe('any text at all', () => {
  test('is either understood or refused', () => {
    const bits = [
      'export',
      ' ',
      'to',
      '"',
      '“',
      '”',
      "'",
      '`',
      '--',
      '—',
      '-',
      'blob',
      'reason',
      '=',
      '<',
      '>',
      '|',
      '@',
      '/',
      'x',
      '.',
    ]
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.array(fc.constantFrom(...bits)).map((all) => `export ${all.join('')}`),
    )
    fc.assert(
      fc.property(text, (typed) => {
        const refusal = refusalOf(() => parseCommand(typed))
        expect(refusal === undefined || typeof refusal.code === 'string').toBe(true)
        expect(cleanText(typed)).not.toMatch(/[\n\u200b]/)
      }),
    )
  })
})

const catalogue: Catalogue = {
  databases: [
    databaseOf('orders', 'prod-sql', 'Orders'),
    databaseOf('orders-test', 'test-sql', 'orders'),
    databaseOf('billing', 'prod-sql', 'BillingDb'),
    databaseOf('crm-eu', 'eu-sql', 'crm'),
    databaseOf('crm-us', 'us-sql', 'crm'),
  ],
  storage: [
    storageOf('backups', 'drawbridgebackups', 'nightly'),
    storageOf('archive', 'drawbridgearchive'),
    storageOf('exports', 'sharedaccount', 'exports'),
    storageOf('audits', 'sharedaccount', 'audits'),
  ],
}
const stamp = { id: 'k3v9x2mq', at: Date.UTC(2026, 0, 2, 3, 4, 5) }
const tail = '-20260102-030405-k3v9x2mq.bacpac'

describe('names are looked up', () => {
  test.each([
    ['orders', 'orders'],
    ['ORDERS', 'orders'],
    ['test-sql/orders', 'orders-test'],
    ['prod-sql.database.windows.net/orders', 'orders'],
    ['billingdb', 'billing'],
    [databaseOf('crm-eu', 'eu-sql', 'crm').id, 'crm-eu'],
  ])('database %s is %s', (database, alias) => {
    expect(resolve({ database }).database.alias).toBe(alias)
  })

  test.each([
    ['backups', undefined, 'nightly'],
    ['DrawbridgeBackups', undefined, 'nightly'],
    ['archive', 'weekly', 'weekly'],
    ['sharedaccount', 'other', 'other'],
  ])('storage %s with container %s goes to %s', (storage, container, expected) => {
    const target = resolve({ storage, ...(container === undefined ? {} : { container }) }).storage
    expect(target.container).toBe(expected)
    expect(target.uri).toBe(`https://${target.account}.blob.core.windows.net/${expected}/${target.blob}`)
    expect(target).not.toHaveProperty('endpoint')
  })

  test.each([
    [{ database: 'crm' }, 'ambiguous_database', { candidates: 'crm-eu (eu-sql/crm), crm-us (us-sql/crm)' }],
    [
      { database: 'odrers' },
      'unknown_database',
      { suggestion: 'orders', known: 'orders, orders-test, billing, crm-eu, crm-us' },
    ],
    [{ database: 'zzzzzz' }, 'unknown_database', { name: 'zzzzzz' }],
    [{ storage: 'bakcups' }, 'unknown_storage', { suggestion: 'backups' }],
    [{ storage: 'sharedaccount' }, 'ambiguous_storage', { candidates: 'exports, audits' }],
    [{ storage: 'archive' }, 'missing_container', { storage: 'archive' }],
    [{ container: '$root' }, 'bad_container', { why: 'system' }],
    [{ container: 'ab' }, 'bad_container', { why: 'length' }],
    [{ container: '' }, 'bad_container', { why: 'length' }],
    [{ container: 'Nightly' }, 'bad_container', { why: 'characters' }],
    [{ container: 'a--b' }, 'bad_container', { why: 'hyphens' }],
    [{ container: '-abc' }, 'bad_container', { why: 'ends' }],
    [{ blob: 'a b' }, 'bad_blob', { why: 'characters' }],
    [{ blob: 'week:ly/%41?' }, 'bad_blob', { why: 'characters', characters: ':' }],
    [{ blob: 'a/../b' }, 'bad_blob', { why: 'up' }],
    [{ blob: 'a//b' }, 'bad_blob', { why: 'empty' }],
    [{ blob: '/a' }, 'bad_blob', { why: 'empty' }],
    [{ blob: 'a./b' }, 'bad_blob', { why: 'dot' }],
    [{ blob: '.bacpac' }, 'bad_blob', { why: 'empty' }],
    [{ blob: 'x'.repeat(60) }, 'blob_too_long', { length: '60', fits: '39' }],
    [{ blob: `${'x'.repeat(60)}/` }, 'uri_too_long', { most: '127' }],
  ])('%j is refused as %s', (part, code, facts) => {
    const refusal = refusalOf(() => resolve(part))
    expect(refusal?.code).toBe(code)
    expect(refusal?.facts).toMatchObject(facts)
  })

  test('a stem of just the length that is told does fit', () => {
    expect(resolve({ blob: 'x'.repeat(39) }).storage.uri).toHaveLength(127)
  })
})

describe('the blob is named', () => {
  test.each([
    [undefined, `Orders${tail}`],
    ['full', `full${tail}`],
    ['full.bacpac', `full${tail}`],
    ['weekly/orders.BACPAC', `weekly/orders${tail}`],
    ['weekly/', `weekly/Orders${tail}`],
    ['2026/01/full', `2026/01/full${tail}`],
  ])('--blob %s → %s', (blob, expected) => {
    expect(resolve(blob === undefined ? {} : { blob }).storage.blob).toBe(expected)
  })

  test.each([
    ['Sales & Marketing (EU)', `Sales-Marketing-(EU)${tail}`],
    ['Zürich<>db.', `Zurich-db${tail}`],
    ['???', `database${tail}`],
  ])('from the database %s: %s', (name, expected) => {
    const databases = [databaseOf('d', 's', name)]
    const intent: ExportIntent = { kind: 'export', database: 'd', storage: 'backups', privateLink: true }
    expect(resolveExport(intent, { ...catalogue, databases }, stamp).storage.blob).toBe(expected)
  })

  test('so that its address fits and ends in the id, or is refused', () => {
    const lowers = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789')
    const account = fc.string({ unit: lowers, minLength: 3, maxLength: 24 })
    const container = fc.string({ unit: fc.oneof(lowers, fc.constant('-')), maxLength: 66 })
    const database = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 128 })
    const blob = fc.option(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('a', '.', '/', 'B', '-') })))
    fc.assert(
      fc.property(account, container, database, blob, (name, box, db, wish) => {
        const intent: ExportIntent = { kind: 'export', database: 'd', storage: 's', container: box, privateLink: true }
        const databases = [databaseOf('d', 'sql', db)]
        const full = wish === null ? intent : { ...intent, blob: wish }
        let storage: { uri: string; blob: string } | undefined
        const refusal = refusalOf(() => {
          storage = resolveExport(full, { databases, storage: [storageOf('s', name)] }, stamp).storage
        })
        if (!storage) {
          expect(refusal?.code).toMatch(/^(bad_container|bad_blob|blob_too_long|uri_too_long)$/)
          return
        }
        expect(storage.uri.length).toBeLessThan(128)
        expect(storage.uri.endsWith('-k3v9x2mq.bacpac')).toBe(true)
        expect(new URL(storage.uri).href).toBe(storage.uri)
      }),
      { numRuns: 500 },
    )
  })
})

describe('transfer ids', () => {
  test('hold a letter and nothing that can be mistaken, whatever the dice say', () => {
    expect(newTransferId(() => 0)).toBe('2222222a')
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 9, maxLength: 9 }), (dice) => {
        let index = 0
        const id = newTransferId((n) => (dice[index++] ?? 0) % n)
        expect(id).toMatch(/^(?=.*[a-z])[23456789abcdefghjkmnpqrstvwxyz]{8}$/)
        expect(isTransferId(id)).toBe(true)
        expect(readTransferId(`\`${id.toUpperCase()}\`.`)).toBe(id)
      }),
    )
  })

  test.each(['22222222', 'k3v9x2m', 'k3v9x2mq9', 'k3v9x2ml', 'K3V9X2MQ', ''])('%s is none', (text) => {
    expect(isTransferId(text)).toBe(false)
  })
})

function resolve(part: Partial<ExportIntent>): ReturnType<typeof resolveExport> {
  const intent: ExportIntent = { kind: 'export', database: 'orders', storage: 'backups', privateLink: true, ...part }
  return resolveExport(intent, catalogue, stamp)
}

function refusalOf(act: () => unknown): { code: string; facts: Readonly<Record<string, string>> } | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { code: error.code, facts: error.facts }
  }
}

function databaseOf(alias: string, server: string, database: string): Catalogue['databases'][number] {
  const group = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/data'
  const id = `${group}/providers/Microsoft.Sql/servers/${server}/databases/${database}`
  return { alias, id, subscription: 's', resourceGroup: 'data', server, database }
}

function storageOf(alias: string, account: string, container?: string): Catalogue['storage'][number] {
  const id = `/subscriptions/s/resourceGroups/data/providers/Microsoft.Storage/storageAccounts/${account}`
  const endpoint = `https://${account}.blob.core.windows.net`
  return { alias, id, subscription: 's', resourceGroup: 'data', account, endpoint, ...(container ? { container } : {}) }
}
