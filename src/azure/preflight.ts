import { toBeCreated } from '../transfer/creation.ts'
import type { Plan, Request } from '../transfer/model.ts'
import { type Check, type CheckName, checkNames } from '../transfer/preflight.ts'
import type { Context } from './context.ts'
import { type CredentialKinds, credentialsOf } from './job-credentials.ts'
import { concluded, type Finding } from './preflight-checks.ts'
import { checkDatabase, checkEdition, checkSize } from './preflight-database.ts'
import { checkBusy, checkLeftovers, type Ours } from './preflight-jobs.ts'
import { checkLocks } from './preflight-locks.ts'
import {
  checkAllowAzure,
  checkServerEndpoint,
  checkSqlLogin,
  checkSqlNetwork,
  checkStorageNetwork,
} from './preflight-network.ts'
import { checkPermissions } from './preflight-permissions.ts'
import { startReads } from './preflight-reads.ts'
import { checkAccount, checkBlob, checkImmutability, checkStorageKey } from './preflight-storage.ts'
import { importChecks } from './target.ts'

/** Runs every check in parallel; never throws: what cannot be read is a warning that says so. */
export async function runPreflight(
  context: Context,
  request: Request,
  plan: Plan,
  ours: Ours,
): Promise<readonly Check[]> {
  const kinds = await credentialsOf(context, request).catch((): CredentialKinds => usual)
  const checks = startChecks(context, request, { plan, ours, kinds })
  const named = checkNames.flatMap((name) => {
    const finding = checks[name]
    return finding ? [concluded(context, name, finding)] : []
  })
  const all = (await Promise.all([importChecks(context, request, plan), ...named])).flat()
  return all.toSorted((a, b) => checkNames.indexOf(a.name) - checkNames.indexOf(b.name))
}

type Checks = Partial<Record<CheckName, Promise<Finding>>>

/** What the submit says when there is no credential; the checks go by the usual ones. */
const usual: CredentialKinds = { storage: 'accountKey', sql: 'sqlLogin', identities: {} }

type Known = { plan: Plan; ours: Ours; kinds: CredentialKinds }

/** Each reads what others read too; the reads are shared. */
function startChecks(context: Context, request: Request, { plan, ours, kinds }: Known): Checks {
  const reads = startReads(context, request)
  const isThere = plan.databaseStatus !== toBeCreated
  return {
    database: checkDatabase(reads, request, plan),
    ...(isThere ? { edition: checkEdition(reads, request), busy: checkBusy(reads, ours) } : {}),
    // What is imported is not in Azure's books, and an export makes the only blob of its name.
    ...(request.operation === 'import' ? { blob: checkBlob(request) } : { size: checkSize(reads) }),
    sql_login: checkSqlLogin(reads, request, kinds),
    sql_network: checkSqlNetwork(reads, request, plan),
    // Each on one way only: over private link Azure services need no way in, and without it no endpoint is made.
    ...(request.privateLink
      ? { server_endpoint: checkServerEndpoint(reads, request) }
      : { allow_azure: checkAllowAzure(reads, request) }),
    account: checkAccount(reads, request),
    ...(kinds.storage === 'managedIdentity' ? {} : { storage_key: checkStorageKey(reads, request) }),
    storage_network: checkStorageNetwork(reads, request),
    immutability: checkImmutability(reads, request),
    locks: checkLocks(reads, request),
    leftovers: checkLeftovers(reads, request, ours),
    permissions: checkPermissions(reads, request, kinds),
  }
}
