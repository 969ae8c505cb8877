import { expect, describe as suite, test } from 'vitest'
import {
  accountId,
  type Change,
  channel,
  databaseId,
  group,
  guid,
  put,
  refusalsIn,
  sam,
  useConfigFolder,
} from './support/config-folder.ts'

const { load, problemsOf } = useConfigFolder()
const orders = databaseId('sql-prod', 'orders')
const loopback = { subscriptions: [guid], resourceManagerUrl: 'http://127.0.0.1:1' }

/** A key of the example file = what is put there => how the line about it begins. */
const refusals = refusalsIn(`
cloud = "usgoverment" => cloud: is "usgoverment" (did you mean "usgovernment"?) — write public, usgovernment or china
cloud = null => cloud: is empty — write public
databses = {} => databses: is not a key of Drawbridge (did you mean "databases"?) — correct it or take it out
entirely-else = 1 => entirely-else: is not a key of Drawbridge — take it out; known here: cloud, azure,
azure = undefined => azure: is missing — write the subscriptions
azure = "x" => azure: is "x" — write the subscriptions
azure.subscriptions = [] => azure.subscriptions: is empty
azure.subscriptions = ["prod"] => azure.subscriptions[0]: is "prod" — write a subscription id, as 1111
azure.discover = ["prod"] => azure.discover[0]: is "prod" — write a subscription id, as 1111
azure.discover = ["${guid.replaceAll('1', '2')}"] => azure.discover[0]: is not one of azure.subscriptions — add 2222
azure.credential = {"kind":"managed"} => azure.credential.kind: is "managed" — write kind: default
azure.credential = {} => azure.credential.kind: is missing
azure.credential = {"kind":"managedIdentity","clientID":"x"} => azure.credential.clientID: is not a key of Drawbridge (did you mean "clientId"
azure.credential = {"kind":"managedIdentity","clientId":"me"} => azure.credential.clientId: is "me" — write the client id of the identity
azure.credential = {"kind":"default","clientSecret":"hunter2"} => azure.credential.clientSecret: is not a key
azure.credential = {"kind":"token","environment":"SQL_PROD_PASSWORD"} => azure.credential: is a fixed token, which is only for a sandbox
azure = ${JSON.stringify({ ...loopback, credential: { kind: 'token', environment: 'hunter2' } })} => azure.credential.environment: is not the name of an environment variable
azure.resourceManagerUrl = "http://arm.example" => azure.resourceManagerUrl: is "http://arm.example" — write an https address
azure.resourceManagerUrl = "http://127.0.0.1.evil.example" => azure.resourceManagerUrl: is "http://127.0.0.1.evil.example"
azure.resourceManagerUrl = "https://user:hunter2@arm.example" => azure.resourceManagerUrl: is something that is not shown here
azure.resourceManagerUrl = "arm" => azure.resourceManagerUrl: is "arm"
azure.operationHosts = ["management.azure.com:443"] => azure.operationHosts[0]: is "management.azure.com:443" — write host:port on loopback
azure.operationHosts = ["127.0.0.1"] => azure.operationHosts[0]: is "127.0.0.1"
azure.operationHosts = ["user@127.0.0.1:80"] => azure.operationHosts[0]: is "user@127.0.0.1:80"
azure.requestTimeout = 30 => azure.requestTimeout: is 30 — write a time above zero with its unit, as 30s
azure.resubmitAfter = "-1s" => azure.resubmitAfter: is "-1s"
slack = undefined => slack or teams: is missing, and without a chat nobody can ask for anything — write slack (team and mode), teams
slack = null => slack: is empty — write team and mode
slack.team = "sandbox" => slack.team: is "sandbox" — write the id of the Slack workspace
slack.team = "xoxb-hunter2" => slack.team: is something that is not shown here
slack.mode = "sockets" => slack.mode: is "sockets" (did you mean "socket"?) — write socket or http
slack.apiUrl = "http://slack.example/api" => slack.apiUrl: is "http://slack.example/api" — write an https address
server.port = 70000 => server.port: is 70000 — write a port
server.port = "3000" => server.port: is "3000"
server.host = "" => server.host: is empty
redis.prefix = "Draw:bridge" => redis.prefix: is "Draw:bridge" — write lower-case
databases = {} => databases: is empty
databases = null => databases: is empty
databases.Orders = "${databaseId('sql-prod', 'o2')}" => databases.Orders: is "Orders" — write a name of lower-case letters
databases.orders = 5 => databases.orders: is 5 — write the resource id of a database
databases.orders = "" => databases.orders.id: is empty
databases.orders = {"id":"${orders}","server":"x"} => databases.orders.server: is not a key
databases.orders = "orders" => databases.orders: is not the resource id of a database — write /subscriptions
databases.orders = "${accountId('stbackups')}" => databases.orders: is not the resource id of a database
databases.orders = "${group}/Microsoft.Sql/managedInstances/mi/databases/orders" => databases.orders: belongs to a SQL managed instance
databases.orders = "${databaseId('sql-prod', 'MASTER')}" => databases.orders: names the system database master
databases.orders = "${databaseId('sql-prod', 'or*ders')}" => databases.orders: names an impossible database
databases.orders = "${databaseId('sql-prod', 'orders.')}" => databases.orders: names an impossible database
databases.orders = "${databaseId('sql-prod', 'x'.repeat(129))}" => databases.orders: names an impossible database
databases.orders = "${databaseId('-sql', 'orders')}" => databases.orders: names an impossible SQL server
databases.orders = "${orders.replace('rg-data', 'rg.')}" => databases.orders: names an impossible resource group
databases.orders = "${orders.replace('1111-', '2222-')}" => databases.orders: is in a subscription that azure.subscriptions does not name
databases.copy = "${databaseId('SQL-Prod', 'Orders')}" => databases.copy: is the same database as orders
storage = {} => storage: is empty
storage.backups = "${accountId('stbackups')}" => storage.backups: is "/subscriptions
storage.backups.account = "stbackups" => storage.backups.account: is not the resource id of a storage account
storage.backups.account = "${accountId('st-backups')}" => storage.backups.account: names an impossible storage account
storage.backups.container = "Bad--Name" => storage.backups.container: is "Bad--Name" — write the name of a container
sqlLogins = {} => sqlLogins: is empty
sqlLogins.sql-prod = undefined => sqlLogins.sql-prod: is missing, and orders and customers cannot be read without it
sqlLogins.sql-prodd = {"kind":"environment","user":"x","password":"SQL_PROD_PASSWORD"} => sqlLogins.sql-prodd: is not the server of any of the databases (did you mean "sql-prod"?)
sqlLogins.sql-prod.kind = "vault" => sqlLogins.sql-prod.kind: is "vault" — write kind: environment
sqlLogins.sql-prod.password = "hunter2" => sqlLogins.sql-prod.password: is not the name of an environment variable
sqlLogins.sql-prod.password = "OTHER_PASSWORD" => OTHER_PASSWORD: is not set — write the password of the SQL login of sql-prod
rules = [] => rules: is empty — write at least one rule
rules.0 = "x" => rules[0]: is "x" — write a rule
rules.0.name = "test" => rules[1].name: is also the name of rules[0]
rules.0.name = "a\\nb" => rules[0].name: is "a\\nb" — write a short name
rules.0.whne = {} => rules[0].whne: is not a key of Drawbridge (did you mean "when"?)
rules.0.when.operation = ["restore"] => rules[0].when.operation[0]: is "restore" — write export or import
rules.0.when.database = [] => rules[0].when.database: is empty — write a list of patterns, or leave it out
rules.0.when.database = null => rules[0].when.database: is empty
rules.0.when.database = ["odrers"] => rules[0].when.database[0]: is "odrers", which matches nothing (did you mean "orders"?) — write one of orders, customers or orders-test
rules.0.when.database = ["orders","payroll*"] => rules[0].when.database[1]: is "payroll*", which matches nothing
rules.0.when.database = ["sql-hr/*"] => rules[0].when.database[0]: is "sql-hr/*", which matches nothing
rules.0.when.database = ["/servers/sql-prod/**"] => rules[0].when.database[0]: is "/servers/sql-prod/**", not a pattern over resource ids
rules.0.when.storage = ["/subscriptions/${guid.replaceAll('1', '2')}/**"] => rules[0].when.storage[0]: is "/subscriptions/2222
rules.0.when.database = ["{orders"] => rules[0].when.database[0]: is "{orders", not a complete pattern
rules.0.when.database = ["!orders"] => rules[0].when.database[0]: is "!orders", a pattern of what not to match
rules.0.when.storage = ["tapes/x"] => rules[0].when.storage[0]: is "tapes/x", which matches nothing — write one of backups, nightly, archive, backups/bacpacs
rules.0.requesters = undefined => rules[0].requesters: is missing
rules.0.requesters = ["@dana"] => rules[0].requesters[0]: is "@dana" — write a Slack id
rules.0.stages = [] => rules[0].stages: is empty
rules.0.stages.0.approvers = [] => rules[0].stages[0].approvers: is empty
rules.0.stages.0.approvers = ["anyone"] => rules[0].stages[0].approvers[0]: is "anyone" — write a Slack id
rules.0.stages.0.need = 0 => rules[0].stages[0].need: is 0 — write a whole number of people
rules.0.stages.0.need = 1.5 => rules[0].stages[0].need: is 1.5
rules.1.stages.0.need = 3 => rules[1].stages[0].need: is 3, but only 2 can approve
rules.1.stages.0 = {"approvers":["U0SAM","U0SAM"],"need":2} => rules[1].stages[0].need: is 2, but only 1
rules.1.stages = [{"approvers":["U0SAM"]},{"approvers":["U0SAM"]}] => rules[1].stages: need more people than they name
rules.1 = {"name":"own","requesters":["U0SAM"],"stages":[{"approvers":["U0SAM"]}],"cards":["C0DBA"]} => rules[1].stages: can never be passed
rules.1 = {"name":"own","requesters":["U0SAM","U0LEE"],"stages":[{"approvers":["U0SAM","U0LEE"],"need":2}],"cards":["C0DBA"]} => rules[1].stages: can never be passed
rules.0.cards = [] => rules[0].cards: is empty
rules.0.cards = ["#dba"] => rules[0].cards[0]: is "#dba" — write a Slack id, C
rules.0.expiry = "44h" => rules[0].expiry: is too long for gate endpoints
rules.0.expiry = "8 moons" => rules[0].expiry: is "8 moons"
rules.0.expiry = "0s" => rules[0].expiry: is "0s"
rules.0.gate = "endpoint" => rules[0].gate: is "endpoint" (did you mean "endpoints"?)
rules.0.onBypass = "ignore" => rules[0].onBypass: is "ignore" — write stop or follow
rules.0.unnamedConnections = "all" => rules[0].unnamedConnections: is "all" — write wait or ask
rules.0.leftOver = "delete" => rules[0].leftOver: is "delete" — write keep or remove
rules.0.stuckAfter = 60 => rules[0].stuckAfter: is 60 — write a time above zero with its unit
rules.0.silentAfter = "0s" => rules[0].silentAfter: is "0s"
rules.0.maxOpen = 0 => rules[0].maxOpen: is 0
rules.0.remindAfter = "8h" => rules[0].remindAfter: is 8h, which is not before rules[0].expiry (8h) — write less here, or more there
rules.0.remindAfter = 2 => rules[0].remindAfter: is 2 — write a time above zero with its unit
rules.0.escalate = {"after":"36h","to":["U0OPS"]} => rules[0].escalate.after: is 36h, which is not before rules[0].expiry (8h)
rules.1 = {"name":"own","requesters":["U0SAM"],"stages":[{"approvers":["U0LEE"]}],"cards":["C0DBA"],"remindAfter":"2h","escalate":{"after":"90m","to":["U0OPS"]}} => rules[1].remindAfter: is 2h, which is not before rules[1].escalate.after (90m)
rules.0.escalate = {"after":"4h"} => rules[0].escalate.to: is missing
rules.0.escalate = {"to":["U0OPS"]} => rules[0].escalate.after: is missing
rules.0.escalate = {"after":"4h","to":["anyone"]} => rules[0].escalate.to[0]: is "anyone"
rules.0.escalate = {"after":"4h","to":["S0DBA"]} => rules[0].escalate.to: names only S0DBA, who can approve in every stage already — name others, or take escalate out
rules.1 = {"name":"own","requesters":["U0SAM"],"stages":[{"approvers":["U0LEE"]}],"cards":["C0DBA"],"escalate":{"after":"4h","to":["U0SAM"]}} => rules[1].escalate.to: names only the requester (U0SAM), and nobody decides on a request of their own
rules.0.escalate = {"after":"4h","to":["${sam}"]} => rules[0].escalate.to[0]: is "${sam}", an id of Teams, but this file has no teams
rules.0.tell = ["approvers"] => rules[0].tell[0]: is "approvers" — write a Slack id, C… or G… (a channel) or U… (a person), a conversation id of Teams (19:…@thread.tacv2), the Entra object id of a person: approvers are asked by cards, not told here
rules.0.tell = [] => rules[0].tell: is empty — write a list of channels and people, or leave it out
rules.0.tell = ["${channel}"] => rules[0].tell[0]: is "${channel}", an id of Teams, but this file has no teams
operators = ["anyone"] => operators[0]: is "anyone"
operators = ["${sam}"] => operators[0]: is "${sam}", an id of Teams, but this file has no teams — add a teams section, or write the Slack id of a person or user group
rules.0.cards = ["${channel}"] => rules[0].cards[0]: is "${channel}", an id of Teams, but this file has no teams — add a teams section, or write the Slack id of a channel or person
people = [{"slack":"U0SAM","teams":"${sam}"}] => people[0].teams: is "${sam}", an id of Teams, but this file has no teams — add a teams section, or take the entry out
auditors = "U0AUD" => auditors: is "U0AUD" — write a list
clocks.awaiting_endpoints = "1h" => clocks.awaiting_endpoints: is not a key of Drawbridge (did you mean "awaitingEndpoints"?)
clocks.running = "367d" => clocks.running: is "367d"
polls.least = "3m" => polls.least: is longer than polls.most`)

