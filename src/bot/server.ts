import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { withDeadline } from './deadline.ts'
import type { Log } from './log.ts'

/** Answers one request; the body is not read yet. */
export type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** Whether work can be taken on, part by part; reasons are shown to whoever asks, so they hold no secrets. */
export type Readiness = { ok: boolean; parts: Readonly<Record<string, { ok: boolean; reason?: string }>> }

/** What the server answers with; `alive` false makes /healthz a 503. */
export type ServerOptions = {
  host: string
  port: number
  /** By exact path; the listener sees every method. */
  routes: Readonly<Record<string, Listener | undefined>>
  ready: () => Promise<Readiness>
  alive: () => boolean
  log: Log
}

const HEADERS_WITHIN = 10_000
const REQUEST_WITHIN = 15_000
const READY_WITHIN = 2_000

/** The one HTTP server: chat's requests, GET /healthz and GET /readyz. `stop` waits at most `graceMs` milliseconds for requests under way. */
export function createServer(options: ServerOptions): {
  start(): Promise<{ port: number }>
  stop(graceMs: number): Promise<void>
} {
  const limits = {
    headersTimeout: HEADERS_WITHIN,
    requestTimeout: REQUEST_WITHIN,
    connectionsCheckingInterval: 5_000,
    keepAliveTimeout: 65_000,
  }
  let stopping = false
  const server = createHttpServer(limits, (request, response) => {
    // A connection that is kept alive would otherwise outlive the stop.
    response.on('close', () => stopping && setImmediate(() => server.closeIdleConnections()))
    if (stopping) response.setHeader('connection', 'close')
    answer(options, request, response)
  })
  return {
    start: () => listen(server, options),
    stop(graceMs) {
      stopping = true
      return close(server, graceMs)
    },
  }
}

function answer(options: ServerOptions, request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
  const reading = request.method === 'GET' || request.method === 'HEAD'
  const route = Object.hasOwn(options.routes, path) ? options.routes[path] : undefined
  try {
    if (path === '/healthz' && reading) health(options, response)
    else if (path === '/readyz' && reading) void readiness(options, response)
    else if (route) route(request, response)
    else send(response, 404, { error: 'not found' })
  } catch (error) {
    options.log.error(
      { path, error: error instanceof Error ? error.name : 'unknown' },
      'a request could not be answered',
    )
    send(response, 500, { error: 'internal error' })
  }
}

function health({ alive }: ServerOptions, response: ServerResponse): void {
  const ok = alive()
  send(response, ok ? 200 : 503, { ok })
}

async function readiness({ ready, log }: ServerOptions, response: ServerResponse): Promise<void> {
  const unknown = (reason: string): Readiness => ({ ok: false, parts: { readiness: { ok: false, reason } } })
  const asked = Promise.resolve()
    .then(ready)
    .catch((error: unknown) => {
      log.error({ error: error instanceof Error ? error.name : 'unknown' }, 'readiness could not be told')
      return unknown('could not be told')
    })
  const told = await withDeadline(READY_WITHIN, asked, () => unknown(`not told within ${READY_WITHIN} ms`))
  send(response, told.ok ? 200 : 503, told)
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (!response.headersSent) {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
  }
  response.end(`${JSON.stringify(body)}\n`)
}

function listen(server: Server, { host, port }: ServerOptions): Promise<{ port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve({ port: (server.address() as AddressInfo).port })
    })
  })
}

function close(server: Server, graceMs: number): Promise<void> {
  if (!server.listening) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    server.closeIdleConnections()
  })
}
