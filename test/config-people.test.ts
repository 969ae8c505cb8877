import { expect, describe as suite, test } from 'vitest'
import {
  all,
  type Change,
  channel,
  ola,
  otherTenant,
  plainTeams,
  privateKey,
  put,
  refusalsIn,
  sam,
  tenant,
  useConfigFolder,
  withTeams,
} from './support/config-folder.ts'

const { load, problemsOf } = useConfigFolder()
const environment = { ...plainTeams, TEAMS_CERTIFICATE_KEY: privateKey }

/** The example with Teams and with Sam as a person with accounts in both chats. */
const inBoth = all(withTeams, put('people', [{ name: 'Sam Okafor', slack: 'U0SAM', teams: sam }]))
const someone = { slack: 'U0LEE', teams: ola }
const id44 = 'a'.repeat(44)

/** A key of that file = what is put there => how the line about it begins. */
const refusals = refusalsIn(`
teams = null => teams: is empty — write tenant, appId and credential
teams = [] => teams: is empty — write tenant, appId and credential
teams = "${tenant}" => teams: is "${tenant}" — write tenant, appId and credential
teams.tenant = undefined => teams.tenant: is missing — write the id of the Entra tenant of the bot, as 1111
teams.tenant = "contoso.com" => teams.tenant: is "contoso.com" — write the id of the Entra tenant of the bot
teams.tenantId = "${tenant}" => teams.tenantId: is not a key of Drawbridge (did you mean "tenant"?)
teams.tenants = [] => teams.tenants: is empty — write a list of tenant ids, or leave it out for teams.tenant alone
teams.tenants = ["all"] => teams.tenants[0]: is "all" — write a tenant id
teams.tenants = ["${otherTenant}"] => teams.tenants: do not include teams.tenant — add ${tenant}, or leave tenants out
teams.appId = "" => teams.appId: is empty — write the app (client) id of the bot
teams.appId = null => teams.appId: is empty
teams.appId = "aBc8Q~hunter2hunter2hunter2hunter2hunter" => teams.appId: is something that is not shown here
teams.credential = {"kind":"password"} => teams.credential.kind: is "password" — write kind: secret, certificate or managedIdentity
teams.credential = "hunter2" => teams.credential
teams.credential = {"kind":"secret","password":"hunter2"} => teams.credential.password: is not a key of Drawbridge
teams.credential = {"kind":"certificate"} => teams.credential.thumbprint: is missing — write the thumbprint of the certificate, 40
teams.credential = {"kind":"certificate","thumbprint":"ab:cd"} => teams.credential.thumbprint: is "ab:cd"
teams.sandboxUrl = "http://teams.example" => teams.sandboxUrl: is "http://teams.example" — write an address on this machine
teams.sandboxUrl = "https://teams.example" => teams.sandboxUrl: is "https://teams.example" — write an address on this machine
teams.sandboxUrl = "http://127.0.0.1.teams.example" => teams.sandboxUrl: is "http://127.0.0.1.teams.example"
teams.sandboxUrl = "ftp://127.0.0.1" => teams.sandboxUrl: is "ftp://127.0.0.1"
rules.0.requesters = ["sam@contoso.com"] => rules[0].requesters[0]: is "sam@contoso.com" — write a Slack id, U… or W… (a person) or S… (a user group), not a name, the Entra object id
rules.0.stages.0.approvers = ["29:1abc"] => rules[0].stages[0].approvers[0]: is "29:1abc" — write a Slack id, U… or W… (a person) or S… (a user group), not a name, or the Entra object id
rules.0.stages.0.approvers = ["${channel}"] => rules[0].stages[0].approvers[0]: is 
rules.0.requesters = ["${sam}x"] => rules[0].requesters[0]: is "${sam}x"
rules.0.requesters = ["${otherTenant}/${sam}"] => rules[0].requesters[0]: is of a tenant that teams.tenants does not name — add ${otherTenant} there
rules.0.stages.0.approvers = ["${otherTenant}/${sam}"] => rules[0].stages[0].approvers[0]: is of a tenant
rules.0.cards = ["${otherTenant.toUpperCase()}/${sam}"] => rules[0].cards[0]: is of a tenant that teams.tenants does not name — add ${otherTenant} there
operators = ["${otherTenant}/${sam}"] => operators[0]: is of a tenant
auditors = ["${otherTenant}/${sam}"] => auditors[0]: is of a tenant
rules.0.requesters = ["group:DBA"] => rules[0].requesters[0]: is "group:DBA" — write a Slack id, U… or W… (a person) or S… (a user group), not a name, the Entra object id of a person in Teams, as 5a000000-0000-4000-8000-000000000002, group:<object id> for an Entra group, or anyone
rules.0.stages.0.approvers = ["group:${otherTenant}/${sam}"] => rules[0].stages[0].approvers[0]: is a group of another tenant than teams.tenant, and the identity of the bot can read the groups of its own tenant alone — write a group of that one, or people
rules.0.stages.0.approvers = ["group ${sam}"] => rules[0].stages[0].approvers[0]: is "group ${sam}"
operators = ["Group:${sam}"] => operators[0]: is "Group:${sam}" — write a Slack id, U… or W… (a person) or S… (a user group), not a name, or the Entra object id of a person in Teams, as 5a000000-0000-4000-8000-000000000002, or group:<object id> for an Entra group
rules.0.cards = ["group:${sam}"] => rules[0].cards[0]: is "group:${sam}" — write a channel, or the word approvers for a direct message to each of them
people.0.teams = "group:${sam}" => people[0].teams: is "group:${sam}" — write the Entra object id of a person in Teams
rules.0.cards = ["19:abc"] => rules[0].cards[0]: is "19:abc" — write a Slack id, C… or G… (a channel) or U… (a person), a conversation id of Teams (19:…@thread.tacv2)
rules.0.cards = ["19:abc@thread.tacv2;messageid=1"] => rules[0].cards[0]: is "19:abc@thread.tacv2;messageid=1"
rules.0.cards = ["19:a/b@thread.tacv2"] => rules[0].cards[0]: is "19:a/b@thread.tacv2"
rules.0.cards = ["19%3Aabc%40thread.tacv2"] => rules[0].cards[0]: is "19%3Aabc%40thread.tacv2" — write the conversation id alone and decoded, as 19:…@thread.tacv2
rules.0.cards = ["https://teams.microsoft.com/l/channel/19%3a${id44}%40thread.tacv2/General"] => rules[0].cards[0]: is something that is not shown here — write the conversation id alone and decoded
people = {} => people: is a group of keys — write a list of people
people = ["Sam"] => people[0]: is "Sam" — write slack and teams, the two accounts of a person
people.0.slack = undefined => people[0].slack: is missing — write the Slack id of the person, U… or W…
people.0.slack = "S0DBA" => people[0].slack: is "S0DBA" — write the Slack id of the person
people.0.teams = undefined => people[0].teams: is missing — write the Entra object id of a person in Teams
people.0.teams = "${channel}" => people[0].teams: is 
people.0.teams = "${otherTenant}/${sam}" => people[0].teams: is of a tenant that teams.tenants does not name
people.0.nmae = "Sam" => people[0].nmae: is not a key of Drawbridge (did you mean "name"?)
people.0.name = "" => people[0].name: is empty — write a name of 1 to 64 characters, or leave it out
people.0.name = "   " => people[0].name: is "   " — write a name
people.0.name = "a\\nb" => people[0].name: is "a\\nb" — write a name
people.0.name = "${'x'.repeat(65)}" => people[0].name: is something that is not shown here — write a name
people.1 = {"slack":"U0SAM","teams":"${ola}"} => people[1].slack: is also the account that people[0] (Sam Okafor) has, and people[1] cannot have it too — correct one
people.1 = {"name":"Lee","slack":"U0LEE","teams":"${sam.toUpperCase()}"} => people[1].teams: is also the account that people[0] (Sam Okafor) has, and people[1] (Lee) cannot
people.1 = {"slack":"U0LEE","teams":"${tenant}/${sam}"} => people[1].teams: is also the account that people[0] (Sam Okafor) has
slack = undefined => people[0].slack: is "U0SAM", an id of Slack, but this file has no slack — add a slack section, or take the entry out
slack = undefined => rules[1].stages[0].approvers[1]: is "U0LEE", an id of Slack, but this file has no slack — add a slack section, or write the Entra object id of a person in Teams
slack = undefined => rules[0].cards[0]: is "C0DBA", an id of Slack, but this file has no slack — add a slack section, or write a conversation id of Teams
teams = undefined => people[0].teams: is "${sam}", an id of Teams, but this file has no teams — add a teams section
cloud = "china" => teams: is not possible with cloud china, as Teams of that cloud is not supported by the Bot Framework SDK — leave teams out`)

