import { Ajv, type ErrorObject } from 'ajv'
import formats from 'ajv-formats'
import type { RequestRecord } from '../../sandbox/azure/index.ts'
import { databaseDefinitions } from './azure-spec-databases.ts'
import { definitions, errorCatalog, ref, type Schema } from './azure-spec-schemas.ts'

/** A difference between the published schema and what Azure really does, with the section of the contract that tells of it. */
export type Deviation = { id: string; section: string; kind: string; at: string; schema: Schema }

const guid = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const shortName = '^[a-z0-9]+(-*[a-z0-9]+)*$'
const result = 'ImportExportOperationResult'
const storageState = '/properties/privateLinkServiceConnectionState/status'

/** The only differences from the published schemas that are tolerated. */
export const deviations: readonly Deviation[] = [
  { id: 'bare guid as id', section: '1.5', kind: result, at: '/id', schema: { pattern: `^${guid}$` } },
  {
    id: 'short server name',
    section: '1.5',
    kind: result,
    at: '/properties/serverName',
    schema: { pattern: shortName },
  },
  {
    id: 'long request type',
    section: '1.5',
    kind: result,
    at: '/properties/requestType',
    schema: { enum: ['ExportDatabase', 'ImportToExistingDatabase', 'ImportToNewDatabase'] },
  },
  ...['StorageConnection', 'StorageConnectionList', 'StorageAccount', 'StorageAccountList'].map((kind) => ({
    id: 'a storage connection may be Disconnected',
    section: '2.2',
    kind,
    at: `*${storageState}`,
    schema: { const: 'Disconnected' },
  })),
  // 202 is published without a body, and with Location alone.
  { id: 'submit answers with a body', section: '1.4', kind: 'export 202', at: '', schema: ref('AcceptedOperation') },
  { id: 'an import too', section: '1.4', kind: 'import 202', at: '', schema: ref('AcceptedOperation') },
  { id: 'a creation too', section: '3', kind: 'database-put 202', at: '', schema: ref('AcceptedOperation') },
  { id: 'a running result has a body', section: '1.5', kind: 'result 202', at: '', schema: ref(result) },
  {
    id: 'a decision answers with a body',
    section: '2.1',
    kind: 'pec-sql-put 202',
    at: '',
    schema: ref('AcceptedOperation'),
  },
  {
    id: 'a deletion answers with a body',
    section: '2.1',
    kind: 'pec-sql-delete 202',
    at: '',
    schema: ref('AcceptedOperation'),
  },
]

/** Codes of Resource Manager itself and of storage, which the SQL catalogue leaves out (contract, sections 3, 5 and 7). */
const generalCodes: Record<number, string[]> = {
  400: [
    'MissingApiVersionParameter',
    'InvalidApiVersionParameter',
    'InvalidRequestContent',
    'InvalidResourceIdSegment',
    'LocationRequired',
  ],
  401: ['InvalidAuthenticationToken', 'ExpiredAuthenticationToken', 'Unauthorized'],
  403: ['Forbidden', 'AuthorizationFailed', 'RequestDisallowedByPolicy', 'LinkedAuthorizationFailed'],
  404: [
    'ResourceNotFound',
    'ParentResourceNotFound',
    'ResourceGroupNotFound',
    'SubscriptionNotFound',
    'InvalidResourceType',
  ].concat(['ContainerNotFound', 'PrivateEndpointConnectionNotFound', 'SecretNotFound']),
  405: ['MethodNotAllowed'],
  409: ['ScopeLocked', 'SubscriptionDisabled'],
  429: ['SubscriptionRequestsThrottled'],
  500: ['InternalServerError'],
  504: ['GatewayTimeout'],
}

