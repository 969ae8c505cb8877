import type { FaultInput } from '../../sandbox/azure/fault-types.ts'
import type { AzureState, RequestRecord } from '../../sandbox/azure/types.ts'
import type { Config, World, WorldOptions } from './world.ts'

/** What the rule of one case says in drawbridge.yaml; the rest is as in the example's first rule. */
export type CaseRule = {
  requesters?: readonly string[]
  stages?: readonly { approvers: readonly string[]; need?: number }[]
  cards?: readonly string[]
  expiry?: string
  gate?: 'endpoints' | 'submission'
  onBypass?: 'stop' | 'follow'
  unnamedConnections?: 'wait' | 'ask'
  leftOver?: 'keep' | 'remove'
  confirm?: boolean
  stuckAfter?: string
  silentAfter?: string
  remindAfter?: string
  escalate?: { after: string; to: readonly string[] }
  tell?: readonly string[]
}

const group = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-data/providers'

/**
 * Options of a world in which each case has a server `sql-<case>`, a database and a storage alias of its own name, and a
 * rule: cases can then run at once, and faults meet one of them alone.
 */
export function casesWorld(cases: Readonly<Record<string, CaseRule>>, options: WorldOptions = {}): WorldOptions {
  return {
    ...options,
    azure: {
      ...options.azure,
      seed: (state) => {
        for (const [index, name] of Object.keys(cases).entries()) seed(state, name, index)
      },
    },
    config: (config) => {
      for (const [index, [name, rule]] of Object.entries(cases).entries()) configure(config, name, index, rule)
      options.config?.(config)
    },
  }
}

/** Arms a fault for the requests of one case. */
export function armFor(world: World, name: string, fault: FaultInput): { lift(): void; readonly hits: number } {
  const [armed] = world.azure.arm({ times: 100_000, path: pathsOf(world, name), ...fault })
  if (!armed) throw new Error('nothing was armed')
  return {
    lift: () => {
      armed.left = 0
    },
    get hits() {
      return armed.hits
    },
  }
}

/** Everything that was asked of Azure about the server, the database and the account of one case. */
export function requestsOf(world: World, name: string): readonly RequestRecord[] {
  const path = pathsOf(world, name)
  return world.azure.state.requests.filter((each) => path.test(each.path))
}

/** Server, database and storage account of one case, as Azure has them; they may be changed. */
export function partsOf(world: World, name: string) {
  const { servers, databases, accounts } = world.azure.state
  const server = servers.find((each) => each.name === `sql-${name}`)
  const account = accounts.find((each) => each.name === accountName(world, name))
  if (!server || !account) throw new Error(`there is no case ${name}`)
  return { server, account, database: databases.find((each) => each.server === server.name) }
}

function pathsOf(world: World, name: string): RegExp {
  return new RegExp(`sql-${name}(/|$)|/${accountName(world, name)}(/|$)`)
}

function accountName({ azure }: World, name: string): string {
  return accountOf(azure.state.servers.findIndex((each) => each.name === `sql-${name}`) - 2)
}

function seed(state: AzureState, name: string, index: number): void {
  const copy = <T extends { name: string }>(list: T[], like: string, change: Partial<T>): void => {
    const model = list.find((each) => each.name === like)
    if (model) list.push({ ...structuredClone(model), ...change })
  }
  copy(state.servers, 'sql-prod', { name: `sql-${name}` })
  copy(state.databases, 'orders', { name, server: `sql-${name}` })
  copy(state.accounts, 'stbackups', { name: accountOf(index) })
  copy(state.containers, 'bacpacs', { account: accountOf(index) })
}

function configure(config: Config, name: string, index: number, rule: CaseRule): void {
  config.databases[name] = `${group}/Microsoft.Sql/servers/sql-${name}/databases/${name}`
  const account = `${group}/Microsoft.Storage/storageAccounts/${accountOf(index)}`
  config.storage[name] = { account, container: 'bacpacs' }
  config.sqlLogins[`sql-${name}`] = structuredClone(config.sqlLogins['sql-prod'])
  const { when: _, ...usual } = config.rules.find((each: CaseRule & { name: string }) => each.name === 'production')
  // A copy: YAML would write what is shared as an alias, and a reader takes a hundred of them at most.
  config.rules.unshift({ ...structuredClone(usual), name, when: { database: [name] }, maxOpen: 100, ...rule })
}

function accountOf(index: number): string {
  return `stcase${index}`
}
