import type { Database, DatabaseOperation, DatabaseUsage, FirewallRule, Server } from '@azure/arm-sql'
import type { BlobContainer, StorageAccount } from '@azure/arm-storage'
import type { Request } from '../transfer/model.ts'
import type { Context } from './context.ts'
import { type Lock, readLocks } from './preflight-locks.ts'
import { type Grants, readGrants } from './preflight-permissions.ts'
import { createReader, type Reader } from './preflight-unread.ts'

/** Everything that the checks look at. All of it is on its way at once; each part rejects with `Unread` alone. */
export type Reads = {
  server: Promise<Server>
  database: Promise<Database>
  usages: Promise<readonly DatabaseUsage[]>
  operations: Promise<readonly DatabaseOperation[]>
  /** Empty with private link, where they do not matter. */
  firewallRules: Promise<readonly FirewallRule[]>
  /** Host names; empty where the server does not restrict what it reaches. */
  outboundRules: Promise<readonly string[]>
  account: Promise<StorageAccount>
  container: Promise<BlobContainer>
  locks: readonly Promise<readonly Lock[]>[]
  grants: Grants
}

/** Sends all the requests of the checks, each once. */
export function startReads(context: Context, request: Request): Reads {
  const read = createReader(context)
  return {
    ...readSql(context, request, read),
    ...readStorage(context, request, read),
    locks: readLocks(context, request, read),
    grants: readGrants(context, request, read),
  }
}

type SqlReads = Pick<Reads, 'server' | 'database' | 'usages' | 'operations' | 'firewallRules' | 'outboundRules'>

function readSql(context: Context, { database: at, privateLink }: Request, read: Reader): SqlReads {
  const sql = () => context.clients.sql(at.subscription)
  const place = [at.resourceGroup, at.server] as const
  const server = read('Microsoft.Sql/servers/read', () =>
    // Without the wish Azure leaves the Entra administrator out, and with it whether SQL logins work.
    sql().servers.get(...place, { expand: 'administrators/activedirectory' }),
  )
  const rules = 'Microsoft.Sql/servers/outboundFirewallRules/read'
  return {
    server,
    database: read('Microsoft.Sql/servers/databases/read', () => sql().databases.get(...place, at.database)),
    usages: read('Microsoft.Sql/servers/databases/usages/read', () =>
      every(sql().databaseUsages.listByDatabase(...place, at.database)),
    ),
    operations: read('Microsoft.Sql/servers/databases/operations/read', () =>
      every(sql().databaseOperations.listByDatabase(...place, at.database)),
    ),
    firewallRules: read('Microsoft.Sql/servers/firewallRules/read', async () =>
      privateLink ? [] : every(sql().firewallRules.listByServer(...place)),
    ),
    outboundRules: read(rules, async () => {
      if ((await server).restrictOutboundNetworkAccess?.toLowerCase() !== 'enabled') return []
      return (await every(sql().outboundFirewallRules.listByServer(...place))).map(({ name }) => name ?? '')
    }),
  }
}

function readStorage(context: Context, { storage: at }: Request, read: Reader): Pick<Reads, 'account' | 'container'> {
  const client = () => context.clients.storage(at.subscription)
  return {
    account: read('Microsoft.Storage/storageAccounts/read', () =>
      client().storageAccounts.getProperties(at.resourceGroup, at.account),
    ),
    container: read('Microsoft.Storage/storageAccounts/blobServices/containers/read', () =>
      client().blobContainers.get(at.resourceGroup, at.account, at.container),
    ),
  }
}

async function every<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const each of pages) all.push(each)
  return all
}