suite('a file with Teams and people that cannot be used', () => {
  test.each(refusals)('is refused: $path, $start', ({ path, value, start }) => {
    const problems = problemsOf({ change: all(inBoth, put(path, value)), environment })
    expect(problems.find((line) => line.startsWith(start))).toBeDefined()
    // Without Slack every id of it has something to say.
    if (path !== 'slack') expect(problems).toHaveLength(1)
    for (const line of problems) expect(line).toMatch(/^[^\n]+: [^\n]+ — [^\n]+$/)
    expect(problems.join()).not.toMatch(/hunter2|hidden/)
  })

  test('lists every problem at once', () => {
    const change = all(
      inBoth,
      put('cloud', 'china'),
      put('teams.tenants', [otherTenant]),
      put('teams.appId', undefined),
      put('teams.credential', { kind: 'certificate', thumbprint: 'x' }),
      put('rules.0.cards', ['19%3A']),
      put('auditors', ['44444444-4444-4444-4444-444444444444/44444444-4444-4444-4444-444444444444']),
      put('people.1', { slack: 'U0SAM', teams: sam }),
      put('people.2', { slack: 'x', teams: ola }),
      put('people.3', { slack: 'U0OTHER', teams: ola }),
    )
    const environment = { ...plainTeams, SLACK_BOT_TOKEN: undefined, TEAMS_CERTIFICATE_KEY: 'hidden-key' }
    const problems = problemsOf({ change, environment })
    expect(problems.map((line) => line.split(':')[0]).sort()).toEqual([
      'SLACK_BOT_TOKEN',
      'TEAMS_CERTIFICATE_KEY',
      'auditors[0]',
      'people[1].slack',
      'people[1].teams',
      'people[2].slack',
      'people[3].teams',
      'rules[0].cards[0]',
      'teams',
      'teams.appId',
      'teams.credential.thumbprint',
      'teams.tenants',
    ])
  })

  test('tells nothing that may be put right with what cannot be read', () => {
    const of = (...changes: Change[]) =>
      problemsOf({ change: all(inBoth, ...changes), environment }).map((line) => line.split(':')[0])
    const elsewhere = put('auditors', [`${otherTenant}/${sam}`])
    expect(of(put('teams.tenants', [tenant, '3333']), elsewhere)).toEqual(['teams.tenants[1]'])
    expect(of(put('teams.tenants', 'all'), elsewhere)).toEqual(['teams.tenants'])
    expect(of(put('teams.tenant', 'contoso.com'), elsewhere)).toEqual(['teams.tenant'])
    expect(of(put('teams', 'contoso.com'), elsewhere)).toEqual(['teams'])
    const nobody = put('teams.appId', undefined)
    expect(of(nobody, put('teams.sandboxUrl', 'http://teams.example'))).toEqual(['teams.sandboxUrl'])
    expect(of(nobody, put('teams.sandboxUrl', 'http://127.0.0.1:1'), put('server.host', '?'))).toEqual(['server.host'])
  })

  test('repeats no secret of Teams, wherever it is written', () => {
    const change = all(
      inBoth,
      put('teams.tenant', 'teams-hidden-9'),
      put('people.0.slack', 'teams-hidden-9'),
      put('rules.0.requesters', ['teams-hidden-9', 'key-hidden-10']),
    )
    const given = { ...environment, TEAMS_CERTIFICATE_KEY: 'key-hidden-10' }
    const problems = problemsOf({ change, environment: given })
    expect(problems).toHaveLength(4)
    expect(problems.join('\n')).not.toContain('hidden')
  })
})

