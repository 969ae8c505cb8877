import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, describe as suite, test } from 'vitest'
import { parse } from 'yaml'
import { triesOf } from '../src/config/pattern-cost.ts'
import { all, type Change, guid, put, refusalsIn, useConfigFolder } from './support/config-folder.ts'

const { load, problemsOf } = useConfigFolder()

/** Labels for what the example's catalogue has. */
const labelled: Change = all(
  put('databases.orders', {
    id: `/subscriptions/${guid}/resourceGroups/rg-data/providers/Microsoft.Sql/servers/sql-prod/databases/orders`,
    environment: 'prod',
  }),
  put('storage.backups.environment', 'vault'),
  put('storage.nightly.environment', 'vault'),
)

/** A key of the example file with labels = what is put there => how the line about it begins. */
const refusals = refusalsIn(`
databases.orders.environment = "Prod" => databases.orders.environment: is "Prod" — write a short label
storage.backups.environment = "cold" => storage.nightly.environment: is vault, but backups is the same account and in cold — write the same
storage.nightly.environment = undefined => storage.nightly.environment: is nothing, but backups is the same account and in vault
rules.0.when.enviroment = ["prod"] => rules[0].when.enviroment: is not a key of Drawbridge (did you mean "environment"?)
rules.0.when.environment = ["prd"] => rules[0].when.environment[0]: is "prd", which nothing there has as its environment (did you mean "prod"?) — write one of prod, or give it
rules.0.when.environment = ["vault"] => rules[0].when.environment[0]: is "vault", which nothing there has
rules.0.when.from = [] => rules[0].when.from: is empty — write a list of environments
rules.0.when.to = ["moon"] => rules[0].when.to[0]: is "moon", which nothing there has
rules.0.when = {"operation":["export"],"from":["vault"]} => rules[0].when: never matches: by the catalogue's environments no export goes that way — correct from, to
rules.0.when = {"operation":["import"],"to":["vault"]} => rules[0].when: never matches: by the catalogue's environments no import goes
rules.0.when.size = {"below":"50"} => rules[0].when.size.below: is "50" — write a size with its unit
rules.0.when.size = {} => rules[0].when.size: is empty — write below, atLeast or both
rules.0.when.size = {"below":"1GB","atLeast":"1GB"} => rules[0].when.size: is no size: below is not more than atLeast
rules.0.when = {"operation":["import"],"size":{"below":"1GB"}} => rules[0].when.size: never matches, as nobody knows how much data an import brings
rules.0.when.subscription = ["prod"] => rules[0].when.subscription[0]: is "prod" — write a subscription id
rules.0.when.subscription = ["${guid.replaceAll('1', '2')}"] => rules[0].when.subscription[0]: is not one of azure.subscriptions — write one of 1111
rules.0.when.server = ["sql-prd"] => rules[0].when.server[0]: is "sql-prd", which matches no server (did you mean "sql-prod"?) — write one of
rules.0.when.server = ["!sql-prod"] => rules[0].when.server[0]: is "!sql-prod", a pattern of what not to match
rules.0.when.container = ["a[b"] => rules[0].when.container[0]: is "a[b", not a complete pattern
rules.0.when.requester = ["dba"] => rules[0].when.requester[0]: is "dba" — write a Slack id
rules.0.when.requester = ["5a000000-0000-4000-8000-000000000002"] => rules[0].when.requester[0]: is "5a000000-0000-4000-8000-000000000002", an id of Teams
rules.0.when.privateLink = "yes" => rules[0].when.privateLink: is "yes" — write true or false
rules.1.when = {"operation":["export"],"database":["orders"]} => rules[1].when: never matches, as rules[0] ("production") comes first and takes everything that it names — move this rule before
rules.0.when = {} => rules[1].when: never matches, as rules[0] ("production") comes first
rules.0.maxOpenOfRule = 0 => rules[0].maxOpenOfRule: is 0 — write a whole number
rules.0.destinations = {} => rules[0].destinations: names no storage, so that no export could go anywhere — add storage
rules.1.destinations = {"storage":["backups"]} => rules[1].destinations: names no database, so that no import could go anywhere — add database
rules.0.destinations = {"storage":["backps"]} => rules[0].destinations.storage[0]: is "backps", which matches nothing (did you mean "backups"?)
rules.0.destinations = {"environment":["moon"]} => rules[0].destinations.environment[0]: is "moon", which nothing there has
rules.0.clocks = {"runing":"1h"} => rules[0].clocks.runing: is not a key of Drawbridge (did you mean "running"?)
rules.0.clocks = {"submitting":"90s"} => rules[0].clocks.submitting: is over before an unclear submit may be sent again — write more than
rules.0.clocks = {"closing":"10s"} => rules[0].clocks.closing: is shorter than polls.closing, so that nobody would look
rules.0.clocks = {"approving":"40h"} => rules[0].clocks.approving: is too long after expiry, as Azure cancels a waiting job
rules.0.reason = {"pattern":"CHG[0-9"} => rules[0].reason.pattern: is "CHG[0-9", not a regular expression (
rules.0.reason = {"pattern":"CHG\\\\d+"} => rules[0].reason.example: is missing — write a reason that the pattern fits
rules.0.reason = {"pattern":"CHG\\\\d+","example":"change"} => rules[0].reason.example: is "change", which the pattern does not fit
rules.0.reason = {"pattern":"(a+)+$","example":"a"} => rules[0].reason.pattern: is "(a+)+$", which some reasons would keep busy for seconds — begin it with ^`)

