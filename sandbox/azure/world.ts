import type { ArmedFault } from './fault-types.ts'
import type { RequestHook } from './sandbox-types.ts'
import type { AzureOptions, Timings } from './settings.ts'
import type { AzureState } from './types.ts'

/** Everything a handler may read and change; one for each sandbox. */
export type World = {
  state: AzureState
  timings: Timings
  options: AzureOptions
  faults: ArmedFault[]
  hooks: RequestHook[]
  token: string
  url: string
  regionalUrl: string
  requestCap: number
  /** Milliseconds that the clock was moved ahead. */
  skipped: number
  seq: number
}

/** A request as handlers see it: route name, decoded path parameters in lower-case keys, query and parsed body. */
export type Call = {
  name: string
  method: string
  path: string
  params: Record<string, string>
  query: URLSearchParams
  headers: Record<string, string>
  body: unknown
}

/** What to answer; `text` replaces the JSON of `body`. */
export type Answer = { status: number; body?: unknown; text?: string; headers?: Record<string, string> }

/** Answers one route. */
export type Handler = (call: Call, world: World) => Answer

/** The time of the sandbox's clock, in milliseconds. */
export function now(world: World): number {
  return Date.now() + world.skipped
}
