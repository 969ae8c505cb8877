import type { CloudName } from '../transfer/clouds.ts'
import type { Clocks, Policy, Polls } from '../transfer/policy.ts'

/** What this process does: `bot` holds chat credentials and none of Azure, `worker` the other way round, `all` both. */
export type Role = 'all' | 'bot' | 'worker'

/** How much pino writes. */
export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** Where the token for Azure Resource Manager comes from; what is secret about it is in `Config.secrets`. */
export type Credential =
  /** `DefaultAzureCredential`: it reads the real environment by itself, never `.env`. */
  | { kind: 'default' }
  | { kind: 'managedIdentity'; clientId?: string }
  /** `secrets.workloadIdentity()` */
  | { kind: 'workloadIdentity' }
  /** `secrets.servicePrincipal()` */
  | { kind: 'servicePrincipal' }
  /** `secrets.azureToken()`, a fixed bearer token; `azure.resourceManagerUrl` is then on loopback. */
  | { kind: 'token'; environment: string }

/** With what jobs sign in to a server: `password` is the name of an environment variable or a secret identifier of Key Vault. */
export type SqlLogin =
  | { kind: 'environment' | 'keyVault'; user: string; password: string; authentication: 'sqlLogin' | 'entraPassword' }
  | { kind: 'managedIdentity'; identity: string }

/** A secret by its value, or by its place in Key Vault (the vault by its name alone, the newest version unless stated). */
export type JobSecret = string | { vault: string; name: string; version?: string }

/** How the bot proves to Microsoft who it is; what is secret about it is in `Config.secrets`. */
export type TeamsCredential =
  /** `secrets.teamsAppPassword()` */
  | { kind: 'secret' }
  /** `secrets.teamsCertificateKey()`; the thumbprint is 40 hexadecimal digits. */
  | { kind: 'certificate'; thumbprint: string }
  /** The user-assigned identity whose client id is the app id; nothing secret. */
  | { kind: 'managedIdentity' }

/** The bot in Microsoft Teams; guids in lower case. */
export type TeamsConfig = {
  /** The Entra tenant of the bot, and of each person whose object id is written without a tenant. */
  tenant: string
  /** The tenants whose people may use the bot; `tenant` is one of them. */
  tenants: readonly string[]
  /** Absent only when `sandboxUrl` and `server.host` are both on loopback: the SDK then checks no identity at all. */
  appId?: string
  credential: TeamsCredential
  /** A pretended Teams on loopback that issues and checks tokens itself; no trailing slash. */
  sandboxUrl?: string
}

/** Secret values, behind functions so that no log or dump of the configuration can show them. Each throws when this role was given none. */
export type Secrets = {
  slackBotToken(): string
  /** Only with `slack.mode` http. */
  slackSigningSecret(): string
  /** Only with `slack.mode` socket. */
  slackAppToken(): string
  /** Only with `teams.credential` secret and an app id. */
  teamsAppPassword(): string
  /** Only with `teams.credential` certificate and an app id: PEM, with real line ends. */
  teamsCertificateKey(): string
  /** Undefined: use the embedded Redis (`redis.embedded`). */
  redisUrl(): string | undefined
  servicePrincipal(): { tenantId: string; clientId: string; clientSecret: string }
  /** `tokenFile` is the path of the federated token. */
  workloadIdentity(): { tenantId: string; clientId: string; tokenFile: string }
  azureToken(): string
  /** By short server name, in any case of letters; an identity by its resource id. */
  sqlLogin(
    server: string,
  ):
    | { kind: 'sqlLogin' | 'entraPassword'; user: string; password: JobSecret }
    | { kind: 'managedIdentity'; identity: string }
  /** By alias, else by account, else its key; throws when the alias is another account by now, or when it is not clear. */
  storageCredential(storage: {
    alias: string
    account: string
  }): { kind: 'accountKey' } | { kind: 'sas'; sas: JobSecret } | { kind: 'managedIdentity'; identity: string }
  /** Every secret of the two above that the environment holds. */
  jobSecrets(): readonly string[]
  /** PEM, Ed25519; undefined: one of its own in `.drawbridge/`. */
  auditSigningKey(): string | undefined
}

/** Everything that the file and the environment say, checked and with defaults; durations in milliseconds. */
export type Config = {
  role: Role
  /** Absolute path of the folder of `.env` and of `.drawbridge/`. */
  folder: string
  /** Absolute path of the YAML file that was read. */
  file: string
  cloud: CloudName
  azure: {
    /** Lower-case guids; every database and account of the catalogue is in one of them. */
    subscriptions: readonly string[]
    /** Those whose servers, databases, accounts and containers are listed; each is among `subscriptions`. */
    discover: readonly string[]
    credential: Credential
    /** Without a trailing slash; the cloud's own unless the file says otherwise. Plain http only on loopback. */
    resourceManagerUrl: string
    /** Where a pretended Key Vault has its vaults: loopback only, absent but in the sandbox. */
    keyVaultUrl?: string
    /** More `host:port` on which operation URLs may be read: loopback only, empty but in the sandbox. */
    operationHosts: readonly string[]
    /** Milliseconds until a request to Azure is given up. */
    requestTimeout: number
    /** Milliseconds after `requestTimeout` before a submit without proof may be sent again. */
    resubmitAfter: number
    /** How much of Azure's documented request limits all workers together may use. */
    budgetPercent: number
  }
  /** Present when the role includes the bot and the file has Slack. `apiUrl` ends in a slash; absent: Slack's own. */
  slack?: { team: string; mode: 'http' | 'socket'; apiUrl?: string }
  /** Present when the role includes the bot and the file has Teams; one of the two is always there. */
  teams?: TeamsConfig
  /** Port 0 takes any free one. */
  server: { host: string; port: number }
  redis: { prefix: string; embedded: boolean }
  policy: Policy
  /** By short server name, lower case. */
  sqlLogins: Readonly<Record<string, SqlLogin>>
  /** The file as it was understood, the same for each role and without secrets: for telling that it changed. */
  written: Readonly<Record<string, unknown>> & { rules: readonly { name: string }[] }
  /** How long entries of the audit stay once they are sealed; for ever when left out. */
  audit: { keep?: number }
  clocks: Clocks
  polls: Polls
  logLevel: LogLevel
  /** PATH, for finding a Redis server. */
  searchPath: string
  secrets: Secrets
}
