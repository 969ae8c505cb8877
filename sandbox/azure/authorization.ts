import { armError, paged } from './answers.ts'
import { same } from './format.ts'
import { accountId, databaseId, groupId, serverId } from './ids.ts'
import { locksOver } from './lookups.ts'
import type { Answer, Call, Handler, World } from './world.ts'

/** Locks of a scope: its own, those of everything below it and, as the options say, those of everything above it. */
export const listLocks: Handler = onScope((call, world, scope) => {
  const over = world.options.inheritedLocks ? locksOver(world, scope) : []
  const mine = world.state.locks.filter((lock) => over.includes(lock) || isWithin(lock.scope, scope))
  const type = 'Microsoft.Authorization/locks'
  const value = mine.map(({ scope: at, name, level, notes }) => {
    return { id: `${at}/providers/${type}/${name}`, name, type, properties: { level, notes } }
  })
  return paged(call, world, value)
})

/** What the caller may do at a scope, an entry for each of its role assignments there and above. */
export const listPermissions: Handler = onScope((call, world, scope) => {
  const mine = world.state.grants.filter((grant) => grant.scope === '/' || isWithin(scope, grant.scope))
  const value = mine.map(({ actions, notActions }) => ({ actions, notActions, dataActions: [], notDataActions: [] }))
  return paged(call, world, value)
})

function onScope(handler: (call: Call, world: World, scope: string) => Answer): Handler {
  return (call, world) => {
    const scope = call.params.scope ?? ''
    const { subscriptions, servers, databases, accounts } = world.state
    const known = [
      ...subscriptions.map(({ subscriptionId }) => `/subscriptions/${subscriptionId}`),
      ...subscriptions.flatMap(({ subscriptionId, resourceGroups }) =>
        resourceGroups.map(({ name }) => groupId({ subscriptionId, resourceGroup: name })),
      ),
      ...servers.map(serverId),
      ...databases.map(databaseId),
      ...accounts.map(accountId),
    ]
    if (known.some((each) => same(each, scope))) return handler(call, world, scope)
    return missing(scope, known)
  }
}

function missing(scope: string, known: readonly string[]): Answer {
  const [, , subscription = '', , group = ''] = scope.split('/')
  if (!known.some((each) => same(each, `/subscriptions/${subscription}`))) {
    return armError(404, 'SubscriptionNotFound', `The subscription '${subscription}' could not be found.`)
  }
  if (!known.some((each) => same(each, groupId({ subscriptionId: subscription, resourceGroup: group })))) {
    return armError(404, 'ResourceGroupNotFound', `Resource group '${group}' could not be found.`)
  }
  return armError(404, 'ResourceNotFound', `The requested resource '${scope}' was not found.`)
}

function isWithin(scope: string, outer: string): boolean {
  return `${scope.toLowerCase()}/`.startsWith(`${outer.toLowerCase()}/`)
}
