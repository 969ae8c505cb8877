import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Answers /__control; handed in so that the server knows nothing of what control does. */
export type ControlHandler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>

/** A server on 127.0.0.1 that can go down, so that connections are refused, and come up again on the same port. */
export function createSwitchable(make: () => Server, cut: () => void = () => undefined) {
  let server = make()
  let port = 0
  const close = async (): Promise<void> => {
    cut()
    if (server.listening) await closeServer(server)
  }
  return {
    close,
    url: () => `http://127.0.0.1:${port}`,
    async listen(on: number): Promise<void> {
      port = await listenOn(server, on)
    },
    down: close,
    async up(): Promise<void> {
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
