import { resolve } from 'node:path'
import { cloudEndpoints } from '../transfer/clouds.ts'
import { checkAuditKey, openAuditKey } from './audit-key.ts'
import { checkDiscover, checkLogins, readCatalogue } from './catalogue.ts'
import { chatsIn, chatsOf, checkChats } from './chats.ts'
import type { Config, Role } from './config.ts'
import { checkEnvironment, type Environment, logLevelOf, openSecrets, secretValues } from './environment.ts'
import { tellIssues } from './fields.ts'
import { checkIds } from './id-checks.ts'
import { checkVaults } from './job-credentials.ts'
import { applyOverrides } from './overrides.ts'
import { checkAccounts } from './people.ts'
import { collectProblems, type Problems } from './problems.ts'
import { readEnvironment, readYaml, type SourceProblem } from './read-sources.ts'
import { checkRules } from './rule-checks.ts'
import { buildClocks, buildPolicy } from './rules.ts'
import { salvage } from './salvage.ts'
import { type File, fileSchema, mayBeEmpty } from './schema.ts'

export type LoadOptions = {
  /** Where `drawbridge.yaml` and `.env` are and `.drawbridge/` goes. */
  folder: string
  role: Role
  /** Another YAML file, relative to `folder`. */
  file?: string
  /** Stands in for `process.env`. */
  environment?: Environment
}

/** Reads the YAML file, `.env` and the environment (which wins), or throws one `ConfigError` that lists every problem of all three. */
export function loadConfig({ folder, role, file = 'drawbridge.yaml', environment = process.env }: LoadOptions): Config {
  const home = resolve(folder)
  const path = resolve(home, file)
  const faults: SourceProblem[] = []
  const variables = readEnvironment(home, environment, (fault) => faults.push(fault))
  const raw = readYaml(path, (fault) => faults.push(fault))
  const { file: written, labels } = applyOverrides(withoutEmpty(raw ?? {}), variables)
  const problems = collectProblems(labels)
  for (const { label, text } of faults) problems.add([label], text)

  const parsed = fileSchema.safeParse(written)
  if (raw && !parsed.success) tellIssues(parsed.error.issues, problems.add)
  const salvaged = salvage(fileSchema, written) ?? {}
  const catalogue = readCatalogue(salvaged, salvaged.cloud && cloudEndpoints[salvaged.cloud], problems)
  checkDiscover(salvaged, problems)
  checkLogins(salvaged, catalogue, problems)
  checkVaults(salvaged, salvaged.cloud && cloudEndpoints[salvaged.cloud], problems)
  const chats = chatsIn(written)
  if (raw) checkChats(salvaged, written, problems)
  checkIds(salvaged, chats, problems)
  checkAccounts(salvaged, problems)
  checkRules(salvaged, catalogue, problems)
  checkPolls(salvaged.polls, problems)
  checkEnvironment({ role, file: salvaged, chats, environment: variables }, problems)
  checkAuditKey(variables, home, problems)
  problems.throwIfAny(secretValues(salvaged, variables))

  // Without a problem there was a file, and it was parsed: this only tells the compiler.
  const valid = parsed.data ?? fileSchema.parse(written)
  return {
    role,
    folder: home,
    file: path,
    ...fromFile(valid, role),
    redis: { prefix: valid.redis.prefix, embedded: variables.REDIS_URL === undefined },
    policy: buildPolicy(valid, catalogue),
    logLevel: logLevelOf(variables),
    searchPath: variables.PATH ?? '',
    secrets: {
      ...openSecrets({ role, file: valid, chats, environment: variables }, catalogue),
      auditSigningKey: () => openAuditKey(variables, home),
    },
  }
}

function fromFile(file: File, role: Role) {
  const {
    resourceManagerUrl = cloudEndpoints[file.cloud].resourceManager,
    subscriptions,
    discover,
    credential,
    keyVaultUrl,
    ...azure
  } = file.azure
  const { clientId, ...identity } = { clientId: undefined, ...credential }
  return {
    cloud: file.cloud,
    azure: {
      ...azure,
      subscriptions: [...new Set(subscriptions)],
      discover: [...new Set(discover)],
      credential: { ...identity, ...(clientId ? { clientId } : {}) },
      resourceManagerUrl,
      ...(keyVaultUrl ? { keyVaultUrl } : {}),
    },
    ...chatsOf(file, role),
    server: file.server,
    sqlLogins: file.sqlLogins,
    written: withoutServer(file),
    audit: file.audit.keep === undefined ? {} : { keep: file.audit.keep },
    clocks: buildClocks(file),
    polls: file.polls,
  }
}

/** Where a process listens is its own affair. */
function withoutServer({ server: _, ...file }: File): Omit<File, 'server'> {
  return file
}

function checkPolls(polls: { least?: number | undefined; most?: number | undefined } | undefined, problems: Problems) {
  if (polls?.least === undefined || polls.most === undefined || polls.least <= polls.most) return
  problems.add(['polls', 'least'], 'is longer than polls.most — write at most that time')
}

function withoutEmpty(raw: Record<string, unknown>): Record<string, unknown> {
  const optional: readonly string[] = mayBeEmpty
  return Object.fromEntries(Object.entries(raw).filter(([key, value]) => value !== null || !optional.includes(key)))
}
