import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { send } from '../slack/wire.ts'
import { type ApiParts, createApi } from './api.ts'

/** Answers /__control; handed in so that the server knows nothing of what control does. */
export type ControlHandler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>

/** The one listener: /emea/v3/… (Bot Connector), /{tenant}/oauth2/v2.0/token, /v1/.well-known/…, /v1.0/… (Microsoft Graph), /__control. */
export function createListener(parts: ApiParts, control: () => ControlHandler) {
  const api = createApi(parts)
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://teams')
    try {
      if (url.pathname.startsWith('/__control')) await control()(request, response, url)
      else if (parts.faults.isDown()) request.socket.resetAndDestroy()
      else await api(request, response, url)
    } catch (error) {
      send(response, 500, { error: { code: 'ServiceError', message: String(error) } })
    }
  }
  const make = () => createServer((request, response) => void handle(request, response))
  let server = make()
  let port = 0
  const close = async () => {
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
