import { fitsDatabase, fitsName, fitsStorage } from './naming.ts'
import type { Operation, Request, StorageTarget } from './request.ts'
import type { SizeRange, When } from './rule.ts'

/** What is known of a request when a rule is looked for. Undefined: not known yet; `unknown`: nobody can say. */
export type Facts = Pick<Request, 'operation' | 'database'> & {
  storage: Pick<StorageTarget, 'alias' | 'id' | 'account' | 'container' | 'environment' | 'discovered'>
  privateLink?: boolean
  /** The principals, of those that some rule states, that the requester is or belongs to. */
  requester?: readonly string[]
  /** Bytes of data in the database of an export. */
  size?: number | 'unknown'
}

/** `unknown` matches no more than `differs`; `later`: only Azure tells. */
export type Verdict = 'fits' | 'differs' | 'unknown' | 'later'

/** One condition of a rule beside what is known. */
export type Finding = { verdict: Verdict } & (
  | ({ fact: 'size'; known?: number } & SizeRange)
  | { fact: Exclude<keyof When, 'size'>; stated: readonly string[]; known?: string }
)

/** Each condition that the rule states, in the order of the file; `aliases` are those of the catalogue's storage. */
export function findingsOf(when: When, facts: Facts, aliases: readonly string[]): readonly Finding[] {
  return [...findTargets(when, facts, aliases), ...findLabels(when, facts), ...findRest(when, facts)]
}

/** The condition of size alone, once the plan is read. */
export function findSize(range: SizeRange, size: Facts['size'], operation: Operation): Finding {
  const base = { fact: 'size', ...range } as const
  // Nobody can say how much data a BACPAC holds.
  if (operation === 'import' || size === 'unknown') return { ...base, verdict: 'unknown' }
  if (size === undefined) return { ...base, verdict: 'later' }
  const fits = size < (range.below ?? Number.POSITIVE_INFINITY) && size >= (range.atLeast ?? 0)
  return { ...base, verdict: verdictOf(fits), known: size }
}

/** The labels of both sides in the direction of the data. */
export function directionOf({ operation, database, storage }: Pick<Facts, 'operation' | 'database' | 'storage'>): {
  from?: string | undefined
  to?: string | undefined
} {
  const [from, to] = operation === 'export' ? [database, storage] : [storage, database]
  return { from: from.environment, to: to.environment }
}

function findTargets(when: When, { operation, database, storage }: Facts, aliases: readonly string[]): Finding[] {
  const found: (Finding | false)[] = [
    when.operation.length > 0 && {
      ...{ fact: 'operation', stated: when.operation, known: operation },
      verdict: verdictOf(when.operation.includes(operation)),
    },
    // What is not of the catalogue is matched by a rule that names it, and by no other.
    (when.database.length > 0 || database.discovered === true) && {
      ...{ fact: 'database', stated: when.database, known: database.alias },
      verdict: verdictOf(fitsDatabase(when.database, database)),
    },
    (when.storage.length > 0 || storage.discovered === true) && {
      ...{ fact: 'storage', stated: when.storage, known: `${storage.alias}/${storage.container}` },
      verdict: verdictOf(fitsStorage(when.storage, storage, aliases)),
    },
    when.subscription !== undefined && {
      ...{ fact: 'subscription', stated: when.subscription, known: database.subscription },
      verdict: verdictOf(when.subscription.includes(database.subscription.toLowerCase())),
    },
    when.server !== undefined && {
      ...{ fact: 'server', stated: when.server, known: database.server },
      verdict: verdictOf(fitsName(when.server, database.server)),
    },
    when.container !== undefined && {
      ...{ fact: 'container', stated: when.container, known: storage.container },
      verdict: verdictOf(fitsName(when.container, storage.container)),
    },
  ]
  return found.filter((each) => each !== false)
}

function findLabels(when: When, facts: Facts): Finding[] {
  const { from, to } = directionOf(facts)
  const labels = [
    ['environment', facts.database.environment],
    ['from', from],
    ['to', to],
  ] as const
  return labels.flatMap(([fact, known]): Finding[] => {
    const stated = when[fact]
    if (stated === undefined) return []
    if (known === undefined) return [{ fact, stated, verdict: 'unknown' }]
    return [{ fact, stated, known, verdict: verdictOf(stated.includes(known)) }]
  })
}

function findRest(when: When, { operation, size, requester, privateLink }: Facts): Finding[] {
  const found: (Finding | false)[] = [
    when.size !== undefined && findSize(when.size, size, operation),
    when.requester !== undefined && {
      ...{ fact: 'requester', stated: when.requester },
      verdict: requester === undefined ? 'later' : verdictOf(when.requester.some((each) => requester.includes(each))),
    },
    when.privateLink !== undefined && {
      ...{ fact: 'privateLink', stated: [String(when.privateLink)] },
      ...(privateLink === undefined ? {} : { known: String(privateLink) }),
      verdict: privateLink === undefined ? 'later' : verdictOf(privateLink === when.privateLink),
    },
  ]
  return found.filter((each) => each !== false)
}

function verdictOf(fits: boolean): Verdict {
  return fits ? 'fits' : 'differs'
}
