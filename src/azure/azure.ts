import { type CloudName, cloudEndpoints } from '../transfer/clouds.ts'
import type { Lister } from '../transfer/discovered.ts'
import type { Azure } from '../transfer/ports.ts'
import type { StorageTarget } from '../transfer/request.ts'
import { cancelOperation } from './cancel.ts'
import { createClients } from './clients.ts'
import { listConnections, readConnection } from './connections.ts'
import type { Context, SqlLogin, StorageCredential } from './context.ts'
import { type CredentialOptions, createCredential } from './credentials.ts'
import { readDatabaseState } from './database-state.ts'
import { decideConnection } from './decide.ts'
import { createLister } from './discover.ts'
import { createErrors } from './errors.ts'
import { createVaults } from './key-vault.ts'
import { adoptOperation, lookFor } from './look.ts'
import { observeGuarded } from './observe-guarded.ts'
import { createHome, isLoopback } from './operation-url.ts'
import { readPercent } from './percent.ts'
import { readPlan } from './plan.ts'
import { runPreflight } from './preflight.ts'
import { prepareDatabase } from './prepare.ts'
import { removeConnection } from './remove.ts'
import { createScrubber } from './scrub.ts'
import { submitOperation } from './submit.ts'

/** What Azure is reached with. */
export type AzureOptions = {
  cloud: CloudName
  credential: CredentialOptions
  /** The cloud's own when left out; plain http on this machine only. */
  resourceManagerUrl?: string
  /** More `host:port` of this machine where operations may be read. */
  operationHosts?: readonly string[]
  /** Milliseconds until a request, or the token for it, is given up. */
  requestTimeout: number
  /** Where a pretended Key Vault on this machine has its vaults; the cloud's own when left out. */
  keyVaultUrl?: string
  /** The login of a server by its short name, asked for at the moment of the call. */
  sqlLogin(server: string): SqlLogin | Promise<SqlLogin>
  /** The credential of a storage account, asked for at the moment of the call; its key when left out. */
  storageCredential?(storage: StorageTarget): StorageCredential | Promise<StorageCredential>
  /** Known from the start and taken out of whatever Azure says: an earlier process may have sent them. */
  secrets?: readonly string[]
  /** Takes one line of plain text without secrets. */
  log(line: string): void
  /** Milliseconds since 1970; the machine's clock when left out. */
  now?(): number
}

/** Everything that Drawbridge asks of Azure; `close` gives its sockets free. */
export function createAzure(options: AzureOptions): Azure & { lister: Lister; close(): void } {
  const context = createContext(options)
  const clients = context.clients
  return {
    plan: (request) => readPlan(context, request),
    preflight: (request, plan, ours) => runPreflight(context, request, plan, ours),
    prepare: (request, plan, ...gates) => prepareDatabase(context, request, plan, ...gates),
    connections: (request) => listConnections(context, request),
    connection: (request, connection) => readConnection(context, request, connection),
    submit: (request, plan, mayStart) => submitOperation(context, request, plan, mayStart),
    look: (request, plan, since, before) => lookFor(context, request, plan, since, before),
    adopt: (request, plan, operationId) => adoptOperation(context, request, plan, operationId),
    observe: (request, operation) => observeGuarded(context, request, operation),
    percent: (request, operation) => readPercent(context, request, operation),
    database: (request) => readDatabaseState(context, request),
    decide: (request, connection, verdict, description, mayStart) =>
      decideConnection(context, request, connection, verdict, description, mayStart),
    remove: (request, connection, mayStart) => removeConnection(context, request, connection, mayStart),
    cancel: (request, operation) => cancelOperation(context, request, operation),
    lister: createLister(context),
    close: () => {
      clients.close()
      context.vaults.close()
    },
  }
}

function createContext(options: AzureOptions): Context {
  const cloud = cloudEndpoints[options.cloud]
  const home = createHome(cloud, options.resourceManagerUrl, options.operationHosts)
  const scrub = createScrubber()
  for (const secret of options.secrets ?? []) scrub.remember(secret)
  const now = options.now ?? Date.now
  const { requestTimeout } = options
  const credential = createCredential(options.credential, cloud.authority, scrub, requestTimeout)
  const scopes = `${cloud.resourceManager}/.default`
  const errors = createErrors(scrub, now)
  return {
    cloud,
    home,
    scrub,
    now,
    offers: new Map(),
    creations: new Map(),
    errors,
    vaults: createVaults({ cloud, url: localUrl(options.keyVaultUrl), credential, scrub, errors, requestTimeout }),
    clients: createClients({ home, credential, scopes, scrub, requestTimeout }),
    sqlLogin: options.sqlLogin,
    storageCredential: options.storageCredential ?? (() => ({ kind: 'accountKey' })),
    log: (line) => options.log(scrub.clean(line)),
  }
}

/** Secrets and tokens go over plain http to this machine only. */
function localUrl(url: string | undefined): string | undefined {
  if (url !== undefined && !isLoopback(new URL(url))) throw new Error('another Key Vault is for this machine only')
  return url?.replace(/\/+$/, '')
}
