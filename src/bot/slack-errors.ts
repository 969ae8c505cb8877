import { webApi } from '@slack/bolt'
import { PermanentError, TransientError } from '../transfer/errors.ts'
import type { Fault } from '../transfer/model.ts'

const { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } = webApi

/**
 * Answers of Slack that trying again later can change. A bad token is among them: an operator can mend it, and until
 * then nothing is lost.
 */
const passing: ReadonlySet<string> = new Set([
  ...['ratelimited', 'rate_limited', 'message_limit_exceeded', 'request_timeout', 'internal_error', 'fatal_error'],
  ...['service_unavailable', 'team_added_to_org', 'org_login_required', 'ekm_access_denied', 'accesslimited'],
  ...['invalid_auth', 'not_authed', 'token_revoked', 'token_expired', 'account_inactive'],
])

/** What a call of the Web API threw, as one of the core's errors: `TransientError` or `PermanentError`. */
export function portError(error: unknown, method: string): TransientError | PermanentError {
  if (error instanceof TransientError || error instanceof PermanentError) return error
  const code = slackErrorCode(error)
  const fault: Fault = { code, message: `Slack answered ${code} to ${method}.` }
  if (error instanceof WebAPIRateLimitedError) return new TransientError(fault, error.retryAfter * 1_000)
  if (error instanceof WebAPIHTTPError) return new TransientError({ ...fault, status: error.statusCode })
  if (!(error instanceof WebAPIPlatformError)) {
    return new TransientError({ code, message: `Slack could not be reached for ${method}.` })
  }
  return passing.has(code) || code === unreadable ? new TransientError(fault) : new PermanentError(fault)
}

/** A short code for logs and faults: Slack's own where it answered, never anything of the request. */
export function slackErrorCode(error: unknown): string {
  // An answer that is no JSON (a proxy's page) arrives as an "error" that is the whole page.
  if (error instanceof WebAPIPlatformError) return /^\w{1,64}$/.test(error.data.error) ? error.data.error : unreadable
  if (error instanceof WebAPIRateLimitedError) return 'ratelimited'
  if (error instanceof WebAPIHTTPError) return `http_${error.statusCode}`
  if (error instanceof WebAPIRequestError) return codeOf(error.original) ?? 'unreachable'
  return codeOf(error) ?? 'unexpected'
}

const unreadable = 'unreadable_answer'

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (error.name === 'TimeoutError') return 'timeout'
  const { code } = error.cause instanceof Error && 'code' in error.cause ? error.cause : (error as { code?: unknown })
  return typeof code === 'string' && /^\w{1,64}$/.test(code) ? code : undefined
}
