import type { Clock, Notice } from '../transfer/ports.ts'
import type { AuditLog } from './audit-log.ts'
import { type ConfigurationDigest, configurationFacts } from './configuration.ts'
import { parseJson } from './seal.ts'

/** What is told of a process that starts; `key` is the id of the key that it seals with. */
export type Start = { role: string; version: string; key: string; configuration: ConfigurationDigest }

/** The name under which the last configuration is known. */
const name = 'configuration'

/** Writes that a process started, and what is different in its configuration from the last one that any process started with. */
export async function recordStart(audit: AuditLog, clock: Clock, start: Start): Promise<void> {
  const { role, version, key, configuration } = start
  for (;;) {
    const old = await audit.known(name)
    const before = parseJson(old) as ConfigurationDigest | undefined
    const at = clock.now()
    const facts = { role, version, node: process.version, key, configuration: configuration.digest }
    const started: Notice = { at, kind: 'started', facts }
    if (before?.digest === configuration.digest) {
      await audit.note([started])
      return
    }
    const changed: Notice = { at, kind: 'configuration_changed', facts: configurationFacts(before, configuration) }
    const change = { name, old: old ?? '', new: JSON.stringify(configuration) }
    // Another process may have started with another one meanwhile.
    if (await audit.note([started, changed], change)) return
  }
}
