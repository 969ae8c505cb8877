import type { DatabaseOperation } from '@azure/arm-sql'
import type { Request, Side } from '../transfer/model.ts'
import { type Finding, listed, ok, stop, warning } from './preflight-checks.ts'
import type { Reads } from './preflight-reads.ts'
import { guidIn, lastSegment, sameId, sideId } from './resource-ids.ts'

/** What is ours already: the operation that was started, and the ids of its connections. */
export type Ours = { operation?: string; connections: readonly string[] }

/** Whether another import or export of the database runs: Azure takes one at a time. */
export async function checkBusy(reads: Reads, ours: Ours): Promise<Finding> {
  const all = await reads.operations
  const mine = ours.operation === undefined ? undefined : (guidIn(ours.operation) ?? ours.operation.toLowerCase())
  const running = all.filter((each) => !isOver(each) && isTransfer(each))
  const others = running.filter((each) => nameOf(each) !== mine)
  const [other] = others
  if (other === undefined) return ok()
  // Azure may list jobs by an id that it tells nobody. While ours is not in the list, the one that runs is ours.
  const listedAsOurs = all.some((each) => nameOf(each) === mine)
  if (mine !== undefined && !listedAsOurs && others.length === 1) return ok()
  const kind = other.operationFriendlyName ?? other.operation ?? ''
  const operation = other.name ?? 'unknown'
  return kind === '' ? warning('busy_unclear', { operation }) : stop('busy', { operation, kind })
}

/** Which connections of earlier jobs are still there, on either side. */
export async function checkLeftovers(reads: Reads, request: Request, ours: Ours): Promise<Finding> {
  const [ofServer, ofAccount] = await Promise.all([serverConnections(reads), accountConnections(reads)])
  const old = [...leftOn('sql', ofServer, request, ours), ...leftOn('storage', ofAccount, request, ours)]
  if (old.length === 0) return ok()
  return warning('leftovers', { count: String(old.length), names: listed(old.map(({ name }) => name)) })
}

/** A connection as its server or account tells of it; `ofService` when the import/export service made it. */
type Seen = { id: string; name: string; state: string; ofService: boolean }

/** The connections that the server itself names: no further request, and no page. */
export async function serverConnections(reads: Reads): Promise<readonly Seen[]> {
  return ((await reads.server).privateEndpointConnections ?? []).map(({ id = '', properties }) =>
    seen(id, properties?.privateEndpoint?.id, properties?.privateLinkServiceConnectionState?.status),
  )
}

/** The account's own list of them: listing them apart is what storage limits most tightly. */
async function accountConnections(reads: Reads): Promise<readonly Seen[]> {
  return ((await reads.account).privateEndpointConnections ?? []).map((each) =>
    seen(each.id ?? '', each.privateEndpoint?.id, each.privateLinkServiceConnectionState?.status),
  )
}

function seen(id: string, privateEndpoint = '', state = ''): Seen {
  const name = lastSegment(id)
  const ofService = [name, lastSegment(privateEndpoint)].some((each) => /^ImportExportPrivateLink_/i.test(each))
  return { id, name, state: state.toLowerCase(), ofService }
}

function leftOn(side: Side, all: readonly Seen[], request: Request, ours: Ours): readonly Seen[] {
  const known = ours.connections.some((id) => id.toLowerCase().startsWith(`${sideId(request, side).toLowerCase()}/`))
  // A pending one may be ours that Azure has not named yet.
  const states = ['approved', 'disconnected', ...(ours.operation !== undefined && !known ? [] : ['pending'])]
  return all.filter(
    ({ id, state, ofService }) =>
      ofService && states.includes(state) && !ours.connections.some((own) => sameId(own, id)),
  )
}

function nameOf({ name = '' }: DatabaseOperation): string {
  return guidIn(name) ?? name.toLowerCase()
}

function isOver({ state = '' }: DatabaseOperation): boolean {
  return /^(succeeded|completed|failed|cancell?ed)$/i.test(state)
}

/** What has no kind may be one. */
function isTransfer({ operation = '', operationFriendlyName = '' }: DatabaseOperation): boolean {
  const kind = `${operation} ${operationFriendlyName}`
  return kind.trim() === '' || /import|export/i.test(kind)
}
