import { inspect } from 'node:util'
import { expect, describe as suite, test } from 'vitest'
import type { Role } from '../src/config/config.ts'
import { describe } from '../src/config/describe.ts'
import { type Change, plain, put, useConfigFolder } from './support/config-folder.ts'

const secrets = { ...plain, REDIS_URL: 'rediss://user:redis-hidden-6@redis.example:6380' }
const { load, problemsOf } = useConfigFolder()

suite('roles', () => {
  const { SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SQL_PROD_PASSWORD, SQL_TEST_PASSWORD } = plain

  test('the bot needs no SQL password and has none', () => {
    const config = load({ role: 'bot', environment: { SLACK_BOT_TOKEN, SLACK_APP_TOKEN } })
    expect(config.slack).toEqual({ team: 'T0SANDBOX', mode: 'socket' })
    const withAll = load({ role: 'bot', environment: secrets })
    expect(() => withAll.secrets.sqlLogin('sql-prod')).toThrow('not part of the configuration of this role (bot)')
  })

  test('the worker needs no Slack token and has none', () => {
    const config = load({ role: 'worker', environment: { SQL_PROD_PASSWORD, SQL_TEST_PASSWORD } })
    expect(config.slack).toBeUndefined()
    expect(config.secrets.sqlLogin('SQL-Prod')).toMatchObject({ user: 'drawbridge', password: SQL_PROD_PASSWORD })
    expect(() => config.secrets.sqlLogin('elsewhere')).toThrow('no SQL login for elsewhere')
    const withAll = load({ role: 'worker', environment: secrets })
    expect(() => withAll.secrets.slackBotToken()).toThrow('role (worker)')
  })

  test.each<[Role, Change | undefined, string[]]>([
    ['bot', undefined, ['SLACK_BOT_TOKEN', 'SLACK_APP_TOKEN']],
    ['bot', put('slack.mode', 'http'), ['SLACK_BOT_TOKEN', 'SLACK_SIGNING_SECRET']],
    ['worker', undefined, ['SQL_PROD_PASSWORD', 'SQL_TEST_PASSWORD']],
    ['all', undefined, ['SLACK_BOT_TOKEN', 'SLACK_APP_TOKEN', 'SQL_PROD_PASSWORD', 'SQL_TEST_PASSWORD']],
    [
      'worker',
      put('azure.credential', { kind: 'servicePrincipal' }),
      ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET', 'SQL_PROD_PASSWORD', 'SQL_TEST_PASSWORD'],
    ],
    [
      'worker',
      put('azure.credential', { kind: 'workloadIdentity' }),
      ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_FEDERATED_TOKEN_FILE', 'SQL_PROD_PASSWORD', 'SQL_TEST_PASSWORD'],
    ],
    ['bot', put('azure.credential', { kind: 'servicePrincipal' }), ['SLACK_BOT_TOKEN', 'SLACK_APP_TOKEN']],
  ])('the role %s asks for what it needs (%#)', (role, change, names) => {
    const given = change ? { role, change } : { role }
    const namesOf = (problems: readonly string[]) => problems.map((line) => line.split(':')[0])
    expect(namesOf(problemsOf({ ...given, environment: {} }))).toEqual(names)
    const empty = problemsOf({ ...given, environment: Object.fromEntries(names.map((name) => [name, ' '])) })
    expect(namesOf(empty)).toEqual(names)
    expect(empty.every((line) => line.includes('is empty'))).toBe(true)
  })

  test('tells tokens that were mixed up, without showing them', () => {
    const environment = { ...plain, SLACK_BOT_TOKEN: plain.SLACK_APP_TOKEN, SLACK_APP_TOKEN: plain.SLACK_BOT_TOKEN }
    const problems = problemsOf({ environment })
    expect(problems).toEqual([
      expect.stringMatching(/^SLACK_BOT_TOKEN: does not look right .*xoxb-…$/),
      expect.stringMatching(/^SLACK_APP_TOKEN: does not look right .*xapp-…$/),
    ])
    expect(problems.join()).not.toContain('hidden')
  })
})

