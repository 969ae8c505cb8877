import type { Millis } from '../transfer/model.ts'
import { checkSigned, parseJson, readSeal, type Seal, type Signed, sealDigest, signed } from './seal.ts'
import type { SealerTools } from './sealer.ts'

const pageSize = 250

/**
 * Takes out entries that are older than `keep`, up to the end of the newest seal that is older too: the seal itself stays,
 * and vouches for where the rest begins. Only a seal of our own key counts, and the statement is signed by itself: nothing
 * that somebody wrote into Redis may make us cut.
 */
export async function trimBehind({ audit, key, clock, keep, log }: SealerTools & { keep: Millis }): Promise<void> {
  const at = clock.now()
  const isOurs = (seal: Signed<Seal>) => seal.at < at - keep && checkSigned(seal, [key.public]) === 'good'
  const [old, last] = [await newestBefore(audit, at - keep, isOurs), await audit.sealed()]
  if (!old || !last || old.to > last.to) return
  const trim = signed({ schema: 1, from: 1, to: old.to, at, seal: sealDigest(old) } as const, key)
  if (await audit.trim(trim, last.digest)) log.info({ trim }, 'audit trimmed')
}

/** The newest good seal before a time that still has something to take out. */
async function newestBefore(
  audit: SealerTools['audit'],
  before: Millis,
  isOurs: (seal: Signed<Seal>) => boolean,
): Promise<Signed<Seal> | undefined> {
  let found: Signed<Seal> | undefined
  let first: number | undefined
  for (let next = 1; ; ) {
    const page = await audit.page(next, pageSize)
    for (const { entry } of page) {
      const n = Number(entry.n)
      first ??= n
      if (Number(entry.at) >= before) return found
      const seal = entry.kind === 'sealed' ? readSeal(parseJson(entry.event)) : undefined
      if (seal && seal.to >= first && isOurs(seal)) found = seal
      next = n + 1
    }
    if (page.length < pageSize) return found
  }
}
