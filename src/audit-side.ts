import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestConfiguration } from './audit/configuration.ts'
import { keyFileName, makeKeyFile } from './audit/key-file.ts'
import { startSealer } from './audit/sealer.ts'
import { readSigningKey, type SigningKey } from './audit/signing-key.ts'
import { recordStart } from './audit/start-up.ts'
import { strangersLimit } from './bot/audited.ts'
import { createAuditLog } from './queue/audit-log.ts'
import { type Base, clock } from './side.ts'

/** The least time between two seals, and how long the last one may take at the end, in milliseconds. */
const sealEvery = 60_000
const sealPatience = 2_000

/** Writes that this process starts, and with which configuration; answers how its sealing begins, and with that how it ends. */
export async function openAudit({ config, log, connections }: Base): Promise<() => { stop(): Promise<void> }> {
  const key = await signingKey(config, log)
  log.info(
    { part: 'audit', key: key.public.id, publicKey: key.public.pem },
    'seals of the audit are signed with this key',
  )
  const audit = createAuditLog({ redis: connections.forWork, prefix: config.redis.prefix })
  const { rules, ...parts } = config.written
  const configuration = digestConfiguration(rules, parts)
  await recordStart(audit, clock, { role: config.role, version: versionOf(), key: key.public.id, configuration })
  return () => {
    const { keep } = config.audit
    const sealer = startSealer({
      ...{ audit, key, clock, every: sealEvery, limit: strangersLimit, holder: randomUUID() },
      log: ownLog(config, log),
      ...(keep === undefined ? {} : { keep }),
    })
    return { stop: () => sealer.stop(sealPatience) }
  }
}

/** Seals go to the log at every level but `silent`: those in Redis alone prove little. */
function ownLog({ logLevel }: Base['config'], log: Base['log']): Base['log'] {
  return log.child({ part: 'audit' }, { level: logLevel === 'silent' ? 'silent' : 'info' })
}

async function signingKey(config: Base['config'], log: Base['log']): Promise<SigningKey> {
  const given = config.secrets.auditSigningKey()
  if (given !== undefined) return readSigningKey(given)
  const folder = join(config.folder, '.drawbridge')
  const { pem, made } = await makeKeyFile(folder)
  const where = join(folder, keyFileName)
  const said = made ? 'was made' : 'is used'
  log.warn(
    { part: 'audit', file: where },
    `no AUDIT_SIGNING_KEY is set: a key in .drawbridge/ ${said}. Processes in other folders need the same key`,
  )
  return readSigningKey(pem)
}

function versionOf(): string {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
    version: string
  }
  return version
}
