const tooManyRequests = 'The subscription has used up its requests for now. Ask again in a few minutes.'
const wrongPart =
  'Azure did not accept a part of the request, which is a defect of Drawbridge. Tell an operator the transfer’s id.'
const noSuchTier =
  'Azure does not offer this edition, objective or size for the database. Choose another --edition, --objective or --max-size, then ask again.'

/** Azure's error codes with a meaning that is known: what it is, and what to do next. */
export const knownFaults: Readonly<Record<string, string>> = {
  InvalidImportExportStorageCredentials:
    'The storage account did not take the key or the SAS. Check that key access is allowed on it and that the SAS is of this account and still good, then ask again.',
  InvalidImportExportStorageKeyFormat:
    'Azure did not accept the form of the storage credential. Check the credential kind in the configuration, then ask again.',
  InvalidImportExportStorageAuthType:
    'Azure did not accept the kind of the storage credential. Check the credential kind in the configuration, then ask again.',
  InvalidImportExportStorageURI:
    'Azure did not accept the blob’s address. Name another container or blob, then ask again.',
  LongImportExportStorageUri:
    'The blob’s address is longer than Azure takes. Use a shorter container, folder or name, then ask again.',
  BlobAlreadyExist: 'A blob of this name is already there. Ask again: the new transfer gets a new name.',
  ImportExportOperationInProgress:
    'Another import or export runs on this database. Wait until it has ended (the server’s import/export history shows it), then ask again.',
  ConflictingDatabaseOperation: 'Another operation runs on this database. Wait until it has ended, then ask again.',
  LargeExportDatabaseSize:
    'The database is too large for Azure’s export service. Export it with SqlPackage from a machine with enough disk, or make it smaller.',
  UnSupportedImportExportEdition:
    'Azure’s import and export does not work with databases of this edition. Use a database of another edition, or SqlPackage.',
  FeatureDisabledOnSelectedEdition:
    'Azure’s import and export does not work with databases of this edition. Use a database of another edition, or SqlPackage.',
  InvalidImportExportOperationResourceLocks:
    'A lock on the server, the database or the storage account forbids the private endpoints. Have the lock removed for the time of the job, then ask again.',
  ScopeLocked:
    'A lock forbids the change. Have the lock on the server, the storage account or their groups removed for the time of the job, then ask again.',
  BlockedByOutboundFirewall:
    'The SQL server may not reach this storage account: its outbound rules forbid it. Add the account’s host name to the server’s outbound firewall rules, then ask again.',
  InvalidSqlAuthType:
    'Azure did not accept the kind of the SQL login. Check the server’s login in the configuration, then ask again.',
  SQLPasswordSpecifiedWithManagedIdentity:
    'The server’s login is a managed identity, which takes no password. Correct the configuration, then ask again.',
  CannotUseReservedDatabaseName:
    'This is a database of the system, with which Azure’s import and export does not work. Name another one.',
  MissingImportExportInputParameters:
    'Azure misses a part of the request, which is a defect of Drawbridge. Tell an operator the transfer’s id.',
  InvalidImportExportInputParameter: wrongPart,
  InvalidImportExportParameter: wrongPart,
  InvalidTier: noSuchTier,
  InvalidSku: noSuchTier,
  InvalidTierSkuCombination: noSuchTier,
  InvalidMaxSizeTierCombination: noSuchTier,
  DatabaseInvalidSkuPropertyCombination: noSuchTier,
  UnsupportedBackupStorageRedundancy:
    'Azure does not offer this backup redundancy in the region. Choose another --redundancy, or leave it out, then ask again.',
  ServerDtuQuotaExceeded:
    'The server has no room for a database of this size. Choose a smaller --objective, or have databases removed from it, then ask again.',
  SubscriptionVcoreQuotaExceeded:
    'The subscription has no vCores left. Choose a smaller --objective, or have its quota raised, then ask again.',
  DatabaseNameInUse: 'A database of this name is there already. Name another one, or import into it without --create.',
  ProvisioningDisabled:
    'Azure makes no databases here for this subscription. Name a server in another region, or ask Azure’s support to allow it.',
  DatabaseNotOnline: 'The database is not online. Bring it online, then ask again.',
  TargetNotEmpty:
    'The database is not empty, and Azure imports into empty databases only. Name an empty one, or add --create with a name that is free.',
  DatabaseDoesNotExist: 'Azure has no such database any more. Check whether it was renamed or deleted, then ask again.',
  ServerNotInSubscription:
    'The SQL server is not in this subscription. Have an operator correct the catalogue, then ask again.',
  ServerNotInSubscriptionResourceGroup:
    'The SQL server is not in this resource group. Have an operator correct the catalogue, then ask again.',
  ResourceNotFound:
    'Azure does not find the server, the database or the account, or does not offer import and export over Private Link in this region. Check the catalogue; then ask again, or with --no-private-link where the rules allow it.',
  SubscriptionNotFound: 'Azure does not find the subscription. Have an operator correct the catalogue, then ask again.',
  SubscriptionDisabled: 'The subscription is disabled. Have it enabled, then ask again.',
  RequestDisallowedByPolicy:
    'A policy of the subscription forbids this. Ask its owner for an exemption, then ask again.',
  InvalidAuthenticationToken:
    'Azure did not accept Drawbridge’s sign-in. An operator should check its identity; then ask again.',
  ExpiredAuthenticationToken:
    'Drawbridge’s sign-in had run out. Ask again; if it stays so, an operator should check its identity.',
  InternalServerError:
    'Azure had an error of its own. Ask again in a while; if it stays so, give this to Azure’s support',
  OperationTimedOut: 'Azure gave up because it took too long. Ask again; if it stays so, give this to Azure’s support',
  OperationInterrupted: 'Azure interrupted the job. Ask again.',
  OperationCancelled: 'The job was cancelled in Azure, not through Drawbridge. Ask again if it is still wanted.',
  TooManyRequests: 'Azure has too much to do now. Ask again in a few minutes.',
  SubscriptionTooManyCreateUpdateRequests: tooManyRequests,
  SubscriptionTooManyRequests: tooManyRequests,
  CannotCancelOperation: 'Its end is told here, with what to delete if it completes all the same.',
  OperationIdNotFound:
    'Azure does not know the operation any more. See the server’s import/export history for how it ended.',
  ImportExportOperationIdNotFound:
    'Azure does not know the operation any more. See the server’s import/export history for how it ended.',
  AlreadyApproved: 'It is approved already. Remove it under Networking in the portal if no data may cross.',
  KeyBasedAuthenticationNotPermitted:
    'The storage account allows no keys. Have key access allowed on it for the time of the job, then ask again.',
  NoStorageKey: 'The storage account gave no key that may write. Check its access keys, then ask again.',
  SqlLoginUnavailable:
    'The SQL login could not be read from where it is kept. Have an operator check it, then ask again.',
  StorageCredentialUnavailable:
    'The credential of the storage account could not be read from where it is kept. Have an operator check it, then ask again.',
  SasMalformed:
    'What is kept as the SAS of the storage account is none. Have an operator keep the part of its address from ?sv= on, then ask again.',
  SasExpired:
    'The SAS of the storage account has run out. Have an operator put a new one in its place, then ask again.',
  SecretNotFound:
    'Key Vault has no secret of the configured name. Have an operator correct the name or make the secret, then ask again.',
  SecretEmpty: 'The secret in Key Vault is empty. Have an operator give it a value, then ask again.',
  SecretDisabled: 'The secret in Key Vault is disabled. Have an operator enable it, then ask again.',
  ForbiddenByFirewall:
    'The firewall of the Key Vault kept Drawbridge out. Have its address allowed there, or give the vault a private endpoint, then ask again.',
  ForbiddenByConnection:
    'The Key Vault takes calls from its private endpoints only. Give Drawbridge’s network one, then ask again.',
  GatewayTimeout: 'Azure did not answer in time. Ask again.',
  NotStarted: 'Azure started no job for this request. Ask again.',
  NotSent: 'The request was not sent. Ask again.',
  Timeout: 'Azure did not answer in time. Ask again.',
  UnreadableAnswer:
    'The answer of Azure could not be understood. Ask again; if it stays so, tell an operator the transfer’s id.',
  HostileLocation:
    'Azure named an address outside of its own hosts, and it was not followed. Tell an operator: this should never happen.',
  ForeignAddress:
    'Azure named an address outside of its own hosts, and it was not followed. Tell an operator: this should never happen.',
  ForeignConnection:
    'A connection leads to another server or account, and it was not touched. Tell an operator: this should never happen.',
  PrivateEndpointConnectionStatusNotPending:
    'The connection was decided outside of Drawbridge in the meantime. See it under Networking in the portal.',
  PrivateEndpointConnectionDoesNotExist: 'The connection is gone. Ask again.',
  PrivateEndpointConnectionDroppedByOtherWorkflow: 'The connection was removed by something else. Ask again.',
  InvalidResourceIdSegment:
    'Azure did not accept the approval as it was sent, which is a defect of Drawbridge. Tell an operator the transfer’s id.',
  NetworkingSubscriptionNotRegisteredWithSqlRp:
    'The subscription is not registered for this. Register the provider Microsoft.Sql in it, then ask again.',
}