/** Routes that the files beside the repository leave out, with where the form of their answers was read instead. */
const unknownRoutes: readonly { name: string; kind: string; reason: string }[] = [
  {
    name: 'usages',
    kind: 'UsageList',
    reason: 'DatabaseUsages.json of 2025-01-01 in azure-rest-api-specs; names and units as its answers have them',
  },
  {
    name: 'permissions',
    kind: 'PermissionList',
    reason: 'PermissionGetResult of Microsoft.Authorization 2022-04-01, as @azure/arm-authorization has it',
  },
]

type Exchange = { request?: string; answers: Record<number, string> }

/** Route → what its request body and its answers must be; an empty kind is an answer without a body. */
const exchanges: Record<string, Exchange> = {
  export: { request: 'ExportDatabaseDefinition', answers: { 200: result, 202: '' } },
  import: { request: 'ImportExistingDatabaseDefinition', answers: { 200: result, 202: '' } },
  async: { answers: { 200: 'AsyncOperation' } },
  result: { answers: { 200: result, 202: '' } },
  operations: { answers: { 200: 'DatabaseOperationList' } },
  cancel: { answers: { 200: '' } },
  'pec-sql-list': { answers: { 200: 'PrivateEndpointConnectionList' } },
  'pec-sql-get': { answers: { 200: 'PrivateEndpointConnection' } },
  'pec-sql-put': { request: 'PrivateEndpointConnectionUpdate', answers: { 200: 'PrivateEndpointConnection', 202: '' } },
  'pec-sql-delete': { answers: { 200: '', 202: '', 204: '' } },
  'pec-async': { answers: { 200: 'AsyncOperation' } },
  'pec-result': { answers: { 200: 'PrivateEndpointConnection', 202: '', 204: '' } },
  'pec-storage-list': { answers: { 200: 'StorageConnectionList' } },
  'pec-storage-get': { answers: { 200: 'StorageConnection' } },
  'pec-storage-put': { request: 'StorageConnectionUpdate', answers: { 200: 'StorageConnection' } },
  'pec-storage-delete': { answers: { 200: '', 204: '' } },
  subscription: { answers: { 200: 'Named' } },
  group: { answers: { 200: 'Named' } },
  server: { answers: { 200: 'Server' } },
  servers: { answers: { 200: 'ServerList' } },
  database: { answers: { 200: 'Database' } },
  'database-put': { request: 'DatabaseCreation', answers: { 200: 'Database', 201: 'Database', 202: '' } },
  'database-async': { answers: { 200: 'AsyncOperation' } },
  'database-result': { answers: { 200: 'Database', 202: '' } },
  capabilities: { answers: { 200: 'LocationCapabilities' } },
  schemas: { answers: { 200: 'SchemaList' } },
  tables: { answers: { 200: 'TableList' } },
  databases: { answers: { 200: 'DatabaseList' } },
  'servers-all': { answers: { 200: 'ServerList' } },
  'storage-all': { answers: { 200: 'StorageAccountList' } },
  containers: { answers: { 200: 'ContainerList' } },
  firewallRules: { answers: { 200: 'FirewallRuleList' } },
  outboundFirewallRules: { answers: { 200: 'OutboundRuleList' } },
  locks: { answers: { 200: 'LockList' } },
  storage: { answers: { 200: 'StorageAccount' } },
  listKeys: { answers: { 200: 'KeyList' } },
  container: { answers: { 200: 'Container' } },
  ...Object.fromEntries(unknownRoutes.map(({ name, kind }) => [name, { answers: { 200: kind } }])),
  secret: { answers: { 200: 'SecretBundle' } },
}

const ajv = new Ajv({ strict: false, allErrors: true, verbose: true })
// CommonJS: the plugin is the module's `default` when Node loads it.
const addFormats = formats as unknown as { default?: (target: Ajv) => unknown } & ((target: Ajv) => unknown)
;(addFormats.default ?? addFormats)(ajv)
ajv.addFormat('arm-id', /^\/subscriptions\/[0-9a-f-]{36}(\/[^/]+)+$/i)
ajv.addSchema({ $id: 'azure', definitions: { ...definitions, ...databaseDefinitions } })

