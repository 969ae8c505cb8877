import { describe, expect, test } from 'vitest'
import { Refusal } from '../src/transfer/errors.ts'
import { type Filled, fieldOf, readForm, textFields } from '../src/transfer/form.ts'
import { fitting, offered } from '../src/transfer/form-choices.ts'
import { parseCommand } from '../src/transfer/grammar.ts'
import type { Policy } from '../src/transfer/policy.ts'
import { ruleOf } from './support/transfers.ts'

const place = { subscription: 's', resourceGroup: 'rg' }
const database = (alias: string) => ({ ...place, alias, id: `/d/${alias}`, server: 'sql', database: alias })
const storage = (alias: string, account: string, container?: string) => ({
  ...{ ...place, alias, account, id: `/a/${account}`, endpoint: `https://${account}.blob.core.windows.net` },
  ...(container === undefined ? {} : { container }),
})
const catalogue = {
  databases: [database('orders'), database('customers')],
  storage: [storage('backups', 'st1', 'bacpacs'), storage('nightly', 'st1', 'nightly'), storage('bare', 'st2')],
}
const names = { database: 'orders', storage: 'backups' }
const filled = (texts: Filled['texts'], on: Filled['on'] = [], operation: Filled['operation'] = 'export'): Filled => ({
  ...{ operation, texts, on },
})

test.each<[typed: string, form: Filled]>([
  ['export orders to backups', filled(names, ['private-link'])],
  ['export orders to backups --no-private-link --dry-run', filled(names, ['dry-run'])],
  [
    'export orders to backups/c1/weekly/x --reason "it’s due"',
    filled({ ...names, container: 'c1', blob: 'weekly/x', reason: ' it’s\ndue ' }, ['private-link']),
  ],
  ['import backups/bacpacs/w/a.bacpac to orders', filled({ ...names, blob: 'w/a.bacpac' }, ['private-link'], 'import')],
  [
    'import bare/dumps/a.bacpac to sql/new --create --edition Standard --max-size 250GB',
    filled(
      {
        database: 'sql/new',
        storage: 'bare',
        container: 'dumps',
        blob: 'a.bacpac',
        edition: 'Standard',
        'max-size': '250GB',
      },
      ['private-link', 'create'],
      'import',
    ),
  ],
])('%s is what its form asks for', (typed, form) => {
  expect(readForm(form, catalogue)).toEqual(parseCommand(typed))
})

test.each(['"all of it"', '"a" and "b"', '--no-private-link', '<@U1> & <b>', 'x to y', '&lt;', '“it”, ‘so’'])(
  'a reason is kept as it is: %s',
  (reason) => {
    expect(readForm(filled({ ...names, reason }), catalogue)).toMatchObject({ reason, privateLink: false })
  },
)

describe('a no', () => {
  test.each(textFields)('to a secret is about its field, and does not repeat it: %s', (field) => {
    const no = refusalOf(filled({ ...names, [field]: 'https://a/b?sv=1&sig=hunter2hunter2' }, ['create'], 'import'))
    expect([no.code, fieldOf(no)]).toEqual(['secret_in_text', field])
    expect(JSON.stringify(no.facts)).not.toContain('hunter2')
  })

  test.each<[field: string, form: Filled]>([
    ['database', filled({ storage: 'backups' })],
    ['storage', filled({ database: 'orders' })],
    ['blob', filled({ ...names, blob: ' ' }, [], 'import')],
    ['container', filled({ ...names, storage: 'bare', blob: 'a.bacpac' }, [], 'import')],
    ['container', filled({ ...names, storage: 'st1', blob: 'a.bacpac' }, [], 'import')],
    ['container', filled({ ...names, container: 'a/b', blob: 'a.bacpac' }, [], 'import')],
    ['edition', filled({ ...names, blob: 'a.bacpac', edition: 'Basic' }, [], 'import')],
    ['max-size', filled({ ...names, blob: 'a.bacpac', 'max-size': 'big' }, ['create'], 'import')],
    ['redundancy', filled({ ...names, blob: 'a.bacpac', redundancy: 'no' }, ['create'], 'import')],
    ['reason', filled({ ...names, reason: 'x'.repeat(501) })],
    ['blob', filled({ ...names, blob: 'x'.repeat(1_025) })],
  ])('is about %s', (field, form) => {
    expect(fieldOf(refusalOf(form))).toBe(field)
  })

  test('to the whole request is about no field', () => {
    expect(fieldOf(new Refusal('no_rule', { database: 'orders', storage: 'backups' }))).toBeUndefined()
  })
})

describe('what is offered', () => {
  const rule = (name: string, when: object) => ({
    ...ruleOf(),
    name,
    when: { operation: [], database: [], storage: [], ...when },
  })
  const policy = (...rules: Policy['rules']): Policy => ({ catalogue, rules, operators: [], auditors: [], people: [] })
  const shown = (of: Policy, field: 'database' | 'storage' | 'container', chosen?: string) =>
    offered(of, { operation: 'export', field, ...(chosen ? { storage: chosen } : {}) }).map(({ choice, rules }) => [
      choice.value,
      rules.map(({ name }) => name).join(),
    ])

  test('names the rules that would count, the first that fits', () => {
    const of = policy(rule('a', { database: ['orders'] }), rule('b', { database: ['*'], storage: ['nightly'] }))
    expect(shown(of, 'database')).toEqual([
      ['orders', 'a'],
      ['customers', 'b'],
    ])
    expect(shown(of, 'storage')).toEqual([
      ['backups', 'a'],
      ['nightly', 'a,b'],
      ['bare', 'a'],
    ])
  })

  test('knows the usual containers and those that rules name, of the storage that is chosen', () => {
    const of = policy(rule('a', { storage: ['backups/yearly', 'backups/x*', 'nightly'] }))
    expect(shown(of, 'container')).toEqual([
      ['bacpacs', ''],
      ['yearly', 'a'],
      ['nightly', 'a'],
    ])
    expect(shown(of, 'container', 'nightly')).toEqual([['nightly', 'a']])
    expect(shown(of, 'storage')).toContainEqual(['backups', 'a'])
  })

  test('of another operation is nothing', () => {
    const of = policy(rule('a', { operation: ['import'] }))
    expect(shown(of, 'database').map(([, rules]) => rules)).toEqual(['', ''])
  })

  test('begins with what begins with the words typed', () => {
    const all = ['pre-orders', 'orders', 'customers'].map((value) => ({ value, label: value }))
    expect(fitting(all, ' OR').map(({ value }) => value)).toEqual(['orders', 'pre-orders'])
  })
})

function refusalOf(form: Filled): Refusal {
  try {
    readForm(form, catalogue)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('it was taken')
}
