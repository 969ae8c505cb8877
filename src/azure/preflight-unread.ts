import type { Fault } from '../transfer/model.ts'
import type { Context } from './context.ts'
import { answerIn } from './errors.ts'

/** Something could not be read: why, and the permission that reading it needs. */
export class Unread extends Error {
  readonly fault: Fault
  readonly action: string
  constructor(fault: Fault, action: string) {
    super(`${fault.code}: ${fault.message}`)
    this.name = 'Unread'
    this.fault = fault
    this.action = action
  }
}

/** Starts one read, which rejects with `Unread` alone. */
export type Reader = <T>(action: string, read: () => Promise<T>) => Promise<T>

/** Reads whose failures carry nothing of the request and name the permission that is needed. */
export function createReader(context: Context): Reader {
  return (action, read) => {
    const result = Promise.resolve()
      .then(read)
      .catch((error: unknown) => {
        throw asUnread(context, error, action)
      })
    // A check may end before it asks for everything: what nobody awaits is no crash.
    result.catch(() => undefined)
    return result
  }
}

/** Whether the failure says that the thing is not there. */
export function isGone(error: unknown): boolean {
  return error instanceof Unread && error.fault.status === 404
}

function asUnread(context: Context, error: unknown, action: string): Unread {
  if (error instanceof Unread) return error
  const failure = context.errors.failureOf(error, answerIn(error) === undefined ? undefined : action)
  return new Unread('fault' in failure ? failure.fault : { code: failure.code, message: failure.message }, action)
}
