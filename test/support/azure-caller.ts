import { expect } from 'vitest'
import type { AzureSandbox, Connection, Operation } from '../../sandbox/azure/index.ts'

/** The seeded subscription. */
export const subscription = '/subscriptions/11111111-1111-1111-1111-111111111111'
/** The provider part of the seeded resource group. */
export const group = `${subscription}/resourceGroups/rg-data/providers`
/** The id of sql-prod. */
export const server = `${group}/Microsoft.Sql/servers/sql-prod`
/** The id of stbackups. */
export const account = `${group}/Microsoft.Storage/storageAccounts/stbackups`
/** The id of the orders database. */
export const orders = `${server}/databases/orders`

/** An answer of the sandbox; `code` is empty when it is no error. */
export type Reply = { status: number; headers: Headers; body: Record<string, unknown>; code: string }

let called: AzureSandbox | undefined

/** Sends the calls of this file to a sandbox from now on. */
export function callsGoTo(started: AzureSandbox): AzureSandbox {
  called = started
  return started
}

/** Calls the sandbox with its token and an api-version, and reads the answer. */
export async function ask(
  method: string,
  path: string,
  body?: unknown,
  { token = sandbox().token, version = '2025-01-01' } = {},
): Promise<Reply> {
  const response = await fetch(`${sandbox().url}${path}${version === '' ? '' : `?api-version=${version}`}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const answer = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>
  const error = answer.error as { code?: string } | undefined
  return { status: response.status, headers: response.headers, body: answer, code: error?.code ?? '' }
}

/** The first key of stbackups. */
export function key(): string {
  return sandbox().state.accounts[0]?.keys[0]?.value ?? ''
}

/** The body of an export of orders with network isolation, changed as given. */
export function definition(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    storageKeyType: 'StorageAccessKey',
    storageKey: key(),
    storageUri: 'https://stbackups.blob.core.windows.net/bacpacs/orders.bacpac',
    administratorLogin: 'drawbridge',
    administratorLoginPassword: 'Sandbox-Passw0rd!',
    authenticationType: 'SQL',
    networkIsolation: { sqlServerResourceId: server, storageAccountResourceId: account },
    ...change,
  }
}

/** The first job. */
export function job(): Operation {
  const operation = sandbox().state.operations[0]
  if (operation === undefined) throw new Error('no job was started')
  return operation
}

/** The connections that jobs made. */
export function mine(): Connection[] {
  return sandbox().state.connections.filter((each) => each.operationId !== null)
}

/** The path of the first job below this kind of operation. */
export function operationPath(kind: string): string {
  return `${subscription}/providers/Microsoft.Sql/locations/westeurope/${kind}/${job().id}-sql-prod`
}

/** Reads the Location address of the first job. */
export function result(): Promise<Reply> {
  return ask('GET', operationPath('importExportOperationResults'))
}

/** Reads the Azure-AsyncOperation address of the first job. */
export function verdict(): Promise<Reply> {
  return ask('GET', operationPath('importExportAzureAsyncOperation'))
}

/** Cancels the first job by its request guid. */
export function cancel(): Promise<Reply> {
  return ask('POST', `${orders}/operations/${job().id}/cancel`)
}

/** The properties of what the operations list of orders holds. */
export async function operations(): Promise<Record<string, unknown>[]> {
  const value = (await ask('GET', `${orders}/operations`)).body.value as { properties: Record<string, unknown> }[]
  return value.map((each) => each.properties)
}

/** The connections that the result of the first job names. */
export async function named(): Promise<Record<string, unknown>[]> {
  const properties = (await result()).body.properties as Record<string, unknown>
  return properties.privateEndpointConnections as Record<string, unknown>[]
}

/** Approves, or else decides on, the connection that the job made on this side. */
export function decide(
  side: 'sql' | 'storage',
  state: object = { status: 'Approved', description: 'Yes' },
): Promise<Reply> {
  const name = mine().find((each) => each.side === side)?.name ?? 'missing'
  const parent = side === 'sql' ? server : account
  const body = { properties: { privateLinkServiceConnectionState: state } }
  return ask('PUT', `${parent}/privateEndpointConnections/${name}`, body)
}

/** Approves both connections and waits until they are. */
export async function approveBoth(): Promise<void> {
  await Promise.all([decide('sql'), decide('storage')])
  await expect
    .poll(() => mine().every((each) => each.status === 'Approved'), { interval: 2, timeout: 10_000 })
    .toBe(true)
}

function sandbox(): AzureSandbox {
  if (called === undefined) throw new Error('no sandbox was started')
  return called
}
