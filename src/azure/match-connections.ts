import type { Connection, Side } from '../transfer/model.ts'
import type { MatchConnections } from '../transfer/ports.ts'
import { lastSegment } from './resource-ids.ts'

/**
 * Finds on each side the one connection of the import/export service that the operation's result names: by name, by the
 * beginning of its name, or by its private endpoint. Where two fit equally well it finds none.
 */
export const matchConnections: MatchConnections = (named, all) => {
  const found: Partial<Record<Side, Connection>> = {}
  for (const side of ['sql', 'storage'] as const) {
    const names = named.flatMap((each) => (each.side === side && each.name !== '' ? [each.name.toLowerCase()] : []))
    const ours = all.filter((each) => each.side === side && isOfService(each))
    const one = only(
      ours.filter((each) => isExactly(each, names)),
      ours.filter((each) => beginsWith(each, names)),
    )
    if (one) found[side] = { ...one, named: true }
  }
  return found
}

const prefix = 'importexportprivatelink_'

function only(exact: readonly Connection[], loose: readonly Connection[]): Connection | undefined {
  const best = exact.length > 0 ? exact : loose
  return best.length === 1 ? best[0] : undefined
}

/** Whether the import/export service made the connection, by its own name or that of its private endpoint. */
export function isOfService({ name, privateEndpoint }: Connection): boolean {
  return [name, lastSegment(privateEndpoint)].some((each) => each.toLowerCase().startsWith(prefix))
}

function isExactly({ name, privateEndpoint }: Connection, names: readonly string[]): boolean {
  return names.includes(name.toLowerCase()) || names.includes(lastSegment(privateEndpoint).toLowerCase())
}

function beginsWith({ name }: Connection, names: readonly string[]): boolean {
  return names.some((each) => name.toLowerCase().startsWith(each))
}