// Without one of these, or with another catalogue, several parts of the file have something to say.
const wide = ['azure', 'databases', 'storage', 'sqlLogins']

suite('a file that cannot be used', () => {
  test.each(refusals)('is refused: $start', ({ path, value, start }) => {
    const problems = problemsOf({ change: put(path, value) })
    expect(problems).toContainEqual(expect.stringContaining(start))
    expect(problems.find((line) => line.startsWith(start))).toBeDefined()
    if (!wide.includes(path)) expect(problems).toHaveLength(1)
    for (const line of problems) expect(line).toMatch(/^[^\n]+: [^\n]+ — [^\n]+$/)
    expect(problems.join()).not.toMatch(/hunter2|hidden/)
  })

  test('lists every problem at once, those of the environment and those between parts included', () => {
    const change: Change = (file) => {
      put('slack.mode', 'http')(file)
      put('slack.taem', 'T1')(file)
      put('server.port', 'x')(file)
      put('databases.copy', databaseId('sql-prod', 'orders'))(file)
      put('rules.0.expiry', '2d')(file)
      put('rules.0.gate', undefined)(file)
      put('rules.0.maxOpen', 'many')(file)
      put('rules.1.when.database', ['nowhere'])(file)
      put('rules.1.stages.0.need', 5)(file)
      put('rules.1.cards', ['?'])(file)
      put('sqlLogins.sql-test.user', '')(file)
    }
    const problems = problemsOf({
      change,
      environment: { SLACK_BOT_TOKEN: '', REDIS_URL: 'http://x', LOG_LEVEL: 'inf' },
    })
    expect(problems.map((line) => line.split(':')[0]).sort()).toEqual([
      'LOG_LEVEL',
      'REDIS_URL',
      'SLACK_BOT_TOKEN',
      'SLACK_SIGNING_SECRET',
      'SQL_PROD_PASSWORD',
      'SQL_TEST_PASSWORD',
      'databases.copy',
      'rules[0].expiry',
      'rules[0].maxOpen',
      'rules[1].cards[0]',
      'rules[1].stages[0].need',
      'rules[1].when.database[0]',
      'server.port',
      'slack.taem',
      'sqlLogins.sql-test.user',
    ])
    expect(() => load({ change, environment: {} })).toThrow(
      /^The configuration cannot be used \(\d+ problems\):\n {2}slack/,
    )
  })
})
