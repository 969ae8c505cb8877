import type { Lister, ListKind, Names } from '../transfer/discovered.ts'
import { PermanentError } from '../transfer/errors.ts'
import { parseAccountId, parseDatabaseId } from '../transfer/resource-id.ts'
import type { Context } from './context.ts'

/** The most names of one list that are kept; what is longer is read no further. */
export const mostNames = 1_000

/** Lists of Azure, each read to its end, page by page; while one is read, whoever asks for it gets the same reading. */
export function createLister(context: Context): Lister {
  const flights = new Map<string, Promise<Names>>()
  return {
    read(kind, of) {
      const key = `${kind} ${of.toLowerCase()}`
      const flight = flights.get(key) ?? collect(context, kind, of).finally(() => flights.delete(key))
      flights.set(key, flight)
      return flight
    },
  }
}

async function collect(context: Context, kind: ListKind, of: string): Promise<Names> {
  try {
    const names: string[] = []
    for await (const wire of pagesOf(context, kind, of)) {
      const name = nameOf(kind, wire)
      if (name === undefined) continue
      if (names.length >= mostNames) return { names, cut: true }
      names.push(name)
    }
    return { names }
  } catch (error) {
    throw context.errors.failureOf(error, actions[kind])
  }
}

const actions: Readonly<Record<ListKind, string>> = {
  servers: 'Microsoft.Sql/servers/read',
  databases: 'Microsoft.Sql/servers/databases/read',
  accounts: 'Microsoft.Storage/storageAccounts/read',
  containers: 'Microsoft.Storage/storageAccounts/blobServices/containers/read',
}

/** What the lists have in common. */
type Wire = { id?: string; name?: string; kind?: string }

function pagesOf({ clients }: Context, kind: ListKind, of: string): AsyncIterable<Wire> {
  switch (kind) {
    case 'servers':
      return clients.sql(of).servers.list()
    case 'accounts':
      return clients.storage(of).storageAccounts.list()
    case 'databases': {
      const { subscription, resourceGroup, server } = partsOf(parseDatabaseId(`${of}/databases/any`))
      return clients.sql(subscription).databases.listByServer(resourceGroup, server)
    }
    case 'containers': {
      const { subscription, resourceGroup, account } = partsOf(parseAccountId(of))
      return clients.storage(subscription).blobContainers.list(resourceGroup, account)
    }
  }
}

/** Undefined for what can neither be exported nor hold a BACPAC: Synapse pools, file shares, Azure's own containers. */
function nameOf(kind: ListKind, { id, name, kind: sort = '' }: Wire): string | undefined {
  switch (kind) {
    case 'servers':
      return id
    case 'accounts':
      return sort === 'FileStorage' ? undefined : id
    case 'databases':
      return /datawarehouse|system/i.test(sort) || name === 'master' ? undefined : name
    case 'containers':
      return name?.startsWith('$') ? undefined : name
  }
}

function partsOf<Parts>(parsed: { ok: true; parts: Parts } | { ok: false }): Parts {
  if (parsed.ok) return parsed.parts
  const message = 'What Azure listed has an id that is none; nothing below it is read.'
  throw new PermanentError({ code: 'UnreadableId', message })
}
