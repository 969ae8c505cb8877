/** Where the services of one Azure cloud live; host names without a scheme, suffixes without a leading dot. */
export type Cloud = {
  name: CloudName
  resourceManagerHost: string
  /** Microsoft Entra, where tokens come from. */
  authorityHost: string
  /** `<server>.<sqlSuffix>` is a server's address. */
  sqlSuffix: string
  /** `<account>.<blobSuffix>` is an account's blob address. */
  blobSuffix: string
}

/** The clouds in which a database and its storage account may be; both are always in the same one. */
export const cloudNames = ['public', 'usgovernment', 'china'] as const
export type CloudName = (typeof cloudNames)[number]

/** The endpoint table of the three clouds. */
export const clouds: Readonly<Record<CloudName, Cloud>> = {
  public: {
    name: 'public',
    resourceManagerHost: 'management.azure.com',
    authorityHost: 'login.microsoftonline.com',
    sqlSuffix: 'database.windows.net',
    blobSuffix: 'blob.core.windows.net',
  },
  usgovernment: {
    name: 'usgovernment',
    resourceManagerHost: 'management.usgovcloudapi.net',
    authorityHost: 'login.microsoftonline.us',
    sqlSuffix: 'database.usgovcloudapi.net',
    blobSuffix: 'blob.core.usgovcloudapi.net',
  },
  china: {
    name: 'china',
    resourceManagerHost: 'management.chinacloudapi.cn',
    authorityHost: 'login.chinacloudapi.cn',
    sqlSuffix: 'database.chinacloudapi.cn',
    blobSuffix: 'blob.core.chinacloudapi.cn',
  },
}
