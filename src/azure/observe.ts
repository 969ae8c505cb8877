import { PermanentError, TransientError } from '../transfer/errors.ts'
import type { AzureOperation, Request } from '../transfer/model.ts'
import type { Observation } from '../transfer/ports.ts'
import type { Answer } from './answer.ts'
import type { Context } from './context.ts'
import { operationUrl } from './operation-url.ts'
import { type Reading, readResultAnswer, readStatusAnswer } from './readings.ts'

/** Reads how the operation stands; asks for the verdict at its second address only when the first one leaves it open. */
export async function observeOperation(
  context: Context,
  request: Request,
  operation: AzureOperation,
): Promise<Observation> {
  const answer = await read(context, request, operation.resultUrl)
  const result = readResultAnswer(context, request, answer)
  // Asking once more would only make it worse.
  if (answer.status === 429) throw unreadable(result)
  if (result.claim === 'working' && result.certain) return observation(context, result, 'working')
  if (!allowed(context, request, operation.statusUrl)) return observation(context, result, alone(result))
  const status = readStatusAnswer(context, await read(context, request, operation.statusUrl ?? ''))
  const state = verdict(result, status)
  return observation(context, { ...merged(result, status), ...quota(result, status) }, state)
}

type Verdict = Observation['state']

/** The second address knows the end best; the first one speaks where the second has nothing to say. */
function verdict(result: Reading, status: Reading): Verdict {
  if (status.claim === 'unreadable') {
    // A role may leave the second address out.
    const closed = status.status === 401 || status.status === 403
    if (!closed || result.claim === 'gone' || result.claim === 'unreadable')
      throw unreadable(result.claim === 'unreadable' ? result : status)
    return result.claim
  }
  if (status.claim === 'gone') {
    if (result.claim === 'unreadable') throw unreadable(result)
    return result.claim === 'gone' ? 'unknown' : result.claim
  }
  // Without its body the operation's connections are not known: no news is better than wrong news.
  if (status.claim === 'working' && result.claim === 'unreadable') throw unreadable(result)
  return status.claim
}

function alone(result: Reading): Verdict {
  if (result.claim === 'unreadable') throw unreadable(result)
  return result.claim === 'gone' ? 'unknown' : result.claim
}

function merged(result: Reading, status: Reading): Reading {
  const text = status.claim === 'failed' || status.claim === 'cancelled' ? status.text : result.text || status.text
  const fault = status.fault ?? result.fault
  return { ...result, text, ...(fault ? { fault } : {}) }
}

function quota(result: Reading, status: Reading): Pick<Reading, 'retryAfter'> {
  const retryAfter = Math.max(result.retryAfter ?? -1, status.retryAfter ?? -1)
  return retryAfter < 0 ? {} : { retryAfter }
}

function observation({ scrub }: Context, reading: Reading, state: Verdict): Observation {
  const { fault, percent, changedAt, retryAfter } = reading
  const failed = { code: 'OperationFailed', message: 'Azure gave no reason.' }
  return {
    state,
    text: scrub.clean(reading.text || state),
    named: reading.named,
    ...(percent === undefined ? {} : { percent }),
    ...(changedAt === undefined ? {} : { changedAt }),
    ...(state === 'failed' ? { fault: fault ?? failed } : {}),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  }
}

/** Failing to read says nothing about the job: it goes on, so no failure of reading is ever permanent. */
function unreadable({ fault, retryAfter }: Reading): TransientError {
  return new TransientError(
    fault ?? { code: 'UnreadableAnswer', message: 'The answer of Azure could not be understood.' },
    retryAfter,
  )
}

async function read(context: Context, request: Request, url: string): Promise<Answer> {
  const checked = allowed(context, request, url)
  if (checked === undefined) {
    const message = 'The address of the operation is outside the hosts of Azure or the subscription; it was not read.'
    throw new PermanentError({ code: 'HostileLocation', message })
  }
  try {
    return await context.clients.send({ method: 'GET', url: checked })
  } catch (error) {
    const failure = context.errors.failureOf(error)
    throw failure instanceof PermanentError ? new TransientError(failure.fault) : failure
  }
}

function allowed(context: Context, request: Request, url: string | undefined): string | undefined {
  return operationUrl(context.home, request.database.subscription, url)
}
