import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { expect, describe as suite, test } from 'vitest'
import { parse } from 'yaml'
import { describe } from '../src/config/describe.ts'
import { groupsOf } from '../src/transfer/groups.ts'
import {
  all,
  type Change,
  channel,
  exampleText,
  ola,
  otherTenant,
  plain,
  plainTeams,
  privateKey,
  put,
  sam,
  teams,
  tenant,
  useConfigFolder,
  wholeExampleText,
  withTeams,
} from './support/config-folder.ts'

const { path, load, problemsOf } = useConfigFolder()
const { SLACK_BOT_TOKEN: _bot, SLACK_APP_TOKEN: _app, SLACK_SIGNING_SECRET: _signing, ...azureOnly } = plain
const sandboxUrl = 'http://127.0.0.1:4003'

/** The example with Teams in place of Slack. */
const teamsOnly = all(
  put('slack', undefined),
  withTeams,
  put('rules', [
    { name: 'all', requesters: [sam, 'anyone'], stages: [{ approvers: [ola.toUpperCase()] }], cards: [channel, sam] },
  ]),
  put('operators', [`${tenant.toUpperCase()}/${ola}`]),
  put('auditors', []),
)

suite('the parts that the example leaves out', () => {
  test('load as they stand, for every role', () => {
    expect(wholeExampleText.length).toBeLessThan(exampleText.length)
    for (const role of ['all', 'bot', 'worker'] as const) {
      const { policy, ...config } = load({ role, yaml: wholeExampleText, environment: plainTeams })
      expect(config.teams).toEqual(role === 'worker' ? undefined : { ...teams, tenants: [tenant] })
      expect(policy.people).toHaveLength(2)
      expect(policy.people[0]).toEqual({
        name: 'Sam Okafor',
        accounts: ['slack:T0SANDBOX/U0SAM', `teams:${tenant}/${sam}`],
      })
    }
  })

  test('are whole keys of the file, and nothing else of it', () => {
    const keys = (yaml: string) => Object.keys(parse(yaml))
    expect(keys(wholeExampleText).filter((key) => !keys(exampleText).includes(key))).toEqual([
      'teams',
      'people',
      'audit',
    ])
    expect(parse(wholeExampleText)).toMatchObject(parse(exampleText))
  })
})

suite('a file with Teams alone', () => {
  test('needs nothing of Slack, and makes canonical ids of those of Teams', () => {
    const environment = { ...azureOnly, TEAMS_APP_PASSWORD: 'teams-hidden-9' }
    const { slack, teams: read, policy, secrets } = load({ change: teamsOnly, environment })
    expect(slack).toBeUndefined()
    expect(read).toEqual({ ...teams, tenants: [tenant] })
    expect(policy.rules[0]).toMatchObject({
      requesters: [`teams:${tenant}/${sam}`, 'anyone'],
      stages: [{ approvers: [`teams:${tenant}/${ola}`], need: 1 }],
      cards: [`teams:${tenant}/${channel}`, `teams:${tenant}/${sam}`],
    })
    expect(policy.operators).toEqual([`teams:${tenant}/${ola}`])
    expect(policy.people).toEqual([])
    expect(secrets.teamsAppPassword()).toBe('teams-hidden-9')
    expect(() => secrets.slackBotToken()).toThrow('SLACK_BOT_TOKEN is not part of the configuration')
  })

  test('is understood by a worker, which needs no secret of a chat and has none', () => {
    const config = load({ role: 'worker', change: teamsOnly, environment: { ...azureOnly, TEAMS_APP_PASSWORD: 'x' } })
    expect(config).not.toHaveProperty('teams')
    expect(config).not.toHaveProperty('slack')
    expect(config.policy.operators).toEqual([`teams:${tenant}/${ola}`])
    expect(() => config.secrets.teamsAppPassword()).toThrow('role (worker)')
    expect(load({ role: 'worker', change: teamsOnly, environment: azureOnly }).role).toBe('worker')
  })

  test('is not made into a file with half a Slack by what is set for one', () => {
    const environment = {
      ...azureOnly,
      TEAMS_APP_PASSWORD: 'teams-hidden-9',
      DRAWBRIDGE_SLACK_MODE: 'http',
      DRAWBRIDGE_SLACK_API_URL: 'http://127.0.0.1:4002/api',
    }
    expect(load({ change: teamsOnly, environment }).slack).toBeUndefined()
  })
})

suite('tenants', () => {
  test('are that of the bot, and those that are named', () => {
    const tenants = [tenant.toUpperCase(), otherTenant, tenant]
    const change = all(withTeams, put('teams.tenants', tenants), put('auditors', [`${otherTenant}/${sam}`, sam]))
    const config = load({ change, environment: plainTeams })
    expect(config.teams?.tenants).toEqual([tenant, otherTenant])
    expect(config.policy.auditors).toEqual([`teams:${otherTenant}/${sam}`, `teams:${tenant}/${sam}`])
  })
})

suite('groups of Entra', () => {
  test('are told from people by the word before their id, and stand wherever a user group of Slack may', () => {
    const written = [`group:${ola}`, `group:${tenant.toUpperCase()}/${ola.toUpperCase()}`]
    const change = all(
      withTeams,
      put('rules.0.requesters', written),
      put('rules.0.stages', [{ approvers: [...written, 'S0DBA', ola], need: 2 }]),
      put('operators', written),
      put('auditors', written),
    )
    const { policy } = load({ change, environment: plainTeams })
    const group = `teams:${tenant}/group:${ola}`
    expect(policy.rules[0]).toMatchObject({
      requesters: [group, group],
      stages: [{ approvers: [group, 'slack:T0SANDBOX/S0DBA', `teams:${tenant}/${ola}`], need: 2 }],
    })
    expect([policy.operators, policy.auditors]).toEqual([
      [group, group],
      [group, group],
    ])
    expect(groupsOf(policy)).toEqual([group, 'slack:T0SANDBOX/S0DBA'])
    expect(describe(load({ change, environment: plainTeams }))).toContain(
      'groups of Entra: 1, read from Microsoft Graph',
    )
  })

  test('need Teams', () => {
    expect(problemsOf({ change: put('operators', [`group:${ola}`]), environment: plain })).toEqual([
      `operators[0]: is "group:${ola}", an id of Teams, but this file has no teams — add a teams section, or write the Slack id of a person or user group`,
    ])
  })
})

