import type { DatabaseOperation } from '@azure/arm-sql'
import { Refusal, TransientError } from '../transfer/errors.ts'
import type { AzureOperation, Millis, Plan, Request } from '../transfer/model.ts'
import type { Look } from '../transfer/ports.ts'
import type { Answer } from './answer.ts'
import type { Context } from './context.ts'
import { builtUrls } from './operation-url.ts'
import { guidIn } from './resource-ids.ts'
import { isOurs, type OperationResult, parseResult } from './result.ts'

/** Looks through the database's operations for this request's own, queued at `since` or later and not among `before`. */
export async function lookFor(
  context: Context,
  request: Request,
  plan: Plan,
  since: Millis,
  before: readonly string[] | 'all',
): Promise<Look> {
  const listed = await listOperations(context, request)
  if ('why' in listed) return { kind: 'unknown', why: listed.why }
  const sightings: Sighting[] = []
  const foreign = (guid: string | undefined): boolean =>
    before === 'all' || (guid !== undefined && before.includes(guid))
  for (const each of listed.operations) {
    if (isOver(each) && (foreign(guidIn(each.name ?? '')) || startOf(each) < since - clockSkew)) continue
    const sighting = await examine(context, request, plan, each, since)
    if (sighting.kind !== 'ours') sightings.push(sighting)
    else if (foreign(sighting.operation.id)) sightings.push({ kind: 'busy', what: sighting.operation.id })
    else return { kind: 'found', operation: sighting.operation }
  }
  const unclear = sightings.find((each) => each.kind === 'unclear')
  if (unclear) return { kind: 'unknown', why: unclear.why }
  const busy = sightings.find((each) => each.kind === 'busy')
  const seen = listed.operations.flatMap((each) => guidIn(each.name ?? '') ?? [])
  return busy ? { kind: 'none', busy: context.scrub.clean(busy.what), seen } : { kind: 'none', seen }
}

/** The record of an operation that an operator names; refuses what does not exist or is another job. */
export async function adoptOperation(
  context: Context,
  request: Request,
  plan: Plan,
  operationId: string,
): Promise<AzureOperation> {
  const guid = guidIn(operationId)
  const facts = { operation: context.scrub.clean(operationId).slice(0, 100) }
  if (!guid) throw new Refusal('operation_not_found', facts)
  const answer = await readResult(context, request, plan, guid)
  if (answer.status === 404) throw new Refusal('operation_not_found', facts)
  // A failed or cancelled job answers 400 or 409 without its blob: nothing then proves that it is ours.
  const settled = answer.status === 400 || answer.status === 409
  if (!settled && !isRead(answer)) throw context.errors.answerFailure(answer, readAction)
  const result = parseResult(answer.text)
  if (!result && !settled) throw new TransientError(context.errors.faultOf(answer))
  if (!result || !isOurs(request, plan, result) || isBefore(request, result))
    throw new Refusal('operation_not_ours', facts)
  return adopted(context, request, plan, guid, result.queuedAt)
}

/** An import of the same blob that is older than the request, or that could be of another database, is somebody else's. */
function isBefore({ operation, at }: Request, { databaseName, queuedAt }: OperationResult): boolean {
  if (operation === 'export') return false
  return databaseName === '' || (queuedAt !== undefined && queuedAt < at - clockSkew)
}

/** How far Azure's clock may lag behind ours. */
const clockSkew = 5 * 60_000
const readAction = 'Microsoft.Sql/locations/*/read'

type Sighting =
  | { kind: 'ours'; operation: AzureOperation }
  | { kind: 'busy'; what: string }
  | { kind: 'other' }
  | { kind: 'unclear'; why: string }

type Listed = { operations: readonly DatabaseOperation[] } | { why: string }