suite('overrides', () => {
  const sandbox = {
    ...plain,
    DRAWBRIDGE_SLACK_API_URL: 'http://127.0.0.1:4002/api',
    DRAWBRIDGE_SLACK_MODE: 'http',
    DRAWBRIDGE_RESOURCE_MANAGER_URL: 'http://localhost:4001/',
    DRAWBRIDGE_OPERATION_HOSTS: '127.0.0.1:4001, LOCALHOST:4001,[::1]:4001',
    DRAWBRIDGE_AZURE_TOKEN: 'token-hidden-7',
    DRAWBRIDGE_PORT: '0',
    DRAWBRIDGE_POLL_LEAST: '50ms',
    DRAWBRIDGE_POLL_MOST: '1s',
    DRAWBRIDGE_POLL_APPROVAL: '200ms',
    DRAWBRIDGE_POLL_CLOSING: '100ms',
  }

  test('take the place of keys of the unchanged example', () => {
    const config = load({ environment: sandbox })
    expect(config.slack).toEqual({ team: 'T0SANDBOX', mode: 'http', apiUrl: 'http://127.0.0.1:4002/api/' })
    expect(config.azure).toMatchObject({
      credential: { kind: 'token', environment: 'DRAWBRIDGE_AZURE_TOKEN' },
      resourceManagerUrl: 'http://localhost:4001',
      operationHosts: ['127.0.0.1:4001', 'localhost:4001', '[::1]:4001'],
    })
    expect(config.server.port).toBe(0)
    expect(config.polls).toEqual({ least: 50, most: 1000, approval: 200, closing: 100 })
    expect(config.secrets.azureToken()).toBe('token-hidden-7')
    expect(config.secrets.slackSigningSecret()).toBe(plain.SLACK_SIGNING_SECRET)
  })

  test.each([
    ['DRAWBRIDGE_SLACK_API_URL', 'http://slack.example'],
    ['DRAWBRIDGE_SLACK_API_URL', ''],
    ['DRAWBRIDGE_SLACK_MODE', 'soket'],
    ['DRAWBRIDGE_RESOURCE_MANAGER_URL', 'http://10.0.0.1'],
    ['DRAWBRIDGE_OPERATION_HOSTS', '127.0.0.1:1,example.com:443'],
    ['DRAWBRIDGE_PORT', '99999'],
    ['DRAWBRIDGE_PORT', ''],
    ['DRAWBRIDGE_POLL_LEAST', '5'],
    ['DRAWBRIDGE_AZURE_TOKEN', ''],
  ])('are refused by their own name: %s=%s', (name, value) => {
    const problems = problemsOf({ environment: { ...sandbox, [name]: value } })
    expect(problems.filter((line) => line.startsWith(`${name}: `))).toHaveLength(1)
  })

  test('a fixed token goes to this machine only', () => {
    const environment = { ...plain, DRAWBRIDGE_AZURE_TOKEN: 'token-hidden-7' }
    expect(problemsOf({ environment })).toEqual([expect.stringMatching(/^DRAWBRIDGE_AZURE_TOKEN: is a fixed token/)])
    const elsewhere = { ...environment, DRAWBRIDGE_RESOURCE_MANAGER_URL: 'https://arm.example' }
    expect(problemsOf({ environment: elsewhere })).toHaveLength(1)
  })

  test('pass over what Kubernetes puts into DRAWBRIDGE_PORT', () => {
    expect(load({ environment: { ...plain, DRAWBRIDGE_PORT: 'tcp://10.0.0.1:80' } }).server.port).toBe(3000)
  })
})

suite('secrets', () => {
  const environment = { ...secrets, DRAWBRIDGE_AZURE_TOKEN: 'token-hidden-7', AZURE_CLIENT_SECRET: 'client-hidden-8' }

  test('are behind functions: no dump of the configuration shows them', () => {
    const config = load({ environment: { ...environment, DRAWBRIDGE_RESOURCE_MANAGER_URL: 'http://127.0.0.1:1' } })
    expect(config.redis).toEqual({ prefix: 'drawbridge', embedded: false })
    expect(config.secrets.redisUrl()).toBe(secrets.REDIS_URL)
    for (const dump of [
      inspect(config, { depth: null, showHidden: true }),
      JSON.stringify(config),
      inspect(structuredClone({ ...config, secrets: {} }), { depth: null }),
      describe(config).join('\n'),
    ]) {
      expect(dump).not.toContain('hidden')
    }
  })

  test('are not repeated in errors, even when written where they do not belong', () => {
    const change: Change = (file) => {
      put('slack.team', 'signing-hidden-3')(file)
      put('redis.prefix', 'Prod-Hidden')(file)
      put('server.host', 'prod-hidden-4 x')(file)
      put('rules.0.requesters', ['test-hidden-5'])(file)
    }
    const problems = problemsOf({ change, environment })
    expect(problems.length).toBeGreaterThan(4)
    expect(problems.join('\n')).not.toContain('hidden')
    expect(problems).toContainEqual(expect.stringMatching(/^slack\.team: is "\*\*\*"/))
  })
})
