import { type TeamsActivity, tenantsOf } from './teams-activity.ts'
import { TeamsDenied } from './teams-errors.ts'

/** Who may write to the bot, and which addresses it answers to. */
export type TeamsAccess = {
  /** Lower case. */
  tenants: readonly string[]
  /** Base of a pretended Teams on loopback: then its addresses and no others. */
  sandboxUrl?: string | undefined
}

/** Hosts of Teams' connectors, in the public cloud and for governments. */
const hosts =
  /^(?:smba\.trafficmanager\.net|smba\.infra\.(?:gcc\.teams\.microsoft\.com|(?:gov|dod)\.teams\.microsoft\.us))$/

/** Refuses what is not of Teams at all, before anything is checked by the rules of another channel. */
export function checkChannel({ channelId }: TeamsActivity): void {
  if (channelId !== 'msteams') throw new TeamsDenied(403, 'wrong_channel')
}

/** What the token does not say: whose tenant it is, and that the address to answer to is one of Teams. Throws `TeamsDenied`. */
export function checkAccess(activity: TeamsActivity, { tenants, sandboxUrl }: TeamsAccess): void {
  if (!isKnownService(activity.serviceUrl, sandboxUrl)) throw new TeamsDenied(403, 'unknown_service_url')
  const named = tenantsOf(activity)
  if (named.length === 0 || !named.every((tenant) => tenants.includes(tenant)))
    throw new TeamsDenied(403, 'wrong_tenant')
}

/** Where to write before anybody has written from there: Teams' address for all regions. */
export function usualService({
  government,
  sandboxUrl,
}: {
  government: boolean
  sandboxUrl?: string | undefined
}): string {
  if (sandboxUrl !== undefined) return `${sandboxUrl}/emea/`
  return government ? 'https://smba.infra.gov.teams.microsoft.us/teams/' : 'https://smba.trafficmanager.net/teams/'
}

function isKnownService(serviceUrl: string, sandboxUrl: string | undefined): boolean {
  const url = URL.parse(serviceUrl)
  if (url === null || url.username !== '' || url.password !== '') return false
  if (sandboxUrl !== undefined) return url.origin === new URL(sandboxUrl).origin
  return url.protocol === 'https:' && url.port === '' && hosts.test(url.hostname)
}
