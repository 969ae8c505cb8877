import picomatch from 'picomatch'
import type { Path, Problems } from './problems.ts'
import { isWhole, type Salvaged } from './salvage.ts'
import type { File } from './schema.ts'
import { quote } from './wording.ts'

type Rule = Salvaged<File['rules'][number]>
type When = NonNullable<Rule['when']>
type Stated = readonly (string | undefined)[] | undefined

/** Tells a rule of which an earlier one takes everything: it could never count. */
export function checkShadow(rules: readonly (Rule | undefined)[], index: number, path: Path, problems: Problems): void {
  const when = rules[index]?.when
  if (!when || !isWhole(when)) return
  const takes = (each: Rule | undefined) => each?.when !== undefined && isWhole(each.when) && covers(each.when, when)
  const earlier = rules.slice(0, index).findIndex(takes)
  if (earlier === -1) return
  const name = rules[earlier]?.name
  const which = `rules[${earlier}]${name === undefined ? '' : ` (${quote(name)})`}`
  problems.add(
    [...path, 'when'],
    `never matches, as ${which} comes first and takes everything that it names — move this rule before that one, narrow that one, or take one out`,
  )
}

/** Whether all that the second matches is matched by the first; in doubt it is not. */
function covers(wide: When, narrow: When): boolean {
  return (
    holds(wide.operation, narrow.operation, same) &&
    coversTargets(wide.database, narrow.database) &&
    coversTargets(wide.storage, narrow.storage) &&
    holds(wide.subscription, narrow.subscription, same) &&
    holds(wide.server, narrow.server, globCovers) &&
    holds(wide.container, narrow.container, globCovers) &&
    holds(wide.environment, narrow.environment, same) &&
    holds(wide.from, narrow.from, same) &&
    holds(wide.to, narrow.to, same) &&
    holds(wide.requester, narrow.requester, same) &&
    coversSize(wide.size, narrow.size) &&
    (wide.privateLink === undefined || wide.privateLink === narrow.privateLink)
  )
}

/** No pattern means all of the catalogue, which a pattern of two parts or over ids may leave. */
function coversTargets(wide: Stated, narrow: Stated): boolean {
  if (wide !== undefined) return holds(wide, narrow, globCovers)
  return (narrow ?? []).every((each) => each !== undefined && !each.includes('/'))
}

function holds(wide: Stated, narrow: Stated, one: (wide: string, narrow: string) => boolean): boolean {
  if (wide === undefined) return true
  if (narrow === undefined || wide.includes(undefined)) return false
  return narrow.every((each) => each !== undefined && wide.some((other) => other !== undefined && one(other, each)))
}

function coversSize(wide: When['size'], narrow: When['size']): boolean {
  if (wide === undefined) return true
  if (narrow === undefined) return false
  const isBelow = (narrow.below ?? Number.POSITIVE_INFINITY) <= (wide.below ?? Number.POSITIVE_INFINITY)
  return isBelow && (narrow.atLeast ?? 0) >= (wide.atLeast ?? 0)
}

function same(wide: string, narrow: string): boolean {
  return wide.toLowerCase() === narrow.toLowerCase()
}

/** A name without anything that a pattern could mean; a name of one part that a pattern of one part holds. */
function globCovers(wide: string, narrow: string): boolean {
  if (same(wide, narrow)) return true
  return /^[\w.-]+$/.test(narrow) && !wide.includes('/') && picomatch.isMatch(narrow, wide, { nocase: true })
}
