import type { Plan, Request } from '../transfer/model.ts'
import type { CredentialKinds } from './job-credentials.ts'
import { type Finding, ok, stop, warning } from './preflight-checks.ts'
import { blobHost } from './preflight-database.ts'
import { serverConnections } from './preflight-jobs.ts'
import type { Reads } from './preflight-reads.ts'
import { sameId } from './resource-ids.ts'

/** Whether the server takes the login that the job signs in with, and has the identities that the job uses. */
export async function checkSqlLogin(
  reads: Reads,
  request: Request,
  { sql, identities }: CredentialKinds,
): Promise<Finding> {
  const { administrators, identity } = await reads.server
  const assigned = Object.keys(identity?.userAssignedIdentities ?? {})
  const missing = Object.values(identities).find((each) => !assigned.some((id) => sameId(id, each)))
  if (missing !== undefined) {
    return stop('identity_not_assigned', { server: request.database.server, identity: missing })
  }
  // No Entra administrator, no rule that there is nobody else.
  return sql === 'sqlLogin' && administrators?.azureADOnlyAuthentication === true
    ? stop('entra_only', { server: request.database.server })
    : ok()
}

/** Whether the export service reaches the server, and the server the storage account. */
export async function checkSqlNetwork(reads: Reads, request: Request, plan: Plan): Promise<Finding> {
  const { server: name } = request.database
  const server = await reads.server
  const access = server.publicNetworkAccess ?? 'Enabled'
  if (!request.privateLink && access.toLowerCase() !== 'enabled')
    return stop('public_access_off', { server: name, access })
  if (server.restrictOutboundNetworkAccess?.toLowerCase() !== 'enabled') return ok()
  const [allowed, host] = await Promise.all([reads.outboundRules, blobHost(reads, plan)])
  if (allowed.some((each) => each.toLowerCase() === host)) return ok()
  return stop('outbound_blocked', { server: name, host })
}

/** Whether Azure services may reach the server, without which an export over the open network fails. */
export async function checkAllowAzure(reads: Reads, request: Request): Promise<Finding> {
  const open = (await reads.firewallRules).some(
    ({ startIpAddress, endIpAddress }) => startIpAddress === '0.0.0.0' && endIpAddress === '0.0.0.0',
  )
  return open ? ok() : stop('azure_not_allowed', { server: request.database.server })
}

/** Whether the server has a private endpoint of its own, in whose network Azure makes those of the job. */
export async function checkServerEndpoint(reads: Reads, request: Request): Promise<Finding> {
  const own = (await serverConnections(reads)).some(({ state, ofService }) => state === 'approved' && !ofService)
  return own ? ok() : warning('no_server_endpoint', { server: request.database.server })
}

/** Whether the export service reaches the storage account. */
export async function checkStorageNetwork(reads: Reads, request: Request): Promise<Finding> {
  // The job comes through its own private endpoint, past the firewall.
  if (request.privateLink) return ok()
  const { publicNetworkAccess: access = 'Enabled', networkRuleSet } = await reads.account
  const { account } = request.storage
  if (access.toLowerCase() !== 'enabled') return stop('storage_public_access_off', { account, access })
  return networkRuleSet?.defaultAction?.toLowerCase() === 'deny' ? stop('storage_firewall', { account }) : ok()
}
