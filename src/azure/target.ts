import { toBeCreated } from '../transfer/creation.ts'
import { Refusal } from '../transfer/errors.ts'
import type { Creation, Plan, Request } from '../transfer/model.ts'
import type { Check } from '../transfer/preflight.ts'
import { readOffer } from './capabilities.ts'
import type { Context } from './context.ts'
import { contentFacts, readContents } from './database-contents.ts'
import { sizeText } from './size-text.ts'
import { chooseTier } from './tier.ts'

/** The checks that only an import has; none for an export. Never throws. */
export async function importChecks(context: Context, request: Request, plan: Plan): Promise<readonly Check[]> {
  if (request.operation !== 'import') return []
  const target = checkTarget(context, request, plan)
  return request.create ? Promise.all([target, checkTier(context, request, plan, request.create)]) : [await target]
}

/** Whether the database that the import goes into is empty; what cannot be read is a warning. */
export async function checkTarget(context: Context, request: Request, plan: Plan): Promise<Check> {
  const base = { name: 'target', facts: { database: request.database.database } } as const
  if (plan.databaseStatus === toBeCreated) return { ...base, verdict: 'ok', code: 'target_to_be_created' }
  try {
    const contents = await readContents(context, request)
    if (contents.tables.length > 0) {
      return { ...base, verdict: 'stop', code: 'target_not_empty', facts: { ...base.facts, ...contentFacts(contents) } }
    }
    if (!contents.more) return { ...base, verdict: 'ok', code: 'target_empty' }
    const why = 'It has more schemas than are looked through.'
    return { ...base, verdict: 'warning', code: 'unread', facts: { why } }
  } catch (error) {
    return { ...base, verdict: 'warning', code: 'unread', facts: { why: whyOf(context, error) } }
  }
}

/** What the database will be made as, or what stands there in its place. */
export async function checkTier(context: Context, request: Request, plan: Plan, wish: Creation): Promise<Check> {
  const facts = tierFacts(plan, wish)
  if (plan.databaseStatus !== toBeCreated) {
    const wished = unmet(plan, wish)
    if (wished === '') return { name: 'tier', verdict: 'ok', code: 'tier_exists', facts }
    return { name: 'tier', verdict: 'warning', code: 'tier_differs', facts: { ...facts, wished } }
  }
  try {
    const { edition, objective, maxSizeBytes } = plan
    const size = maxSizeBytes === undefined ? {} : { maxSizeBytes }
    chooseTier(await readOffer(context, request, plan.location), { ...wish, edition, objective, ...size })
    return { name: 'tier', verdict: 'ok', code: 'tier_new', facts }
  } catch (error) {
    if (error instanceof Refusal) return { name: 'tier', verdict: 'stop', code: error.code, facts: error.facts }
    return { name: 'tier', verdict: 'warning', code: 'unread', facts: { why: whyOf(context, error) } }
  }
}

function tierFacts({ edition, objective, maxSizeBytes, location }: Plan, wish: Creation): Check['facts'] {
  return {
    edition,
    objective,
    region: location,
    ...(maxSizeBytes === undefined ? {} : { size: sizeText(maxSizeBytes) }),
    ...(wish.redundancy === undefined ? {} : { redundancy: wish.redundancy }),
    ...(wish.collation === undefined ? {} : { collation: wish.collation }),
  }
}

/** The wishes that the database which is already there does not fulfil, as words. */
function unmet(plan: Plan, { edition, objective, maxSizeBytes }: Creation): string {
  const differs = (one: string | undefined, other: string) => one?.toLowerCase() !== other.toLowerCase()
  return [
    ...(edition !== undefined && differs(edition, plan.edition) ? [edition] : []),
    ...(objective !== undefined && differs(objective, plan.objective) ? [objective] : []),
    ...(maxSizeBytes !== undefined && maxSizeBytes !== plan.maxSizeBytes ? [sizeText(maxSizeBytes)] : []),
  ].join(', ')
}

function whyOf({ errors }: Context, error: unknown): string {
  return errors.failureOf(error).message
}
