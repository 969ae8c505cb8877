import type { Plan, Request } from '../transfer/model.ts'
import type { Observation } from '../transfer/ports.ts'
import { jsonOf, record, textOf } from './answer.ts'
import { accountId, sameId, serverId } from './resource-ids.ts'
import { parseTime } from './times.ts'

/** What an import/export operation says of itself; `queuedAt` and `changedAt` in milliseconds since 1970. */
export type OperationResult = {
  requestType: string
  blobUri: string
  databaseName: string
  status: string
  errorMessage: string
  queuedAt: number | undefined
  changedAt: number | undefined
  properties: Readonly<Record<string, unknown>>
}

/** The operation result in a body; undefined when the body is none. */
export function parseResult(text: string): OperationResult | undefined {
  const properties = record(jsonOf(text)?.properties)
  if (!properties) return undefined
  return {
    requestType: textOf(properties.requestType),
    blobUri: textOf(properties.blobUri),
    databaseName: textOf(properties.databaseName),
    status: textOf(properties.status),
    errorMessage: textOf(properties.errorMessage),
    queuedAt: parseTime(textOf(properties.queuedTime)),
    changedAt: parseTime(textOf(properties.lastModifiedTime)),
    properties,
  }
}

/** Connections that the result names on exactly the request's server and account. */
export function namedConnections(request: Request, result: OperationResult | undefined): Observation['named'] {
  const list = result?.properties.privateEndpointConnections
  return (Array.isArray(list) ? list : []).flatMap((each: unknown) => {
    const entry = record(each)
    const name = textOf(entry?.privateEndpointConnectionName)
    const side = sideOf(request, textOf(entry?.privateLinkServiceId))
    return name && side ? [{ side, name, status: textOf(entry?.status) }] : []
  })
}

/** Whether the operation does what the request asks: an export's blob belongs to one transfer only, an import's does not. */
export function isOurs(request: Request, plan: Plan, result: OperationResult): boolean {
  // `Export` and `Import` in the specification, `ExportDatabase` and `ImportToExistingDatabase` in answers.
  if (!new RegExp(`^${request.operation}`, 'i').test(result.requestType)) return false
  // One blob may be imported into many databases.
  const database = result.databaseName.toLowerCase()
  if (database !== '' && database !== request.database.database.toLowerCase()) return false
  return [plan.uri, request.storage.uri].some((uri) => sameBlob(uri, result.blobUri))
}

/** Whether two addresses name one blob: hosts know no case, paths do. */
export function sameBlob(one: string, other: string): boolean {
  const left = blobKey(one)
  return left !== undefined && left === blobKey(other)
}

function blobKey(uri: string): string | undefined {
  if (!URL.canParse(uri)) return undefined
  const { host, pathname } = new URL(uri)
  try {
    return `${host}${decodeURIComponent(pathname)}`
  } catch {
    return `${host}${pathname}`
  }
}

function sideOf(request: Request, id: string): 'sql' | 'storage' | undefined {
  if (sameId(id, serverId(request))) return 'sql'
  return sameId(id, accountId(request)) ? 'storage' : undefined
}
