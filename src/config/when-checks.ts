import picomatch from 'picomatch'
import type { Operation } from '../transfer/model.ts'
import type { Catalogue } from '../transfer/policy.ts'
import type { Path, Problems } from './problems.ts'
import { isWhole, type Salvaged } from './salvage.ts'
import type { File } from './schema.ts'
import { didYouMean, listed, quote } from './wording.ts'

type When = Salvaged<File['rules'][number]['when']> | undefined
type Labels = { database: readonly string[]; storage: readonly string[] }

/** Tells every condition of a rule that nothing could ever meet. */
export function checkWhen(
  when: When,
  path: Path,
  { file, catalogue }: { file: Salvaged<File>; catalogue: Catalogue },
  problems: Problems,
): void {
  if (!when) return
  checkSize(when, path, problems)
  for (const [index, each] of (when.subscription ?? []).entries()) {
    const known = (file.azure?.subscriptions ?? []).flatMap((one) => one ?? [])
    if (each === undefined || known.length === 0 || known.includes(each)) continue
    problems.add([...path, 'subscription', index], `is not one of azure.subscriptions — write one of ${listed(known)}`)
  }
  const labels = labelsOf(file)
  // As long as a part of the catalogue cannot be read nothing can be said.
  if (catalogue.databases.length < Object.keys(file.databases ?? {}).length) return
  checkServers(when, path, file, catalogue, problems)
  const known = checkLabels(when, path, labels, problems)
  if (known) checkTogether(when, path, labels, problems)
}

/** The labels that the catalogue gives out. */
export function labelsOf(file: Salvaged<File>): Labels {
  const all = (entries: Record<string, { environment?: string | undefined } | undefined>) => [
    ...new Set(Object.values(entries).flatMap((each) => each?.environment ?? [])),
  ]
  return { database: all(file.databases ?? {}), storage: all(file.storage ?? {}) }
}

/** Tells each label that nothing of the catalogue has; true when all are known. */
export function checkKnown(
  stated: readonly (string | undefined)[] | undefined,
  path: Path,
  known: readonly string[],
  problems: Problems,
): boolean {
  const strange = [...(stated ?? []).entries()].filter(([, each]) => each !== undefined && !known.includes(each))
  for (const [index, each] of strange) {
    const remedy =
      known.length > 0
        ? `write one of ${listed(known)}, or give it to what it means`
        : 'give environment: … to what it means, beside its id'
    problems.add(
      [...path, index],
      `is ${quote(each)}, which nothing there has as its environment${didYouMean(each ?? '', known)} — ${remedy}`,
    )
  }
  return strange.length === 0
}

function checkSize({ size, operation }: NonNullable<When>, path: Path, problems: Problems): void {
  if (!size || !isWhole(size)) return
  const at = [...path, 'size']
  const { below, atLeast } = size
  if (below === undefined && atLeast === undefined) problems.add(at, 'is empty — write below, atLeast or both')
  if (below !== undefined && atLeast !== undefined && below <= atLeast) {
    problems.add(at, 'is no size: below is not more than atLeast — write a larger below')
  }
  if (operation && operation.length > 0 && operation.every((each) => each === 'import')) {
    problems.add(at, 'never matches, as nobody knows how much data an import brings — take it out')
  }
}

function checkServers(
  { server, database }: NonNullable<When>,
  path: Path,
  { azure }: Salvaged<File>,
  { databases }: Catalogue,
  problems: Problems,
): void {
  // Servers outside of the catalogue are known to nobody here.
  if ((azure?.discover ?? []).length > 0 || (database ?? []).some((each) => each?.startsWith('/'))) return
  const known = [...new Set(databases.map((each) => each.server))]
  for (const [index, glob] of (server ?? []).entries()) {
    if (glob === undefined || known.length === 0 || known.some((each) => fits(each, glob))) continue
    problems.add(
      [...path, 'server', index],
      `is ${quote(glob)}, which matches no server${didYouMean(glob, known)} — write one of ${listed(known)}, or a pattern`,
    )
  }
}

function checkLabels(when: NonNullable<When>, path: Path, labels: Labels, problems: Problems): boolean {
  const both = [...new Set([...labels.database, ...labels.storage])]
  return [
    checkKnown(when.environment, [...path, 'environment'], labels.database, problems),
    checkKnown(when.from, [...path, 'from'], both, problems),
    checkKnown(when.to, [...path, 'to'], both, problems),
  ].every(Boolean)
}

/** Conditions that are possible each, and not together. */
function checkTogether(when: NonNullable<When>, path: Path, labels: Labels, problems: Problems): void {
  const { from, to, environment } = when
  if ((!from && !to) || !isWhole(when)) return
  const written = (when.operation ?? []).flatMap((each) => each ?? [])
  const operations: readonly Operation[] = written.length > 0 ? written : ['export', 'import']
  const possible = operations.some((operation) => {
    const [database, storage] = operation === 'export' ? [from, to] : [to, from]
    const ofDatabase = labels.database.filter((each) => has(database, each) && has(environment, each))
    const isDatabase = (!database && !environment) || ofDatabase.length > 0
    return isDatabase && (!storage || labels.storage.some((each) => has(storage, each)))
  })
  if (possible) return
  const what = operations.length > 1 ? 'export or import' : operations[0]
  const text = `never matches: by the catalogue's environments no ${what} goes that way — correct from, to and environment`
  problems.add(path, text)
}

function has(stated: readonly (string | undefined)[] | undefined, label: string): boolean {
  return stated === undefined || stated.includes(label)
}

function fits(name: string, glob: string): boolean {
  return picomatch.isMatch(name, glob, { nocase: true })
}
