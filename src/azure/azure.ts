import { type CloudName, cloudEndpoints } from '../transfer/clouds.ts'
import type { Azure } from '../transfer/ports.ts'
import { cancelOperation } from './cancel.ts'
import { createClients } from './clients.ts'
import { listConnections, readConnection } from './connections.ts'
import type { Context, SqlLogin } from './context.ts'
import { type CredentialOptions, createCredential } from './credentials.ts'
import { decideConnection } from './decide.ts'
import { createErrors } from './errors.ts'
import { adoptOperation, lookFor } from './look.ts'
import { observeOperation } from './observe.ts'
import { createHome } from './operation-url.ts'
import { readPlan } from './plan.ts'
import { runPreflight } from './preflight.ts'
import { prepareDatabase } from './prepare.ts'
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
  /** The login of a server by its short name, asked for at the moment of the call. */
  sqlLogin(server: string): SqlLogin | Promise<SqlLogin>
  /** Known from the start and taken out of whatever Azure says: an earlier process may have sent them. */
  secrets?: readonly string[]
  /** Takes one line of plain text without secrets. */
  log(line: string): void
  /** Milliseconds since 1970; the machine's clock when left out. */
  now?(): number
}

/** Everything that Drawbridge asks of Azure; `close` gives its sockets free. */
export function createAzure(options: AzureOptions): Azure & { close(): void } {
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
    observe: (request, operation) => observeOperation(context, request, operation),
    decide: (request, connection, verdict, description, mayStart) =>
      decideConnection(context, request, connection, verdict, description, mayStart),
    cancel: (request, operation) => cancelOperation(context, request, operation),
    close: clients.close,
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
  return {
    cloud,
    home,
    scrub,
    now,
    offers: new Map(),
    creations: new Map(),
    errors: createErrors(scrub, now),
    clients: createClients({ home, credential, scopes, scrub, requestTimeout }),
    sqlLogin: options.sqlLogin,
    log: (line) => options.log(scrub.clean(line)),
  }
}
