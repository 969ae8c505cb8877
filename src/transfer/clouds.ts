/** Where an Azure cloud has its services; addresses without a trailing slash, suffixes without a leading dot. */
export type CloudEndpoints = {
  resourceManager: string
  authority: string
  /** Microsoft Graph, which is also the audience of its tokens. */
  graph: string
  sqlSuffix: string
  blobSuffix: string
  vaultSuffix: string
}

/** The clouds by the names that the configuration uses. */
/** The clouds in which a database and its storage account may be; both are always in the same one. */
export const cloudNames = ['public', 'usgovernment', 'china'] as const
export type CloudName = (typeof cloudNames)[number]

/** The endpoint table of the three clouds. */
export const cloudEndpoints: Readonly<Record<CloudName, CloudEndpoints>> = {
  public: {
    resourceManager: 'https://management.azure.com',
    authority: 'https://login.microsoftonline.com',
    graph: 'https://graph.microsoft.com',
    sqlSuffix: 'database.windows.net',
    blobSuffix: 'blob.core.windows.net',
    vaultSuffix: 'vault.azure.net',
  },
  usgovernment: {
    resourceManager: 'https://management.usgovcloudapi.net',
    authority: 'https://login.microsoftonline.us',
    graph: 'https://graph.microsoft.us',
    sqlSuffix: 'database.usgovcloudapi.net',
    blobSuffix: 'blob.core.usgovcloudapi.net',
    vaultSuffix: 'vault.usgovcloudapi.net',
  },
  china: {
    resourceManager: 'https://management.chinacloudapi.cn',
    authority: 'https://login.chinacloudapi.cn',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    sqlSuffix: 'database.chinacloudapi.cn',
    blobSuffix: 'blob.core.chinacloudapi.cn',
    vaultSuffix: 'vault.azure.cn',
  },
}
