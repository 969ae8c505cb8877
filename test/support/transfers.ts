import type { Event } from '../../src/transfer/events.ts'
import type { Rule, Transfer } from '../../src/transfer/model.ts'
import type { Answer, Once } from '../../src/transfer/ports.ts'

/** When the transfers of these tests were asked for. */
export const askedAt = 1_750_000_000_000

/** A policy rule that lets everybody have `maxOpen` open transfers. */
export function ruleOf(maxOpen = 3): Rule {
  return {
    name: 'default',
    when: { operation: ['export'], database: ['*'], storage: ['*'] },
    requesters: ['anyone'],
    stages: [{ approvers: ['slack:T1/UAPPROVER'], need: 1 }],
    cards: ['slack:T1/CCARDS'],
    expiry: 3_600_000,
    gate: 'endpoints',
    onBypass: 'stop',
    unnamedConnections: 'wait',
    maxOpen,
  }
}

/** A first version; databases are told apart by name, so give each transfer its own unless the guard is the point. */
export function transferOf(
  id: string,
  { by = 'slack:T1/UASKER', database = `db-${id}`, at = askedAt, maxOpen = 3 } = {},
): Transfer {
  const place = { subscription: 'sub', resourceGroup: 'rg' }
  return {
    schema: 1,
    id,
    version: 1,
    status: 'requested',
    since: at,
    request: {
      operation: 'export',
      database: {
        ...place,
        alias: database,
        id: `/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Sql/servers/s/databases/${database}`,
        server: 's',
        database,
      },
      storage: {
        ...place,
        alias: 'backups',
        id: '/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/backups',
        account: 'backups',
        container: 'bacpacs',
        blob: `${id}.bacpac`,
        uri: `https://backups.blob.core.windows.net/bacpacs/${id}.bacpac`,
      },
      privateLink: true,
      by,
      at,
      origin: { address: 'slack:T1/CHOME' },
    },
    rule: ruleOf(maxOpen),
    connections: {},
    decisions: [],
    story: [],
  }
}

/** The event that begins a transfer. */
export function requestedOf({ id, request, rule }: Transfer): readonly Event[] {
  return [{ at: request.at, type: 'requested', id, request, rule }]
}

/** The next version as a commit takes it; the event means nothing, the store doesn't read it. */
export function nextOf(
  transfer: Transfer,
  change: Partial<Transfer> = {},
): { next: Transfer; events: readonly Event[] } {
  const version = transfer.version + 1
  const next = { ...transfer, version, ...change }
  return { next, events: [{ at: transfer.request.at, type: 'observed', text: `version ${version}` }] }
}

/** An answer to a delivery, told apart by its text. */
export function onceOf(delivery: string, notAfter: number, text = 'kept'): Once {
  return { delivery, answer: answerOf(text), notAfter }
}

/** What a person reads. */
export function answerOf(text: string): Answer {
  return { ok: true, lines: [[text]] }
}
