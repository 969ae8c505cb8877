import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apply, applyAll, start } from '../src/transfer/apply.ts'
import { type Candidate, rulesOf, settleRule, sizeOf } from '../src/transfer/candidates.ts'
import { type Facts, findingsOf } from '../src/transfer/conditions.ts'
import { allowsDestination, unmetDemand } from '../src/transfer/demands.ts'
import type { Event } from '../src/transfer/events.ts'
import { explain, matchRule, possibleRules } from '../src/transfer/explain.ts'
import { isOpenTo, offered } from '../src/transfer/form-choices.ts'
import { relabelled } from '../src/transfer/labels.ts'
import type { Plan, Rule, Transfer, When } from '../src/transfer/model.ts'
import type { Catalogue } from '../src/transfer/policy.ts'
import { again } from '../src/transfer/retry.ts'
import { ruleVersion } from '../src/transfer/rule-version.ts'
import { ruleOf, transferOf } from './support/transfers.ts'

const gigabyte = 2 ** 30
const subscription = '11111111-1111-1111-1111-111111111111'
const place = { subscription, resourceGroup: 'rg' }
const group = `/subscriptions/${subscription}/resourceGroups/rg/providers`
const orders = {
  ...{ ...place, alias: 'orders', server: 'sql-prod', database: 'orders', environment: 'prod' },
  id: `${group}/Microsoft.Sql/servers/sql-prod/databases/orders`,
}
const backups = {
  ...{ ...place, alias: 'backups', account: 'stbackups', container: 'bacpacs', environment: 'vault' },
  id: `${group}/Microsoft.Storage/storageAccounts/stbackups`,
}
const entry = { ...backups, endpoint: 'https://stbackups.blob.core.windows.net' }
const catalogue: Catalogue = { databases: [orders], storage: [entry] }
const facts: Facts = {
  ...{ operation: 'export', database: orders, storage: backups, privateLink: true },
  ...{ requester: ['slack:T1/S0DBA'], size: 30 * gigabyte },
}
const nowhere: When = { operation: [], database: [], storage: [] }
const rule = (name: string, when: Partial<When> = {}, more: Partial<Rule> = {}): Rule => ({
  ...ruleOf(),
  ...{ name, when: { ...nowhere, ...when } },
  ...more,
})
const policyOf = (...rules: Rule[]) => ({ rules, catalogue })
const { environment: _, ...unlabelled } = orders
const { environment: __, ...bare } = backups
const imports: Partial<Facts> = { operation: 'import' }
const found: Partial<Facts> = { database: { ...unlabelled, alias: 'sql-prod/orders', discovered: true } }
const { requester: ___, size: ____, privateLink: _____, ...early } = facts

