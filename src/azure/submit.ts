import type { AzureOperation, Fault, Plan, Request } from '../transfer/model.ts'
import type { Submission } from '../transfer/ports.ts'
import { type Answer, jsonOf, textOf } from './answer.ts'
import type { Context } from './context.ts'
import { provesNothingSent } from './errors.ts'
import { type JobCredentials, readCredentials } from './job-credentials.ts'
import { operationIdIn, operationUrl } from './operation-url.ts'
import type { Gate } from './policies.ts'
import { accountId, databaseId, serverId } from './resource-ids.ts'
import { parseTime } from './times.ts'

/** Sends the export or import once, with its credentials fetched for this call; throws only while nothing was sent. */
export async function submitOperation(
  context: Context,
  request: Request,
  plan: Plan,
  mayStart: () => void,
): Promise<Submission> {
  const credentials = await readCredentials(context, request)
  const gate: Gate = { mayStart, left: false }
  const url = `${context.home.base}${databaseId(request)}/${request.operation}?api-version=${credentials.apiVersion}`
  try {
    const body = bodyOf(request, plan, credentials)
    return readSubmission(context, request, await context.clients.send({ method: 'POST', url, body, gate }))
  } catch (error) {
    if (gate.veto) throw gate.veto.error
    if (!gate.left) throw context.errors.failureOf(error)
    const fault = context.errors.sendFault(error)
    return { kind: provesNothingSent(fault) ? 'refused' : 'unclear', fault }
  }
}

/** `beginExport` and `beginImport` of the SDK would send the same body, but poll at once and hide both addresses. */
function bodyOf(request: Request, plan: Plan, credentials: JobCredentials): unknown {
  const networkIsolation = { storageAccountResourceId: accountId(request), sqlServerResourceId: serverId(request) }
  return {
    ...credentials.fields,
    storageUri: plan.uri,
    ...(request.privateLink ? { networkIsolation } : {}),
  }
}

function readSubmission(context: Context, request: Request, answer: Answer): Submission {
  const { status } = answer
  if (status >= 200 && status < 300) return acceptance(context, request, answer)
  const fault = context.errors.faultOf(answer)
  const settled = status >= 400 && status < 500 && status !== 408 && status !== 429
  // The operation in progress may be ours, from an attempt that seemed to fail.
  if (settled && fault.code !== 'ImportExportOperationInProgress') return { kind: 'refused', fault }
  return { kind: 'unclear', fault }
}

function acceptance(context: Context, request: Request, answer: Answer): Submission {
  const { subscription } = request.database
  const given = answer.header('location')
  const resultUrl = operationUrl(context.home, subscription, given)
  if (resultUrl === undefined) {
    const fault = given === undefined ? missingLocation : hostileLocation
    context.log(`azure: an ${request.operation} was accepted, but ${fault.message}`)
    return { kind: 'unclear', fault: { ...context.errors.faultOf(answer), ...fault } }
  }
  const statusUrl = operationUrl(context.home, subscription, answer.header('azure-asyncoperation'))
  const operation: AzureOperation = {
    id: operationIdIn(resultUrl),
    resultUrl,
    ...(statusUrl === undefined ? {} : { statusUrl }),
    startedAt: parseTime(textOf(jsonOf(answer.text)?.startTime)) ?? context.now(),
    adopted: false,
  }
  context.log(`azure: ${request.operation} of ${databaseId(request)} accepted as ${context.scrub.clean(operation.id)}`)
  return { kind: 'accepted', operation, ...context.errors.takenOf(answer) }
}

const missingLocation: Fault = { code: 'NoLocation', message: 'Azure named no address to follow the operation.' }
const hostileLocation: Fault = {
  code: 'HostileLocation',
  message: 'the address of the operation is outside the hosts of Azure or the subscription; it was not followed.',
}
