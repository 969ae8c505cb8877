import { readFileSync } from 'node:fs'

/** A JSON schema. */
export type Schema = Record<string, unknown>

type CatalogError = { status: number; code: string; message: string }

const folder = new URL('../../../shared/reference/azure/spec/', import.meta.url)
const importExport = read('sql-2025-01-01-importexport.trimmed.json')
const sqlConnections = read('sql-2025-01-01-privateEndpointConnections.trimmed.json')
const storageConnections = read('storage-privateEndpointConnections.trimmed.json')
const sqlResources = read('sql-2025-01-01-server-database.trimmed.json')
const locks = read('locks-2020-05-01.trimmed.json')

/** The published errors by part of the provider, each with status, code and message. */
export const errorCatalog = read('sql-2025-01-01-error-catalog.json') as Record<string, CatalogError[]>

const text = { type: 'string' }
const texts = { type: 'array', items: text }
const armId = { type: 'string', format: 'arm-id' }
const stateOf = (status: unknown, actions: string, required: string[]) =>
  strict({ status: { enum: status }, description: text, [actions]: text }, required)
const sqlProperties = dig(sqlConnections, 'definitions', 'PrivateEndpointConnectionProperties')
const sqlStatuses = dig(sqlProperties, 'privateLinkServiceConnectionState', 'status', 'enum')
const sqlState = dig(sqlProperties, 'privateLinkServiceConnectionState', 'required') as string[]
const storageProperties = dig(storageConnections, 'PrivateEndpointConnectionProperties')
const storageStatuses = dig(storageProperties, 'privateLinkServiceConnectionState', 'status')
const serviceDate = { type: 'string', pattern: '^\\d{1,2}/\\d{1,2}/\\d{4} \\d{1,2}:\\d\\d:\\d\\d( [AP]M)?$' }
const namedList = (properties: Schema) => list(resource(properties))

/** Every kind of body, by name, translated from the files of the specification; nothing beyond them is allowed. */
export const definitions: Record<string, Schema> = {
  ...Object.fromEntries(
    Object.entries(dig(importExport, 'definitions') as Schema).map(([name, schema]) => [name, translated(schema)]),
  ),
  // The examples of the specification show more than its schemas say: what the values look like.
  ImportExportOperationResult: resource(ref('ResultProperties'), armId),
  ResultProperties: asInExamples(dig(importExport, 'definitions', 'ImportExportOperationResultProperties')),
  AcceptedOperation: strict({ operation: text, startTime: { type: 'string', format: 'date-time' } }, [
    'operation',
    'startTime',
  ]),
  AsyncOperation: strict(
    {
      name: { type: 'string', format: 'uuid' },
      status: { enum: ['InProgress', 'Succeeded', 'Failed', 'Cancelled', 'Canceled'] },
      startTime: { type: 'string', format: 'date-time' },
      error: strict({ code: text, message: text }, ['code', 'message']),
    },
    ['name', 'status', 'startTime'],
  ),
  ErrorResponse: strict(
    {
      error: strict({ code: text, message: text, target: {}, details: {}, additionalInfo: {}, innererror: {} }, [
        'code',
        'message',
      ]),
    },
    ['error'],
  ),
  PrivateEndpointConnection: resource(
    strict(
      {
        privateEndpoint: strict({ id: armId }, ['id']),
        groupIds: { type: 'array', items: text },
        privateLinkServiceConnectionState: stateOf(sqlStatuses, 'actionsRequired', sqlState),
        provisioningState: { enum: dig(sqlProperties, 'provisioningState', 'enum') },
      },
      ['privateEndpoint', 'privateLinkServiceConnectionState', 'provisioningState'],
    ),
  ),
  PrivateEndpointConnectionList: list(ref('PrivateEndpointConnection')),
  PrivateEndpointConnectionUpdate: decision(sqlStatuses, ['status', 'description']),
  StorageConnection: resource(
    strict(
      {
        privateEndpoint: strict({ id: armId }, ['id']),
        privateLinkServiceConnectionState: stateOf(storageStatuses, 'actionRequired', []),
        provisioningState: { enum: dig(storageProperties, 'provisioningState') },
      },
      dig(storageProperties, 'required') as string[],
    ),
  ),
  StorageConnectionList: list(ref('StorageConnection')),
  StorageConnectionUpdate: decision(storageStatuses, ['status']),
  Server: tracked(serverProperties(), { kind: text, identity: { type: 'object' } }),
  ServerList: list(ref('Server')),
  Database: tracked(open(pseudo(dig(sqlResources, 'Database_subset', 'properties'))), {
    kind: text,
    sku: { type: 'object' },
  }),
  DatabaseList: list(ref('Database')),
  DatabaseOperationList: namedList(operationProperties()),
  LockList: namedList(pseudo({ level: dig(locks, 'ManagementLockObject', 'properties', 'level'), notes: '' })),
  FirewallRuleList: namedList(strict({ startIpAddress: text, endIpAddress: text }, ['startIpAddress', 'endIpAddress'])),
  OutboundRuleList: namedList({ type: 'object' }),
  UsageList: namedList(
    strict({ displayName: text, currentValue: { type: 'number' }, limit: { type: 'number' }, unit: text }, [
      'displayName',
      'currentValue',
      'limit',
      'unit',
    ]),
  ),
  PermissionList: list(
    strict({ actions: texts, notActions: texts, dataActions: texts, notDataActions: texts }, ['actions', 'notActions']),
  ),
  StorageAccount: tracked(
    { type: 'object', properties: { privateEndpointConnections: { type: 'array', items: ref('StorageConnection') } } },
    { kind: text, sku: { type: 'object' } },
  ),
  StorageAccountList: list(ref('StorageAccount')),
  KeyList: strict(
    {
      keys: {
        type: 'array',
        items: strict({ keyName: text, value: text, permissions: { enum: ['FULL', 'READ'] }, creationTime: text }, [
          'keyName',
          'value',
        ]),
      },
    },
    ['keys'],
  ),
  Container: resource({ type: 'object' }),
  ContainerList: list(ref('Container')),
  SecretBundle: strict({ value: text, id: text, attributes: { type: 'object' }, tags: { type: 'object' } }, [
    'value',
    'id',
  ]),
  Named: { type: 'object', required: ['id'] },
}

