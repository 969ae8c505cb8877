import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ControlHandler, createSwitchable } from '../chat/listener.ts'
import { type ApiParts, createApi } from './api.ts'
import { createResponseUrls } from './response-url.ts'
import type { SocketHub } from './socket-mode.ts'
import { send } from './wire.ts'

type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** The one listener: /api/<method>, /actions/… (response_url), /link (websocket), /__control. */
export function createListener(parts: ApiParts, hub: SocketHub, control: () => ControlHandler) {
  const handle = createHandle(parts, control)
  const make = (): Server => {
    const made = createServer((request, response) => void handle(request, response))
    made.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (parts.faults.isDown() || !request.url?.startsWith('/link')) socket.destroy()
      else hub.upgrade(request, socket, head)
    })
    return made
  }
  return createSwitchable(make, () => hub.cut())
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
