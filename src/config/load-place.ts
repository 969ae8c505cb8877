import { resolve } from 'node:path'
import { checkAuditKey, openAuditKey } from './audit-key.ts'
import type { LoadOptions } from './load-config.ts'
import { collectProblems } from './problems.ts'
import { readEnvironment, readYaml } from './read-sources.ts'
import { salvage } from './salvage.ts'
import { fileSchema } from './schema.ts'

/** Where an installation keeps its data, for commands that need nothing else of its configuration. */
export type Place = {
  /** Absolute path of the folder of `.env` and of `.drawbridge/`. */
  folder: string
  prefix: string
  /** Undefined: the embedded Redis. */
  redisUrl: string | undefined
  /** PEM; undefined when none is given. */
  auditSigningKey: string | undefined
  /** PATH. */
  searchPath: string
}

/** Reads what says where the data is; works without the secrets of chat and Azure. Throws `ConfigError`. */
export function loadPlace(options: Omit<LoadOptions, 'role'>): Place {
  const { folder, file = 'drawbridge.yaml', environment = process.env } = options
  const home = resolve(folder)
  const problems = collectProblems(new Map())
  const tell = ({ label, text }: { label: string; text: string }): void => problems.add([label], text)
  const variables = readEnvironment(home, environment, tell)
  const written = readYaml(resolve(home, file), tell)
  checkAuditKey(variables, home, problems)
  if (variables.REDIS_URL?.trim() === '')
    problems.add(['REDIS_URL'], 'is empty — write redis:// or rediss://, or leave it out')
  const { REDIS_URL: redisUrl, AUDIT_SIGNING_KEY: key, PATH: searchPath = '' } = variables
  problems.throwIfAny([redisUrl, key].filter((each) => each !== undefined))
  return {
    folder: home,
    prefix: salvage(fileSchema, written ?? {})?.redis?.prefix ?? 'drawbridge',
    redisUrl,
    auditSigningKey: openAuditKey(variables, home),
    searchPath,
  }
}
