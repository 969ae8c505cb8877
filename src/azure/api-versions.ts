/** Versions of the calls that are sent raw: those that the SDKs in use send for the same calls. */
export const apiVersions = {
  exports: '2022-08-01-preview',
  sqlConnections: '2020-11-01-preview',
  storageConnections: '2026-09-01',
} as const