/** A condition, facts beside it, and what comes of it. */
const table: readonly (readonly [when: Partial<When>, differ: Partial<Facts>, verdict: string])[] = [
  [{ operation: ['export'] }, {}, 'fits'],
  [{ operation: ['import'] }, {}, 'differs'],
  [{ database: ['ord*'] }, {}, 'fits'],
  [{ database: ['customers'] }, {}, 'differs'],
  [{ database: ['*'] }, found, 'differs'],
  [{ database: ['sql-prod/*'] }, found, 'fits'],
  [{}, found, 'differs'],
  [{ storage: ['backups/bacpacs'] }, {}, 'fits'],
  [{ storage: ['nightly'] }, {}, 'differs'],
  [{ subscription: [subscription] }, {}, 'fits'],
  [{ subscription: [subscription.replaceAll('1', '2')] }, {}, 'differs'],
  [{ server: ['SQL-*'] }, {}, 'fits'],
  [{ server: ['sql-test'] }, {}, 'differs'],
  [{ container: ['bac*'] }, {}, 'fits'],
  [{ container: ['nightly'] }, {}, 'differs'],
  [{ environment: ['test', 'prod'] }, {}, 'fits'],
  [{ environment: ['test'] }, {}, 'differs'],
  [{ environment: ['test'] }, { database: unlabelled }, 'unknown'],
  [{ from: ['prod'] }, {}, 'fits'],
  [{ from: ['vault'] }, {}, 'differs'],
  [{ from: ['vault'] }, imports, 'fits'],
  [{ from: ['vault'] }, { ...imports, storage: bare }, 'unknown'],
  [{ to: ['vault'] }, {}, 'fits'],
  [{ to: ['prod'] }, {}, 'differs'],
  [{ to: ['prod'] }, imports, 'fits'],
  [{ to: ['prod'] }, { storage: bare }, 'unknown'],
  [{ size: { below: 50 * gigabyte } }, {}, 'fits'],
  [{ size: { below: 30 * gigabyte } }, {}, 'differs'],
  [{ size: { atLeast: 30 * gigabyte } }, {}, 'fits'],
  [{ size: { atLeast: 31 * gigabyte, below: 50 * gigabyte } }, {}, 'differs'],
  [{ size: { below: 50 * gigabyte } }, { size: 'unknown' }, 'unknown'],
  [{ size: { below: 50 * gigabyte } }, imports, 'unknown'],
  [{ requester: ['slack:T1/S0DBA'] }, {}, 'fits'],
  [{ requester: ['slack:T1/S0OPS'] }, {}, 'differs'],
  [{ privateLink: true }, {}, 'fits'],
  [{ privateLink: false }, {}, 'differs'],
]

describe('a condition', () => {
  test.each(table)('%j beside %j %s', (when, differ, verdict) => {
    const findings = findingsOf({ ...nowhere, ...when }, { ...facts, ...differ }, ['backups'])
    expect(findings.map((each) => each.verdict).filter((each) => each !== 'fits')).toEqual(
      verdict === 'fits' ? [] : [verdict],
    )
    const only = policyOf(rule('a', when))
    expect(matchRule(only, { ...facts, ...differ })?.name).toBe(verdict === 'fits' ? 'a' : undefined)
  })

  test.each<[Partial<When>]>([
    [{ size: { below: gigabyte } }],
    [{ requester: ['slack:T1/S0DBA'] }],
    [{ privateLink: false }],
  ])('that is not known yet may still match: %j', (when) => {
    expect(explain(policyOf(rule('a', when)), early)[0]?.outcome).toBe('later')
    // With another that is plainly wrong it does not.
    expect(explain(policyOf(rule('a', { ...when, database: ['x'] })), early)[0]?.outcome).toBe('no')
  })
})

test('every rule is explained, in order, up to the one that matches', () => {
  const small = rule('small', { size: { below: gigabyte } })
  const policy = policyOf(rule('other', { database: ['x'] }), small, rule('rest'), rule('behind'))
  expect(explain(policy, early).map(({ rule: { name }, outcome }) => [name, outcome])).toEqual([
    ['other', 'no'],
    ['small', 'later'],
    ['rest', 'match'],
    ['behind', 'unreached'],
  ])
  expect(possibleRules(policy, early).map(({ rule: { name } }) => name)).toEqual(['small', 'rest'])
  expect(explain(policy, facts)[1]?.findings).toEqual([
    { fact: 'size', below: gigabyte, known: 30 * gigabyte, verdict: 'differs' },
  ])
})