/** What is wrong with a body of this kind, after the deviations are taken into account; empty when nothing is. */
export function validateAzure(kind: string, value: unknown): string[] {
  const validate = ajv.getSchema(`azure#/definitions/${kind}`)
  if (validate === undefined) throw new Error(`there is no kind ${kind}`)
  if (validate(value)) return []
  const errors = validate.errors ?? []
  return errors
    .filter((error) => !tolerated(kind, error))
    .map((error) => `${kind}${error.instancePath} ${error.message}`)
}

/** What is wrong with a request and its answer, by the specification and its deviations; empty when nothing is. */
export function checkExchange(entry: RequestRecord): string[] {
  return [...checkRequest(entry), ...checkAnswer(entry)].map((error) => `${entry.method} ${entry.path}: ${error}`)
}

/** What is wrong with a request alone. */
export function checkRequest(entry: RequestRecord): string[] {
  const exchange = exchanges[entry.name]
  if (exchange === undefined) return ['the route is unknown']
  const version = entry.query['api-version'] ?? ''
  const wrongVersion = /^\d{4}-\d{2}-\d{2}(-preview)?$/.test(version) ? [] : [`api-version '${version}'`]
  if (exchange.request !== undefined) return [...wrongVersion, ...validateAzure(exchange.request, entry.requestBody)]
  return entry.requestBody === null ? wrongVersion : [...wrongVersion, 'a body where none belongs']
}

/** What is wrong with an answer alone; answers that a fault spoiled, or that never came, are not looked at. */
export function checkAnswer(entry: RequestRecord): string[] {
  if (entry.status === 0 || entry.fault !== null) return []
  const headers = checkHeaders(entry)
  if (entry.status >= 400) return [...headers, ...checkError(entry)]
  const kind = exchanges[entry.name]?.answers[entry.status]
  if (kind === undefined) return [...headers, `status ${entry.status} is not published`]
  if (kind !== '') return [...headers, ...validateAzure(kind, entry.responseBody)]
  if (entry.responseBody === null) return headers
  const where = `${entry.name} ${entry.status}`
  const deviation = deviations.find((each) => each.kind === where)
  if (deviation === undefined) return [...headers, `${where} has a body where none belongs`]
  return [...headers, ...validateAzure(String(deviation.schema.$ref).replace(/.*\//, ''), entry.responseBody)]
}

function checkHeaders(entry: RequestRecord): string[] {
  const { 'x-ms-request-id': id, 'retry-after': after = '0', location = '' } = entry.responseHeaders
  const wrongId = new RegExp(`^${guid}$`).test(id ?? '') ? [] : ['no x-ms-request-id']
  const wrongAfter = /^\d+$/.test(after) || !Number.isNaN(Date.parse(after)) ? [] : [`Retry-After '${after}'`]
  const lost =
    entry.status === 202 && ['export', 'import'].includes(entry.name) && !URL.canParse(location) ? ['no Location'] : []
  return [...wrongId, ...wrongAfter, ...lost]
}

function checkError(entry: RequestRecord): string[] {
  const wrong = validateAzure('ErrorResponse', entry.responseBody)
  if (wrong.length > 0) return wrong
  const { code } = (entry.responseBody as { error: { code: string } }).error
  const published = Object.values(errorCatalog).flat()
  const known = published.some((each) => Number(each.status) === entry.status && each.code === code)
  return known || generalCodes[entry.status]?.includes(code) ? [] : [`${entry.status} ${code} is not published`]
}

function tolerated(kind: string, error: ErrorObject): boolean {
  return deviations.some(
    (each) =>
      each.kind === kind &&
      (each.at.startsWith('*') ? error.instancePath.endsWith(each.at.slice(1)) : error.instancePath === each.at) &&
      ajv.validate(each.schema, error.data),
  )
}
