import { expect, describe as suite, test } from 'vitest'
import {
  all,
  type Change,
  plain,
  plainTeams,
  put,
  teams,
  tenant,
  useConfigFolder,
  withTeams,
} from './support/config-folder.ts'

const { load, problemsOf } = useConfigFolder()
const sandboxUrl = 'http://127.0.0.1:4003'

suite('a pretended Teams', () => {
  const override = { ...plain, DRAWBRIDGE_TEAMS_SANDBOX_URL: `${sandboxUrl}/` }
  const anonymous = { ...override, DRAWBRIDGE_TEAMS_APP_ID: '' }

  test('stands in by the environment, with the identity of the file or its own', () => {
    const config = load({ change: withTeams, environment: { ...override, TEAMS_APP_PASSWORD: 'teams-hidden-9' } })
    expect(config.teams).toEqual({ ...teams, tenants: [tenant], sandboxUrl })
    const other = '55555555-5555-5555-5555-55555555ABCD'
    const environment = { ...plainTeams, DRAWBRIDGE_TEAMS_APP_ID: other }
    expect(load({ change: withTeams, environment }).teams?.appId).toBe(other.toLowerCase())
  })

  test('is not made out of nothing', () => {
    expect(load({ environment: { ...anonymous, DRAWBRIDGE_TEAMS_APP_ID: 'x' } })).not.toHaveProperty('teams')
  })

  test('may do without authentication, and without a secret then, on this machine only', () => {
    const config = load({ change: withTeams, environment: anonymous })
    expect(config.teams).not.toHaveProperty('appId')
    expect(() => config.secrets.teamsAppPassword()).toThrow('not part of the configuration')
    for (const host of ['localhost', '::1', '127.0.0.2']) {
      expect(problemsOf({ change: all(withTeams, put('server.host', host)), environment: anonymous })).toEqual([])
    }
  })

  const withoutAppId = put('teams', { ...teams, appId: undefined })
  test.each<[string, Change, Record<string, string>]>([
    ['a real Teams', withoutAppId, plainTeams],
    ['a real Teams that listens everywhere', all(withoutAppId, put('server.host', '0.0.0.0')), plainTeams],
    ['a sandbox that others reach', all(withoutAppId, put('server.host', '0.0.0.0')), override],
    ['a sandbox that others reach by another way', all(withoutAppId, put('server.host', '::')), override],
    ['a sandbox at the name of a machine', all(withoutAppId, put('server.host', '127.0.0.1.example')), override],
  ])('without an app id does not start: %s', (_name, change, environment) => {
    const problems = problemsOf({ change, environment })
    expect(problems).toEqual([
      expect.stringMatching(
        /^teams\.appId: is missing, and without an app id the SDK switches authentication off: .* — write the app .*teams\.sandboxUrl.*server\.host/,
      ),
    ])
    for (const role of ['bot', 'worker'] as const) expect(problemsOf({ change, environment, role })).toEqual(problems)
  })

  test('that an override took the app id from is told by the name of the override', () => {
    const environment = { ...plainTeams, DRAWBRIDGE_TEAMS_APP_ID: ' ' }
    expect(problemsOf({ change: withTeams, environment })).toEqual([
      expect.stringMatching(/^DRAWBRIDGE_TEAMS_APP_ID: is missing/),
    ])
  })

  test.each([
    ['DRAWBRIDGE_TEAMS_SANDBOX_URL', 'https://teams.example'],
    ['DRAWBRIDGE_TEAMS_SANDBOX_URL', 'http://10.0.0.1:4003'],
    ['DRAWBRIDGE_TEAMS_SANDBOX_URL', ''],
    ['DRAWBRIDGE_TEAMS_APP_ID', 'drawbridge'],
  ])('is refused by the name of the variable: %s=%s', (name, value) => {
    const problems = problemsOf({ change: withTeams, environment: { ...plainTeams, [name]: value } })
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name}: is .* — write `))])
  })
})
