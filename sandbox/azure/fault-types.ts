/** What a fault does to a request; the `accept-` kinds, `truncate` and `rewrite` do the work first. */
export type FaultAction =
  | { kind: 'status'; status: number; body?: unknown; text?: string; headers?: Record<string, string> }
  | { kind: 'accept-then-status'; status: number; body?: unknown; text?: string; headers?: Record<string, string> }
  | { kind: 'reset' }
  | { kind: 'accept-then-reset' }
  /** Waits `ms` and then works and answers as usual, or never answers. */
  | { kind: 'hang'; ms?: number }
  | { kind: 'accept-then-hang'; ms?: number }
  /** Answers 502 (or `status`) with an HTML page. */
  | { kind: 'html'; status?: number }
  /** Answers half of the true JSON under a correct content-length. */
  | { kind: 'truncate' }
  /** Answers 307 (or `status`) to this address. */
  | { kind: 'redirect'; url: string; status?: number }
  /** Changes the true answer: null removes a header, `host` replaces the origin in Location and Azure-AsyncOperation. */
  | {
      kind: 'rewrite'
      status?: number
      body?: unknown
      headers?: Record<string, string | null>
      host?: string
    }

/** Which requests a fault meets; name `job` meets the end of a job instead, `creation` that of a database's creation, and `any` every request. */
export type FaultMatch = { name?: string; method?: string; path?: string | RegExp }

/** A fault to arm: by a code of the catalogue, or with an action; it acts `times` times (1) after `skip` matches (0). */
export type FaultInput = FaultMatch & {
  match?: FaultMatch
  times?: number
  skip?: number
  code?: string
  headers?: Record<string, string>
  action?: FaultAction
}

/** A fault that waits for its request; `left` counts down. */
export type ArmedFault = {
  id: number
  name: string
  method: string | null
  path: string | null
  skip: number
  left: number
  hits: number
  code: string | null
  action: FaultAction
}
