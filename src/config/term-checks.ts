import type { Path, Problems } from './problems.ts'
import type { Salvaged } from './salvage.ts'
import type { File } from './schema.ts'
import { checkKnown, labelsOf } from './when-checks.ts'

type Rule = Salvaged<File['rules'][number]>

const hour = 60 * 60 * 1000
/** Azure cancels what waits for two days; an hour is kept to carry the click out and to clean up. */
const longestWaitAndApproval = 47 * hour

/** Tells destinations that leave an operation of the rule nowhere to go, and labels that nothing has. */
export function checkDestinations(rule: Rule, path: Path, file: Salvaged<File>, problems: Problems): void {
  const { destinations, when } = rule
  if (!destinations) return
  const at = [...path, 'destinations']
  const { storage, container, database, environment } = destinations
  const labels = labelsOf(file)
  checkKnown(environment, [...at, 'environment'], [...new Set([...labels.database, ...labels.storage])], problems)
  const may = (operation: 'export' | 'import') => !when?.operation || when.operation.includes(operation)
  if (may('export') && !storage && !container && !environment) {
    problems.add(at, 'names no storage, so that no export could go anywhere — add storage, or write when.operation')
  }
  if (may('import') && !database && !environment) {
    problems.add(at, 'names no database, so that no import could go anywhere — add database, or write when.operation')
  }
}

/** Tells clocks of a rule that would end what they are to wait for. */
export function checkClocks(rule: Rule, path: Path, { azure, polls }: Salvaged<File>, problems: Problems): void {
  const { clocks, expiry, gate } = rule
  if (!clocks) return
  const at = (name: string) => [...path, 'clocks', name]
  const again = azure?.requestTimeout !== undefined && azure.resubmitAfter !== undefined
  const least = again ? (azure.requestTimeout ?? 0) + (azure.resubmitAfter ?? 0) : 0
  if (clocks.submitting !== undefined && clocks.submitting <= least) {
    const why = 'is over before an unclear submit may be sent again'
    problems.add(at('submitting'), `${why} — write more than azure.requestTimeout and azure.resubmitAfter together`)
  }
  if (clocks.closing !== undefined && polls?.closing !== undefined && clocks.closing < polls.closing) {
    problems.add(at('closing'), 'is shorter than polls.closing, so that nobody would look — write at least that time')
  }
  const both = (expiry ?? 0) + (clocks.approving ?? 0)
  if (gate === 'endpoints' && clocks.approving !== undefined && both > longestWaitAndApproval) {
    const why = 'is too long after expiry, as Azure cancels a waiting job by itself after two days'
    problems.add(at('approving'), `${why} — write less than 47h for both together, or gate: submission`)
  }
}
