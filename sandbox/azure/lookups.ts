import { armError } from './answers.ts'
import { same } from './format.ts'
import type { SqlDatabase, SqlServer, StorageAccount } from './types.ts'
import type { Answer, Call, Handler, World } from './world.ts'

type With<T> = (call: Call, world: World, found: T) => Answer

/** A handler that runs only when subscription and resource group of the path exist. */
export function onGroup(handler: Handler): Handler {
  return (call, world) => missingGroup(call, world) ?? handler(call, world)
}

/** A handler that runs only when subscription of the path exists. */
export function onSubscription(handler: Handler): Handler {
  return (call, world) => missingSubscription(call, world) ?? handler(call, world)
}

/** A handler that is given the SQL server of the path; `nested` tells that the path leads below it. */
export function onServer(nested: boolean, handler: With<SqlServer>): Handler {
  return onGroup((call, world) => {
    const server = world.state.servers.find((each) => inGroup(each, call) && same(each.name, call.params.server ?? ''))
    if (server !== undefined) return handler(call, world, server)
    return missing(nested, 'Microsoft.Sql/servers', call.params.server ?? '', call)
  })
}

/** A handler that is given a database of the path and its server. */
export function onDatabase(handler: With<{ server: SqlServer; database: SqlDatabase }>): Handler {
  return onServer(true, (call, world, server) => {
    const database = databaseOf(world, server, call.params.database ?? '')
    if (database !== undefined) return handler(call, world, { server, database })
    const name = call.params.database ?? ''
    const message = `The requested resource of type 'Microsoft.Sql/servers/databases' with name '${name}' was not found.`
    return armError(404, 'ResourceNotFound', message)
  })
}

/** A handler that is given the storage account of the path. */
export function onAccount(nested: boolean, handler: With<StorageAccount>): Handler {
  return onGroup((call, world) => {
    const name = call.params.account ?? ''
    const account = world.state.accounts.find((each) => inGroup(each, call) && same(each.name, name))
    if (account !== undefined) return handler(call, world, account)
    return missing(nested, 'Microsoft.Storage/storageAccounts', name, call)
  })
}

/** The database of a server by its name. */
export function databaseOf(world: World, server: SqlServer, name: string): SqlDatabase | undefined {
  return world.state.databases.find(
    (each) =>
      each.subscriptionId === server.subscriptionId &&
      same(each.resourceGroup, server.resourceGroup) &&
      same(each.server, server.name) &&
      same(each.name, name),
  )
}

/** The locks that hold at a scope: its own and those of everything above it. */
export function locksOver(world: World, scope: string): World['state']['locks'] {
  return world.state.locks.filter((lock) => `${scope.toLowerCase()}/`.startsWith(`${lock.scope.toLowerCase()}/`))
}

/** The refusal of a write at a scope under a ReadOnly lock, or undefined. */
export function lockedOut(world: World, scope: string): Answer | undefined {
  const locks = locksOver(world, scope).filter((lock) => lock.level === 'ReadOnly')
  if (locks.length === 0) return undefined
  const scopes = locks.map((lock) => `'${lock.scope}'`).join(', ')
  const message = `The scope '${scope}' cannot perform write operation because following scope(s) are locked: ${scopes}. Please remove the lock and try again.`
  return armError(409, 'ScopeLocked', message)
}

function missingSubscription(call: Call, world: World): Answer | undefined {
  const id = call.params.subscription ?? ''
  const subscription = world.state.subscriptions.find((each) => same(each.subscriptionId, id))
  if (subscription === undefined) {
    return armError(404, 'SubscriptionNotFound', `The subscription '${id}' could not be found.`)
  }
  if (subscription.state === 'Enabled' || call.method === 'GET') return undefined
  return armError(409, 'SubscriptionDisabled', 'Subscription is disabled.')
}

function missingGroup(call: Call, world: World): Answer | undefined {
  const refused = missingSubscription(call, world)
  if (refused !== undefined) return refused
  const name = call.params.group ?? ''
  const subscription = world.state.subscriptions.find((each) =>
    same(each.subscriptionId, call.params.subscription ?? ''),
  )
  if (subscription?.resourceGroups.some((each) => same(each.name, name))) return undefined
  return armError(404, 'ResourceGroupNotFound', `Resource group '${name}' could not be found.`)
}

function missing(nested: boolean, type: string, name: string, call: Call): Answer {
  if (nested) {
    const message = `Can not perform requested operation on nested resource. Parent resource '${name}' not found.`
    return armError(404, 'ParentResourceNotFound', message)
  }
  const where = `The Resource '${type}/${name}' under resource group '${call.params.group ?? ''}' was not found.`
  const help = 'For more details please go to https://aka.ms/ARMResourceNotFoundFix'
  return armError(404, 'ResourceNotFound', `${where} ${help}`)
}

function inGroup(resource: { subscriptionId: string; resourceGroup: string }, call: Call): boolean {
  return (
    same(resource.subscriptionId, call.params.subscription ?? '') &&
    same(resource.resourceGroup, call.params.group ?? '')
  )
}