suite('places of Teams', () => {
  test.each([
    ['a channel', channel],
    ['a channel of an old team', '19:0123456789abcdef0123456789abcdef@thread.skype'],
    ['a group chat', '19:meeting_Ab.c-d@thread.v2'],
    ['a chat of two', `19:${sam}_${ola}@unq.gbl.spaces`],
  ])('can be %s, written as Teams writes it', (_name, id) => {
    const { policy } = load({ change: all(withTeams, put('rules.0.cards', [id])), environment: plainTeams })
    expect(policy.rules[0]?.cards).toEqual([`teams:${tenant}/${id}`])
  })
})

suite('how the bot proves who it is', () => {
  const credential = (value: object) => all(withTeams, put('teams.credential', value))
  const thumbprint = '0123456789ABCDEF0123456789abcdef01234567'
  const certificate = credential({ kind: 'certificate', thumbprint })

  test('is a secret unless stated', () => {
    const { kind: _kind, ...bare } = { ...teams, kind: undefined }
    const change = put('teams', { ...bare, credential: undefined })
    expect(load({ change, environment: plainTeams }).teams?.credential).toEqual({ kind: 'secret' })
    expect(problemsOf({ change, environment: plain })).toEqual([
      expect.stringMatching(/^TEAMS_APP_PASSWORD: is not set — write a client secret of the bot/),
    ])
    expect(problemsOf({ change, environment: { ...plain, TEAMS_APP_PASSWORD: ' ' } })).toEqual([
      expect.stringMatching(/^TEAMS_APP_PASSWORD: is empty/),
    ])
  })

  test.each([
    ['with its line ends', privateKey],
    [String.raw`with \n in their place`, privateKey.replaceAll('\n', String.raw`\n`)],
  ])('is a certificate, its key written %s', (_name, written) => {
    const config = load({ change: certificate, environment: { ...plain, TEAMS_CERTIFICATE_KEY: written } })
    expect(config.teams?.credential).toEqual({ kind: 'certificate', thumbprint })
    expect(config.secrets.teamsCertificateKey()).toBe(privateKey)
    expect(() => config.secrets.teamsAppPassword()).toThrow('not part of the configuration')
    expect(inspect(config, { depth: null, showHidden: true })).not.toContain('PRIVATE')
  })

  test('is a certificate whose key is a line of .env', () => {
    writeFileSync(path('.env'), `TEAMS_CERTIFICATE_KEY=${privateKey.replaceAll('\n', String.raw`\n`)}\n`)
    expect(load({ change: certificate, environment: plain }).secrets.teamsCertificateKey()).toBe(privateKey)
  })

  test('is no key of another form, which is not repeated', () => {
    const ed = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    for (const key of [ed, privateKey.slice(0, 400), 'hidden-key']) {
      const problems = problemsOf({ change: certificate, environment: { ...plain, TEAMS_CERTIFICATE_KEY: key } })
      expect(problems).toEqual([
        expect.stringMatching(/^TEAMS_CERTIFICATE_KEY: does not look right \(it is not shown\)/),
      ])
      expect(problems.join()).not.toMatch(/hidden|BEGIN/)
    }
    expect(problemsOf({ change: certificate, environment: plain })).toEqual([
      expect.stringMatching(/^TEAMS_CERTIFICATE_KEY: is not set/),
    ])
  })

  test('is a managed identity, without any secret', () => {
    const config = load({ change: credential({ kind: 'managedIdentity' }), environment: plain })
    expect(config.teams?.credential).toEqual({ kind: 'managedIdentity' })
  })
})

suite('describe', () => {
  const teamsLine = (change: Change, environment: Record<string, string> = plainTeams) =>
    describe(load({ change: all(withTeams, change), environment })).find((line) => line.startsWith('Teams'))
  const nothing: Change = () => {}
  const app = teams.appId

  test('tells the start-up log which Teams it is', () => {
    const sandbox = { ...plainTeams, DRAWBRIDGE_TEAMS_SANDBOX_URL: sandboxUrl }
    expect(teamsLine(nothing)).toBe(`Teams tenant ${tenant}, app ${app}, credential secret`)
    expect(teamsLine(nothing, sandbox)).toBe(`Teams tenant ${tenant}, app ${app}, credential secret at ${sandboxUrl}`)
    expect(teamsLine(nothing, { ...sandbox, DRAWBRIDGE_TEAMS_APP_ID: '' })).toBe(
      `Teams tenant ${tenant}, without authentication (sandbox) at ${sandboxUrl}`,
    )
    expect(teamsLine(put('teams.tenants', [tenant, otherTenant]))).toBe(
      `Teams tenant ${tenant} with people of ${otherTenant}, app ${app}, credential secret`,
    )
  })

  test('tells how many people have accounts in both chats, and each chat in a line of its own', () => {
    const lines = describe(load({ yaml: wholeExampleText, environment: plainTeams }))
    expect(lines.slice(4, 7)).toEqual([
      'Slack team T0SANDBOX, mode socket',
      `Teams tenant ${tenant}, app ${app}, credential secret`,
      'people: 2 with accounts in both chats',
    ])
  })
})
