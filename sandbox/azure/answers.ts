import { type CatalogueEntry, faultCatalogue } from './fault-catalogue.ts'
import type { Answer, Call, World } from './world.ts'
import { now } from './world.ts'

/** An answer of 200 with this body. */
export function ok(body: unknown): Answer {
  return { status: 200, body }
}

/** A page of a list, with the address of the next one where there is one. */
export function paged(call: Call, world: World, all: readonly unknown[]): Answer {
  const from = Number(call.query.get('$skip') ?? 0)
  const to = from + Math.max(1, world.options.pageSize)
  const version = encodeURIComponent(call.query.get('api-version') ?? '')
  const nextLink = `${world.url}${call.path}?api-version=${version}&$skip=${to}`
  return ok({ value: all.slice(from, to), ...(to < all.length ? { nextLink } : {}) })
}

/** A standard ARM error. */
export function armError(status: number, code: string, message: string): Answer {
  return { status, body: { error: { code, message } } }
}

/** The error of the catalogue that goes by this key. */
export function refusal(key: string): Answer {
  return fromCatalogue(entryFor(key))
}

/** The answer that a catalogue entry stands for, its usual headers included. */
export function fromCatalogue(entry: CatalogueEntry): Answer {
  return { ...armError(entry.status, entry.code, entry.message), headers: { ...entry.headers } }
}

/** The catalogue entry that goes by this key or, failing that, this code; throws when there is none. */
export function entryFor(key: string, name?: string): CatalogueEntry {
  const named = faultCatalogue.filter((entry) => entry.key === key || entry.code === key)
  const entry = named.find((each) => name !== undefined && each.names.includes(name)) ?? named[0]
  if (entry === undefined) throw new Error(`the fault catalogue has no ${key}`)
  return entry
}

/** Headers that tell the caller where a long-running operation is followed, on the regional host. */
export function lroHeaders(world: World, apiVersion: string, location: string, async: string): Record<string, string> {
  const address = (path: string) => `${world.regionalUrl}${path}?api-version=${apiVersion}`
  return { location: address(location), 'azure-asyncoperation': address(async), ...retryAfter(world) }
}

/** The Retry-After header as the options want it. */
export function retryAfter(world: World): Record<string, string> {
  const wanted = world.options.retryAfter
  if (wanted === 'absent') return {}
  if (wanted === 'http-date') return { 'retry-after': new Date(now(world) + 1000).toUTCString() }
  return { 'retry-after': String(Math.trunc(wanted)) }
}