suite('rules that cannot be used', () => {
  test.each(refusals)('are refused: $start', ({ path, value, start }) => {
    const problems = problemsOf({ change: all(labelled, put(path, value)) })
    expect(problems.find((line) => line.startsWith(start))).toBeDefined()
    expect(problems).toHaveLength(1)
    for (const line of problems) expect(line).toMatch(/^[^\n]+: [^\n]+ — [^\n]+$/)
  })
})

test('the example of the documentation is a policy', () => {
  const text = readFileSync(join(import.meta.dirname, '../docs/policy.md'), 'utf8')
  const { rules } = parse(/```yaml\n(.*?)```/s.exec(text)?.[1] ?? '') as { rules: unknown }
  expect(load({ change: all(labelled, put('rules', rules)) }).policy.rules.map(({ name }) => name)).toEqual([
    'small',
    'large',
  ])
})

suite('a rule', () => {
  test('states conditions and terms of its own', () => {
    const when = {
      ...{ operation: ['export'], server: ['sql-*'], container: ['bac*'], subscription: [guid.toUpperCase()] },
      ...{ environment: ['prod'], from: ['prod'], to: ['vault'], size: { below: '1.5TB', atLeast: '500MB' } },
      ...{ requester: ['S0DBA', 'anyone'], privateLink: true },
    }
    const terms = {
      ...{ maxOpenOfRule: 2, destinations: { storage: ['backups'], environment: ['vault'] } },
      ...{ clocks: { awaitingEndpoints: '1h', running: '12h' } },
      reason: { pattern: '^(CHG|INC)\\d{7}', example: 'CHG0012345, as agreed' },
    }
    const { policy } = load({
      change: all(labelled, put('rules.0.when', when), (file) => void Object.assign(file.rules?.[0] as object, terms)),
    })
    expect(policy.rules[0]).toMatchObject({
      when: {
        ...{ operation: ['export'], database: [], storage: [], server: ['sql-*'], container: ['bac*'] },
        ...{ subscription: [guid], environment: ['prod'], from: ['prod'], to: ['vault'], privateLink: true },
        size: { below: 1.5 * 2 ** 40, atLeast: 500 * 2 ** 20 },
        requester: ['slack:T0SANDBOX/S0DBA', 'anyone'],
      },
      ...{ maxOpenOfRule: 2, destinations: terms.destinations },
      clocks: { awaiting_endpoints: 3_600_000, running: 12 * 3_600_000 },
      reason: { required: true, ...terms.reason },
    })
    expect(policy.catalogue.databases[0]).toMatchObject({ alias: 'orders', environment: 'prod' })
    expect(policy.catalogue.storage[0]).toMatchObject({ alias: 'backups', environment: 'vault' })
    expect(policy.catalogue.databases[1]).not.toHaveProperty('environment')
  })

  test.each([
    ['narrower', { database: ['orders'], size: { below: '1GB' } }, { database: ['orders'] }],
    ['of another way', { database: ['*'], privateLink: false }, { database: ['*'], privateLink: true }],
    ['for some', { database: ['*'], requester: ['S0DBA'] }, { database: ['*'] }],
    ['over ids', {}, { database: [`/subscriptions/${guid}/**`] }],
    ['of other sizes', { size: { below: '2GB' } }, { size: { below: '3GB' } }],
  ])('is not taken for one that can never match behind one that is %s', (_name, first, second) => {
    const change = all(put('rules.0.when', first), put('rules.1.when', second))
    expect(problemsOf({ change })).toEqual([])
  })

  test.each<[pattern: string, most: number]>([
    ['CHG[0-9]{7}', 500],
    ['^(CHG|INC)\\d{7}$', 2],
    ['[A-Z]{2,10}-\\d+', 2_250_000],
    ['^\\d+\\d+x', 250_000],
    ['^a|b', 1_000],
    ['(?<id>CHG\\d{7})(?: .*)?', 250_500],
    ['[\\]a]\\p{L}\\)', 500],
    ['(?:a|b){3}', 4_000],
    ['(a|a)*$', Number.POSITIVE_INFINITY],
    ['(a?b)+', Number.POSITIVE_INFINITY],
  ])('has a pattern that is tried at most so often: %s, %d', (pattern, most) => {
    expect(triesOf(pattern)).toBe(most)
  })
})
