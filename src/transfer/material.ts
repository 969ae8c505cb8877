import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { type Gate, type Material, sides, type Transfer } from './model.ts'
import type { Check } from './preflight.ts'

/** What the click releases: without private link, and where a database is made first, it is asked before anything is sent. */
export function gateOf({ request, rule }: Pick<Transfer, 'request' | 'rule'>): Gate {
  return request.privateLink && !request.create ? rule.gate : 'submission'
}

/** The facts that a yes is about, as the record has them now. */
export function materialOf(transfer: Transfer): Material {
  const { request, rule } = transfer
  return {
    operation: request.operation,
    gate: gateOf(transfer),
    database: request.database.id.toLowerCase(),
    storage: request.storage.id.toLowerCase(),
    uri: transfer.plan?.uri ?? request.storage.uri,
    privateLink: request.privateLink,
    ...(request.create ? { create: request.create } : {}),
    ...(transfer.plan?.checks ? { warnings: lasting(transfer.plan.checks) } : {}),
    rule: rule.name,
    connections: gateOf(transfer) === 'submission' ? [] : connectionsOf(transfer),
  }
}

/** Names of the facts that differ, for the sentence that tells why it is asked anew. */
export function changedFacts(before: Material, after: Material): readonly string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)] as (keyof Material)[])
  return [...keys].filter((key) => canonicalize(before[key]) !== canonicalize(after[key]))
}

/** Digest of the facts of one round: the same facts in another round have another digest. */
export function digestOf(material: Material, round: number): string {
  return sha256(canonicalize({ material, round }) ?? '').slice(0, 32)
}

/** Warnings about what is to be moved; not those that come and go with other jobs, or with whether Azure could be read. */
function lasting(checks: readonly Check[]): readonly string[] {
  const passing = new Set<Check['name']>(['busy', 'leftovers', 'permissions'])
  const bad = checks.filter(({ name, verdict, code }) => verdict !== 'ok' && code !== 'unread' && !passing.has(name))
  return bad.map(({ name, code }) => `${name} ${code}`)
}

function connectionsOf(transfer: Transfer): Material['connections'] {
  return sides.flatMap((side) => {
    const connection = transfer.connections[side]
    if (!connection) return []
    const { id, privateEndpoint, named } = connection
    return [{ side, id: id.toLowerCase(), privateEndpoint: privateEndpoint.toLowerCase(), named }]
  })
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
