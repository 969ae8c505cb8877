import type { IncomingMessage } from 'node:http'
import { connectionId, findConnection, makeConnection, setStatus } from './connections.ts'
import { field, same } from './format.ts'
import { cancelNow, complete, fail, isOver } from './jobs.ts'
import { startCancel } from './operations.ts'
import { readText } from './respond.ts'
import type { AzureSandbox, ConnectionChange, OperationChange } from './sandbox-types.ts'
import type { Connection, Operation } from './types.ts'
import type { Answer, World } from './world.ts'

/** Does to a connection what somebody does in the portal; throws when it does not exist. */
export function changeConnection(world: World, change: ConnectionChange): Connection {
  if (change.action === 'add') return addForeign(world, change)
  const found = findConnection(world, change.id) ?? world.state.connections.find((each) => same(each.name, change.id))
  if (found === undefined) throw new Error(`there is no connection ${change.id}`)
  if (change.action === 'remove') world.state.connections = world.state.connections.filter((each) => each !== found)
  else {
    const status = { approve: 'Approved', reject: 'Rejected', disconnect: 'Disconnected' } as const
    setStatus(world, found, status[change.action], change.description ?? 'Changed in the portal')
  }
  return found
}

/** Does to a job what somebody else or the service does; throws when it does not exist or is over. */
export function changeOperation(world: World, change: OperationChange): Operation {
  const found = world.state.operations.find((each) => same(each.id, change.id))
  if (found === undefined) throw new Error(`there is no operation ${change.id}`)
  if (isOver(found)) throw new Error(`operation ${change.id} is over`)
  if (change.action === 'complete') complete(world, found)
  else if (change.action === 'fail') fail(world, found, change.reason ?? 'An unexpected error occurred.')
  else if (change.reason === 'at once') cancelNow(world, found)
  else startCancel(world, found)
  return found
}

/** Answers a request under `/__control`; it needs no token. */
export async function control(sandbox: AzureSandbox, path: string, request: IncomingMessage): Promise<Answer> {
  const what = `${request.method} ${path.slice('/__control/'.length).replace(/\/$/, '')}`
  try {
    const text = await readText(request)
    const body: unknown = text === '' ? {} : JSON.parse(text)
    return { status: 200, body: controlled(sandbox, what, body) ?? { ok: true } }
  } catch (error) {
    return { status: 400, body: { error: { code: 'BadControlRequest', message: String(error) } } }
  }
}

function controlled(sandbox: AzureSandbox, what: string, body: unknown): unknown {
  if (what === 'GET state') return sandbox.state
  if (what === 'GET timings') return sandbox.timings
  if (what === 'GET options') return sandbox.options
  if (what === 'GET faults') return sandbox.faults()
  if (what === 'DELETE faults') return sandbox.disarm()
  if (what === 'POST timings') return sandbox.setTimings(body as Parameters<AzureSandbox['setTimings']>[0])
  if (what === 'POST options') return sandbox.setOptions(body as Parameters<AzureSandbox['setOptions']>[0])
  if (what === 'POST connections') return sandbox.changeConnection(body as ConnectionChange)
  if (what === 'POST operations') return sandbox.changeOperation(body as OperationChange)
  if (what === 'POST faults') return sandbox.arm(...((Array.isArray(body) ? body : [body]) as []))
  if (what === 'POST clock') return sandbox.passTime(Number(field(body, 'passMs') ?? 0))
  if (what === 'POST reset') return sandbox.reset()
  throw new Error(`there is no ${what} under /__control`)
}

function addForeign(world: World, change: Extract<ConnectionChange, { action: 'add' }>): Connection {
  const parents = change.side === 'sql' ? world.state.servers : world.state.accounts
  const parent = parents.find((each) => same(each.name, change.parent))
  if (parent === undefined) throw new Error(`there is no ${change.side} resource ${change.parent}`)
  const group = '/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/rg-elsewhere'
  const endpoint = change.privateEndpoint ?? 'pe-elsewhere'
  const full = endpoint.includes('/') ? endpoint : `${group}/providers/Microsoft.Network/privateEndpoints/${endpoint}`
  const made = makeConnection(world, change.side, parent, full)
  if (change.status !== undefined) setStatus(world, made, change.status)
  return findConnection(world, connectionId(made.side, parent, made.name)) ?? made
}
