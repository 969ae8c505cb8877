import { createServer, type RequestListener, type Server } from 'node:http'
import { changeConnection, changeOperation, control } from './control.ts'
import { armFault } from './faults.ts'
import { advance } from './jobs.ts'
import { makeLimits } from './limits.ts'
import { send } from './respond.ts'
import type { AzureSandbox, AzureSandboxOptions, RequestHook } from './sandbox-types.ts'
import { defaultSeed } from './seed.ts'
import { serve } from './serve.ts'
import { defaultOptions, defaultTimings } from './settings.ts'
import type { AzureState } from './types.ts'
import type { World } from './world.ts'

const tickMs = 20

/** Starts both listeners and the clockwork; see startAzureSandbox. */
export async function openSandbox(options: AzureSandboxOptions): Promise<AzureSandbox> {
  const first = seeded(options)
  const world: World = {
    state: structuredClone(first),
    timings: { ...defaultTimings, ...options.timings },
    options: { ...defaultOptions, ...options.options },
    faults: [],
    hooks: [],
    token: options.token ?? 'sandbox-token',
    url: '',
    regionalUrl: '',
    requestCap: options.requestCap ?? 5000,
    skipped: 0,
    seq: 0,
  }
  const servers: Server[] = []
  const clockwork = setInterval(() => advance(world), tickMs).unref()
  const close = async () => {
    clearInterval(clockwork)
    await Promise.all(servers.map(closed))
  }
  const sandbox = controls(world, first, options, close)
  const listener = listenerFor(world, sandbox)
  try {
    world.url = `http://127.0.0.1:${await listen(servers, listener, options.port ?? 0)}`
    world.regionalUrl = `http://localhost:${await listen(servers, listener, options.regionalPort ?? 0)}`
  } catch (error) {
    await close()
    throw error
  }
  return sandbox
}

function controls(
  world: World,
  first: AzureState,
  start: AzureSandboxOptions,
  close: () => Promise<void>,
): AzureSandbox {
  return {
    get url() {
      return world.url
    },
    get regionalUrl() {
      return world.regionalUrl
    },
    token: world.token,
    get state() {
      advance(world)
      return world.state
    },
    timings: world.timings,
    options: world.options,
    setTimings: (timings) => Object.assign(world.timings, known(timings, defaultTimings)),
    setOptions: (options) => Object.assign(world.options, known(options, defaultOptions)),
    arm: (...faults) => faults.map((each) => armFault(world, each)),
    disarm: () => {
      world.faults = []
    },
    faults: () => world.faults,
    changeConnection: (change) => changed(world, changeConnection(world, change)),
    changeOperation: (change) => changed(world, changeOperation(world, change)),
    passTime: (ms) => {
      world.skipped += ms
      advance(world)
    },
    reset: () => reset(world, first, start),
    onRequest: (hook) => hookUp(world, hook),
    close,
  }
}

function hookUp(world: World, hook: RequestHook): () => void {
  world.hooks.push(hook)
  return () => {
    world.hooks = world.hooks.filter((each) => each !== hook)
  }
}

function changed<T>(world: World, value: T): T {
  advance(world)
  return value
}

function known<T extends object>(given: Partial<T>, all: T): Partial<T> {
  const strange = Object.keys(given).find((name) => !(name in all))
  if (strange !== undefined) throw new Error(`there is no ${strange}; known are ${Object.keys(all).join(', ')}`)
  return given
}

function reset(world: World, first: AzureState, start: AzureSandboxOptions): void {
  Object.assign(world.state, structuredClone(first))
  Object.assign(world.timings, defaultTimings, start.timings)
  Object.assign(world.options, defaultOptions, start.options)
  world.faults = []
  world.skipped = 0
}

function seeded(options: AzureSandboxOptions): AzureState {
  const state = defaultSeed(options.password ?? 'Sandbox-Passw0rd!')
  if (typeof options.seed === 'function') options.seed(state)
  else Object.assign(state, structuredClone(options.seed ?? {}))
  return state
}

function listenerFor(world: World, sandbox: AzureSandbox): RequestListener {
  const limits = makeLimits()
  return (request, response) => {
    const path = new URL(`http://localhost${request.url}`).pathname
    const answered = path.startsWith('/__control')
      ? control(sandbox, path, request).then((answer) => send(response, answer))
      : serve(world, limits, request, response)
    answered.catch((error: unknown) => {
      if (response.headersSent || response.destroyed) return
      send(response, { status: 500, body: { error: { code: 'SandboxError', message: String(error) } } })
    })
  }
}

async function listen(servers: Server[], listener: RequestListener, port: number): Promise<number> {
  // Longer than any client's pause, or a reused connection would now and then be reset under it.
  const server = createServer({ keepAliveTimeout: 120_000 }, listener)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  servers.push(server)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the listener has no port')
  return address.port
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