suite('people', () => {
  test('may be nobody, have no name, or be of another tenant', () => {
    expect(load({ change: all(withTeams, put('people', null)), environment }).policy.people).toEqual([])
    expect(load().policy.people).toEqual([])
    const people = [someone, { slack: 'W0SAM', teams: `${otherTenant.toUpperCase()}/${sam}`, name: 'Šárka O’Neill' }]
    const change = all(withTeams, put('teams.tenants', [tenant, otherTenant]), put('people', people))
    expect(load({ change, environment }).policy.people).toEqual([
      { accounts: ['slack:T0SANDBOX/U0LEE', `teams:${tenant}/${ola}`] },
      { name: 'Šárka O’Neill', accounts: ['slack:T0SANDBOX/W0SAM', `teams:${otherTenant}/${sam}`] },
    ])
  })

  test('with the same object id in two tenants are two', () => {
    const people = [
      { slack: 'U0SAM', teams: sam },
      { slack: 'U0LEE', teams: `${otherTenant}/${sam}` },
    ]
    const change = all(withTeams, put('teams.tenants', [tenant, otherTenant]), put('people', people))
    expect(problemsOf({ change, environment })).toEqual([])
  })
})

suite('whether a rule can be passed', () => {
  const rule = (parts: object) =>
    all(inBoth, put('rules.1', { name: 'own', requesters: ['anyone'], cards: ['C0DBA'], ...parts }))
  const ask = (parts: object) => problemsOf({ change: rule(parts), environment })

  test.each([
    ['an account of each chat', { stages: [{ approvers: ['U0LEE', ola], need: 2 }] }],
    ['two people of Teams in two stages', { stages: [{ approvers: [ola] }, { approvers: [ola, sam] }] }],
    ['a person of both chats and one more', { stages: [{ approvers: ['U0SAM', sam, ola], need: 2 }] }],
    ['an approver besides the one who asks', { requesters: ['U0SAM'], stages: [{ approvers: [sam, ola] }] }],
    [
      'an approver of another tenant with the object id of the one who asks',
      { requesters: [sam], stages: [{ approvers: [`${otherTenant}/${sam}`] }] },
    ],
    ['an Entra group beside a person', { requesters: [sam], stages: [{ approvers: [`group:${ola}`, sam], need: 9 }] }],
    ['a user group beside a person', { requesters: [sam], stages: [{ approvers: ['S0DBA', sam], need: 9 }] }],
  ])('counts %s', (_name, parts) => {
    const change = all(rule(parts), put('teams.tenants', [tenant, otherTenant]))
    expect(problemsOf({ change, environment })).toEqual([])
  })

  test.each([
    [
      'two accounts of one person in one stage',
      { stages: [{ approvers: ['U0SAM', sam.toUpperCase()], need: 2 }] },
      'stages[0].need: is 2, but only 1 can approve in this stage, as all accounts of a person count as one — write at most 1, or add',
    ],
    [
      'one account that is written in two ways',
      { stages: [{ approvers: [ola, `${tenant}/${ola}`], need: 2 }] },
      'stages[0].need: is 2, but only 1 can approve',
    ],
    [
      'too few people of Teams',
      { stages: [{ approvers: [ola, sam], need: 3 }] },
      'stages[0].need: is 3, but only 2 can approve in this stage — write at most 2, or add approvers',
    ],
    [
      'two accounts of one person in two stages',
      { stages: [{ approvers: ['U0SAM'] }, { approvers: [sam] }] },
      'stages: need more people than they name',
    ],
    [
      'one person of Teams in two stages',
      { stages: [{ approvers: [ola] }, { approvers: [ola] }] },
      'stages: need more people than they name',
    ],
    [
      'an approver who asks with the other account',
      { requesters: [sam], stages: [{ approvers: ['U0SAM'] }] },
      'stages: can never be passed: too few approvers are left when the requester (U0SAM) is not counted',
    ],
    [
      'an approver of Teams who is the one who asks',
      { requesters: [ola], stages: [{ approvers: [`${tenant}/${ola}`] }] },
      `stages: can never be passed: too few approvers are left when the requester (${ola}) is not counted`,
    ],
  ])('does not count twice: %s', (_name, parts, start) => {
    expect(ask(parts)).toEqual([expect.stringContaining(`rules[1].${start}`)])
  })

  test('is not guessed at as long as two entries claim one account', () => {
    const claims = put('people.1', { slack: 'U0SAM', teams: ola })
    const stages = [{ approvers: [sam, ola], need: 2 }]
    expect(problemsOf({ change: all(rule({ stages }), claims), environment })).toEqual([
      expect.stringMatching(/^people\[1\]\.slack: is also the account/),
    ])
  })
})
