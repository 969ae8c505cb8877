import type { Fault, Request } from '../transfer/model.ts'
import type { Observation } from '../transfer/ports.ts'
import { type Answer, jsonOf, record, retryAfterOf, textOf } from './answer.ts'
import type { Context } from './context.ts'
import { namedConnections, type OperationResult, parseResult } from './result.ts'
import { percentIn, type State, stateOf } from './status-words.ts'

/** What one address says. `certain`: it needs no second opinion. `gone`: Azure does not know the operation there. */
export type Reading = {
  claim: State | 'gone' | 'unreadable'
  certain: boolean
  status: number
  text: string
  named: Observation['named']
  percent?: number
  fault?: Fault
  changedAt?: number
  retryAfter?: number
}

/** Reads the answer of the operation's result: 202 with a body while it runs, 400 when it failed. */
export function readResultAnswer(context: Context, request: Request, answer: Answer): Reading {
  const base = { ...common(context, answer), named: [] }
  if (answer.status !== 200 && answer.status !== 202) return { ...base, ...errorClaim(context, answer, true) }
  const result = parseResult(answer.text)
  // A 202 without any body runs: that is how the protocol was meant.
  if (!result)
    return answer.status === 202 && answer.text === ''
      ? { ...base, claim: 'working' }
      : { ...base, claim: 'unreadable' }
  const claim = stateOf(result.status)
  const percent = percentIn(result.status)
  const fault = claim === 'failed' ? resultFault(context, result) : undefined
  return {
    ...base,
    claim,
    certain: answer.status === 202 && claim === 'working' && result.status !== '',
    text: result.status,
    named: namedConnections(request, result),
    ...(percent === undefined ? {} : { percent }),
    ...(result.changedAt === undefined ? {} : { changedAt: result.changedAt }),
    ...(fault ? { fault } : {}),
  }
}

/** Reads the answer of the operation's status: HTTP 200 whatever became of the job. */
export function readStatusAnswer(context: Context, answer: Answer): Reading {
  const base = { ...common(context, answer), named: [] }
  if (answer.status !== 200 && answer.status !== 202) return { ...base, ...errorClaim(context, answer, false) }
  const body = jsonOf(answer.text)
  const status = textOf(body?.status)
  if (status === '') return { ...base, claim: 'unreadable' }
  const error = record(body?.error)
  const fault = error && {
    code: context.scrub.clean(textOf(error.code) || 'OperationFailed'),
    message: context.scrub.clean(textOf(error.message) || 'Azure gave no reason.'),
  }
  return { ...base, claim: stateOf(status), text: status, ...(fault ? { fault } : {}) }
}

type Claim = Pick<Reading, 'claim' | 'text' | 'fault'>

/** An error means that reading failed, but for those that Azure SQL uses to tell the end of a job. */
function errorClaim({ errors }: Context, answer: Answer, isResult: boolean): Claim {
  const fault = errors.faultOf(answer)
  const text = fault.message
  if (answer.status === 404 || answer.status === 410) return { claim: 'gone', text, fault }
  if (answer.status === 409 && fault.code === 'OperationCancelled')
    return { claim: 'cancelled', text: fault.code, fault }
  if (answer.status === 409 && fault.code === 'OperationInterrupted')
    return { claim: 'failed', text: fault.code, fault }
  if (answer.status === 400 && isResult) return { claim: 'failed', text: 'Failed', fault }
  return { claim: 'unreadable', text, fault }
}

function common(context: Context, answer: Answer): Pick<Reading, 'certain' | 'status' | 'text' | 'retryAfter'> {
  const retryAfter = retryAfterOf(answer, context.now())
  return { certain: false, status: answer.status, text: '', ...(retryAfter === undefined ? {} : { retryAfter }) }
}

function resultFault({ scrub }: Context, { errorMessage }: OperationResult): Fault {
  return { code: 'ImportExportJobError', message: scrub.clean(errorMessage || 'Azure gave no reason.') }
}
