import { afterEach, beforeEach, expect, test } from 'vitest'
import { type AzureSandbox, startAzureSandbox } from '../sandbox/azure/index.ts'
import {
  account,
  approveBoth,
  ask,
  callsGoTo,
  cancel,
  decide,
  definition,
  job,
  mine,
  named,
  operationPath,
  operations,
  orders,
  result,
  server,
  verdict,
} from './support/azure-caller.ts'

import { checkAnswer, checkRequest } from './support/azure-spec.ts'

const quick = {
  firstConnectionMs: 0,
  secondConnectionMs: 0,
  startMs: 0,
  jobMs: 20,
  failMs: 0,
  rejectedMs: 0,
  approveMs: 0,
}

let sandbox: AzureSandbox

beforeEach(async () => {
  const timings = { ...quick, cancelMs: 0, cleanupMs: 0 }
  sandbox = callsGoTo(await startAzureSandbox({ timings, options: { retryAfter: 0 } }))
})

afterEach(async () => {
  const entries = sandbox.state.requests
  await sandbox.close()
  expect(entries.flatMap(checkAnswer)).toEqual([])
  expect(entries.filter((each) => each.status < 400).flatMap(checkRequest)).toEqual([])
})

test('holds the job until both connections are approved, tells its progress and leaves the blob', async () => {
  await ask('POST', `${orders}/export`, definition())
  expect(await result()).toMatchObject({ status: 202, body: { properties: { status: 'Pending' } } })
  sandbox.setTimings({ jobMs: 3_600_000 })
  await approveBoth()
  expect((await result()).body.properties).toMatchObject({ status: 'Running, Progress = 0 %' })
  sandbox.passTime(5 * 60 * 1000)
  expect((await result()).body.properties).toMatchObject({ status: 'Running, Progress = 5.00 %' })
  expect((await verdict()).body).toMatchObject({ name: job().id, status: 'InProgress' })
  sandbox.passTime(3_600_000)
  const done = await result()
  expect(done).toMatchObject({ status: 200, body: { id: job().id, name: job().id } })
  expect(done.body.properties).toMatchObject({ status: 'Completed', serverName: 'sql-prod' })
  expect((await verdict()).body.status).toBe('Succeeded')
  expect(sandbox.state.blobs).toMatchObject([{ account: 'stbackups', container: 'bacpacs', name: 'orders.bacpac' }])
})

test('knows an operation only in its own location', async () => {
  await ask('POST', `${orders}/export`, definition())
  const path = operationPath('importExportOperationResults').replace('westeurope', 'northeurope')
  expect(await ask('GET', path)).toMatchObject({ status: 404, code: 'ImportExportOperationIdNotFound' })
})

test.each([
  ['equal', (name: string, seen: string) => name === seen],
  ['prefix', (name: string, seen: string) => name !== seen && name.startsWith(seen)],
  ['private-endpoint', (_: string, seen: string) => /^ImportExportPrivateLink_(SQL|Storage)-[0-9a-f]+$/.test(seen)],
] as const)('names its connections in the result: %s', async (connectionNaming, fits) => {
  sandbox.setOptions({ connectionNaming, connectionStatusTexts: { Pending: 'PendingApproval' } })
  await ask('POST', `${orders}/export`, definition())
  const seen = await named()
  const real = mine().map((each) => each.name)
  expect(seen.map((each) => each.status)).toEqual(['PendingApproval', 'PendingApproval'])
  expect(seen.every((each, index) => fits(real[index] ?? '', String(each.privateEndpointConnectionName)))).toBe(true)
  expect(seen.map((each) => each.privateLinkServiceId)).toEqual([server, account])
})

