import { TransientError } from '../transfer/errors.ts'
import type { AzureOperation, Fault, Request } from '../transfer/model.ts'
import type { Observation } from '../transfer/ports.ts'
import type { Context } from './context.ts'
import { vaultSecretsOf } from './job-credentials.ts'
import { observeOperation } from './observe.ts'

/**
 * Reads how the operation stands. A job may repeat what it was sent, perhaps by another process: as long as this one cannot
 * read the secrets that Key Vault keeps for it, the words of a failure are withheld and its code alone is told.
 */
export async function observeGuarded(
  context: Context,
  request: Request,
  operation: AzureOperation,
): Promise<Observation> {
  const known = await knowSecrets(context, request)
  if (known) return observeOperation(context, request, operation)
  try {
    const { fault, ...seen } = await observeOperation(context, request, operation)
    return fault ? { ...seen, fault: withheld(fault) } : seen
  } catch (error) {
    throw error instanceof TransientError ? new TransientError(withheld(error.fault), error.retryAfter) : error
  }
}

/** Whether the scrubber knows every secret of the request that this process does not hold from the start. */
async function knowSecrets(context: Context, request: Request): Promise<boolean> {
  try {
    const secrets = await vaultSecretsOf(context, request)
    await Promise.all(secrets.filter((each) => !context.vaults.knows(each)).map(context.vaults.read))
    return true
  } catch {
    return false
  }
}

function withheld(fault: Fault): Fault {
  const why = 'Azure said why, but the secrets that its words may hold could not be read in Key Vault to take them out.'
  return { ...fault, message: why }
}
