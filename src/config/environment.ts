import { createPrivateKey } from 'node:crypto'
import type { Catalogue } from '../transfer/policy.ts'
import { type LogLevel, logLevels, type Role, type Secrets } from './config.ts'
import { isLoopback } from './fields.ts'
import type { Chat } from './ids.ts'
import { neededForJobs, openJobCredentials } from './job-credentials.ts'
import type { Problems } from './problems.ts'
import type { Salvaged } from './salvage.ts'
import type { File } from './schema.ts'
import { didYouMean, listed } from './wording.ts'

/** Environment variables, those of `.env` below those of the process. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What decides which variables there must be; `chats` are those that the file has a section for. */
type Given<Read> = { role: Role; file: Read; chats: ReadonlySet<Chat>; environment: Environment }

/** A variable that there must be, and what it holds; of a form of its own where one can be told. */
export type Needs = { variable: string; what: string; form?: Pick<RegExp, 'test'> }

/** Tells every variable that this role needs and that is missing, empty or of the wrong form. */
export function checkEnvironment(given: Given<Salvaged<File>>, problems: Problems): void {
  const { file, environment } = given
  for (const { variable, what, form = /\S/ } of neededBy(given)) {
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
export function openSecrets(given: Given<File>, catalogue: Catalogue): Omit<Secrets, 'auditSigningKey'> {
  const { role, file, environment } = given
  const needed = new Set(neededBy(given).map((each) => each.variable))
  const get = (variable: string) => {
    const value = needed.has(variable) ? environment[variable] : undefined
    if (value === undefined) throw new Error(`${variable} is not part of the configuration of this role (${role})`)
    return value
  }
  return {
    slackBotToken: () => get('SLACK_BOT_TOKEN'),
    slackSigningSecret: () => get('SLACK_SIGNING_SECRET'),
    slackAppToken: () => get('SLACK_APP_TOKEN'),
    teamsAppPassword: () => get('TEAMS_APP_PASSWORD'),
    teamsCertificateKey: () => withLineEnds(get('TEAMS_CERTIFICATE_KEY')),
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
    ...openJobCredentials(file, catalogue, get),
  }
}

/** Values that must not appear in an error, whatever a person wrote where. */
export function secretValues(file: Salvaged<File>, environment: Environment): readonly string[] {
  const ofSlack = ['SLACK_BOT_TOKEN', 'SLACK_SIGNING_SECRET', 'SLACK_APP_TOKEN']
  const ofTeams = ['TEAMS_APP_PASSWORD', 'TEAMS_CERTIFICATE_KEY']
  const others = ['REDIS_URL', 'DRAWBRIDGE_AZURE_TOKEN', 'AZURE_CLIENT_SECRET', 'AUDIT_SIGNING_KEY']
  const named = neededForAzure(file).map((each) => each.variable)
  const secret = [...ofSlack, ...ofTeams, ...others, ...named].filter(
    (name) => !/^AZURE_(TENANT|CLIENT)_ID$/.test(name),
  )
  return secret.flatMap((name) => environment[name] ?? [])
}

/** The level of the log, `info` unless stated. */
export function logLevelOf({ LOG_LEVEL: level }: Environment): LogLevel {
  return level !== undefined && isLogLevel(level) ? level : 'info'
}

function neededBy({ role, file, chats }: Given<Salvaged<File>>): readonly Needs[] {
  // As long as the file names no chat, or cannot be read, it is taken to be the example's.
  const slack = chats.has('slack') || !chats.has('teams')
  const bot = [...(slack ? neededForSlack(file) : []), ...(chats.has('teams') ? neededForTeams(file) : [])]
  return [...(role === 'worker' ? [] : bot), ...(role === 'bot' ? [] : neededForAzure(file))]
}

function neededForSlack({ slack }: Salvaged<File>): readonly Needs[] {
  const bot = { variable: 'SLACK_BOT_TOKEN', what: 'the bot token of the Slack app, xoxb-…', form: /^xoxb-\S+$/ }
  const app = { variable: 'SLACK_APP_TOKEN', what: 'the app-level token of the Slack app, xapp-…', form: /^xapp-\S+$/ }
  const signing = { variable: 'SLACK_SIGNING_SECRET', what: 'the signing secret of the Slack app', form: /^\S+$/ }
  return [bot, ...(slack?.mode === 'socket' ? [app] : []), ...(slack?.mode === 'http' ? [signing] : [])]
}

function neededForTeams({ teams }: Salvaged<File>): readonly Needs[] {
  // The sandbox without authentication: nobody is asked for a proof.
  if (teams?.sandboxUrl && !teams.appId) return []
  const secret = { variable: 'TEAMS_APP_PASSWORD', what: 'a client secret of the bot (its value, not its id)' }
  const key = {
    variable: 'TEAMS_CERTIFICATE_KEY',
    what: 'the private key of the certificate, PEM and RSA',
    form: rsaKey,
  }
  const kind = teams?.credential?.kind
  return [...(kind === 'secret' ? [secret] : []), ...(kind === 'certificate' ? [key] : [])]
}

function neededForAzure(file: Salvaged<File>): readonly Needs[] {
  const tenant = { variable: 'AZURE_TENANT_ID', what: 'the id of the Microsoft Entra tenant' }
  const client = { variable: 'AZURE_CLIENT_ID', what: 'the client id of the application' }
  const secret = { variable: 'AZURE_CLIENT_SECRET', what: 'the client secret of the application' }
  const federated = { variable: 'AZURE_FEDERATED_TOKEN_FILE', what: 'the path of the federated token' }
  const credential = file.azure?.credential
  const token = credential?.kind === 'token' ? credential.environment : undefined
  return [
    ...(credential?.kind === 'servicePrincipal' ? [tenant, client, secret] : []),
    ...(credential?.kind === 'workloadIdentity' ? [tenant, client, federated] : []),
    ...(token ? [{ variable: token, what: 'the token for Azure' }] : []),
    ...neededForJobs(file),
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

/** Whether a text is a private key that the SDK can sign with: RSA, and not behind a passphrase. */
const rsaKey = {
  test(written: string): boolean {
    try {
      return createPrivateKey(withLineEnds(written)).asymmetricKeyType === 'rsa'
    } catch {
      return false
    }
  },
}

/** Many places where variables are set take one line only, so that `\n` is written for the end of a line. */
function withLineEnds(written: string): string {
  return written.replaceAll('\\n', '\n')
}

function isRedisUrl(written: string): boolean {
  return /^rediss?:$/.test(URL.canParse(written) ? new URL(written).protocol : '') && new URL(written).hostname !== ''
}

function isLogLevel(written: string): written is LogLevel {
  return (logLevels as readonly string[]).includes(written)
}
