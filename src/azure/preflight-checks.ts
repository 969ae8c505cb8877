import type { Check, CheckName } from '../transfer/preflight.ts'
import type { Context } from './context.ts'
import { Unread } from './preflight-unread.ts'

/** What a check found, without its name. */
export type Finding = Omit<Check, 'name'>

type Facts = Check['facts']

/** Nothing that would hold the export up. */
export function ok(facts: Facts = {}): Finding {
  return { verdict: 'ok', code: 'ok', facts }
}

/** Azure may refuse or fail. */
export function warning(code: string, facts: Facts): Finding {
  return { verdict: 'warning', code, facts }
}

/** Azure would refuse or fail. */
export function stop(code: string, facts: Facts): Finding {
  return { verdict: 'stop', code, facts }
}

/** Names the finding of a check, with facts that are safe to show; what could not be read becomes a warning. */
export async function concluded(context: Context, name: CheckName, finding: Promise<Finding>): Promise<Check> {
  const { verdict, code, facts } = await finding.catch((error: unknown) => unread(context, error))
  const clean = Object.entries(facts).map(([key, value]) => [key, context.scrub.clean(value)])
  return { name, verdict, code, facts: Object.fromEntries(clean) }
}

/** The warning of a check that could not be carried through. */
export function unread(context: Context, error: unknown): Finding {
  const { fault, action } = error instanceof Unread ? error : new Unread(context.errors.sendFault(error), '')
  return warning('unread', { why: `${fault.code}: ${fault.message}`, ...(action === '' ? {} : { action }) })
}

/** So many names in a sentence; the rest is counted. */
export function listed(names: readonly string[], most = 5): string {
  const rest = names.length - most
  return rest > 0 ? `${names.slice(0, most).join(', ')} and ${rest} more` : names.join(', ')
}