test('the first rule that matches counts, whatever rules there are', () => {
  const label = fc.constantFrom('prod', 'test')
  const some = <T>(each: fc.Arbitrary<T>) =>
    fc.option(fc.array(each, { minLength: 1, maxLength: 2 }), { nil: undefined })
  const size = fc.option(fc.record({ below: fc.integer({ min: 1, max: 9 }) }), { nil: undefined })
  const whens = fc.record({
    operation: some(fc.constantFrom('export' as const, 'import' as const)),
    ...{ environment: some(label), from: some(label), to: some(label), size },
    ...{ requester: some(fc.constantFrom('a', 'b')), privateLink: fc.option(fc.boolean(), { nil: undefined }) },
  })
  const maybe = fc.option(label, { nil: undefined })
  const asked = fc.record({
    operation: fc.constantFrom('export' as const, 'import' as const),
    ...{ ofDatabase: maybe, ofStorage: maybe, size: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant('unknown')) },
    ...{ requester: fc.subarray(['a', 'b']), privateLink: fc.boolean() },
  })
  fc.assert(
    fc.property(fc.array(whens, { maxLength: 6 }), asked, (written, request) => {
      const { ofDatabase, ofStorage, size, ...rest } = request
      const [from, to] = request.operation === 'export' ? [ofDatabase, ofStorage] : [ofStorage, ofDatabase]
      const reference = written.findIndex((when) => {
        const within = (stated: readonly string[] | undefined, known: string | undefined) =>
          stated === undefined || (known !== undefined && stated.includes(known))
        const fits = typeof size === 'number' && request.operation === 'export' && size < (when.size?.below ?? 99)
        return (
          within(when.operation, request.operation) &&
          within(when.environment, ofDatabase) &&
          within(when.from, from) &&
          within(when.to, to) &&
          (when.size === undefined || fits) &&
          (when.requester === undefined || when.requester.some((each) => request.requester.includes(each))) &&
          (when.privateLink === undefined || when.privateLink === request.privateLink)
        )
      })
      const rules = written.map((when, index) => rule(String(index), present(when) as Partial<When>))
      const known = {
        ...rest,
        size: size as Facts['size'],
        database: { ...unlabelled, ...present({ environment: ofDatabase }) },
        storage: { ...bare, ...present({ environment: ofStorage }) },
      } as Facts
      expect(matchRule(policyOf(...rules), known)?.name).toBe(reference === -1 ? undefined : String(reference))
    }),
  )
})

describe('a rule that only Azure can tell', () => {
  const small = rule('small', { size: { below: 10 * gigabyte } }, { gate: 'submission' })
  const large = rule('large', { size: { atLeast: 10 * gigabyte } })
  const candidates: readonly Candidate[] = [
    { rule: small, outcome: 'later' },
    { rule: large, outcome: 'later' },
  ]
  const asked = (more: Partial<Extract<Event, { type: 'requested' }>> = {}): Transfer => {
    const { request } = transferOf('k3v9x2mq')
    return start({ type: 'requested', at: 1, id: 'k3v9x2mq', request, rule: small, candidates, ...more })
  }
  const planned = (used?: number): Event => ({ type: 'planned', at: 2, plan: planOf(used) })

  test('is settled by the plan, once, and only the one that the plan says', () => {
    const read = apply(asked(), planned(3 * gigabyte))
    expect([read.status, rulesOf(read).map(({ name }) => name)]).toEqual(['requested', ['small', 'large']])
    expect(() => apply(read, { type: 'rule_settled', at: 3, rule: 'large' })).toThrow('cannot follow')
    const settled = apply(read, { type: 'rule_settled', at: 3, rule: 'small' })
    expect(settled).toMatchObject({ status: 'requested', rule: { name: 'small' } })
    expect(settled.candidates).toBeUndefined()
    expect(settled.story).toEqual([{ kind: 'rule_settled', rule: 'small', size: 3 * gigabyte, at: 3 }])
    expect(() => apply(settled, { type: 'rule_settled', at: 4, rule: 'small' })).toThrow('cannot follow')
    const later = applyAll(settled, [{ type: 'asked', at: 4, changed: [] }, planned(20 * gigabyte)])
    expect([sizeOf(later), later.rule.name]).toEqual([3 * gigabyte, 'small'])
    expect(apply(apply(asked(), planned(20 * gigabyte)), { type: 'rule_settled', at: 3, rule: 'large' }).status).toBe(
      'submitting',
    )
  })

  test('lets nobody be asked and nothing be sent before', () => {
    const read = apply(asked(), planned(3 * gigabyte))
    for (const event of [
      { type: 'asked', at: 3, changed: [] },
      { type: 'submit_intended', at: 3, attempt: 1, token: 't', snapshot: [] },
    ] as const) {
      expect(() => apply(asked(), event)).toThrow('cannot follow')
      expect(() => apply(read, event)).toThrow('cannot follow')
    }
    expect(() => apply(asked(), { type: 'rule_settled', at: 3, rule: 'small' })).toThrow('cannot follow')
  })

  test.each<[string, number | undefined, readonly Candidate[], object]>([
    ['the first that fits', 3, candidates, { rule: small }],
    ['the last resort', 30, [...candidates.slice(0, 1), { rule: large, outcome: 'match' }], { rule: large }],
    ['none for a size that nobody could read', undefined, candidates, { refusal: { code: 'no_rule' } }],
    [
      'the no that its asker gets under it',
      3,
      [{ rule: small, outcome: 'later', refusal: { code: 'not_requester', facts: { rule: 'small' } } }],
      { refusal: { code: 'not_requester' } },
    ],
  ])('is %s', (_name, used, among, comes) => {
    const { request } = asked()
    const plan = planOf(used === undefined ? undefined : used * gigabyte)
    expect(settleRule({ request, candidates: among, plan })).toMatchObject(comes)
  })

  test('tells why the rules of the asker did not match, and not those of others', () => {
    const among: readonly Candidate[] = [
      { rule: small, outcome: 'later' },
      { rule: large, outcome: 'later', refusal: { code: 'not_requester', facts: { rule: 'large' } } },
    ]
    const { refusal } = settleRule({ request: asked().request, candidates: among, plan: planOf(undefined) })
    expect(refusal?.facts.closest).toContain('small')
    expect(refusal?.facts.closest).not.toContain('large')
  })
})

