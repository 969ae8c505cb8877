import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type AzureSandbox, startAzureSandbox } from '../sandbox/azure/index.ts'
import { createAzure } from '../src/azure/azure.ts'
import { PermanentError } from '../src/transfer/errors.ts'
import type { Connection, Request, Side } from '../src/transfer/model.ts'
import { account, group, server } from './support/azure-caller.ts'
import { checkRequest } from './support/azure-spec.ts'
import { transferOf } from './support/transfers.ts'

let sandbox: AzureSandbox
let azure: ReturnType<typeof createAzure>
beforeAll(async () => {
  sandbox = await startAzureSandbox()
  azure = createAzure({
    cloud: 'public',
    credential: { kind: 'token', token: () => sandbox.token },
    resourceManagerUrl: sandbox.url,
    requestTimeout: 5_000,
    sqlLogin: () => ({ user: 'nobody', password: 'unused' }),
    log: () => {},
  })
})
afterEach(() => {
  expect(sandbox.state.requests.flatMap(checkRequest)).toEqual([])
  sandbox.reset()
})
afterAll(async () => {
  azure.close()
  await sandbox.close()
})

const go = () => {}
const deletes = () => sandbox.state.requests.filter(({ method }) => method === 'DELETE')

const request = (): Request => {
  const place = { subscription: '11111111-1111-1111-1111-111111111111', resourceGroup: 'rg-data' }
  const { request } = transferOf('k3v9x2mq')
  const database = { ...request.database, ...place, id: `${server}/databases/orders`, server: 'sql-prod' }
  return { ...request, database, storage: { ...request.storage, ...place, id: account, account: 'stbackups' } }
}

/** A connection that stands there, as Drawbridge reads it. */
async function standing(side: Side, endpoint: string): Promise<Connection> {
  const parent = side === 'sql' ? 'sql-prod' : 'stbackups'
  const made = sandbox.changeConnection({ action: 'add', side, parent, privateEndpoint: endpoint, status: 'Approved' })
  const found = (await azure.connections(request())).find(({ id }) => id.toLowerCase() === made.id.toLowerCase())
  if (!found) throw new Error('it is not listed')
  return found
}

test.each(['sql', 'storage'] as const)(
  'asks Azure once to delete a connection of its own service (%s)',
  async (side) => {
    const connection = await standing(side, `ImportExportPrivateLink_${side}-0123456789ab`)
    await azure.remove(request(), connection, go)
    sandbox.passTime(60_000)
    await expect.poll(() => azure.connection(request(), connection)).toBeUndefined()
    expect(deletes()).toHaveLength(1)
  },
)

test.each(['sql', 'storage'] as const)('takes one that is gone already as done (%s)', async (side) => {
  const connection = await standing(side, `ImportExportPrivateLink_${side}-0123456789ab`)
  sandbox.changeConnection({ action: 'remove', id: connection.id })
  await azure.remove(request(), connection, go)
})

test.each(['sql', 'storage'] as const)('sends nothing for a connection that somebody else made (%s)', async (side) => {
  const connection = await standing(side, 'pe-of-the-application')
  await expect(azure.remove(request(), connection, go)).rejects.toBeInstanceOf(PermanentError)
  expect(deletes()).toEqual([])
})

test('sends nothing for a connection of another server, nor once it may not start', async () => {
  const connection = await standing('sql', 'ImportExportPrivateLink_SQL-0123456789ab')
  const elsewhere = { ...connection, id: connection.id.replace(server, `${group}/Microsoft.Sql/servers/sql-test`) }
  await expect(azure.remove(request(), elsewhere, go)).rejects.toMatchObject({ fault: { code: 'ForeignConnection' } })
  const late = new Error('too late')
  const stop = () => {
    throw late
  }
  await expect(azure.remove(request(), connection, stop)).rejects.toBe(late)
  expect(deletes()).toEqual([])
})

test('tells the right that it lacks', async () => {
  const connection = await standing('storage', 'ImportExportPrivateLink_Storage-0123456789ab')
  const body = { error: { code: 'AuthorizationFailed', message: 'No.' } }
  sandbox.arm({ name: 'pec-storage-delete', action: { kind: 'status', status: 403, body } })
  await expect(azure.remove(request(), connection, go)).rejects.toThrow(
    'Microsoft.Storage/storageAccounts/privateEndpointConnections/delete',
  )
})
