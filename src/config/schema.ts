import { z } from 'zod'
import { cloudNames } from '../transfer/clouds.ts'
import {
  choice,
  duration,
  guid,
  keepingTime,
  kindOf,
  list,
  loopbackHost,
  loopbackUrl,
  named,
  optionalList,
  serviceUrl,
  strict,
  text,
  whole,
} from './fields.ts'
import { approver, peopleSchema, slackSchema, teamsSchema } from './schema-chats.ts'
import { sqlLogin, storageCredential, variable } from './schema-credentials.ts'
import { ruleSchema } from './schema-rules.ts'
import { label } from './schema-when.ts'
import { complaint } from './wording.ts'

const kinds = 'kind: default, managedIdentity, workloadIdentity, servicePrincipal or token'
const bare = <const Kind extends string>(kind: Kind) => strict({ kind: z.literal(kind) }, kinds)
const credential = z.discriminatedUnion(
  'kind',
  [
    bare('default'),
    bare('workloadIdentity'),
    bare('servicePrincipal'),
    strict({ kind: z.literal('managedIdentity'), clientId: guid('the client id of the identity').optional() }, kinds),
    strict({ kind: z.literal('token'), environment: variable('the token') }, kinds),
  ],
  { error: ({ input }) => complaint(kindOf(input), kinds) },
)

const azure = strict(
  {
    subscriptions: list(guid('a subscription id'), 'a list of subscription ids'),
    discover: optionalList(guid('a subscription id'), 'a list of subscription ids, or leave it out'),
    credential: credential.prefault({ kind: 'default' }),
    resourceManagerUrl: serviceUrl('https://management.azure.com').optional(),
    keyVaultUrl: loopbackUrl('http://127.0.0.1:4001/vaults').optional(),
    operationHosts: optionalList(loopbackHost, 'a list of host:port on loopback'),
    requestTimeout: duration('30s'),
    resubmitAfter: duration('60s'),
    budgetPercent: whole(1, 10_000, 'a whole percentage, 60 for example').prefault(60),
  },
  'the subscriptions and the credential',
)

const server = strict(
  {
    // Loopback unless stated: behind a proxy on the same machine nothing else is needed, and nothing is opened unasked.
    host: text(/^[A-Za-z0-9.:-]+$/, 'an address of this machine, as 127.0.0.1 or 0.0.0.0').prefault('127.0.0.1'),
    port: whole(0, 65_535, 'a port from 1 to 65535, or 0 for any free one').prefault(3000),
  },
  'host and port',
).prefault({})

const redis = strict(
  { prefix: text(/^[a-z0-9-]+$/, 'lower-case letters, digits and hyphens').prefault('drawbridge') },
  'prefix',
).prefault({})

const alias = text(
  /^[a-z0-9][a-z0-9._-]{0,63}$/,
  'a name of lower-case letters, digits and . _ - that begins with a letter or digit',
)
const resource = (hint: string) =>
  z.string({ error: ({ input }) => complaint(input, hint) }).min(1, { error: () => complaint('', hint) })
const databaseHint = 'the resource id of a database, /subscriptions/…/servers/<server>/databases/<database>'
const database = z.preprocess(
  (value) => (typeof value === 'string' ? { id: value } : value),
  strict({ id: resource(databaseHint), environment: label.optional() }, databaseHint),
)
const container = text(
  /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/,
  'the name of a container: 3 to 63 lower-case letters, digits and single hyphens',
)
const account = strict(
  {
    account: resource('the resource id of a storage account, /subscriptions/…/storageAccounts/<account>'),
    container: container.optional(),
    credential: storageCredential.prefault({ kind: 'accountKey' }),
    environment: label.optional(),
  },
  'account, container and perhaps credential and environment',
)

const serverName = text(
  /^(?=.{1,63}$)[a-z0-9]+(-+[a-z0-9]+)*$/,
  'the short name of a SQL server, lower case, without its domain',
)
const audit = strict({ keep: keepingTime.optional() }, 'keep').prefault({})

const clocks = strict(
  {
    requested: duration('10m'),
    preparing: duration('30m'),
    submitting: duration('15m'),
    awaitingEndpoints: duration('30m'),
    approving: duration('30m'),
    running: duration('50h'),
    closing: duration('1h'),
    afterEnd: duration('24h'),
  },
  'a time for each status',
).prefault({})

const polls = strict(
  { least: duration('15s'), most: duration('120s'), approval: duration('5m'), closing: duration('30s') },
  'least, most, approval and closing',
).prefault({})

/** The form of drawbridge.yaml; what one part means for another is checked elsewhere. */
export const fileSchema = strict(
  {
    cloud: choice(cloudNames).prefault('public'),
    azure,
    slack: slackSchema.optional(),
    teams: teamsSchema.optional(),
    server,
    redis,
    databases: named(alias, database, 'an alias and a resource id for each database'),
    storage: named(alias, account, 'an alias and an account for each place where exports may go'),
    sqlLogins: named(serverName, sqlLogin, 'a login for each SQL server'),
    rules: list(ruleSchema, 'at least one rule: without one nothing may be exported'),
    operators: optionalList(approver, 'a list of ids of people and user groups'),
    auditors: optionalList(approver, 'a list of ids of people and user groups'),
    people: peopleSchema,
    audit,
    clocks,
    polls,
  },
  'the keys of drawbridge.example.yaml',
)

/** A valid drawbridge.yaml, durations in milliseconds. */
export type File = z.output<typeof fileSchema>

/** Keys whose whole group may be left empty (`clocks:` with nothing below), as if left out. */
export const mayBeEmpty = ['server', 'redis', 'operators', 'auditors', 'people', 'audit', 'clocks', 'polls'] as const
