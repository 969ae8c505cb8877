import { Refusal } from './errors.ts'
import type { Given } from './flags.ts'
import type { Creation, Redundancy, Transfer } from './model.ts'

/** What was wished for a database that is made for an import. */
export type CreationWish = Creation

/** What a plan says of a database that is not there and is made first. */
export const toBeCreated = 'to be created'

/** True while a yes makes the database first. */
export function isMadeFirst({ request, plan }: Pick<Transfer, 'request' | 'plan'>): boolean {
  return request.create !== undefined && (plan === undefined || plan.databaseStatus === toBeCreated)
}

const redundancies: readonly Redundancy[] = ['Local', 'Zone', 'Geo', 'GeoZone']
const units: Readonly<Record<string, number>> = { MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 }

/** The wishes of `--create` and its options; undefined without it. Throws `Refusal` for one that cannot be meant. */
export function readCreation(given: Given): CreationWish | undefined {
  const options = ['edition', 'objective', 'max-size', 'redundancy', 'collation'] as const
  if (!given.create) {
    const lone = options.find((each) => given[each] !== undefined)
    if (lone) throw new Refusal('flag_needs_create', { flag: `--${lone}` })
    return undefined
  }
  const { edition, objective, collation, redundancy, 'max-size': maxSize } = given
  return {
    ...(edition === undefined ? {} : { edition }),
    ...(objective === undefined ? {} : { objective }),
    ...(maxSize === undefined ? {} : { maxSizeBytes: readSize(maxSize) }),
    ...(redundancy === undefined ? {} : { redundancy: readRedundancy(redundancy) }),
    ...(collation === undefined ? {} : { collation: readCollation(collation) }),
  }
}

function readSize(typed: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*(MB|GB|TB)$/i.exec(typed) ?? []
  const bytes = Number(number) * (units[unit.toUpperCase()] ?? 0)
  if (number === '' || !Number.isInteger(bytes) || bytes <= 0)
    throw new Refusal('bad_size', { size: typed.slice(0, 40) })
  return bytes
}

function readRedundancy(typed: string): Redundancy {
  const found = redundancies.find((each) => each.toLowerCase() === typed.toLowerCase().replace(/[-_]/g, ''))
  if (!found) throw new Refusal('bad_redundancy', { redundancy: typed.slice(0, 40) })
  return found
}

function readCollation(typed: string): string {
  if (!/^\w{1,128}$/.test(typed)) throw new Refusal('bad_collation', { collation: typed.slice(0, 80) })
  return typed
}
