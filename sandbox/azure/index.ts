import { openSandbox } from './open.ts'
import type { AzureSandbox, AzureSandboxOptions } from './sandbox-types.ts'

export type { CatalogueEntry } from './fault-catalogue.ts'
export { faultCatalogue } from './fault-catalogue.ts'
export type * from './fault-types.ts'
export type * from './sandbox-types.ts'
export type { AzureOptions, Timings } from './settings.ts'
export { defaultOptions, defaultTimings } from './settings.ts'
export type * from './types.ts'

/** Starts an ARM server on two free ports of the loopback interface, seeded and ready when the promise resolves. */
export function startAzureSandbox(options: AzureSandboxOptions = {}): Promise<AzureSandbox> {
  return openSandbox(options)
}
