import { randomBytes, randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { isFields } from './check-blocks.ts'
import { APP } from './seed.ts'
import type { DeliveryError, Fields } from './types.ts'
import { parseJson } from './wire.ts'
import type { World } from './world.ts'

const PING_EVERY_MS = 10_000
const NOBODY: Acked = { status: 0, body: '', error: 'connection_failed' }

/** What comes back for an envelope. */
export type Acked = { status: number; body: string; error?: DeliveryError }

/** The Socket Mode side: tickets, connections and envelopes that wait for their ack. */
export type SocketHub = ReturnType<typeof createSocketHub>

/** Envelopes that wait for their ack, by id. */
type Waiting = Map<string, (acked: Acked) => void>

/** One envelope, before it has an id. */
type Envelope = { type: string; payload: Fields; retry: { num: number; reason: string } | undefined }

/** Socket Mode without connections yet. */
export function createSocketHub(world: World) {
  const server = new WebSocketServer({ noServer: true })
  const tickets = new Set<string>()
  const links: WebSocket[] = []
  const waiting: Waiting = new Map()
  let turn = 0
  const ping = setInterval(() => {
    for (const link of links) link.ping()
  }, PING_EVERY_MS).unref()
  const cut = () => {
    for (const link of [...links]) link.terminate()
  }
  return {
    /** Sends to one of the connections, in turn, and waits `ms` for the ack. */
    async send(type: string, payload: Fields, ms: number, retry: Envelope['retry']): Promise<Acked> {
      const link = links[turn++ % Math.max(links.length, 1)]
      return link ? sendEnvelope(link, waiting, { type, payload, retry }, ms) : NOBODY
    },
    connected: () => links.length > 0,
    /** A websocket address that is good once. */
    url: () => ticketUrl(world, tickets),
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer) {
      const ticket = new URL(request.url ?? '/', 'http://slack').searchParams.get('ticket') ?? ''
      if (tickets.delete(ticket))
        server.handleUpgrade(request, socket, head, (link) => join(world, links, waiting, link))
      else socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n')
    },
    disconnect(reason: string) {
      for (const link of links)
        link.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'sandbox' } }))
    },
    cut,
    close() {
      clearInterval(ping)
      cut()
      for (const end of [...waiting.values()]) end(NOBODY)
      server.close()
    },
  }
}

function ticketUrl(world: World, tickets: Set<string>): string {
  const ticket = randomBytes(12).toString('hex')
  tickets.add(ticket)
  return `${world.baseUrl.replace('http', 'ws')}/link/?ticket=${ticket}&app_id=${APP.id}`
}

function join(world: World, links: WebSocket[], waiting: Waiting, link: WebSocket): void {
  const count = () => {
    world.state.socketConnections = links.length
    world.changed()
  }
  links.push(link)
  link.on('message', (data) => settle(waiting, String(data)))
  link.on('error', () => link.terminate())
  link.on('close', () => {
    links.splice(links.indexOf(link), 1)
    count()
  })
  link.send(JSON.stringify(hello(links.length)))
  count()
}

function sendEnvelope(link: WebSocket, waiting: Waiting, envelope: Envelope, ms: number): Promise<Acked> {
  const { type, payload, retry } = envelope
  const id = randomUUID()
  const events = type === 'events_api'
  const attempt = events ? { retry_attempt: retry?.num ?? 0, retry_reason: retry?.reason ?? '' } : {}
  return new Promise((resolve) => {
    const end = (acked: Acked) => {
      clearTimeout(timer)
      waiting.delete(id)
      resolve(acked)
    }
    const timer = setTimeout(() => end({ status: 0, body: '', error: 'operation_timeout' }), ms)
    waiting.set(id, end)
    link.send(JSON.stringify({ envelope_id: id, payload, type, accepts_response_payload: !events, ...attempt }))
  })
}

function settle(waiting: Waiting, data: string): void {
  const ack = parseJson(data)
  if (!isFields(ack)) return
  const payload = isFields(ack.payload) && Object.keys(ack.payload).length > 0 ? JSON.stringify(ack.payload) : ''
  waiting.get(String(ack.envelope_id))?.({ status: 200, body: payload })
}

function hello(connections: number): Fields {
  return {
    type: 'hello',
    num_connections: connections,
    debug_info: { host: 'sandbox', build_number: 1, approximate_connection_time: 18_060 },
    connection_info: { app_id: APP.id },
  }
}
