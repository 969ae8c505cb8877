import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'vitest'
import type { BlobRecord } from '../../sandbox/azure/index.ts'
import { fieldsOf } from '../../src/queue/store-format.ts'
import { withRedis } from './story.ts'
import type { World } from './world.ts'

/** Every line of the audit, oldest first. */
export function auditOf(world: World): Promise<readonly Record<string, string>[]> {
  return withRedis(world, async (redis) => {
    const lines = await redis.xrange('{drawbridge}:audit', '-', '+')
    return lines.map(([, flat]) => fieldsOf(flat))
  })
}

/** Lets a server listen on a free port of this machine, and answers the port. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** The blobs that exports of a case's database made. */
export function blobsOf({ azure }: World, name: string): readonly BlobRecord[] {
  const ours = new RegExp(`^${name}-\\d{8}-`)
  return azure.state.blobs.filter((blob) => ours.test(blob.name))
}

/** Everything that Drawbridge is given and may show to nobody. */
export function secretsOf({ azure, slack }: World): readonly string[] {
  const { accounts, servers } = azure.state
  const keys = accounts.flatMap((account) => account.keys.map(({ value }) => value))
  const passwords = servers.map(({ administratorPassword }) => administratorPassword)
  const tokens = [azure.token, slack.botToken, slack.appToken, slack.signingSecret]
  return [...new Set([...keys, ...passwords, ...tokens])]
}

/** Somebody else exports the database of a case, to a blob of a name that is none of ours. */
export async function foreignExport({ azure }: World, name: string): Promise<void> {
  const server = azure.state.servers.find((each) => each.name === `sql-${name}`)
  const account = azure.state.accounts.find((each) => each.name === 'stbackups')
  const group = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-data/providers'
  const url = `${azure.url}${group}/Microsoft.Sql/servers/sql-${name}/databases/${name}/export?api-version=2023-08-01`
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${azure.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      storageKeyType: 'StorageAccessKey',
      storageKey: account?.keys[0]?.value,
      storageUri: `https://stbackups.blob.core.windows.net/bacpacs/foreign-${name}.bacpac`,
      administratorLogin: server?.administratorLogin,
      administratorLoginPassword: server?.administratorPassword,
      networkIsolation: {
        sqlServerResourceId: `${group}/Microsoft.Sql/servers/sql-${name}`,
        storageAccountResourceId: `${group}/Microsoft.Storage/storageAccounts/stbackups`,
      },
    }),
  })
  expect(answer.status).toBe(202)
}
