import picomatch from 'picomatch'
import type { Catalogue } from '../transfer/policy.ts'
import { checkAskingClocks } from './clock-checks.ts'
import { whoIsIn } from './people.ts'
import type { Path, Problems } from './problems.ts'
import { checkReason } from './reason-checks.ts'
import type { Salvaged } from './salvage.ts'
import type { File } from './schema.ts'
import { checkShadow } from './shadow-checks.ts'
import { checkStages } from './stage-checks.ts'
import { checkClocks, checkDestinations } from './term-checks.ts'
import { checkWhen } from './when-checks.ts'
import { didYouMean, listed, quote } from './wording.ts'

type Rule = Salvaged<File['rules'][number]>

const hour = 60 * 60 * 1000

/** Azure cancels what waits for two days; a click needs time to be carried out before. */
export const longestEndpointWait = 44 * hour

/** Tells every rule that could never be passed, never match, or wait longer than Azure does. */
export function checkRules(file: Salvaged<File>, catalogue: Catalogue, problems: Problems): void {
  const names = new Map<string, number>()
  const whoIs = whoIsIn(file)
  for (const [index, rule] of (file.rules ?? []).entries()) {
    if (!rule) continue
    const path = ['rules', index]
    const twin = rule.name === undefined ? undefined : names.get(rule.name)
    if (twin !== undefined) problems.add([...path, 'name'], `is also the name of rules[${twin}] — write another one`)
    else if (rule.name !== undefined) names.set(rule.name, index)
    checkExpiry(rule, path, problems)
    checkStages(rule, path, whoIs, problems)
    checkWhen(rule.when, [...path, 'when'], { file, catalogue }, problems)
    checkShadow(file.rules ?? [], index, path, problems)
    checkReason(rule.reason, [...path, 'reason'], problems)
    checkDestinations(rule, path, file, problems)
    checkClocks(rule, path, file, problems)
    checkPatterns(rule, path, { file, catalogue }, problems)
    checkAskingClocks(rule, path, whoIs, problems)
  }
}

function checkPatterns(
  { when, destinations }: Rule,
  path: Path,
  { file, catalogue }: { file: Salvaged<File>; catalogue: Catalogue },
  problems: Problems,
): void {
  const databases = databaseNames(file, catalogue)
  const storage = storageNames(file, catalogue)
  const all = [
    ['when', 'database', when?.database, databases],
    ['when', 'storage', when?.storage, storage],
    ['when', 'server', when?.server, undefined],
    ['when', 'container', when?.container, undefined],
    ['destinations', 'database', destinations?.database, databases],
    ['destinations', 'storage', destinations?.storage, storage],
    ['destinations', 'container', destinations?.container, undefined],
  ] as const
  for (const [group, key, globs, names] of all) checkGlobs(globs, [...path, group, key], names, file, problems)
}

function checkExpiry(rule: Rule, path: Path, problems: Problems): void {
  if (rule.gate !== 'endpoints' || rule.expiry === undefined || rule.expiry < longestEndpointWait) return
  const why = 'is too long for gate endpoints, as Azure cancels a waiting job by itself after two days'
  problems.add([...path, 'expiry'], `${why} — write less than 44h, or gate: submission`)
}

type Names = { shown: readonly string[]; matched: readonly string[]; containersOf?: readonly string[] }

/** Undefined as long as a part of the catalogue cannot be read: nothing can be said then. */
function databaseNames(file: Salvaged<File>, { databases }: Catalogue): Names | undefined {
  const shown = Object.keys(file.databases ?? {})
  if (shown.length === 0 || databases.length < shown.length) return undefined
  return { shown, matched: [...shown, ...databases.map((each) => `${each.server}/${each.database}`)] }
}

function storageNames(file: Salvaged<File>, { storage }: Catalogue): Names | undefined {
  const shown = Object.keys(file.storage ?? {})
  if (shown.length === 0 || storage.length < shown.length) return undefined
  const full = storage.flatMap((each) => (each.container ? [`${each.alias}/${each.container}`] : []))
  return {
    shown: [...shown, ...full],
    matched: [...shown, ...full, ...storage.map((each) => each.account)],
    containersOf: shown,
  }
}

function checkGlobs(
  globs: readonly (string | undefined)[] | undefined,
  path: Path,
  names: Names | undefined,
  file: Salvaged<File>,
  problems: Problems,
) {
  for (const [index, glob] of (globs ?? []).entries()) {
    if (glob === undefined) continue
    const wrong = wrongGlob(glob) ?? wrongId(glob, file) ?? (names && unmatched(glob, names, file))
    if (wrong) problems.add([...path, index], wrong)
  }
}

function wrongGlob(glob: string): string | undefined {
  // Patterns are alternatives, so that "not this" beside any other pattern would let everything in.
  if (/^!(?!\()/.test(glob)) return `is ${quote(glob)}, a pattern of what not to match — write what to match`
  try {
    picomatch.makeRe(glob, { strictBrackets: true })
    return undefined
  } catch {
    return `is ${quote(glob)}, not a complete pattern — close its brackets, or write a name`
  }
}

/** A pattern that begins with a slash is over resource ids, of which nobody has the list. */
function wrongId(glob: string, { azure }: Salvaged<File>): string | undefined {
  if (!glob.startsWith('/')) return undefined
  const subscription = /^\/subscriptions\/([^/]+)\/./i.exec(glob)?.[1]?.toLowerCase()
  if (subscription === undefined) {
    return `is ${quote(glob)}, not a pattern over resource ids — write /subscriptions/<id>/…, or a name without the slash`
  }
  const known = azure?.subscriptions
  if (!known?.length || known.includes(undefined) || known.some((each) => each && fits(each, subscription)))
    return undefined
  return `is ${quote(glob)}, in a subscription that azure.subscriptions does not name — add it there, or correct the pattern`
}

/** Each pattern must match something: a misspelt one would leave its databases to a later, perhaps weaker, rule. */
function unmatched(
  glob: string,
  { shown, matched, containersOf = [] }: Names,
  { azure }: Salvaged<File>,
): string | undefined {
  // Over ids, or over what is to be discovered, of which a name has two parts.
  if (glob.startsWith('/') || (glob.includes('/') && (azure?.discover ?? []).length > 0)) return undefined
  if (matched.some((name) => fits(name, glob))) return undefined
  // A request may name any container of an account.
  if (containersOf.some((alias) => fits(alias, glob.replace(/\/[^/]*$/, '')))) return undefined
  return `is ${quote(glob)}, which matches nothing${didYouMean(glob, shown)} — write one of ${listed(shown)}, or a pattern`
}

function fits(name: string, glob: string): boolean {
  return picomatch.isMatch(name, glob, { nocase: true })
}
