import { isRestError } from '@azure/core-rest-pipeline'
import { PermanentError, Refusal, TransientError } from '../transfer/errors.ts'
import type { Fault } from '../transfer/model.ts'
import type { Taken } from '../transfer/ports.ts'
import { type Answer, AnswerError, answerOf, jsonOf, record, requestIdOf, retryAfterOf, textOf } from './answer.ts'
import type { Scrubber } from './scrub.ts'

/** What leaves src/azure when a call fails. */
export type Failure = Refusal | PermanentError | TransientError

/** Turns what the SDKs throw into errors of ours, which carry nothing of the request. */
export type Errors = {
  faultOf(answer: Answer): Fault
  /** `action` is the permission that the call needs; it is named when Azure does not name it. */
  failureOf(error: unknown, action?: string): Failure
  answerFailure(answer: Answer, action?: string): Failure
  /** The fault of a call that got no answer. */
  sendFault(error: unknown): Fault
  /** What is kept of an answer that took the call. */
  takenOf(answer: Answer): Taken
}

/** Error mapping on one scrubber and clock. */
export function createErrors(scrub: Scrubber, now: () => number): Errors {
  const faultOf = (answer: Answer) => readFault(scrub, answer)
  const answerFailure = (answer: Answer, action?: string) => {
    const fault = withAction(faultOf(answer), action)
    return isPermanent(fault) ? new PermanentError(fault) : new TransientError(fault, retryAfterOf(answer, now()))
  }
  const failureOf = (error: unknown, action?: string) => {
    if (isFailure(error)) return error
    const answer = answerIn(error)
    return answer ? answerFailure(answer, action) : new TransientError(sendFault(error))
  }
  return { faultOf, failureOf, answerFailure, sendFault, takenOf: (answer) => takenOf(scrub, answer) }
}

/** Whether the error is one of the three kinds that may leave src/azure. */
export function isFailure(error: unknown): error is Failure {
  return error instanceof Refusal || error instanceof PermanentError || error instanceof TransientError
}

/** The answer that an error of the SDKs was made from, if there was one. */
export function answerIn(error: unknown): Answer | undefined {
  if (error instanceof AnswerError) return error.answer
  return isRestError(error) && error.response ? answerOf(error.response) : undefined
}

/** Whether a send error proves that no request reached Azure: refused connections, DNS, certificates. */
export function provesNothingSent(fault: Fault): boolean {
  return fault.status === undefined && (unsent.has(fault.code) || isTls(fault.code))
}

const unsent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME'])
const certificates =
  /^(ERR_TLS_CERT|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|ERR_SSL_WRONG_VERSION)/
/** Other conflicts pass by themselves: another operation is under way on the resource. */
const lastingConflicts =
  /^(ScopeLocked|SubscriptionDisabled|ReadOnlyDisabledSubscription|RequestDisallowedByPolicy|CannotCancelOperation|OperationCancelled|KeyBasedAuthentication\w*|\w*NotPending)$/

function isTls(code: string): boolean {
  return certificates.test(code)
}

function isPermanent({ status = 0, code }: Fault): boolean {
  if (status === 401) return code !== 'ExpiredAuthenticationToken'
  if (status === 409) return lastingConflicts.test(code)
  return status >= 400 && status < 500 && status !== 408 && status !== 429
}

function readFault(scrub: Scrubber, answer: Answer): Fault {
  const body = jsonOf(answer.text)
  const error = record(body?.error) ?? body
  const code = textOf(error?.code) || (answer.status < 400 ? 'UnreadableAnswer' : `Http${answer.status}`)
  const message = textOf(error?.message) || `Azure answered with HTTP ${answer.status} and nothing readable.`
  return {
    code: scrub.clean(code).slice(0, 100),
    message: scrub.clean(message),
    status: answer.status,
    ...takenOf(scrub, answer),
  }
}

/** Azure's id of the request, as far as it gave one. */
function takenOf(scrub: Scrubber, answer: Answer): Taken {
  const requestId = requestIdOf(answer)
  return requestId ? { requestId: scrub.clean(requestId).slice(0, 100) } : {}
}

function withAction(fault: Fault, action: string | undefined): Fault {
  if (fault.status !== 403 || !action || /\baction(\(s\))? '/.test(fault.message)) return fault
  return { ...fault, message: `${fault.message} (Drawbridge needs ${action}.)` }
}

/** Never the text of the error itself: that of the SDKs may hold a body. */
function sendFault(error: unknown): Fault {
  const { name, code } = error instanceof Error ? (error as Error & { code?: unknown }) : { name: '', code: '' }
  if (name === 'AbortError') return { code: 'Timeout', message: 'Azure did not answer in time.' }
  const known = typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? code : ''
  if (known === 'PARSE_ERROR') return { code: 'UnreadableAnswer', message: 'The answer of Azure broke off.' }
  if (known === '') return { code: 'UnreadableAnswer', message: 'The answer of Azure could not be understood.' }
  return { code: known, message: sendMessage(known) }
}

function sendMessage(code: string): string {
  if (code === 'ECONNREFUSED') return 'The connection to Azure was refused.'
  if (unsent.has(code)) return 'The address of Azure could not be found.'
  if (isTls(code)) return 'No trusted TLS connection to Azure could be made.'
  return code === 'ECONNRESET' ? 'The connection to Azure broke off.' : 'Azure could not be reached.'
}
