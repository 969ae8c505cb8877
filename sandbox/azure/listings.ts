import { armError, ok } from './answers.ts'
import { same } from './format.ts'
import { onAccount, onServer, onSubscription } from './lookups.ts'
import { accountBody, containerBody, databaseBody, serverBody } from './resources.ts'
import type { Answer, Call, Handler, World } from './world.ts'

/** Servers_List: every server of a subscription, page by page. */
export const listAllServers: Handler = onSubscription((call, world) => {
  const mine = world.state.servers.filter((each) => same(each.subscriptionId, call.params.subscription ?? ''))
  return page(
    call,
    world,
    mine.map((each) => serverBody(world, each)),
  )
})

/** Databases_ListByServer, page by page. */
export const listDatabases: Handler = onServer(true, (call, world, server) => {
  const mine = world.state.databases.filter((each) => same(each.server, server.name))
  return page(
    call,
    world,
    mine.map((each) => databaseBody(server, each)),
  )
})

/** StorageAccounts_List: every account of a subscription, page by page. */
export const listAllAccounts: Handler = onSubscription((call, world) => {
  const mine = world.state.accounts.filter((each) => same(each.subscriptionId, call.params.subscription ?? ''))
  return page(
    call,
    world,
    mine.map((each) => accountBody(world, each)),
  )
})

/** BlobContainers_List, page by page. */
export const listContainers: Handler = onAccount(true, (call, world, account) => {
  const mine = world.state.containers.filter((each) => same(each.account, account.name))
  return page(
    call,
    world,
    mine.map((each) => containerBody(account, each)),
  )
})

/** One page, and the address of the next one, whose token only the sandbox understands. */
function page(call: Call, world: World, all: readonly unknown[]): Answer {
  const token = call.query.get('$skipToken')
  const from =
    token === null
      ? 0
      : Number(
          Buffer.from(token, 'base64url')
            .toString()
            .replace(/^after /, ''),
        )
  if (!Number.isInteger(from) || from < 0) {
    return armError(400, 'InvalidSkipToken', `The skip token '${token}' is invalid.`)
  }
  const to = from + Math.max(1, world.options.listPageSize)
  const value = all.slice(from, to)
  if (to >= all.length) return ok({ value })
  const version = encodeURIComponent(call.query.get('api-version') ?? '')
  const next = Buffer.from(`after ${to}`).toString('base64url')
  return ok({ value, nextLink: `${world.url}${call.path}?api-version=${version}&$skipToken=${next}` })
}
