/**
 * Versions of the calls that are sent raw: those that the SDKs in use send for the same calls. That of `capabilities` is
 * newer, as the older one does not know every kind of backup storage; `exportsByIdentity` is what no SDK can send: the
 * first stable version that knows managed identities and takes a submit without a password.
 */
export const apiVersions = {
  capabilities: '2023-08-01',
  databases: '2022-08-01-preview',
  exports: '2022-08-01-preview',
  exportsByIdentity: '2025-01-01',
  sqlConnections: '2020-11-01-preview',
  storageConnections: '2026-09-01',
} as const
