import type { Catalogue } from '../transfer/policy.ts'
import { type LogLevel, logLevels, type Role, type Secrets } from './config.ts'
import { isLoopback } from './fields.ts'
import type { Problems } from './problems.ts'
import type { Salvaged } from './salvage.ts'
import type { File } from './schema.ts'
import { didYouMean, listed } from './wording.ts'

/** Environment variables, those of `.env` below those of the process. */
export type Environment = Readonly<Record<string, string | undefined>>

type Needs = { variable: string; what: string; form?: RegExp }

/** Tells every variable that this role needs and that is missing, empty or of the wrong form. */
export function checkEnvironment(role: Role, file: Salvaged<File>, environment: Environment, problems: Problems): void {
  for (const { variable, what, form = /\S/ } of neededBy(role, file)) {
    const value = environment[variable]
    if (value === undefined) problems.add([variable], `is not set — write ${what} into .env or the environment`)
    else if (value.trim() === '') problems.add([variable], `is empty — write ${what}`)
    else if (!form.test(value)) problems.add([variable], `does not look right (it is not shown) — write ${what}`)
  }
  const { REDIS_URL: redis, LOG_LEVEL: level } = environment
  if (redis !== undefined && !isRedisUrl(redis)) {
    const state = redis.trim() === '' ? 'is empty' : 'is not the address of a Redis (it is not shown)'
    problems.add(['REDIS_URL'], `${state} — write redis:// or rediss://, or leave it out for the embedded Redis`)
  }
  if (level !== undefined && !isLogLevel(level)) {
    problems.add(['LOG_LEVEL'], `is not a level${didYouMean(level, logLevels)} — write ${listed(logLevels)}`)
  }
  checkToken(file, problems)
}

/** The secrets of this role, each behind a function; anything else throws when it is asked for. */
export function openSecrets(role: Role, file: File, catalogue: Catalogue, environment: Environment): Secrets {
  const needed = new Set(neededBy(role, file).map((each) => each.variable))
  const get = (variable: string) => {
    const value = needed.has(variable) ? environment[variable] : undefined
    if (value === undefined) throw new Error(`${variable} is not part of the configuration of this role (${role})`)
    return value
  }
  const servers = new Set(catalogue.databases.map((each) => each.server))
  return {
    slackBotToken: () => get('SLACK_BOT_TOKEN'),
    slackSigningSecret: () => get('SLACK_SIGNING_SECRET'),
    slackAppToken: () => get('SLACK_APP_TOKEN'),
    redisUrl: () => environment.REDIS_URL,
    servicePrincipal: () => ({
      tenantId: get('AZURE_TENANT_ID'),
      clientId: get('AZURE_CLIENT_ID'),
      clientSecret: get('AZURE_CLIENT_SECRET'),
    }),
    workloadIdentity: () => ({
      tenantId: get('AZURE_TENANT_ID'),
      clientId: get('AZURE_CLIENT_ID'),
      tokenFile: get('AZURE_FEDERATED_TOKEN_FILE'),
    }),
    azureToken: () => get(file.azure.credential.kind === 'token' ? file.azure.credential.environment : 'A fixed token'),
    sqlLogin(server) {
      const name = server.toLowerCase()
      const login = servers.has(name) ? file.sqlLogins[name] : undefined
      if (!login) throw new Error(`There is no SQL login for ${server}`)
      return { user: login.user, password: get(login.password) }
    },
  }
}

/** Values that must not appear in an error, whatever a person wrote where. */
export function secretValues(file: Salvaged<File>, environment: Environment): readonly string[] {
  const names = ['REDIS_URL', 'DRAWBRIDGE_AZURE_TOKEN', 'SLACK_BOT_TOKEN', 'SLACK_SIGNING_SECRET', 'SLACK_APP_TOKEN']
  const named = neededBy('worker', file).map((each) => each.variable)
  const secret = [...names, ...named, 'AZURE_CLIENT_SECRET'].filter((name) => !/^AZURE_(TENANT|CLIENT)_ID$/.test(name))
  return secret.flatMap((name) => environment[name] ?? [])
}

/** The level of the log, `info` unless stated. */
export function logLevelOf({ LOG_LEVEL: level }: Environment): LogLevel {
  return level !== undefined && isLogLevel(level) ? level : 'info'
}

function neededBy(role: Role, file: Salvaged<File>): readonly Needs[] {
  return [...(role === 'worker' ? [] : neededForSlack(file)), ...(role === 'bot' ? [] : neededForAzure(file))]
}

function neededForSlack({ slack }: Salvaged<File>): readonly Needs[] {
  const bot = { variable: 'SLACK_BOT_TOKEN', what: 'the bot token of the Slack app, xoxb-…', form: /^xoxb-\S+$/ }
  const app = { variable: 'SLACK_APP_TOKEN', what: 'the app-level token of the Slack app, xapp-…', form: /^xapp-\S+$/ }
  const signing = { variable: 'SLACK_SIGNING_SECRET', what: 'the signing secret of the Slack app', form: /^\S+$/ }
  return [bot, ...(slack?.mode === 'socket' ? [app] : []), ...(slack?.mode === 'http' ? [signing] : [])]
}

function neededForAzure({ azure, sqlLogins }: Salvaged<File>): readonly Needs[] {
  const tenant = { variable: 'AZURE_TENANT_ID', what: 'the id of the Microsoft Entra tenant' }
  const client = { variable: 'AZURE_CLIENT_ID', what: 'the client id of the application' }
  const secret = { variable: 'AZURE_CLIENT_SECRET', what: 'the client secret of the application' }
  const federated = { variable: 'AZURE_FEDERATED_TOKEN_FILE', what: 'the path of the federated token' }
  const credential = azure?.credential
  const token = credential?.kind === 'token' ? credential.environment : undefined
  const logins = Object.entries(sqlLogins ?? {}).flatMap(([server, login]) =>
    login?.password ? [{ variable: login.password, what: `the password of the SQL login of ${server}` }] : [],
  )
  return [
    ...(credential?.kind === 'servicePrincipal' ? [tenant, client, secret] : []),
    ...(credential?.kind === 'workloadIdentity' ? [tenant, client, federated] : []),
    ...(token ? [{ variable: token, what: 'the token for Azure' }] : []),
    ...logins,
  ]
}

/** A token that anyone could read on the way and that is never renewed is for the sandbox alone. */
function checkToken({ azure }: Salvaged<File>, problems: Problems): void {
  if (azure?.credential?.kind !== 'token') return
  const url = azure.resourceManagerUrl
  if (url && isLoopback(new URL(url))) return
  const what = 'is a fixed token, which is only for a sandbox on this machine'
  problems.add(['azure', 'credential'], `${what} — write a loopback azure.resourceManagerUrl, or another kind`)
}

function isRedisUrl(written: string): boolean {
  return /^rediss?:$/.test(URL.canParse(written) ? new URL(written).protocol : '') && new URL(written).hostname !== ''
}

function isLogLevel(written: string): written is LogLevel {
  return (logLevels as readonly string[]).includes(written)
}
