import { createHash } from 'node:crypto'
import type { Database } from '@azure/arm-sql'
import { PermanentError, TransientError } from '../transfer/errors.ts'
import type { Creation, Plan, Request } from '../transfer/model.ts'
import type { Azure } from '../transfer/ports.ts'
import type { Answer } from './answer.ts'
import { apiVersions } from './api-versions.ts'
import { readOffer } from './capabilities.ts'
import type { Context } from './context.ts'
import { contentFacts, readContents } from './database-contents.ts'
import { answerIn, isFailure } from './errors.ts'
import { operationUrl } from './operation-url.ts'
import type { Gate } from './policies.ts'
import { readStatusAnswer } from './readings.ts'
import { databaseId } from './resource-ids.ts'
import { chooseTier } from './tier.ts'

type Prepared = Awaited<ReturnType<Azure['prepare']>>

/**
 * Finds the empty database of an import, or has Azure make it with one PUT. Whether it was made for this import is read
 * from a tag on the database, so that it is known after a crash too.
 */
export async function prepareDatabase(
  context: Context,
  request: Request,
  plan: Plan,
  mayStart: () => void,
  mayWrite: () => Promise<void> = async () => undefined,
): Promise<Prepared> {
  const mark = markOf(request)
  const found = await find(context, request)
  if (found) return readiness(context, request, found, mark)
  const followed = context.creations.get(mark)
  // While Azure makes a database it may not show it yet: without a look at the operation it would be sent again.
  return followed === undefined
    ? make(context, request, plan, { mark, mayStart, mayWrite })
    : follow(context, mark, followed)
}

/** What the tag `drawbridge` of a database holds: one value for each import, the same in every process. */
export function markOf({ at, by, database, storage }: Request): string {
  const parts = [at, by, database.id.toLowerCase(), storage.uri]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}

const working = { kind: 'working' } as const
const tag = 'drawbridge'
const readAction = 'Microsoft.Sql/servers/databases/read'
const writeAction = 'Microsoft.Sql/servers/databases/write'
/** What passes into another status by itself. */
const passing = /^(creating|starting|resuming|scaling|recovering|recoverypending)$/i
/** Conflicts that no waiting solves. */
const lasting = /^(\w*QuotaExceeded|ServerDisabled)$/

async function find(context: Context, request: Request): Promise<Database | undefined> {
  const { subscription, resourceGroup, server, database } = request.database
  try {
    return await context.clients.sql(subscription).databases.get(resourceGroup, server, database)
  } catch (error) {
    if (answerIn(error)?.status === 404) return undefined
    throw context.errors.failureOf(error, readAction)
  }
}

async function readiness(context: Context, request: Request, found: Database, mark: string): Promise<Prepared> {
  const { database } = request.database
  const status = found.status ?? 'unknown'
  if (passing.test(status)) return working
  if (status.toLowerCase() !== 'online') {
    const message = `The database ${database} is ${context.scrub.clean(status)}, so nothing can be imported into it.`
    throw new PermanentError({ code: 'DatabaseNotOnline', message })
  }
  await checkEmpty(context, request)
  const made = found.tags?.[tag] === mark || context.creations.has(mark)
  context.creations.delete(mark)
  return { kind: 'ready', made }
}

/** Where Azure gives no lists nobody can look; it will not import into what is not empty either. */
async function checkEmpty(context: Context, request: Request): Promise<void> {
  const contents = await readContents(context, request).catch((error: unknown) => {
    const failure = context.errors.failureOf(error)
    if (failure instanceof TransientError) throw failure
    return undefined
  })
  if (!contents || contents.tables.length === 0) return
  const { count, tables } = contentFacts(contents)
  const message = `The database ${request.database.database} is not empty: it has ${count} tables (${tables}).`
  throw new PermanentError({ code: 'TargetNotEmpty', message: context.scrub.clean(message) })
}

async function follow(context: Context, mark: string, url: string): Promise<Prepared> {
  if (url === '') return working
  const answer = await context.clients.send({ method: 'GET', url }).catch((error: unknown) => {
    throw context.errors.failureOf(error)
  })
  const { claim, fault } = readStatusAnswer(context, answer)
  if (claim !== 'failed' && claim !== 'cancelled') return working
  context.creations.delete(mark)
  throw new PermanentError(fault ?? { code: 'CreationFailed', message: 'Azure could not make the database.' })
}

type Making = { mark: string; mayStart: () => void; mayWrite: () => Promise<void> }

async function make(
  context: Context,
  request: Request,
  plan: Plan,
  { mark, mayStart, mayWrite }: Making,
): Promise<Prepared> {
  await mayWrite()
  const body = await bodyOf(context, request, plan, mark)
  const url = `${context.home.base}${databaseId(request)}?api-version=${apiVersions.databases}`
  const gate: Gate = { mayStart, left: false }
  // Sent once; whatever becomes of it, the next call looks before anything else.
  const answer = await context.clients.send({ method: 'PUT', url, body, gate }).catch((error: unknown) => {
    throw gate.veto ? gate.veto.error : context.errors.failureOf(error)
  })
  if (answer.status < 200 || answer.status > 299) return refused(context, answer)
  const statusUrl = operationUrl(context.home, request.database.subscription, answer.header('azure-asyncoperation'))
  context.creations.set(mark, statusUrl ?? '')
  context.log(`azure: ${databaseId(request)} is being made as ${plan.objective}`)
  return { ...working, sent: context.errors.takenOf(answer) }
}

/** Without `createMode` the database is empty; what the plan shows is what is asked for. */
async function bodyOf(context: Context, request: Request, plan: Plan, mark: string): Promise<unknown> {
  const { redundancy, collation }: Creation = request.create ?? {}
  const { edition, objective, maxSizeBytes } = plan
  const { sku } = await skuFor(context, request, plan)
  return {
    location: plan.location,
    tags: { [tag]: mark },
    sku: sku ?? { name: objective, tier: edition },
    properties: {
      ...(maxSizeBytes === undefined ? {} : { maxSizeBytes }),
      ...(redundancy === undefined ? {} : { requestedBackupStorageRedundancy: redundancy }),
      ...(collation === undefined ? {} : { collation }),
    },
  }
}

/** Region and offer may have changed since the plan: then Azure itself is left to say so. */
async function skuFor(context: Context, request: Request, plan: Plan): Promise<{ sku?: unknown }> {
  try {
    const { edition, objective } = plan
    return chooseTier(await readOffer(context, request, plan.location), { edition, objective })
  } catch (error) {
    if (isFailure(error)) return {}
    throw error
  }
}

function refused(context: Context, answer: Answer): Prepared {
  const failure = context.errors.answerFailure(answer, writeAction)
  if (failure instanceof PermanentError) throw failure
  const fault = context.errors.faultOf(answer)
  // Our own PUT of a process that died may still be at work where nothing is to be seen.
  if (fault.code === 'ConflictingDatabaseOperation') return working
  throw lasting.test(fault.code) ? new PermanentError(fault) : failure
}
