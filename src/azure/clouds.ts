/** Where an Azure cloud has its services; addresses without a trailing slash, suffixes without a leading dot. */
export type CloudEndpoints = { resourceManager: string; authority: string; sqlSuffix: string; blobSuffix: string }

/** The clouds by the names that the configuration uses. */
export type CloudName = 'public' | 'usgovernment' | 'china'

/** The clouds that Drawbridge works in; database and storage must be in the same one. */
export const cloudEndpoints: Readonly<Record<CloudName, CloudEndpoints>> = {
  public: {
    resourceManager: 'https://management.azure.com',
    authority: 'https://login.microsoftonline.com',
    sqlSuffix: 'database.windows.net',
    blobSuffix: 'blob.core.windows.net',
  },
  usgovernment: {
    resourceManager: 'https://management.usgovcloudapi.net',
    authority: 'https://login.microsoftonline.us',
    sqlSuffix: 'database.usgovcloudapi.net',
    blobSuffix: 'blob.core.usgovcloudapi.net',
  },
  china: {
    resourceManager: 'https://management.chinacloudapi.cn',
    authority: 'https://login.chinacloudapi.cn',
    sqlSuffix: 'database.chinacloudapi.cn',
    blobSuffix: 'blob.core.chinacloudapi.cn',
  },
}
