import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ApiParts, createApi } from './api.ts'
import { createResponseUrls } from './response-url.ts'
import type { SocketHub } from './socket-mode.ts'
import { send } from './wire.ts'

/** Answers /__control; handed in so that the server knows nothing of what control does. */
export type ControlHandler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>

type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** The one listener: /api/<method>, /actions/… (response_url), /link (websocket), /__control. */
export function createListener(parts: ApiParts, hub: SocketHub, control: () => ControlHandler) {
  const handle = createHandle(parts, control)
  let server = make()
  let port = 0

  function make(): Server {
    const made = createServer((request, response) => void handle(request, response))
    made.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (parts.faults.isDown() || !request.url?.startsWith('/link')) socket.destroy()
      else hub.upgrade(request, socket, head)
    })
    return made
  }

  async function close(): Promise<void> {
    hub.cut()
    if (server.listening) await closeServer(server)
  }

  return {
    close,
    url: () => `http://127.0.0.1:${port}`,
    async listen(on: number) {
      port = await listenOn(server, on)
    },
    /** Stops listening, so that connections are refused. */
    down: close,
    /** Listens on the same port again. */
    async up() {
      if (server.listening) return
      server = make()
      await listenOn(server, port)
    },
  }
}

function createHandle(parts: ApiParts, control: () => ControlHandler): Handle {
  const api = createApi(parts)
  const responseUrls = createResponseUrls(parts)
  return async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://slack')
    try {
      if (url.pathname.startsWith('/__control')) await control()(request, response, url)
      else if (parts.faults.isDown()) request.socket.resetAndDestroy()
      else if (url.pathname.startsWith('/api/')) await api(request, response, url.pathname.slice('/api/'.length))
      else if (url.pathname.startsWith('/actions/')) await responseUrls(request, response, url.pathname)
      else send(response, 404, 'Not found')
    } catch (error) {
      send(response, 500, { ok: false, error: 'fatal_error', detail: String(error) })
    }
  }
}

function listenOn(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
