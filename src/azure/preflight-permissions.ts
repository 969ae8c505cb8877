import type { Request } from '../transfer/model.ts'
import { record } from './answer.ts'
import type { Context } from './context.ts'
import type { CredentialKinds } from './job-credentials.ts'
import { type Finding, ok, warning } from './preflight-checks.ts'
import { listAll } from './preflight-list.ts'
import type { Reads } from './preflight-reads.ts'
import type { Reader } from './preflight-unread.ts'
import { accountId, databaseId, serverId } from './resource-ids.ts'

/** Where permissions are asked for. */
export type Place = 'database' | 'server' | 'account'
/** What one role assignment allows: `notActions` take from its own `actions` only. */
export type Grant = { actions: readonly string[]; notActions: readonly string[] }
/** What the identity may do at each place. */
export type Grants = Readonly<Record<Place, Promise<readonly Grant[]>>>

/** What Drawbridge does at each place; docs/azure-role.json grants it. */
export const neededActions: Readonly<Record<Place, readonly string[]>> = {
  database: [
    'Microsoft.Sql/servers/databases/read',
    'Microsoft.Sql/servers/databases/usages/read',
    'Microsoft.Sql/servers/databases/operations/read',
    'Microsoft.Sql/servers/databases/operations/cancel/action',
  ],
  server: [
    'Microsoft.Sql/servers/read',
    'Microsoft.Sql/servers/outboundFirewallRules/read',
    'Microsoft.Sql/servers/importExportOperationResults/read',
    'Microsoft.Sql/locations/*/read',
    'Microsoft.Sql/servers/privateEndpointConnections/read',
    'Microsoft.Authorization/locks/read',
  ],
  account: [
    'Microsoft.Storage/storageAccounts/read',
    'Microsoft.Storage/storageAccounts/blobServices/containers/read',
    'Microsoft.Storage/storageAccounts/privateEndpointConnections/read',
    'Microsoft.Authorization/locks/read',
  ],
}

/** What one operation does with the database. */
const neededByOperation = {
  export: ['Microsoft.Sql/servers/databases/export/action'],
  import: [
    'Microsoft.Sql/servers/databases/import/action',
    'Microsoft.Sql/servers/databases/schemas/read',
    'Microsoft.Sql/servers/databases/schemas/tables/read',
  ],
  create: ['Microsoft.Sql/servers/databases/write'],
} as const

/** All that a request needs at a place. */
export function needed(
  request: Pick<Request, 'operation' | 'create' | 'privateLink'>,
  place: Place,
  storage: CredentialKinds['storage'] = 'accountKey',
): readonly string[] {
  const way = neededByWay[request.privateLink ? 'privateLink' : 'open'][place]
  const own = [...neededByOperation[request.operation], ...(request.create ? neededByOperation.create : [])]
  const keys =
    place === 'account' && storage === 'accountKey' ? ['Microsoft.Storage/storageAccounts/listKeys/action'] : []
  return [...neededActions[place], ...(place === 'database' ? own : []), ...keys, ...way]
}

/** What is done at each place on one way of transfer only. */
export const neededByWay: Readonly<Record<'privateLink' | 'open', Readonly<Record<Place, readonly string[]>>>> = {
  privateLink: {
    database: [],
    server: [
      'Microsoft.Sql/servers/privateEndpointConnections/write',
      'Microsoft.Sql/servers/privateEndpointConnectionsApproval/action',
    ],
    account: [
      'Microsoft.Storage/storageAccounts/privateEndpointConnections/write',
      'Microsoft.Storage/storageAccounts/PrivateEndpointConnectionsApproval/action',
    ],
  },
  open: { database: [], server: ['Microsoft.Sql/servers/firewallRules/read'], account: [] },
}

/** Starts one read of the identity's own permissions for each place. */
export function readGrants(context: Context, request: Request, read: Reader): Grants {
  const action = 'Microsoft.Authorization/permissions/read'
  const at = (scope: string) =>
    read(action, async () => {
      const path = `${scope}/providers/Microsoft.Authorization/permissions`
      return (await listAll(context, path, version, action)).map(toGrant)
    })
  // What is made first has no permissions of its own yet.
  const database = request.create ? serverId(request) : databaseId(request)
  return { database: at(database), server: at(serverId(request)), account: at(accountId(request)) }
}

/** Which needed actions no role assignment allows. Deny assignments and conditions are not seen: never more than a warning. */
export async function checkPermissions(
  { grants }: Reads,
  request: Request,
  { storage }: CredentialKinds,
): Promise<Finding> {
  const answers = await Promise.allSettled(
    places.map(async (place) => {
      const granted = await grants[place]
      return { place, missing: needed(request, place, storage).filter((action) => !allows(granted, action)) }
    }),
  )
  const read = answers.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const lacking = read.filter(({ missing }) => missing.length > 0)
  if (lacking.length > 0) {
    const facts = lacking.map(({ place, missing }) => [place, missing.join(', ')])
    const count = new Set(lacking.flatMap(({ missing }) => missing)).size
    return warning('missing_permissions', { count: String(count), ...Object.fromEntries(facts) })
  }
  const failed = answers.find((each) => each.status === 'rejected')
  if (failed) throw failed.reason
  return ok()
}

/** Whether one of the assignments allows the action, which none of its own exceptions takes back. */
export function allows(grants: readonly Grant[], action: string): boolean {
  return (concrete[action] ?? [action]).every((each) =>
    grants.some(({ actions, notActions }) => actions.some(covers(each)) && !notActions.some(covers(each))),
  )
}

const version = '2022-04-01'
const places: readonly Place[] = ['database', 'server', 'account']
/** Roles have to name these with a wildcard: Azure does not list them one by one. */
const concrete: Readonly<Record<string, readonly string[]>> = {
  'Microsoft.Sql/locations/*/read': [
    'Microsoft.Sql/locations/importExportOperationResults/read',
    'Microsoft.Sql/locations/importExportAzureAsyncOperation/read',
  ],
}

function covers(action: string): (pattern: string) => boolean {
  return (pattern) => {
    const source = pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('\\*', '.*')
    return new RegExp(`^${source}$`, 'i').test(action)
  }
}

function toGrant(entry: unknown): Grant {
  const { actions, notActions } = record(entry) ?? {}
  return { actions: texts(actions), notActions: texts(notActions) }
}

function texts(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : []).filter((each) => typeof each === 'string')
}
