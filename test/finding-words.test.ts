import { describe, expect, test } from 'vitest'
import { Refusal } from '../src/transfer/errors.ts'
import { parseCommand } from '../src/transfer/grammar.ts'

const day = 86_400_000

describe('a list', () => {
  test.each<[typed: string, asked: object]>([
    ['list', {}],
    ['/drawbridge list', {}],
    ['list pending', { which: 'pending' }],
    ['LIST Mine', { which: 'mine' }],
    ['list running.', { which: 'running' }],
    ['list failed --since 7d', { which: 'failed', since: { ago: 7 * day } }],
    ['list ended —since 12h', { which: 'ended', since: { ago: day / 2 } }],
    ['list all since 2 weeks', { which: 'all', since: { ago: 14 * day } }],
    ['list --since=90m mine', { which: 'mine', since: { ago: day / 16 } }],
    ['list --since 2026-11-01', { since: { at: Date.UTC(2026, 10, 1) } }],
    ['list --since 2026-11-01T10:30:00Z', { since: { at: Date.UTC(2026, 10, 1, 10, 30) } }],
    ['list --since 2026-11-01T10:30:00+02:00', { since: { at: Date.UTC(2026, 10, 1, 8, 30) } }],
    ['list – since 7d', { since: { ago: 7 * day } }],
    ['List\u00a0Pending —since\u00a0“2 weeks”…', { which: 'pending', since: { ago: 14 * day } }],
    ['list --since 2026–11–01', { since: { at: Date.UTC(2026, 10, 1) } }],
    ['list since 2 weeks ago', { since: { ago: 14 * day } }],
    ['list since 7d ago mine', { which: 'mine', since: { ago: 7 * day } }],
    ['list database orders', { database: 'orders' }],
    ['list database mine', { database: 'mine' }],
    ['list orders', { database: 'orders', bare: true }],
    ['list "my database"', { database: 'my database', bare: true }],
    [
      'list failed database sql-prod/orders --since 30d',
      { which: 'failed', database: 'sql-prod/orders', since: { ago: 30 * day } },
    ],
    ['list --since 30d orders failed', { which: 'failed', database: 'orders', bare: true, since: { ago: 30 * day } }],
  ])('%s', (typed, asked) => {
    expect(parseCommand(typed)).toEqual({ kind: 'list', ...asked })
  })

  test.each<[typed: string, code: string, facts: object]>([
    ['list mine failed', 'list_twice', { one: 'mine', other: 'failed' }],
    ['list orders customers', 'unexpected_word', { verb: 'list', word: 'customers' }],
    ['list database', 'missing_list_database', {}],
    ['list --sinse 7d', 'unknown_list_flag', { flag: '--sinse', suggestion: '--since' }],
    ['list --reason because', 'unknown_list_flag', { flag: '--reason' }],
    ['list --since', 'flag_without_value', { flag: '--since' }],
    ['list --since 7d --since 8d', 'flag_twice', { flag: '--since' }],
    ['list --since 7', 'bad_since', { since: '7' }],
    ['list --since -7d', 'bad_since', { since: '-7d' }],
    ['list --since 0h', 'bad_since', { since: '0h' }],
    ['list --since 2026-02-30', 'bad_since', { since: '2026-02-30' }],
    ['list --since 01.11.2026', 'bad_since', { since: '01.11.2026' }],
    ['list --since yesterday', 'bad_since', { since: 'yesterday' }],
  ])('%s is refused', (typed, code, facts) => {
    expect(refusalOf(typed)).toEqual({ code, facts })
  })
})

describe('a history', () => {
  test.each([
    ['history orders', 'orders'],
    ['/drawbridge history sql-prod/orders', 'sql-prod/orders'],
    ['history of orders', 'orders'],
    ['history database orders', 'orders'],
    ['history of database "my database"', 'my database'],
    ['History “sql-prod/orders”…', 'sql-prod/orders'],
    ['history sql-prod/orders…', 'sql-prod/orders'],
    ['history of', 'of'],
    ['history database', 'database'],
  ])('%s', (typed, database) => {
    expect(parseCommand(typed)).toEqual({ kind: 'history', database })
  })

  test.each<[typed: string, code: string, facts: object]>([
    ['history', 'missing_history', { verb: 'history' }],
    ['history orders customers', 'unexpected_word', { verb: 'history', word: 'customers' }],
  ])('%s is refused', (typed, code, facts) => {
    expect(refusalOf(typed)).toEqual({ code, facts })
  })
})

test.each(['pending', '/drawbridge pending', 'Pending!', 'Pending…', '@drawbridge pending please'])(
  '%s is my own view',
  (typed) => {
    expect(parseCommand(typed)).toEqual({ kind: 'pending' })
  },
)

test.each([
  ['withdraw k3v9x2mq, wrong database', 'wrong database'],
  ['Withdraw K3V9X2MQ — wrong database', 'wrong database'],
  ['withdraw k3v9x2mq - wrong', 'wrong'],
  ['withdraw `k3v9x2mq`: “wrong”', 'wrong'],
  ['withdraw k3v9x2mq —reason “wrong”', 'wrong'],
  ['withdraw k3v9x2mq -1 is not what I meant', '-1 is not what I meant'],
])('%s says why', (typed, reason) => {
  expect(parseCommand(typed)).toEqual({ kind: 'withdraw', id: 'k3v9x2mq', reason })
})

function refusalOf(typed: string): { code: string; facts: object } {
  try {
    return { code: 'none', facts: parseCommand(typed) }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { code: error.code, facts: error.facts }
  }
}
