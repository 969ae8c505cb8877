import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type ControlHandler, createSwitchable } from '../chat/listener.ts'
import { send } from '../slack/wire.ts'
import { type ApiParts, createApi } from './api.ts'

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
  return createSwitchable(() => createServer((request, response) => void handle(request, response)))
}