/** What may pass is thrown, with its wish to wait; a lasting failure only says that nothing could be seen. */
async function listOperations(context: Context, request: Request): Promise<Listed> {
  const { subscription, resourceGroup, server, database } = request.database
  try {
    const operations: DatabaseOperation[] = []
    const list = context.clients.sql(subscription).databaseOperations.listByDatabase(resourceGroup, server, database)
    for await (const each of list) operations.push(each)
    return { operations }
  } catch (error) {
    const failure = context.errors.failureOf(error, 'Microsoft.Sql/servers/databases/operations/read')
    if (failure instanceof TransientError) throw failure
    return { why: `The operations of the database could not be read: ${failure.message}` }
  }
}

async function examine(
  context: Context,
  request: Request,
  plan: Plan,
  listed: DatabaseOperation,
  since: Millis,
): Promise<Sighting> {
  const guid = guidIn(listed.name ?? '')
  if (!guid) return unresolved(listed, since, 'has no id')
  const answer = await readResult(context, request, plan, guid).catch((error: unknown) =>
    context.errors.failureOf(error),
  )
  if (answer instanceof Error) return { kind: 'unclear', why: `Operation ${guid} could not be read: ${answer.message}` }
  const result = isRead(answer) ? parseResult(answer.text) : undefined
  if (!result) return withoutResult(context, listed, since, guid, answer)
  const queuedAt = result.queuedAt ?? timeOf(listed)
  // Without any time the blob alone decides: its name ends in the id of the transfer.
  if (isOurs(request, plan, result) && (queuedAt === undefined || queuedAt >= since - clockSkew)) {
    return { kind: 'ours', operation: adopted(context, request, plan, guid, queuedAt) }
  }
  if (isOver(listed)) return { kind: 'other' }
  return { kind: 'busy', what: `${result.requestType || 'operation'} ${guid}` }
}

function withoutResult(
  context: Context,
  listed: DatabaseOperation,
  since: Millis,
  guid: string,
  answer: Answer,
): Sighting {
  const { code, status } = context.errors.faultOf(answer)
  if (answer.status === 404 || answer.status === 400 || answer.status === 409) {
    return unresolved(listed, since, `${guid} has no readable result (${code})`)
  }
  return { kind: 'unclear', why: `Operation ${guid} could not be read: HTTP ${status} ${code}` }
}

/** Only what could be an import or export of the time in question leaves a doubt. */
function unresolved(listed: DatabaseOperation, since: Millis, why: string): Sighting {
  const kind = `${listed.operation ?? ''} ${listed.operationFriendlyName ?? ''}`.trim()
  if (kind !== '' && !/import|export/i.test(kind)) return { kind: 'other' }
  // What failed or was cancelled wrote nothing and holds nothing up: before `since` it was not ours, without any allowance for clocks.
  if (/^(failed|cancell?ed)$/i.test(listed.state ?? '') && startOf(listed) < since) return { kind: 'other' }
  return { kind: 'unclear', why: `Operation ${why}.` }
}

function readResult(context: Context, request: Request, plan: Plan, guid: string): Promise<Answer> {
  const { resultUrl } = builtUrls(context.home, request, plan, guid)
  return context.clients.send({ method: 'GET', url: resultUrl }).catch((error: unknown) => {
    throw context.errors.failureOf(error)
  })
}

function adopted(context: Context, request: Request, plan: Plan, guid: string, queuedAt?: number): AzureOperation {
  const urls = builtUrls(context.home, request, plan, guid)
  return { id: guid, ...urls, startedAt: queuedAt ?? context.now(), adopted: true }
}

/** A running operation answers 202, with its body all the same. */
function isRead({ status }: Answer): boolean {
  return status === 200 || status === 202
}

function isOver({ state }: DatabaseOperation): boolean {
  return /^(succeeded|completed|failed|cancell?ed)$/i.test(state ?? '')
}

/** Without a start it may be of any time. */
function startOf(listed: DatabaseOperation): number {
  return timeOf(listed) ?? Number.POSITIVE_INFINITY
}

/** The SDK makes an invalid date of a time that it cannot read. */
function timeOf({ startTime }: DatabaseOperation): number | undefined {
  const time = startTime?.getTime()
  return time === undefined || Number.isNaN(time) ? undefined : time
}