describe('what a rule demands', () => {
  const request = (more: Partial<Transfer['request']> = {}): Transfer['request'] => {
    const { request: plain } = transferOf('k3v9x2mq')
    return { ...plain, database: orders, storage: { ...plain.storage, ...backups }, ...more }
  }
  const ticket = { required: true, pattern: 'CHG[0-9]{7}', example: 'CHG0012345' }

  test.each<[Rule['reason'], string | undefined, string | undefined]>([
    [undefined, undefined, undefined],
    [ticket, undefined, 'reason_missing'],
    [ticket, 'because', 'reason_unfit'],
    [ticket, 'see CHG0012345, as agreed', undefined],
    [{ ...ticket, required: false }, undefined, undefined],
    [{ ...ticket, required: false }, 'because', 'reason_unfit'],
    [{ required: true }, 'because', undefined],
  ])('of a reason, %j, beside %j is %s', (wanted, reason, code) => {
    const terms = wanted ? { reason: wanted } : {}
    const no = unmetDemand(rule('a', {}, terms), request(reason === undefined ? {} : { reason }), ['backups'])
    expect(no?.code).toBe(code)
    if (code) expect(no?.facts).toMatchObject({ rule: 'a', ...(wanted?.example ? { example: 'CHG0012345' } : {}) })
  })

  test.each<[Rule['destinations'], Partial<Transfer['request']>, boolean]>([
    [{ storage: ['backups'] }, {}, true],
    [{ storage: ['backups/nightly'] }, {}, false],
    [{ container: ['bac*'], environment: ['vault'] }, {}, true],
    [{ container: ['bac*'], environment: ['prod'] }, {}, false],
    [{ environment: ['vault'] }, { storage: { ...request().storage, ...bare, environment: '' } }, false],
    // An allow-list that names no place of this kind allows none.
    [{ database: ['orders'] }, {}, false],
    [{ storage: ['backups'] }, { operation: 'import' }, false],
    [{ database: ['orders'] }, { operation: 'import' }, true],
    [{ environment: ['prod'] }, { operation: 'import' }, true],
    [{ environment: ['vault'] }, { operation: 'import' }, false],
  ])('of destinations, %j, with %j is %s', (destinations, more, allowed) => {
    const terms = destinations ? { destinations } : {}
    expect(allowsDestination(rule('a', {}, terms), request(more), ['backups'])).toBe(allowed)
    const no = unmetDemand(rule('a', {}, terms), request(more), ['backups'])
    expect(no?.code).toBe(allowed ? undefined : 'destination_not_allowed')
  })
})