/** What Azure's job says inside of its own error, without the full stop: a request id may follow. */
export const jobErrors: readonly { text: RegExp; says: string }[] = [
  {
    text: /managed identity .*not assigned/i,
    says: 'The SQL server does not have the configured identity. Assign it to the server under Identity in the portal, then ask again',
  },
  {
    text: /token-identified principal/i,
    says: 'The SQL server did not let the identity in. Make it, or a group that it is in, the server’s Entra administrator, then ask again',
  },
  {
    text: /not authorized to perform this operation using this permission/i,
    says: 'The configured credential may not do this in the storage account. Give the identity the role Storage Blob Data Contributor on it, or keep a SAS with the rights to read, create and write, then ask again',
  },
  {
    text: /private endpoint connection/i,
    says: 'It failed because a connection was rejected, disconnected or removed. See under Networking in the portal who did it, then ask again',
  },
  {
    text: /not currently available/i,
    says: 'The database was not online. Bring it online, then ask again',
  },
  {
    text: /azure ?ad only|active directory only|entra[- ]only/i,
    says: 'The server takes Entra logins only, and the SQL login was refused. Configure another credential for this server, then ask again',
  },
  {
    // Before the login: "Cannot open server … requested by the login. Client … is not allowed to access the server."
    text: /not allowed to access the server|firewall/i,
    says: 'The SQL server’s firewall kept the job out. Use Private Link, or allow Azure services on the server, then ask again',
  },
  {
    text: /login failed|cannot open (?:server|database)/i,
    says: 'The SQL login was refused. Check the server’s login and password where they are kept, then ask again',
  },
  {
    text: /not enough space on the disk/i,
    says: 'Azure’s machine ran out of disk. Use SqlPackage on a machine with enough disk, or make the database smaller',
  },
  {
    text: /SQL715\d\d|unresolved reference|external references are not supported/i,
    says: 'The database refers to objects that are not in it, which a BACPAC cannot hold (SQL71562). Remove these references, or use a copy without them',
  },
  {
    text: /origin\.xml/i,
    says: 'The package is not a complete BACPAC. Make it anew, then ask again',
  },
  {
    text: /\(404\) not found|blob does not exist/i,
    says: 'The blob is not there. Check its name and container, then ask again',
  },
  {
    text: /contains one or more user objects|not empty/i,
    says: 'The database was not empty, and Azure imports into empty ones only. Name an empty one, or a free name with --create',
  },
  {
    text: /reached its size quota/i,
    says: 'The data does not fit into the database. Give it a larger maximum size, then ask again',
  },
  {
    text: /\(403\)|not authorized to perform this operation/i,
    says: 'The storage account kept the job out (403). Use Private Link, or let Azure services in under its Networking, then ask again',
  },
  {
    text: /storage|:443|blob/i,
    says: 'The job could not reach the storage account. Check that both connections stayed approved and that the account lets the job in, then ask again',
  },
  {
    text: /^(the importexport operation has failed|azure gave no reason)\.?$/i,
    says: 'Azure gives no reason. See the server’s import/export history, then ask again',
  },
]
