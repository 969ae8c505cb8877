import { cloudEndpoints } from '../transfer/clouds.ts'
import { groupsOf } from '../transfer/groups.ts'
import { platformOf } from '../transfer/people.ts'
import type { Config, TeamsConfig } from './config.ts'

/** What the start-up log says about the configuration, line by line and without secrets. */
export function describe(config: Config): string[] {
  const { azure, cloud, policy, redis, role, server, slack, teams } = config
  const { databases, storage } = policy.catalogue
  const own =
    azure.resourceManagerUrl === cloudEndpoints[cloud].resourceManager ? '' : ` at ${azure.resourceManagerUrl}`
  const listed = azure.discover.length > 0 ? `, of which are listed ${azure.discover.join(', ')}` : ''
  const entra = teams ? groupsOf(policy).filter((each) => platformOf(each) === 'teams').length : 0
  return [
    `role ${role}, configured by ${config.file}`,
    `Azure cloud ${cloud}${own}, credential ${azure.credential.kind}, subscriptions ${azure.subscriptions.join(', ')}${listed}`,
    `catalogue: ${count(databases.length, 'database')} and ${count(storage.length, 'storage place')}`,
    `policy: ${count(policy.rules.length, 'rule')}, ${count(policy.operators.length, 'operator')}, ${count(policy.auditors.length, 'auditor')}`,
    ...(slack ? [`Slack team ${slack.team}, mode ${slack.mode}${slack.apiUrl ? ` at ${slack.apiUrl}` : ''}`] : []),
    ...(teams ? [describeTeams(teams)] : []),
    ...(entra > 0 ? [`groups of Entra: ${entra}, read from Microsoft Graph`] : []),
    ...(policy.people.length > 0 ? [`people: ${policy.people.length} with accounts in both chats`] : []),
    `server on ${server.host}, port ${server.port}`,
    `Redis ${redis.embedded ? 'embedded' : 'from REDIS_URL'}, prefix ${redis.prefix}`,
  ]
}

function describeTeams({ tenant, tenants, appId, credential, sandboxUrl }: TeamsConfig): string {
  const others = tenants.filter((each) => each !== tenant)
  const also = others.length > 0 ? ` with people of ${others.join(', ')}` : ''
  const proof = appId ? `app ${appId}, credential ${credential.kind}` : 'without authentication (sandbox)'
  return `Teams tenant ${tenant}${also}, ${proof}${sandboxUrl ? ` at ${sandboxUrl}` : ''}`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