test('a request asked again has the labels that the catalogue has by then', () => {
  const then = {
    ...transferOf('k3v9x2mq').request,
    database: orders,
    storage: { ...transferOf('x').request.storage, ...backups },
  }
  const now: Catalogue = {
    databases: [{ ...orders, environment: 'test' }],
    storage: [{ ...entry, environment: 'cold' }],
  }
  const next = again(then, now, { id: 'm3v9x2mq', at: 5 })
  expect([next.database.environment, next.storage.environment]).toEqual(['test', 'cold'])
  expect(relabelled(then, { databases: [], storage: [] }).database.environment).toBeUndefined()
})

test('the version of a rule changes with each word of it, and with nothing else', () => {
  const one = rule('a', { database: ['orders'] })
  const { name, ...rest } = one
  expect(ruleVersion({ ...rest, name })).toBe(ruleVersion(one))
  expect(ruleVersion(one)).toMatch(/^[0-9a-f]{12}$/)
  expect(ruleVersion({ ...one, maxOpen: 4 })).not.toBe(ruleVersion(one))
})

describe('a form offers', () => {
  const anyone = ['anyone']
  const offersOf = (rules: Rule[], may: readonly string[], is: readonly string[]): readonly string[] => {
    const policy = { ...policyOf(...rules), operators: [], auditors: [], people: [] }
    const among = (names: readonly string[]) => new Set(rules.filter(({ name }) => names.includes(name)))
    const open = offered(policy, { operation: 'export', field: 'database' })
    return open.filter((offer) => isOpenTo(offer, { may: among(may), is: among(is) })).map(({ choice }) => choice.value)
  }
  const dba = rule('dba', { requester: ['slack:T1/S0DBA'] }, { requesters: anyone })
  const rest = rule('rest', {}, { requesters: ['slack:T1/U0RIO'] })

  test.each<[string, Rule[], readonly string[], readonly string[], boolean]>([
    ['what a rule is for that only Azure can tell', [rule('a', { size: { below: 1 } })], ['a'], ['a'], true],
    ['what goes on a way that is chosen later', [rule('a', { privateLink: false })], ['a'], ['a'], true],
    [
      'nothing of an environment that the database is not in',
      [rule('a', { environment: ['test'] })],
      ['a'],
      ['a'],
      false,
    ],
    ['what is for this requester', [dba, rest], ['dba'], ['dba', 'rest'], true],
    ['what is for the others', [dba, rest], ['rest'], ['rest'], true],
    ['nothing of a rule behind the one that takes it', [dba, rest], ['rest'], ['dba', 'rest'], false],
    ['nothing of a rule that is for others', [dba], ['dba'], [], false],
    ['nothing that may go nowhere', [rule('a', {}, { destinations: { storage: ['x'] } })], ['a'], ['a'], false],
  ])('%s', (_name, rules, may, is, isOffered) => {
    expect(offersOf(rules, may, is)).toEqual(isOffered ? ['orders'] : [])
  })
})

function planOf(used: number | undefined): Plan {
  const facts = used === undefined ? {} : { used: String(used) }
  return {
    ...{ at: 2, location: 'we', serverHost: 'h', edition: 'S', objective: 'S3', databaseStatus: 'Online' },
    ...{
      accountSku: 's',
      accountKind: 'k',
      uri: 'https://st/x',
      checks: [{ name: 'size', verdict: 'ok', code: 'ok', facts }],
    },
  }
}

function present(all: object): object {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}
