import picomatch from 'picomatch'
import type { Catalogue } from '../transfer/policy.ts'
import type { Path, Problems } from './problems.ts'
import type { Salvaged } from './salvage.ts'
import type { File } from './schema.ts'
import { didYouMean, listed, quote } from './wording.ts'

type Rule = Salvaged<File['rules'][number]>
type Stage = { approvers: readonly string[]; need: number }

const hour = 60 * 60 * 1000

/** Azure cancels what waits for two days; a click needs time to be carried out before. */
export const longestEndpointWait = 44 * hour

/** Tells every rule that could never be passed, never match, or wait longer than Azure does. */
export function checkRules(file: Salvaged<File>, catalogue: Catalogue, problems: Problems): void {
  const names = new Map<string, number>()
  for (const [index, rule] of (file.rules ?? []).entries()) {
    if (!rule) continue
    const path = ['rules', index]
    const twin = rule.name === undefined ? undefined : names.get(rule.name)
    if (twin !== undefined) problems.add([...path, 'name'], `is also the name of rules[${twin}] — write another one`)
    else if (rule.name !== undefined) names.set(rule.name, index)
    checkExpiry(rule, path, problems)
    checkPeople(rule, path, problems)
    checkGlobs(rule.when?.database, [...path, 'when', 'database'], databaseNames(file, catalogue), problems)
    checkGlobs(rule.when?.storage, [...path, 'when', 'storage'], storageNames(file, catalogue), problems)
  }
}

function checkExpiry(rule: Rule, path: Path, problems: Problems): void {
  if (rule.gate !== 'endpoints' || rule.expiry === undefined || rule.expiry < longestEndpointWait) return
  const why = 'is too long for gate endpoints, as Azure cancels a waiting job by itself after two days'
  problems.add([...path, 'expiry'], `${why} — write less than 44h, or gate: submission`)
}

function checkPeople(rule: Rule, path: Path, problems: Problems): void {
  let tooFew = false
  for (const [index, stage] of (rule.stages ?? []).entries()) {
    const people = knownPeople(stage?.approvers)
    if (!people || stage?.need === undefined || people.length === 0 || stage.need <= people.length) continue
    tooFew = true
    const text = `is ${stage.need}, but only ${people.length} can approve in this stage — write at most ${people.length}, or add approvers`
    problems.add([...path, 'stages', index, 'need'], text)
  }
  const stages = wholeStages(rule.stages)
  if (tooFew || !stages) return
  if (!canPass(stages, undefined)) {
    problems.add(
      [...path, 'stages'],
      'need more people than they name, as one person counts in one stage only — add approvers',
    )
    return
  }
  const requesters = knownPeople(rule.requesters)
  if (requesters?.length && requesters.every((requester) => !canPass(stages, requester))) {
    const text = `can never be passed: too few approvers are left when the requester (${listed(requesters)}) is not counted, as nobody decides on a request of their own — add approvers`
    problems.add([...path, 'stages'], text)
  }
}

/** The distinct people of a list, or undefined when a group or an unreadable member hides who they are. */
function knownPeople(principals: readonly (string | undefined)[] | undefined): readonly string[] | undefined {
  const people = principals?.filter((each) => each !== undefined && /^[UW]/.test(each))
  return people && people.length === principals?.length ? [...new Set(people as readonly string[])] : undefined
}

function wholeStages(stages: Rule['stages']): readonly Stage[] | undefined {
  const whole = stages?.flatMap((stage) =>
    stage?.approvers?.length && stage.need !== undefined && !stage.approvers.includes(undefined)
      ? [{ approvers: stage.approvers as readonly string[], need: stage.need }]
      : [],
  )
  return whole?.length === stages?.length ? whole : undefined
}

/** Whether distinct people can fill every stage of which all approvers are known, one of them left out. */
function canPass(stages: readonly Stage[], without: string | undefined): boolean {
  const seats = stages.flatMap(({ approvers, need }) => {
    const people = knownPeople(approvers)?.filter((person) => person !== without)
    return people ? Array.from({ length: need }, () => people) : []
  })
  const taken = new Map<string, number>()
  const seat = (index: number, tried: Set<string>): boolean =>
    (seats[index] ?? []).some((person) => {
      if (tried.has(person)) return false
      tried.add(person)
      const holder = taken.get(person)
      if (holder !== undefined && !seat(holder, tried)) return false
      taken.set(person, index)
      return true
    })
  return seats.every((_, index) => seat(index, new Set()))
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
  problems: Problems,
) {
  for (const [index, glob] of (globs ?? []).entries()) {
    if (glob === undefined) continue
    const wrong = wrongGlob(glob) ?? (names && unmatched(glob, names))
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

/** Each pattern must match something: a misspelt one would leave its databases to a later, perhaps weaker, rule. */
function unmatched(glob: string, { shown, matched, containersOf = [] }: Names): string | undefined {
  if (matched.some((name) => fits(name, glob))) return undefined
  // A request may name any container of an account.
  if (containersOf.some((alias) => fits(alias, glob.replace(/\/[^/]*$/, '')))) return undefined
  return `is ${quote(glob)}, which matches nothing${didYouMean(glob, shown)} — write one of ${listed(shown)}, or a pattern`
}

function fits(name: string, glob: string): boolean {
  return picomatch.isMatch(name, glob, { nocase: true })
}
