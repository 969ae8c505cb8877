import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Connection, openConnection } from './redis-proxy-connection.ts'

/** A command as a client sent it, its name in lower case; `connection` numbers the clients in order of arrival, from 1. */
export type ProxiedCommand = { name: string; args: string[]; connection: number }

/** `before`: Redis has not seen the command. `after`: Redis has answered it, and the client does not know. */
export type Phase = 'before' | 'after'

/** May take its time, which holds up this one connection; `'cut'` ends the connection there, so that the command or reply in hand is lost. */
export type CommandHook = (command: ProxiedCommand, phase: Phase) => Promise<'cut' | undefined> | 'cut' | undefined

export type RedisProxy = {
  /** The unix socket to connect to. */
  path: string
  /** The same over TCP, as redis://127.0.0.1:port. */
  url: string
  /** Adds a hook and answers how to remove it; subscribe commands have no `after`. */
  onCommand(hook: CommandHook): () => void
  /** Hangs: connections stay open and are accepted, no byte passes in either direction until `resume`. */
  pause(): void
  resume(): void
  /** Resets every connection and refuses new ones until `up`. */
  down(): Promise<void>
  up(): Promise<void>
  /** Delays every command by `ms` before it is forwarded; the order stays, and pipelines are delayed once. */
  setLatency(ms: number): void
  /** Ends everything; throws the first error that a hook has thrown. */
  close(): Promise<void>
}

/** What the connections of one proxy share. */
export type ProxyState = {
  target: string
  hooks: Set<CommandHook>
  latencyMs: number
  /** Resolves when bytes may pass. */
  open: Promise<void>
  report: (error: unknown) => void
}

/** Starts a proxy in front of a Redis socket that keeps the order of bytes and can stop the world before or after any command. */
export async function startRedisProxy({ target }: { target: string }): Promise<RedisProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-proxy-'))
  const path = join(folder, 'proxy.sock')
  const errors: unknown[] = []
  const report = (error: unknown) => errors.push(error)
  const state: ProxyState = { target, hooks: new Set(), latencyMs: 0, open: Promise.resolve(), report }
  const gate = gateOf(state)
  const door = doorOf(state, path)
  const port = await door.open(0)
  return {
    path,
    url: `redis://127.0.0.1:${port}`,
    onCommand: (hook) => {
      state.hooks.add(hook)
      return () => state.hooks.delete(hook)
    },
    pause: gate.pause,
    resume: gate.resume,
    down: door.close,
    up: async () => {
      await door.open(port)
    },
    setLatency: (ms) => {
      state.latencyMs = ms
    },
    close: async () => {
      gate.resume()
      await door.close()
      await rm(folder, { recursive: true, force: true })
      if (errors.length > 0) throw errors[0]
    },
  }
}

function gateOf(state: ProxyState): { pause(): void; resume(): void } {
  let open: (() => void) | undefined
  return {
    pause: () => {
      if (open) return
      state.open = new Promise((resolve) => {
        open = resolve
      })
    },
    resume: () => {
      open?.()
      open = undefined
    },
  }
}

function doorOf(state: ProxyState, path: string): { open(port: number): Promise<number>; close(): Promise<void> } {
  const connections = new Set<Connection>()
  let count = 0
  const accept = (client: Socket) => {
    const connection = openConnection(state, client, ++count)
    connections.add(connection)
    connection.ended.then(() => connections.delete(connection))
  }
  const servers = [createServer(accept), createServer(accept)] as const
  return {
    open: (port) => listen(servers, path, port),
    close: async () => {
      const closed = servers.filter((server) => server.listening).map((server) => closeServer(server))
      for (const connection of connections) connection.reset()
      await Promise.all(closed)
    },
  }
}

async function listen([unix, tcp]: readonly [Server, Server], path: string, port: number): Promise<number> {
  const listening = [once(unix, 'listening'), once(tcp, 'listening')]
  unix.listen(path)
  tcp.listen(port, '127.0.0.1')
  await Promise.all(listening)
  return (tcp.address() as AddressInfo).port
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
