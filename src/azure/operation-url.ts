import type { CloudEndpoints } from '../transfer/clouds.ts'
import type { Plan, Request } from '../transfer/model.ts'
import { apiVersions } from './api-versions.ts'
import { guidIn, lastSegment } from './resource-ids.ts'

/** Where tokens may go: the resource manager of the cloud and the hosts below it, or named hosts of this machine. */
export type Home = { base: string; loopback: boolean; accepts(url: URL): boolean }

/** Makes the home of a cloud; throws when an address without TLS, or a further host, is not on this machine. */
export function createHome(
  cloud: CloudEndpoints,
  resourceManagerUrl?: string,
  operationHosts: readonly string[] = [],
): Home {
  const url = new URL(resourceManagerUrl ?? cloud.resourceManager)
  const base = url.origin + url.pathname.replace(/\/+$/, '')
  if (url.protocol === 'https:') {
    const hosts = [url.hostname, new URL(cloud.resourceManager).hostname]
    return { base, loopback: false, accepts: (other) => isHttpsBelow(other, hosts, url.port) }
  }
  if (url.protocol !== 'http:' || !isLoopback(url)) throw new Error('plain http is for this machine only')
  const hosts = operationHosts.map((host) => new URL(`http://${host}`))
  if (!hosts.every(isLoopback)) throw new Error('operation hosts without TLS are for this machine only')
  const known = new Set([url.host, ...hosts.map(({ host }) => host)])
  return {
    base,
    loopback: true,
    accepts: (other) => other.protocol === 'http:' && known.has(other.host) && isBare(other),
  }
}

/** The address of an operation when it may be read with our token: at home, and in this subscription. */
export function operationUrl(home: Home, subscription: string, text: string | undefined): string | undefined {
  if (!text || text.length > 2000 || !URL.canParse(text, home.base)) return undefined
  const url = new URL(text, home.base)
  if (!home.accepts(url)) return undefined
  // Encoded slashes are read differently by every server on the way.
  const path = url.pathname.toLowerCase()
  if (path.includes('%2f') || path.includes('%5c')) return undefined
  const root = `${new URL(home.base).pathname.replace(/\/+$/, '')}/subscriptions/${subscription}/`.toLowerCase()
  return path.startsWith(root) ? url.href : undefined
}

/** Request guid in an operation's address (`…/{guid}-{server}`); the last segment where there is none. */
export function operationIdIn(url: string): string {
  const path = new URL(url).pathname.replace(/^.*?\/subscriptions\/[^/]+/i, '')
  const guids = path.split('/').flatMap((segment) => guidIn(segment) ?? [])
  return guids.at(-1) ?? lastSegment(path)
}

/** The addresses at which an operation of the request's server can be read, by its guid. */
export function builtUrls(
  home: Home,
  request: Request,
  plan: Plan,
  guid: string,
): { resultUrl: string; statusUrl: string } {
  const { subscription, server } = request.database
  const place = encodeURIComponent(normalLocation(plan.location))
  const at = `${home.base}/subscriptions/${encodeURIComponent(subscription)}/providers/Microsoft.Sql/locations/${place}`
  const tail = `${encodeURIComponent(`${guid}-${server}`)}?api-version=${apiVersions.exports}`
  return {
    resultUrl: `${at}/importExportOperationResults/${tail}`,
    statusUrl: `${at}/importExportAzureAsyncOperation/${tail}`,
  }
}

/** A region as addresses have it: `West Europe` is `westeurope`. */
export function normalLocation(location: string): string {
  return location.replace(/\s+/g, '').toLowerCase()
}

function isHttpsBelow(url: URL, hosts: readonly string[], port: string): boolean {
  if (url.protocol !== 'https:' || url.port !== port || !isBare(url)) return false
  return hosts.some((host) => url.hostname === host || url.hostname.endsWith(`.${host}`))
}

/** Names and passwords in an address hide its host from readers. */
function isBare(url: URL): boolean {
  return url.username === '' && url.password === ''
}

/** Whether an address is on this machine. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
