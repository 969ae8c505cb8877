/** A refusal as Azure words it; `names` are the routes it belongs to, `number` is its line in the contract's list of fault cases. */
export type CatalogueEntry = {
  /** What it is armed by: the code, or an own word where two entries share one. */
  key: string
  code: string
  status: number
  message: string
  names: string[]
  number: number
  headers: Record<string, string>
}

const group = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-data'
const principal = '33333333-3333-3333-3333-333333333333'
const authority = 'https://login.microsoftonline.com/44444444-4444-4444-4444-444444444444'

// Two lines an entry: number, status, [key=]code and routes; then the message.
const table = `
1 400 InvalidImportExportOperationResourceLocks export
  The Import/Export request is invalid due to locks on the Private Link resources.
2 409 ImportExportOperationInProgress export
  There is an import or export operation in progress on the database.
3 400 BlobAlreadyExist export
  ImportExport operation failed because the storage blob is already exists
4 400 InvalidImportExportStorageCredentials export
  Import/Export operation failed due to invalid storage credentials
5 400 InvalidImportExportStorageKeyFormat export
  Import/Export operation failed due to invalid storage key format
6 400 InvalidImportExportStorageAuthType export
  Import/Export operation failed due to invalid storage auth type
7 400 InvalidImportExportStorageURI export
  ImportExport operation failed because storage URI is invalid
8 400 LongImportExportStorageUri export
  Import/Export operation failed due to long storage URI
9 400 LargeExportDatabaseSize export
  Export operation failed because database is larger than max supported size
10 400 UnSupportedImportExportEdition export
  ImportExport operation failed because it is targeting a invalid edition
10 400 FeatureDisabledOnSelectedEdition export
  User attempted to use a feature which is disabled on current database edition.
11 400 InvalidSqlAuthType export
  ImportExport operation failed because the sql authentication type is invalid
12 400 SQLPasswordSpecifiedWithManagedIdentity export
  administratorLoginPassword should not be specified if authenticationType is ManagedIdentity.
13 400 MissingImportExportInputParameters export
  Missing ImportExport input parameters.
13 400 MissingNetworkIsolation=MissingImportExportInputParameters export
  Missing the required 'networkIsolation' parameters for ImportExport operation.
13 400 InvalidImportExportInputParameter export
  The import/export request failed due to an invalid input parameter.
13 400 InvalidImportExportParameter export
  The Import/Export request failed due to an invalid input parameter.
14 400 BlockedByOutboundFirewall export
  The outbound firewall rules blocked the request.
15 400 InvalidMaxSizeTierCombination export
  The specified tier does not support the specified database max size.
15 400 InvalidTierSkuCombination export
  The specified tier does not support the specified sku.
15 400 InvalidSku export
  The user specified an invalid sku.
15 400 InvalidTier export
  The user specified an invalid tier.
16 400 CannotUseReservedDatabaseName export
  Cannot use reserved database name in this operation.
17 404 DatabaseDoesNotExist export
  User has specified a database name that does not exist on this server instance.
18 404 ServerNotInSubscriptionResourceGroup export
  Specified server does not exist in the specified resource group and subscription.
18 404 ServerNotInSubscription export
  Specified server does not exist on the specified subscription.
19 404 ResourceNotFound export
  The Resource 'Microsoft.Sql/servers/sql-prod' under resource group 'rg-data' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix
20 404 PrivateLinkNotAvailable=ResourceNotFound export
  The specified resource 'https://management.westeurope.control.database.windows.net${group}/providers/Microsoft.Sql/servers/sql-prod/databases/orders/export' was not found.
21 500 InternalServerError export
  An unexpected error occured while processing the request. Tracking ID: '7f9a7e6c-3f0e-4b0d-9a0f-3b1a2c5d4e6f'
22 504 GatewayTimeout export
  The gateway did not receive a response from 'Microsoft.Sql' within the specified time period.
24 429 SubscriptionTooManyCreateUpdateRequests export,async,result,pec-sql-put
  Requests beyond max requests that can be processed by available resources.
24 429 SubscriptionTooManyRequests export,async,result,pec-sql-put
  Requests beyond max requests that can be processed by available resources.
25 503 TooManyRequests export,async,result,pec-sql-put
  Requests beyond max requests that can be processed by available resources.
26 403 AuthorizationFailed any
  The client '${principal}' with object id '${principal}' does not have authorization to perform action 'Microsoft.Sql/servers/databases/export/action' over scope '${group}/providers/Microsoft.Sql/servers/sql-prod/databases/orders' or the scope is invalid. If access was recently granted, please refresh your credentials.
27 401 InvalidAuthenticationToken any
  The access token is invalid.
27 401 ExpiredAuthenticationToken any
  The access token expiry UTC time is earlier than current UTC time.
28 409 ScopeLocked any
  The scope cannot perform write operation because following scope(s) are locked: '${group}'. Please remove the lock and try again.
29 403 RequestDisallowedByPolicy any
  Resource was disallowed by policy.
30 404 SubscriptionNotFound any
  The subscription '11111111-1111-1111-1111-111111111111' could not be found.
30 409 SubscriptionDisabled any
  Subscription is disabled.
37 400 PrivateEndpointConnectionStatusNotPending pec-sql-put,pec-storage-put
  Private Endpoint Connection Status is not Pending
38 400 PrivateEndpointConnectionDoesNotExist pec-sql-put
  Private Endpoint Connection does not exist
38 404 PrivateEndpointConnectionDroppedByOtherWorkflow pec-sql-put
  The private endpoint connection was dropped by another workflow.
39 400 InvalidResourceIdSegment pec-sql-put
  The 'parameters.properties.privateLinkServiceConnectionState' segment in the url is invalid.
39 400 NullPrivateEndpointConnectionProperties pec-sql-put
  Private Endpoint Connection Properties is Null
39 400 NullRemotePrivateLinkServiceConnectionState pec-sql-put
  Remote Private Link Service Connection State is Null
39 400 NullRemotePrivateLinkServiceConnectionStateStatus pec-sql-put
  Remote Private Link Service Connection State Status is Null
39 400 IncorrectPrivateLinkServiceConnectionStateStatus pec-sql-put,pec-storage-put
  Private Link Service Connection State Status must be "Approved" or "Rejected"
40 400 NetworkingSubscriptionNotRegisteredWithSqlRp pec-sql-put
  Subscription used for network-side Private Endpoint is not registered with SQL resource provider
44 403 LinkedAuthorizationFailed pec-sql-put,pec-storage-put
  The client has permission to perform action 'Microsoft.Storage/storageAccounts/privateEndpointConnections/write' on scope '${group}'; however, it does not have permission to perform action(s) 'PrivateEndpointConnectionsApproval/action' on the linked scope(s) or the linked scope(s) are invalid.
46 400 StorageUnreachable=ImportExportJobError job
  An unexpected error occurred while trying to access Azure Storage: A connection attempt failed because the connected party did not properly respond after a period of time 10.0.0.5:443
47 400 OriginXmlMissing=ImportExportJobError job
  'Origin.xml' is missing from the dacpac package. Could not load package.
48 400 UnresolvedReference=ImportExportJobError job
  Error SQL71562: Error validating element [dbo].[v_orders]: View: [dbo].[v_orders] has an unresolved reference to object [archive].[dbo].[orders]. External references are not supported when creating a package from this platform.
49 400 DiskFull=ImportExportJobError job
  There is not enough space on the disk.
50 400 LoginFailed=ImportExportJobError job
  Login failed for user 'drawbridge'.
51 400 TargetNotEmpty=ImportExportJobError job
  Data cannot be imported into target because it contains one or more user objects. Import should be performed against a new, empty database.
52 400 ImportExportJobError result
  The ImportExport operation has failed.
53 404 ImportExportOperationIdNotFound async,result
  The operation Id for import or export cannot be found.
57 409 OperationCancelled job,result,async
  The operation has been cancelled by user.
57 409 OperationInterrupted job,result,async
  The operation on the resource could not be completed because it was interrupted by another operation on the same resource.
58 500 OperationTimedOut job,result,async
  The operation timed out and automatically rolled back. Please retry the operation.
60 409 CannotCancelOperation cancel
  The management operation is in a state that cannot be cancelled.
60 404 OperationIdNotFound cancel,pec-async,pec-result
  The operation with Id does not exist.
61 409 ConflictingDatabaseOperation database-put
  There is already some operation on the database and the current operation should wait till it is done.
61 409 ConflictingServerOperation database-put
  An operation is currently in progress for the server.
61 409 ServerDtuQuotaExceeded database-put
  Could not perform the operation because server would exceed the allowed Database Throughput Unit quota.
61 409 SubscriptionVcoreQuotaExceeded database-put
  Could not perform the operation because subscription would exceed the allowed vCore quota.
61 400 UnsupportedBackupStorageRedundancy database-put
  Specified Backup Storage Redundancy is not supported in target region.
61 400 DatabaseNameInUse database-put
  Database already exists. Choose a different database name.
62 409 ListKeysLocked=ScopeLocked listKeys
  The scope '${group}/providers/Microsoft.Storage/storageAccounts/stbackups' cannot perform write operation because following scope(s) are locked: '${group}'. Please remove the lock and try again.
62 403 ListKeysForbidden=AuthorizationFailed listKeys
  The client '${principal}' with object id '${principal}' does not have authorization to perform action 'Microsoft.Storage/storageAccounts/listKeys/action' over scope '${group}/providers/Microsoft.Storage/storageAccounts/stbackups' or the scope is invalid. If access was recently granted, please refresh your credentials.
`

/** The standard refusals of submit, poll, cancel, keys and connections; entries of name `job` are reasons for which a job fails. */
export const faultCatalogue: readonly CatalogueEntry[] = table
  .trim()
  .split(/\n(?=\d+ )/)
  .map(entryOf)

function entryOf(text: string): CatalogueEntry {
  const [head = '', message = ''] = text.split('\n  ')
  const [number, status, word = '', names = ''] = head.split(' ')
  const [key = '', code = key] = word.split('=')
  const headers = headersOf(Number(status), message)
  return { key, code, status: Number(status), message, names: names.split(','), number: Number(number), headers }
}

function headersOf(status: number, message: string): Record<string, string> {
  if (status === 429 || status === 503) return { 'retry-after': '1' }
  if (status !== 401) return {}
  const detail = `error="invalid_token", error_description="${message}"`
  return { 'www-authenticate': `Bearer authorization_uri="${authority}", ${detail}` }
}
