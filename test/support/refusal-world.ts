import { Redis } from 'ioredis'
import { type SlackSandbox, startSlackSandbox } from '../../sandbox/slack/index.ts'
import { createDirectories } from '../../src/bot/directories.ts'
import { createHandlers } from '../../src/bot/handlers.ts'
import type { Handlers } from '../../src/bot/handlers-type.ts'
import { createSlackDirectory } from '../../src/bot/slack-directory.ts'
import { createStore, type RedisStore } from '../../src/queue/store.ts'
import { fieldsOf } from '../../src/queue/store-format.ts'
import { applyAll, start } from '../../src/transfer/apply.ts'
import type { Event } from '../../src/transfer/events.ts'
import type { DatabaseTarget, Rule, Transfer } from '../../src/transfer/model.ts'
import type { Policy, StorageEntry } from '../../src/transfer/policy.ts'
import { idOf } from './model-run.ts'
import { quietLog as log } from './quiet-log.ts'
import { startTestRedis } from './redis.ts'
import { ruleOf, transferOf } from './transfers.ts'

export const of = (user: string): string => `slack:T0SANDBOX/${user}`
export const elsewhere = 'teams:22222222-2222-2222-2222-222222222222/da0a0000-0000-4000-8000-000000000001'

/** The product's handlers over a real Redis and the directory of a pretended Slack. */
export type RefusalWorld = {
  handlers: Handlers
  slack: SlackSandbox
  store: RedisStore
  /** Records a transfer of Dana's (or of `by`) that has come as far as these events; answers its id. */
  record(events: readonly Event[], change?: { rule?: Partial<Rule>; by?: string; database?: string }): Promise<Transfer>
  audit(): Promise<readonly Readonly<Record<string, string>>[]>
  close(): Promise<void>
}

/** Starts it all; every row of a table can share it. */
export async function startRefusalWorld(): Promise<RefusalWorld> {
  const [slack, server] = await Promise.all([startSlackSandbox({ rateLimits: 'off' }), startTestRedis()])
  slack.control.user('U0RIO', { deleted: true })
  const redis = new Redis({ path: server.path })
  const store = createStore({ redis, prefix: 'drawbridge', log })
  await store.ready()
  const access = { slack: { team: slack.teamId, apiUrl: slack.apiUrl }, botToken: slack.botToken, log }
  const directory = createDirectories({ slack: createSlackDirectory(access) })
  let serial = 0
  const newId = (): string => {
    serial += 1
    return idOf(serial)
  }
  const said = (_: unknown, message: string) => {
    throw new Error(message)
  }
  const desk = { store, policy, directory, clock: { now: Date.now }, hint: () => undefined, newId, log: said }
  return {
    handlers: createHandlers(desk, () => undefined),
    ...{ slack, store },
    record: async (events, { rule = {}, by = of('U0DANA'), database } = {}) => {
      const at = Date.now()
      const id = newId()
      const { request } = transferOf(id, { by, at, ...(database ? { database } : {}) })
      const ours = { ...usual, ...rule }
      const first = { type: 'requested', at, id, request, rule: ours } as const
      const begun = start(first)
      const once = { delivery: `record-${id}`, answer: { ok: true, lines: [] }, notAfter: store.notAfter(60_000) }
      await store.create(begun, [first], once, {})
      const next = applyAll(begun, events)
      if (events.length > 0) await store.commit({ next, events, due: {} })
      return next
    },
    audit: async () => (await redis.xrange('{drawbridge}:audit', '-', '+')).map(([, flat]) => fieldsOf(flat)),
    close: async () => {
      redis.disconnect()
      await Promise.all([slack.close(), server.stop()])
    },
  }
}

const usual: Rule = {
  ...ruleOf(100_000),
  name: 'main',
  // Whom a rule names is told one by one in the audit; of strangers it tells a few an hour.
  requesters: [of('U0DANA'), 'anyone'],
  when: { operation: [], database: [], storage: [] },
  stages: [{ approvers: [of('S0DBA')], need: 1 }],
  gate: 'submission',
}

function databaseOf(server: string, database: string, alias = database): DatabaseTarget {
  const id = `/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Sql/servers/${server}/databases/${database}`
  return { alias, id, subscription: 's1', resourceGroup: 'rg', server, database }
}

function storageOf(alias: string, account: string, container?: string): StorageEntry {
  const id = `/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/${account}`
  const place = {
    subscription: 's1',
    resourceGroup: 'rg',
    account,
    endpoint: `https://${account}.blob.core.windows.net`,
  }
  return { alias, id, ...place, ...(container ? { container } : {}) }
}

const when = (...database: readonly string[]): Rule['when'] => ({ operation: [], database, storage: [] })
const policy: Policy = {
  catalogue: {
    databases: [
      ...['orders', 'busy', 'norule', 'nobody', 'closed', 'limited'].map((each) => databaseOf('sql-prod', each)),
      databaseOf('sql-nologin', 'nologin'),
      databaseOf('sql-a', 'twin', 'twin-a'),
      databaseOf('sql-b', 'twin', 'twin-b'),
    ],
    storage: [
      storageOf('backups', 'stbackups', 'bacpacs'),
      storageOf('plain', 'stplain'),
      storageOf('double-a', 'stdouble', 'one'),
      storageOf('double-b', 'stdouble', 'two'),
    ],
  },
  reach: {
    subscriptions: ['s1'],
    discover: [],
    blobSuffix: 'blob.core.windows.net',
    servers: ['sql-prod', 'sql-a', 'sql-b'],
  },
  rules: [
    { ...usual, name: 'nobody', when: when('nobody'), stages: [{ approvers: [of('S0NOBODY')], need: 1 }] },
    { ...usual, name: 'closed', when: when('closed'), requesters: [of('U0LEE')] },
    { ...usual, name: 'limited', when: when('limited'), maxOpen: 0 },
    { ...usual, when: when('orders', 'busy', 'twin*', 'nologin', 'sql-prod/new*', 'db-*', 'r*') },
  ],
  operators: [of('U0OPS')],
  auditors: [of('U0AUD')],
  people: [],
}