test('makes the wanted side first, only one side, or names nothing, as the options say', async () => {
  sandbox.setTimings({ secondConnectionMs: 60_000 })
  sandbox.setOptions({ firstConnection: 'storage', holdStatus: 'Running, Progress = 0 %' })
  await ask('POST', `${orders}/export`, definition())
  expect((await named()).map((each) => each.privateLinkServiceId)).toEqual([account])
  expect((await result()).body.properties).toMatchObject({ status: 'Running, Progress = 0 %' })
  sandbox.setOptions({ madeConnections: 'storage' })
  sandbox.passTime(120_000)
  expect(mine()).toHaveLength(1)
  sandbox.setOptions({ madeConnections: 'both', resultNames: false })
  expect(await named()).toEqual([])
  expect(mine()).toHaveLength(2)
})

test('fails the job when a connection is rejected, and says so at both addresses', async () => {
  await ask('POST', `${orders}/export`, definition())
  await decide('sql', { status: 'Rejected', description: 'No' })
  await expect.poll(() => job().phase, { interval: 2, timeout: 10_000 }).toBe('failed')
  expect((await verdict()).body).toMatchObject({ status: 'Failed', error: { code: 'ImportExportJobError' } })
  expect(await result()).toMatchObject({ status: 400, code: 'ImportExportJobError' })
})

test('fails a running job whose connection is cut', async () => {
  sandbox.setTimings({ jobMs: 3_600_000 })
  await ask('POST', `${orders}/export`, definition())
  await approveBoth()
  sandbox.changeConnection({ action: 'disconnect', id: mine()[1]?.id ?? '' })
  expect((await verdict()).body.status).toBe('Failed')
})

test('accepts a wrong password, and fails the job with it later', async () => {
  await ask('POST', `${orders}/export`, definition({ administratorLoginPassword: 'wrong' }))
  await approveBoth()
  const { body } = await verdict()
  expect(String((body.error as Record<string, unknown>).message)).toMatch(
    /^The ImportExport operation with Request Id '.*' failed due to 'Login failed for user 'drawbridge'\.'\.$/,
  )
})

test('cancels a job, tells it in the wanted spelling, and cleans up its connections', async () => {
  sandbox.setTimings({ cancelMs: 60_000 })
  sandbox.setOptions({ cancelledSpelling: 'Canceled' })
  await ask('POST', `${orders}/export`, definition())
  expect((await cancel()).status).toBe(200)
  expect((await operations())[0]).toMatchObject({ state: 'CancelInProgress', isCancellable: false })
  sandbox.passTime(120_000)
  expect((await verdict()).body).toMatchObject({ status: 'Canceled' })
  expect(await result()).toMatchObject({ status: 409, code: 'OperationCancelled' })
  expect(await cancel()).toMatchObject({ status: 409, code: 'CannotCancelOperation' })
  expect(mine()).toEqual([])
  expect(sandbox.state.connections).toHaveLength(2)
})

test('refuses a cancel, ignores one, or does not know the job by its request guid', async () => {
  await ask('POST', `${orders}/export`, definition())
  sandbox.setOptions({ cancel: 'refused' })
  expect((await cancel()).code).toBe('CannotCancelOperation')
  sandbox.setOptions({ operationName: 'other' })
  expect((await cancel()).code).toBe('OperationIdNotFound')
  sandbox.setOptions({ operationName: 'absent' })
  expect(await operations()).toEqual([])
  sandbox.setOptions({ operationName: 'request', cancel: 'ignored' })
  expect((await cancel()).status).toBe(200)
  await approveBoth()
  await expect.poll(() => job().phase, { interval: 2, timeout: 10_000 }).toBe('completed')
})

test('cancels a job on its own when nobody approved it for two days', async () => {
  await ask('POST', `${orders}/export`, definition())
  sandbox.passTime(2 * 24 * 3_600_000)
  expect((await verdict()).body.status).toBe('Cancelled')
})

test('leaves connections of others alone', async () => {
  const before = structuredClone(sandbox.state.connections)
  await ask('POST', `${orders}/export`, definition())
  await approveBoth()
  await expect.poll(() => job().phase, { interval: 2, timeout: 10_000 }).toBe('completed')
  await expect.poll(() => sandbox.state.connections, { interval: 2, timeout: 10_000 }).toEqual(before)
})
