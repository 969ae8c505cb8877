import type { Database, Server } from '@azure/arm-sql'
import type { StorageAccount } from '@azure/arm-storage'
import { toBeCreated } from '../transfer/creation.ts'
import { PermanentError, Refusal } from '../transfer/errors.ts'
import type { Plan, Request } from '../transfer/model.ts'
import { readOffer } from './capabilities.ts'
import type { Context } from './context.ts'
import { answerIn, type Failure } from './errors.ts'
import { normalLocation } from './operation-url.ts'
import { accountId, databaseId, serverId } from './resource-ids.ts'
import { chooseTier } from './tier.ts'

/**
 * Reads what the request means; refuses what does not exist, is not online, cannot be made as wished, or has too long an
 * address. A database that is made first has the tier that it will get.
 */
export async function readPlan(context: Context, request: Request): Promise<Plan> {
  const { database } = request.database
  if (database.toLowerCase() === 'master') throw new Refusal('database_reserved', { name: database })
  const [server, data, account] = await readAll(context, request)
  const status = data ? (data.status ?? 'unknown') : toBeCreated
  if (data && status.toLowerCase() !== 'online') throw new Refusal('database_not_online', { name: database, status })
  const uri = blobUri(context, request, account)
  if (uri.length >= tooLong) throw new Refusal('uri_too_long', { uri, length: String(uri.length) })
  const location = normalLocation(server.location)
  const { edition, objective, maxSizeBytes } = data ? tierOf(data) : await wishedTier(context, request, location)
  return {
    at: context.now(),
    location,
    serverHost: server.fullyQualifiedDomainName ?? `${request.database.server}.${context.cloud.sqlSuffix}`,
    edition,
    objective,
    ...(maxSizeBytes === undefined ? {} : { maxSizeBytes }),
    databaseStatus: status,
    accountSku: account.sku?.name ?? 'unknown',
    accountKind: account.kind ?? 'unknown',
    uri,
  }
}

/** The service takes addresses of fewer than 128 characters. */
const tooLong = 128

type Known = { edition: string; objective: string; maxSizeBytes?: number | undefined }

function tierOf(data: Database): Known {
  return {
    edition: data.currentSku?.tier ?? data.sku?.tier ?? 'unknown',
    objective: data.currentServiceObjectiveName ?? data.currentSku?.name ?? 'unknown',
    maxSizeBytes: data.maxSizeBytes,
  }
}

async function wishedTier(context: Context, request: Request, location: string): Promise<Known> {
  return chooseTier(await readOffer(context, request, location), request.create ?? {})
}

type Found = [Server, Database | undefined, StorageAccount]

async function readAll(context: Context, request: Request): Promise<Found> {
  const { database: at, storage } = request
  const sql = context.clients.sql(at.subscription)
  const { storageAccounts, blobContainers } = context.clients.storage(storage.subscription)
  const reader = <T>(read: Promise<T>, what: Reading) =>
    read.catch((error) => Promise.reject(failed(context, error, what)))
  const database = sql.databases.get(at.resourceGroup, at.server, at.database)
  const reads = [
    reader(sql.servers.get(at.resourceGroup, at.server), {
      refusal: 'server_not_found',
      facts: { name: at.server, id: serverId(request) },
      action: 'Microsoft.Sql/servers/read',
    }),
    reader(request.create ? orNothing(database) : database, {
      refusal: request.operation === 'import' ? 'target_not_found' : 'database_not_found',
      facts: { name: at.database, server: at.server, id: databaseId(request) },
      action: 'Microsoft.Sql/servers/databases/read',
    }),
    reader(storageAccounts.getProperties(storage.resourceGroup, storage.account), {
      refusal: 'account_not_found',
      facts: { name: storage.account, id: accountId(request) },
      action: 'Microsoft.Storage/storageAccounts/read',
    }),
    reader(blobContainers.get(storage.resourceGroup, storage.account, storage.container), {
      refusal: 'container_not_found',
      facts: { name: storage.container, account: storage.account },
      action: 'Microsoft.Storage/storageAccounts/blobServices/containers/read',
    }),
  ] as const
  throwWorst((await Promise.allSettled(reads)).flatMap((each) => (each.status === 'rejected' ? [each.reason] : [])))
  return Promise.all([reads[0], reads[1], reads[2]])
}

/** What is made first need not be there. */
function orNothing<T>(read: Promise<T>): Promise<T | undefined> {
  return read.catch((error) => (answerIn(error)?.status === 404 ? undefined : Promise.reject(error)))
}

type Reading = { refusal: string; facts: Readonly<Record<string, string>>; action: string }

function failed(context: Context, error: unknown, { refusal, facts, action }: Reading): Failure {
  const answer = answerIn(error)
  // What is missing may be the subscription, and not what was looked for in it.
  const isMissing = answer?.status === 404 && context.errors.faultOf(answer).code !== 'SubscriptionNotFound'
  return isMissing ? new Refusal(refusal, facts) : context.errors.failureOf(error, action)
}

/** What is missing comes first, outer before inner: a database cannot be found where its server is not. */
function throwWorst(failures: readonly unknown[]): void {
  const worst =
    failures.find((each) => each instanceof Refusal) ??
    failures.find((each) => each instanceof PermanentError) ??
    failures[0]
  if (worst !== undefined) throw worst
}

function blobUri({ cloud }: Context, { storage }: Request, account: StorageAccount): string {
  const endpoint = account.primaryEndpoints?.blob ?? `https://${storage.account}.${cloud.blobSuffix}`
  const blob = storage.blob.split('/').map(encodeURIComponent).join('/')
  return `${endpoint.replace(/\/+$/, '')}/${encodeURIComponent(storage.container)}/${blob}`
}
