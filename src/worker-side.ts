import { randomUUID } from 'node:crypto'
import type { Config } from './config/config.ts'
import { createAdvance } from './jobs/advance.ts'
import { startDiscovery } from './jobs/discover.ts'
import { startSweep } from './jobs/sweep.ts'
import { withinBudget } from './jobs/within-budget.ts'
import { createBudget } from './queue/budget.ts'
import { createSharedLists } from './queue/discovered.ts'
import { type Base, clock, type Side } from './side.ts'
import { mayList } from './transfer/beyond.ts'

/** How often what nothing would wake is looked for, in milliseconds. */
const sweepEvery = 3_600_000

/** How often it is looked whether a list of Azure is to be read again, in milliseconds. */
const discoverEvery = 60_000

/** `advance`: Azure credentials, none of chat. */
export async function workerSide({ config, log, connections, hint, work }: Base): Promise<Side> {
  const [{ createAzure }, { matchConnections }] = await Promise.all([
    import('./azure/azure.ts'),
    import('./azure/match-connections.ts'),
  ])
  const { requestTimeout, resubmitAfter, resourceManagerUrl, keyVaultUrl, operationHosts } = config.azure
  const azure = createAzure({
    cloud: config.cloud,
    credential: credentialOf(config),
    resourceManagerUrl,
    operationHosts,
    requestTimeout,
    ...(keyVaultUrl ? { keyVaultUrl } : {}),
    sqlLogin: config.secrets.sqlLogin,
    storageCredential: config.secrets.storageCredential,
    secrets: config.secrets.jobSecrets(),
    log: (line) => log.info({ part: 'azure' }, line),
  })
  const { clocks, polls } = config
  const budget = createBudget({
    redis: connections.forWork,
    prefix: config.redis.prefix,
    percent: config.azure.budgetPercent,
  })
  const tools = {
    azure: withinBudget(azure, budget),
    store: work,
    clock,
    clocks,
    polls,
    matchConnections,
    resubmitAfter: requestTimeout + resubmitAfter,
    token: randomUUID,
    random: Math.random,
    log: log.warn.bind(log),
  }
  const sweep = startSweep({ store: work, every: sweepEvery, log: log.error.bind(log) })
  const { rules } = config.policy
  const discovery =
    config.azure.discover.length === 0
      ? undefined
      : startDiscovery(
          {
            ...{ lister: azure.lister, budget, clock, subscriptions: config.azure.discover, holder: randomUUID() },
            shared: createSharedLists({ redis: connections.forWork, prefix: config.redis.prefix }),
            wanted: (kind, parent) => mayList(rules, kind === 'databases' ? 'database' : 'storage', parent),
            log: log.warn.bind(log),
          },
          discoverEvery,
        )
  return {
    handle: { advance: createAdvance(tools, hint) },
    stop: async () => {
      sweep.stop()
      await discovery?.stop()
    },
    close: azure.close,
  }
}

function credentialOf({ azure: { credential }, secrets }: Config) {
  switch (credential.kind) {
    case 'servicePrincipal': {
      const { tenantId, clientId, clientSecret } = secrets.servicePrincipal()
      return { kind: credential.kind, tenantId, clientId, clientSecret: () => clientSecret } as const
    }
    case 'token':
      return { kind: credential.kind, token: secrets.azureToken } as const
    case 'workloadIdentity':
      return { kind: credential.kind, ...secrets.workloadIdentity() } as const
    default:
      return credential
  }
}
