import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { expect, describe as suite, test } from 'vitest'
import { describe } from '../src/config/describe.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { applyOverrides } from '../src/config/overrides.ts'
import {
  accountId,
  databaseId,
  exampleEnvFile,
  exampleFile,
  exampleText,
  guid,
  plain,
  put,
  useConfigFolder,
} from './support/config-folder.ts'

const { path, load, problemsOf } = useConfigFolder()
suite('the example file', () => {
  test('loads for every role with the example environment', () => {
    cpSync(exampleFile, path('drawbridge.yaml'))
    cpSync(exampleEnvFile, path('.env'))
    for (const role of ['all', 'bot', 'worker'] as const) {
      expect(loadConfig({ folder: path(), role, environment: {} }).policy.rules).toHaveLength(2)
    }
  })

  test('makes the policy in canonical ids', () => {
    const { policy } = load()
    expect(policy.rules[0]).toEqual({
      name: 'production',
      when: { operation: ['export'], database: ['orders', 'customers'], storage: [] },
      requesters: ['slack:T0SANDBOX/U0DANA', 'slack:T0SANDBOX/S0DBA'],
      stages: [{ approvers: ['slack:T0SANDBOX/S0DBA'], need: 1 }],
      cards: ['slack:T0SANDBOX/C0DBA'],
      expiry: 8 * 3_600_000,
      gate: 'endpoints',
      onBypass: 'stop',
      unnamedConnections: 'wait',
      confirm: false,
      leftOver: 'keep',
      stuckAfter: 3_600_000,
      silentAfter: 3 * 3_600_000,
      maxOpen: 3,
    })
    expect(policy.rules[1]).toMatchObject({ requesters: ['anyone'], cards: ['approvers'], expiry: 8 * 3_600_000 })
    expect(policy.operators).toEqual(['slack:T0SANDBOX/U0OPS'])
    expect(policy.auditors).toEqual(['slack:T0SANDBOX/U0AUD'])
    expect(policy.catalogue.databases[0]).toEqual({
      alias: 'orders',
      id: databaseId('sql-prod', 'orders'),
      subscription: guid,
      resourceGroup: 'rg-data',
      server: 'sql-prod',
      database: 'orders',
    })
    expect(policy.catalogue.storage[1]).toEqual({
      alias: 'nightly',
      id: accountId('stbackups'),
      subscription: guid,
      resourceGroup: 'rg-data',
      account: 'stbackups',
      container: 'nightly',
      endpoint: 'https://stbackups.blob.core.windows.net',
    })
  })

  test('says in its optional parts what holds without them', () => {
    const whole = load()
    const bare = load({
      change: (file) => {
        for (const key of ['cloud', 'server', 'redis', 'clocks', 'polls']) put(key, undefined)(file)
        for (const key of ['credential', 'requestTimeout', 'resubmitAfter']) put(`azure.${key}`, undefined)(file)
        for (const key of ['expiry', 'gate', 'onBypass', 'unnamedConnections', 'maxOpen'])
          put(`rules.0.${key}`, undefined)(file)
        put('rules.0.stages.0.need', undefined)(file)
      },
    })
    expect({ ...bare, secrets: undefined }).toEqual({ ...whole, secrets: undefined })
    expect(whole.clocks).toEqual({
      requested: 600_000,
      preparing: 1_800_000,
      submitting: 900_000,
      awaiting_endpoints: 1_800_000,
      awaiting_approval: 43 * 3_600_000,
      approving: 1_800_000,
      running: 50 * 3_600_000,
      closing: 3_600_000,
      afterEnd: 24 * 3_600_000,
    })
    expect(whole.polls).toEqual({ least: 15_000, most: 120_000, approval: 300_000, closing: 30_000 })
    expect(whole.azure).toMatchObject({ requestTimeout: 30_000, resubmitAfter: 60_000, operationHosts: [] })
  })

  test('names every variable of .env.example that the roles read', () => {
    const names = Object.keys(parseEnv(readFileSync(exampleEnvFile, 'utf8').replaceAll(/^# (?=[A-Z_]+=)/gm, '')))
    expect(names).toEqual(expect.arrayContaining([...Object.keys(plain), 'REDIS_URL']))
    expect(names).toEqual(expect.arrayContaining(['TEAMS_APP_PASSWORD', 'TEAMS_CERTIFICATE_KEY']))
    const asked: string[] = []
    applyOverrides({}, new Proxy({}, { get: (_, name) => void asked.push(String(name)) }))
    expect(names.filter((name) => name.startsWith('DRAWBRIDGE_'))).toEqual(asked.toSorted())
  })
})

suite('sources', () => {
  test('takes .env below the environment and an absent group as left out', () => {
    writeFileSync(path('.env'), 'SLACK_BOT_TOKEN=xoxb-from-file\nLOG_LEVEL=debug\n')
    const config = load({ environment: { ...plain, LOG_LEVEL: 'warn' }, change: put('clocks', null) })
    expect(config.logLevel).toBe('warn')
    expect(config.secrets.slackBotToken()).toBe(plain.SLACK_BOT_TOKEN)
    const fromFile = load({ environment: { ...plain, SLACK_BOT_TOKEN: undefined } })
    expect(fromFile.secrets.slackBotToken()).toBe('xoxb-from-file')
    expect(fromFile.logLevel).toBe('debug')
  })

  test('reads another file, and says what to do when there is none', () => {
    writeFileSync(path('other.yaml'), exampleText)
    expect(loadConfig({ folder: path(), role: 'all', file: 'other.yaml', environment: plain }).file).toBe(
      path('other.yaml'),
    )
    expect(() => loadConfig({ folder: path(), role: 'all', environment: {} })).toThrow(
      /drawbridge\.yaml: does not exist .* copy drawbridge\.example\.yaml to drawbridge\.yaml[\s\S]*SLACK_BOT_TOKEN: is not set/,
    )
  })

  test('tells a file that cannot be read', () => {
    mkdirSync(path('drawbridge.yaml'))
    mkdirSync(path('.env'))
    expect(() => loadConfig({ folder: path(), role: 'all', environment: plain })).toThrow(
      /\.env: cannot be read \(EISDIR\)[\s\S]*drawbridge\.yaml: cannot be read \(EISDIR\)/,
    )
  })

  test.each([
    [
      'bad indentation',
      'cloud: public\n  azure: {}\n',
      /^drawbridge\.yaml, line \d, column \d+: .* — correct the YAML there$/,
    ],
    ['a name given twice', `${exampleText}\ncloud: china\n`, /line \d+, column 1: Map keys must be unique/],
    ['an open quote', 'cloud: "hunter2-secret\n', /^drawbridge\.yaml, line 2, column 1: Missing closing/],
    ['an unknown tag', 'cloud: !secret public\n', /line 1, column 8: Unresolved tag/],
    ['an alias without anchor', 'cloud: *nothing\n', /drawbridge\.yaml.* — /],
    [
      'too many aliases',
      `a: &a [${'x,'.repeat(20)}]\nb: [${'*a,'.repeat(120)}]\n`,
      /^drawbridge\.yaml: uses aliases \(\*name\) too often — write the values out/,
    ],
    ['an empty file', '# nothing\n', /^drawbridge\.yaml: holds no keys/],
    ['a list', '- cloud\n', /^drawbridge\.yaml: holds no keys/],
  ])('refuses YAML with %s', (_name, yaml, expected) => {
    const problems = problemsOf({ yaml })
    expect(problems[0]).toMatch(expected)
    expect(problems.join()).not.toContain('hunter2')
  })

  test('does not explain the keys of a file that it could not read', () => {
    expect(
      problemsOf({ yaml: 'a: [\n', environment: {} }).filter((line) => !line.startsWith('drawbridge.yaml')),
    ).toEqual([expect.stringMatching(/^SLACK_BOT_TOKEN: is not set/)])
  })
})

suite('what the file may hold', () => {
  test('ids in any case of provider segments, with the names as Azure compares them', () => {
    const id = `/SUBSCRIPTIONS/${guid}/resourcegroups/RG-Data/providers/microsoft.sql/Servers/SQL-Prod/Databases/Orders`
    expect(load({ change: put('databases.orders', { id }) }).policy.catalogue.databases[0]).toEqual({
      alias: 'orders',
      id: `/subscriptions/${guid}/resourceGroups/RG-Data/providers/Microsoft.Sql/servers/sql-prod/databases/Orders`,
      subscription: guid,
      resourceGroup: 'RG-Data',
      server: 'sql-prod',
      database: 'Orders',
    })
  })

  test.each([
    ['usgovernment', 'https://management.usgovcloudapi.net', 'https://stbackups.blob.core.usgovcloudapi.net'],
    ['china', 'https://management.chinacloudapi.cn', 'https://stbackups.blob.core.chinacloudapi.cn'],
  ])('the cloud %s', (cloud, arm, blob) => {
    const config = load({ change: put('cloud', cloud) })
    expect(config.azure.resourceManagerUrl).toBe(arm)
    expect(config.policy.catalogue.storage[0]?.endpoint).toBe(blob)
  })

  test.each([
    ['a long expiry with gate submission', { gate: 'submission', expiry: '5d' }],
    ['an expiry just below 44 h', { expiry: '43.9h' }],
    [
      'a reminder before an escalation before the expiry',
      { remindAfter: '2h', escalate: { after: '2.5h', to: ['S0DBA', 'U0OPS'] }, tell: ['C0DATA', 'U0AUD'] },
    ],
    [
      'an escalation to approvers of another stage',
      {
        stages: [{ approvers: ['U0SAM'] }, { approvers: ['U0LEE'] }],
        escalate: { after: '4h', to: ['U0SAM'] },
      },
    ],
    [
      'patterns over all names a request goes by',
      { when: { database: ['ord*', 'sql-prod/cust*'], storage: ['*', 'stb*', 'backups/other'] } },
    ],
    [
      'a group that hides who approves',
      { requesters: ['U0SAM'], stages: [{ approvers: ['S0DBA', 'U0SAM'], need: 9 }] },
    ],
    [
      'an approver who is one of the requesters',
      { requesters: ['U0SAM', 'U0DANA'], stages: [{ approvers: ['U0SAM'] }] },
    ],
    [
      'two stages with enough people between them',
      { stages: [{ approvers: ['U0SAM'] }, { approvers: ['U0SAM', 'U0LEE'] }] },
    ],
  ])('%s', (_name, change) => {
    expect(problemsOf({ change: (file) => Object.assign(file.rules?.[0] as object, change) })).toEqual([])
  })

  test('rules and logins beyond the catalogue, once something there can be named', () => {
    const elsewhere = { kind: 'environment', user: 'drawbridge', password: 'SQL_PROD_PASSWORD' }
    const withLogin = put('sqlLogins.sql-hr', elsewhere)
    const inRule = (database: string) => put('rules.0.when.database', ['orders', database])
    expect(problemsOf({ change: withLogin })).toHaveLength(1)
    const byId = (file: Parameters<typeof withLogin>[0]): void => {
      withLogin(file)
      inRule(`/subscriptions/${guid}/resourceGroups/*/providers/Microsoft.Sql/servers/sql-hr/databases/*`)(file)
    }
    expect(problemsOf({ change: byId })).toEqual([])
    const listed = load({
      change: (file) => {
        withLogin(file)
        inRule('sql-hr/*')(file)
        put('azure.discover', [guid.toUpperCase()])(file)
      },
    })
    expect(listed.azure.discover).toEqual([guid])
    expect(listed.policy.reach).toEqual({
      subscriptions: [guid],
      discover: [guid],
      blobSuffix: 'blob.core.windows.net',
      servers: ['sql-prod', 'sql-test', 'sql-hr'],
    })
    expect(listed.secrets.sqlLogin('SQL-HR')).toMatchObject({ user: 'drawbridge' })
    expect(describe(listed).join('\n')).toContain(`subscriptions ${guid}, of which are listed ${guid}`)
    expect(load().policy.reach?.discover).toEqual([])
  })

  test('a managed identity, by its client id or without', () => {
    const credential = (value: object) => load({ change: put('azure.credential', value) }).azure.credential
    expect(credential({ kind: 'managedIdentity' })).toEqual({ kind: 'managedIdentity' })
    expect(credential({ kind: 'managedIdentity', clientId: guid })).toEqual({ kind: 'managedIdentity', clientId: guid })
  })
})

suite('describe', () => {
  test('tells the start-up log what matters', () => {
    const lines = describe(load())
    expect(lines.slice(1)).toEqual([
      `Azure cloud public, credential default, subscriptions ${guid}`,
      'catalogue: 3 databases and 3 storage places',
      'policy: 2 rules, 1 operator, 1 auditor',
      'Slack team T0SANDBOX, mode socket',
      'server on 127.0.0.1, port 3000',
      'Redis embedded, prefix drawbridge',
    ])
    expect(lines[0]).toBe(`role all, configured by ${path('drawbridge.yaml')}`)
  })
})