/** A file of the specification; throws with the way out when the folder is missing. */
function read(name: string): Schema {
  try {
    return JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Schema
  } catch (error) {
    const where = decodeURIComponent(folder.pathname)
    throw new Error(`${name} cannot be read: put the Azure reference at ${where} (../shared beside the clone)`, {
      cause: error,
    })
  }
}

/** A reference to another kind. */
export function ref(name: string): Schema {
  return { $ref: `azure#/definitions/${name}` }
}

/** An object with these properties and no others. */
export function strict(properties: Schema, required: string[] = []): Schema {
  return { type: 'object', properties, required, additionalProperties: false }
}

function open(schema: Schema): Schema {
  return { ...schema, additionalProperties: true }
}

function resource(properties: Schema, id: Schema = armId): Schema {
  return strict({ id, name: text, type: text, properties }, ['id', 'name', 'type', 'properties'])
}

function tracked(properties: Schema, more: Schema): Schema {
  const all = { id: armId, name: text, type: text, location: text, tags: { type: 'object' }, properties, ...more }
  return strict(all, ['id', 'name', 'type', 'location', 'properties'])
}

/** A page of a list. */
export function list(items: Schema): Schema {
  return strict({ value: { type: 'array', items }, nextLink: { type: 'string', format: 'uri' } }, ['value'])
}

function decision(statuses: unknown, required: string[]): Schema {
  const state = strict({ status: { enum: statuses }, description: text }, required)
  return strict(
    { properties: strict({ privateLinkServiceConnectionState: state }, ['privateLinkServiceConnectionState']) },
    ['properties'],
  )
}

/** A definition of the swagger, closed to unknown properties, its references made ours. */
function translated(schema: unknown): Schema {
  const { properties, ...rest } = schema as { properties?: Schema; $ref?: string }
  const known = Object.entries(rest).filter(([name]) => !name.startsWith('x-') && name !== 'allOf' && name !== '$ref')
  const target = rest.$ref === undefined ? {} : ref(rest.$ref.replace('#/definitions/', ''))
  const items = 'items' in rest ? { items: translated(rest.items) } : {}
  const base = { ...Object.fromEntries(known), ...items, ...target }
  if (properties === undefined) return base
  const inner = Object.entries(properties).map(([name, each]) => [name, translated(each)])
  return { ...base, properties: Object.fromEntries(inner), additionalProperties: false }
}

function asInExamples(schema: unknown): Schema {
  const base = translated(schema)
  const seen = {
    requestType: { enum: ['Export', 'Import'] },
    queuedTime: serviceDate,
    lastModifiedTime: serviceDate,
    serverName: { type: 'string', pattern: '^[^.]+\\.[^.]+\\.' },
  }
  const required = [
    'requestId',
    'requestType',
    'queuedTime',
    'lastModifiedTime',
    'blobUri',
    'serverName',
    'databaseName',
  ]
  return { ...base, properties: { ...(base.properties as Schema), ...seen }, required: [...required, 'status'] }
}

/** The prose of the trimmed files as a schema: lists are enumerations, words are types, objects are objects. */
function pseudo(value: unknown): Schema {
  if (Array.isArray(value)) return { enum: value }
  if (typeof value === 'object' && value !== null) {
    return strict(Object.fromEntries(Object.entries(value).map(([name, each]) => [name, pseudo(each)])))
  }
  const word = String(value)
  if (/^(boolean|int\d*|double)$/.test(word)) {
    return { type: word === 'boolean' ? 'boolean' : word === 'double' ? 'number' : 'integer' }
  }
  return word === 'string' ? text : {}
}

function serverProperties(): Schema {
  const schema = pseudo(dig(sqlResources, 'Server', 'properties'))
  const connection = strict({ id: armId, properties: { type: 'object' } }, ['id', 'properties'])
  const mine = { privateEndpointConnections: { type: 'array', items: connection } }
  return { ...schema, properties: { ...(schema.properties as Schema), ...mine } }
}

function operationProperties(): Schema {
  const lines = dig(sqlResources, 'DatabaseOperations', 'DatabaseOperationProperties') as string[]
  const entries = lines.map((line) => {
    const [name = '', type = 'string'] = line.split(/:\s*/)
    return [name, pseudo(type.includes('|') ? type.split('|') : type)]
  })
  return strict(Object.fromEntries(entries), ['databaseName', 'operation', 'state', 'startTime', 'percentComplete'])
}

function dig(value: unknown, ...names: string[]): unknown {
  let found = value
  for (const name of names) found = (found as Schema)[name]
  return found
}
