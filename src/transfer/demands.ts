import type { Kept } from './candidates.ts'
import type { Facts } from './conditions.ts'
import { fitsDatabase, fitsName, fitsStorage } from './naming.ts'
import type { Request } from './request.ts'
import type { Destinations, Rule } from './rule.ts'

/** The no that a request gets from what its rule demands of every request; `aliases` are those of the catalogue's storage. */
export function unmetDemand(rule: Rule, request: Request, aliases: readonly string[]): Kept | undefined {
  return reasonDemand(rule, request.reason) ?? destinationDemand(rule, request, aliases)
}

/** Whether the data may go where the request wants it. */
export function allowsDestination(
  { destinations }: Rule,
  request: Pick<Facts, 'operation' | 'database' | 'storage'>,
  aliases: readonly string[],
): boolean {
  if (!destinations) return true
  const { storage, container, database, environment } = destinations
  if (request.operation === 'import') {
    if (!database && !environment) return false
    return (!database || fitsDatabase(database, request.database)) && isLabelled(environment, request.database)
  }
  if (!storage && !container && !environment) return false
  return (
    (!storage || fitsStorage(storage, request.storage, aliases)) &&
    (!container || fitsName(container, request.storage.container)) &&
    isLabelled(environment, request.storage)
  )
}

/** Whether a reason holds what the pattern of a rule wants; upper and lower case differ. */
export function holdsPattern(pattern: string, reason: string): boolean {
  const known = compiled.get(pattern) ?? new RegExp(pattern, 'u')
  compiled.set(pattern, known)
  return known.test(reason)
}

/** Patterns are those of the configuration, which has tried them. */
const compiled = new Map<string, RegExp>()

function reasonDemand({ name, reason: wanted }: Rule, reason: string | undefined): Kept | undefined {
  if (!wanted) return undefined
  const facts = { rule: name, ...(wanted.example === undefined ? {} : { example: wanted.example }) }
  if (reason === undefined) return wanted.required ? { code: 'reason_missing', facts } : undefined
  const fits = wanted.pattern === undefined || holdsPattern(wanted.pattern, reason)
  return fits ? undefined : { code: 'reason_unfit', facts }
}

function destinationDemand(rule: Rule, request: Request, aliases: readonly string[]): Kept | undefined {
  if (!rule.destinations || allowsDestination(rule, request, aliases)) return undefined
  const isExport = request.operation === 'export'
  const { storage, database } = request
  return {
    code: 'destination_not_allowed',
    facts: {
      rule: rule.name,
      to: isExport ? `${storage.alias}/${storage.container}` : database.alias,
      allowed: allowedText(rule.destinations, isExport),
      field: isExport ? 'storage' : 'database',
    },
  }
}

function allowedText({ storage, container, database, environment }: Destinations, isExport: boolean): string {
  const sides = isExport ? { storage, container, environment } : { database, environment }
  return Object.entries(sides)
    .flatMap(([name, all]) => (all ? [`${name} ${all.join(' or ')}`] : []))
    .join(', ')
}

/** A place without a label fits none. */
function isLabelled(labels: readonly string[] | undefined, { environment }: { environment?: string }): boolean {
  return labels === undefined || (environment !== undefined && labels.includes(environment))
}
