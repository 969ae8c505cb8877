/** How long a lease holds without being renewed, in milliseconds of Redis TIME. */
export const LEASE_MS = 5_000

/** How often a lease is renewed while its handler runs, in milliseconds. */
export const RENEW_MS = 1_500

/** No irreversible call starts later than this after a begin or renewal was sent, in milliseconds. */
export const FENCE_MS = LEASE_MS / 2
