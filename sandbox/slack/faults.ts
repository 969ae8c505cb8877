import type { Fields } from './types.ts'
import type { Fault, FaultAction } from './use-types.ts'

type Armed = { fault: Fault; left: number; hits: number }

/** The faults that are armed, and whom they hit. */
export type Faults = ReturnType<typeof createFaults>

/** An empty set of faults. */
export function createFaults() {
  const armed = new Set<Armed>()
  return {
    add(fault: Fault) {
      const entry: Armed = {
        fault,
        left: fault.times === 'forever' ? Number.POSITIVE_INFINITY : (fault.times ?? 1),
        hits: 0,
      }
      armed.add(entry)
      return {
        lift: () => void armed.delete(entry),
        get hits() {
          return entry.hits
        },
      }
    },
    clear: () => armed.clear(),
    /** True while a 'down' fault is armed. */
    isDown(): boolean {
      const down = [...armed].find((entry) => entry.fault.action === 'down')
      if (down) down.hits += 1
      return Boolean(down)
    },
    /** The action for this call, used up by asking. */
    take(method: string, args: Fields): FaultAction | undefined {
      const entry = [...armed].find(({ fault }) => fault.action !== 'down' && fits(fault, method, args))
      if (!entry) return undefined
      entry.hits += 1
      entry.left -= 1
      if (entry.left <= 0) armed.delete(entry)
      return entry.fault.action
    },
  }
}

/** A short name of the action, for the log of calls. */
export function nameOf(action: FaultAction): string {
  return typeof action === 'string' ? action : JSON.stringify(action)
}

/** True when the work of the call is done all the same. */
export function accepts(action: FaultAction): boolean {
  return typeof action === 'string' ? action.startsWith('accept') : action.accept === true
}

function fits({ match }: Fault, method: string, args: Fields): boolean {
  if (match?.method !== undefined && match.method !== '*' && match.method !== method) return false
  if (match?.channel !== undefined && match.channel !== args.channel) return false
  if (match?.text === undefined) return true
  const said = [args.text, args.blocks]
    .map((part) => (typeof part === 'string' ? part : JSON.stringify(part ?? '')))
    .join('\n')
  return typeof match.text === 'string' ? said.includes(match.text) : new RegExp(match.text).test(said)
}
