import { PermanentError, TransientError } from '../transfer/errors.ts'
import { withDeadline } from './deadline.ts'

/** Milliseconds for one call, its token included. */
const CALL_WITHIN = 1_200
/** Milliseconds between two tokens that are asked for because the last one did not suffice. */
const FRESH_EVERY = 60_000
/** Milliseconds to leave Graph alone when it asks for that and names no time. */
const USUAL_PAUSE = 5_000

/** Reads from Microsoft Graph. Each call throws `TransientError` or `PermanentError` (with Graph's own code and status) and nothing else. */
export type GraphClient = {
  /** Path and query below the version, as `/groups/<id>?$select=id`. */
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<unknown>
  post(path: string, body: object): Promise<unknown>
  /** What an answer names as the rest of its list, once it leads to Graph itself; undefined when it does not. */
  next(link: string): string | undefined
}

export type GraphOptions = {
  /** With the version, without a trailing slash: https://graph.microsoft.com/v1.0 */
  url: string
  /** A token of the bot's identity for Graph; `fresh` when the last one was not taken. */
  token(fresh: boolean): Promise<string>
  /** Monotonic, in milliseconds. */
  now: () => number
}

type Sent = { method: 'GET' | 'POST'; headers?: Readonly<Record<string, string>>; body?: string }

/** A client that waits 1.2 s at most, follows no redirect, and asks nothing while Graph has asked to be left alone. */
export function createGraphClient({ url, token, now }: GraphOptions): GraphClient {
  let pausedUntil = Number.NEGATIVE_INFINITY
  // Several questions of one click need the same token: it is asked for once.
  const asking = new Map<boolean, Promise<string>>()
  const shared = (fresh: boolean): Promise<string> => {
    const asked = asking.get(fresh) ?? token(fresh).finally(() => asking.delete(fresh))
    asking.set(fresh, asked)
    return asked
  }
  const once = async (path: string, sent: Sent, signal: AbortSignal, fresh: boolean): Promise<Response> =>
    fetch(`${url}${path}`, {
      ...sent,
      headers: { ...sent.headers, accept: 'application/json', authorization: `Bearer ${await shared(fresh)}` },
      redirect: 'manual',
      signal,
    })
  let freshAt = Number.NEGATIVE_INFINITY
  /** A token may be taken back before its time; and it carries the permissions of the hour in which it was given. */
  const isStale = (status: number): boolean => {
    if (asking.has(true) && (status === 401 || status === 403)) return true
    if (status !== 401 && (status !== 403 || now() - freshAt < FRESH_EVERY)) return false
    freshAt = now()
    return true
  }
  const send = async (path: string, sent: Sent, signal: AbortSignal): Promise<unknown> => {
    const first = await once(path, sent, signal, false)
    const response = isStale(first.status) ? await once(path, sent, signal, true) : first
    const body: unknown = await response.json().catch(() => undefined)
    if (response.ok && body !== undefined) return body
    const error = failureOf(response, body)
    if (response.status === 429) {
      pausedUntil = now() + ((error instanceof TransientError ? error.retryAfter : undefined) ?? USUAL_PAUSE)
    }
    throw error
  }
  const call = async (path: string, sent: Sent): Promise<unknown> => {
    const left = pausedUntil - now()
    if (left > 0) throw new TransientError({ code: 'throttled', message: 'Microsoft Graph asked to wait.' }, left)
    const stop = new AbortController()
    const late = (): 'late' => {
      stop.abort()
      // Whoever asks next must not wait for the token that this one waited for.
      asking.clear()
      return 'late'
    }
    const answer = await withDeadline<unknown>(CALL_WITHIN, send(path, sent, stop.signal).catch(unanswered), late)
    if (answer !== 'late') return answer
    throw new TransientError({ code: 'timeout', message: 'Microsoft Graph did not answer in time.' })
  }
  return {
    get: (path, headers = {}) => call(path, { method: 'GET', headers }),
    post: (path, body) =>
      call(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    next: (link) => (link.startsWith(`${url}/`) ? link.slice(url.length) : undefined),
  }
}

/** What was thrown before there was an answer; nothing of the request may be in it. */
function unanswered(error: unknown): never {
  if (error instanceof TransientError || error instanceof PermanentError) throw error
  throw new TransientError({ code: 'unreachable', message: 'Microsoft Graph could not be reached.' })
}

function failureOf({ status, headers, ok }: Response, body: unknown): TransientError | PermanentError {
  const named = (body as { error?: { code?: unknown } } | undefined)?.error?.code
  const isNamed = typeof named === 'string' && /^[\w.-]{1,64}$/.test(named)
  const code = ok ? 'unreadable' : isNamed ? named : `http_${status}`
  const fault = { code, message: `Microsoft Graph answered ${code}.`, status }
  // What Graph itself says is not there, or is asked for in a wrong way, stays so; a permission may be granted meanwhile.
  if (isNamed && status >= 400 && status < 500 && !passing.has(status)) return new PermanentError(fault)
  const after = Number(headers.get('retry-after'))
  return new TransientError(fault, Number.isFinite(after) && after > 0 ? after * 1_000 : undefined)
}

const passing: ReadonlySet<number> = new Set([401, 403, 408, 429])
