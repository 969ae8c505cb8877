import { PermanentError, TransientError } from '../transfer/errors.ts'
import type { Fault } from '../transfer/model.ts'

/** What a call of the Bot Connector came back with, free of anything of the request; no status: nobody answered. */
export type TeamsFailure = { status?: number; code: string; retryAfter?: number }

/** A request that is not from Teams or not for us: answered with the status, counted by the reason, told to nobody. */
export class TeamsDenied extends Error {
  readonly status: 401 | 403
  readonly reason: string
  constructor(status: 401 | 403, reason: string) {
    super(reason)
    this.name = 'TeamsDenied'
    this.status = status
    this.reason = reason
  }
}

/** Statuses after which the same call can succeed later; 401 among them, as an operator can mend the bot's secret. */
const passing: ReadonlySet<number> = new Set([401, 408, 412, 425, 429])

/** What a call threw, as one of the core's errors: `TransientError` or `PermanentError`. */
export function portError(error: unknown, method: string): TransientError | PermanentError {
  if (error instanceof TransientError || error instanceof PermanentError) return error
  const { status, code, retryAfter } = failureOf(error)
  const fault: Fault = { code, message: `Teams answered ${code} to ${method}.`, ...(status ? { status } : {}) }
  if (status === undefined) {
    const isToken = (error as Raw | undefined)?.errorCode !== undefined
    return new TransientError({
      code,
      message: isToken ? 'No token was given for Teams.' : `Teams could not be reached for ${method}.`,
    })
  }
  if (status >= 500 || passing.has(status)) return new TransientError(fault, retryAfter)
  return new PermanentError(fault)
}

/** Reads an error of the SDK: it may carry the request, and with it what is nobody's business. */
export function failureOf(error: unknown): TeamsFailure {
  const { statusCode, code, response, details, errorCode, name } = (error ?? {}) as Raw
  const after = Number(response?.headers?.get?.('retry-after'))
  const named = subCode(details?.message) ?? details?.error?.code ?? details?.code ?? code ?? errorCode
  return {
    ...(statusCode === undefined ? {} : { status: statusCode }),
    code: plain(named) ?? (statusCode === undefined ? (timedOut(name) ?? 'unreachable') : `http_${statusCode}`),
    ...(Number.isFinite(after) && after > 0 ? { retryAfter: after * 1_000 } : {}),
  }
}

type Raw = {
  statusCode?: number
  code?: unknown
  /** Of MSAL, for a token that Entra did not give. */
  errorCode?: unknown
  name?: string
  response?: { headers?: { get?(name: string): string | undefined } }
  details?: { error?: { code?: unknown }; code?: unknown; message?: unknown }
}

/** Somebody who blocked the bot is told in JSON inside of the message. */
function subCode(message: unknown): unknown {
  return typeof message === 'string' ? /"subCode"\s*:\s*"(\w{1,64})"/.exec(message)?.[1] : undefined
}

function plain(code: unknown): string | undefined {
  return typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? code : undefined
}

function timedOut(name: string | undefined): string | undefined {
  return name === 'AbortError' || name === 'TimeoutError' ? 'timeout' : undefined
}
