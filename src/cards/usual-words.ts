import type { Transfer } from '../transfer/model.ts'
import { duration } from './quantities.ts'

/** How long the same took before, by the record of earlier ones alone; empty where there is none. */
export function usualWords({ usual, request }: Transfer): string {
  if (usual?.took === undefined) return ''
  // Seconds would promise more than a few earlier ones can.
  const about = duration(usual.took < 120_000 ? usual.took : Math.round(usual.took / 60_000) * 60_000)
  if (usual.of === 1) return ` The last ${request.operation} of this database took ${about}.`
  return ` Usually it takes about ${about}, by the last ${usual.of} ${request.operation}s of this database.`
}
