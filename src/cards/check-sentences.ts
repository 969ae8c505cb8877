import type { Check, CheckName } from '../transfer/preflight.ts'
import type { Inline, Line } from '../transfer/text.ts'
import { checkSentencesOfAzure } from './check-sentences-of-azure.ts'
import { checkSentencesOfData } from './check-sentences-of-data.ts'
import { code, upperFirst } from './phrases.ts'

/** What a check found, and what to do about it. */
export function checkSentence({ name, code: what, facts }: Check): Line {
  const say = sentences[what]
  return [`${upperFirst(checkLabels[name])}: `, ...(say ? say(facts) : [code(what)])]
}

/** What people call each check, in the middle of a sentence. */
export const checkLabels: Readonly<Record<CheckName, string>> = {
  database: 'database',
  edition: 'edition',
  size: 'size',
  sql_login: 'SQL login',
  sql_network: 'SQL network',
  allow_azure: '“Allow Azure services”',
  server_endpoint: 'server’s private endpoint',
  account: 'storage account',
  storage_key: 'storage key',
  storage_network: 'storage network',
  immutability: 'immutability',
  locks: 'locks',
  blob: 'blob',
  target: 'target',
  tier: 'tier',
  busy: 'other jobs',
  leftovers: 'earlier connections',
  permissions: 'permissions',
}

/** The sentence of one code, without the check's name. */
export type SayCheck = (facts: Check['facts']) => readonly Inline[]

const sentences: Readonly<Record<string, SayCheck | undefined>> = { ...checkSentencesOfData, ...checkSentencesOfAzure }
