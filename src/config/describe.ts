import { cloudEndpoints } from '../transfer/clouds.ts'
import type { Config } from './config.ts'

/** What the start-up log says about the configuration, line by line and without secrets. */
export function describe(config: Config): string[] {
  const { azure, cloud, policy, redis, role, server, slack } = config
  const { databases, storage } = policy.catalogue
  const own =
    azure.resourceManagerUrl === cloudEndpoints[cloud].resourceManager ? '' : ` at ${azure.resourceManagerUrl}`
  return [
    `role ${role}, configured by ${config.file}`,
    `Azure cloud ${cloud}${own}, credential ${azure.credential.kind}, subscriptions ${azure.subscriptions.join(', ')}`,
    `catalogue: ${count(databases.length, 'database')} and ${count(storage.length, 'storage place')}`,
    `policy: ${count(policy.rules.length, 'rule')}, ${count(policy.operators.length, 'operator')}, ${count(policy.auditors.length, 'auditor')}`,
    ...(slack ? [`Slack team ${slack.team}, mode ${slack.mode}${slack.apiUrl ? ` at ${slack.apiUrl}` : ''}`] : []),
    `server on ${server.host}, port ${server.port}`,
    `Redis ${redis.embedded ? 'embedded' : 'from REDIS_URL'}, prefix ${redis.prefix}`,
  ]
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
