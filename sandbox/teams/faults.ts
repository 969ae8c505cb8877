import { createFaults as createCommonFaults } from '../slack/faults.ts'
import { type Reply, refuseAs } from './errors.ts'
import type { ConnectorCall } from './types.ts'
import type { Fault, FaultAction } from './use-types.ts'
import { baseId } from './world.ts'

export { accepts, nameOf } from '../slack/faults.ts'

/** The faults that are armed, and whom they hit. */
export type Faults = ReturnType<typeof createFaults>

/** An empty set of faults. */
export function createFaults() {
  const common = createCommonFaults()
  return {
    add({ match, times, action }: Fault) {
      const { conversation, ...other } = match ?? {}
      const where = conversation === undefined ? {} : { channel: baseId(conversation) }
      return common.add({ match: { ...other, ...where }, action, ...(times !== undefined && { times }) })
    },
    clear: common.clear,
    isDown: common.isDown,
    /** The action for this call, used up by asking. */
    take(call: ConnectorCall): FaultAction | undefined {
      const said = { channel: call.conversation, text: call.body.text, blocks: call.body }
      return common.take(call.method, said) as FaultAction | undefined
    },
  }
}

/** True for a fault that only makes the call slow. */
export function isDelay(action: FaultAction | undefined): action is { hang: number | 'forever'; accept?: boolean } {
  return typeof action === 'object' && 'hang' in action
}

/** What leaves instead of the answer, a status alone as `refuse` words it; undefined cuts the connection. */
export function faulty(action: FaultAction, done: Reply | undefined, refuse = refuseAs): Reply | undefined {
  if (action === 'accept-then-status') return refuse(504)
  if (typeof action === 'string') return undefined
  if ('hang' in action) return done
  if (action.body === undefined) return refuse(action.status, action.headers)
  return { status: action.status, body: action.body, headers: action.headers ?? {} }
}
