import type { PipelineResponse } from '@azure/core-rest-pipeline'
import { PermanentError } from '../transfer/errors.ts'
import type { AzureOperation, Request } from '../transfer/model.ts'
import type { Azure } from '../transfer/ports.ts'
import { type Answer, answerOf } from './answer.ts'
import type { Context } from './context.ts'
import { answerIn } from './errors.ts'

/** Asks Azure to cancel the operation; what Azure will not do is an answer, what it cannot do now is thrown. */
export async function cancelOperation(
  context: Context,
  request: Request,
  operation: AzureOperation,
): ReturnType<Azure['cancel']> {
  const { subscription, resourceGroup, server, database } = request.database
  const { databaseOperations } = context.clients.sql(subscription)
  let answer: Answer | undefined
  const onResponse = (response: PipelineResponse): void => {
    answer = answerOf(response)
  }
  try {
    await databaseOperations.cancel(resourceGroup, server, database, operation.id, { onResponse })
  } catch (error) {
    answer = answerIn(error)
    // The SDK knows 200 only; Azure also answers 202.
    if (answer === undefined || answer.status < 200 || answer.status > 299) {
      const failure = context.errors.failureOf(error, 'Microsoft.Sql/servers/databases/operations/cancel/action')
      // No conflict passes by itself here.
      if (answer?.status === 409) return { kind: 'refused', fault: context.errors.faultOf(answer) }
      if (failure instanceof PermanentError) return { kind: 'refused', fault: failure.fault }
      throw failure
    }
  }
  context.log(`azure: cancel of ${context.scrub.clean(operation.id)} was asked for`)
  return { kind: 'asked', ...(answer ? context.errors.takenOf(answer) : {}) }
}
