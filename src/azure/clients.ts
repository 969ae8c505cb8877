import { randomUUID } from 'node:crypto'
import { SqlManagementClient } from '@azure/arm-sql'
import { StorageManagementClient } from '@azure/arm-storage'
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type PipelineRequest,
} from '@azure/core-rest-pipeline'
import type { TokenCredential } from '@azure/identity'
import { type Answer, answerOf } from './answer.ts'
import type { Home } from './operation-url.ts'
import { addAnswers, createAgents, type Dressing, dressPipeline, type Gate } from './policies.ts'
import type { Scrubber } from './scrub.ts'

/** A request that is sent as it is, once. With a gate it gets a socket of its own. */
export type RawRequest = { method: 'GET' | 'POST' | 'PUT' | 'DELETE'; url: string; body?: unknown; gate?: Gate }

/** The ways to Azure: typed by subscription, or raw. Nothing here retries or follows a redirect. */
export type Clients = {
  sql(subscription: string): SqlManagementClient
  storage(subscription: string): StorageManagementClient
  /** Resolves with any answer, whatever its status; rejects when there was none. */
  send(request: RawRequest): Promise<Answer>
  close(): void
}

/** What the clients are made of; `scopes` is what tokens are asked for. */
export type ClientSetup = {
  home: Home
  credential: TokenCredential
  scopes: string
  scrub: Scrubber
  requestTimeout: number
}

/** Clients that share sockets, token and manners. */
export function createClients(setup: ClientSetup): Clients {
  const gates = new WeakMap<PipelineRequest, Gate>()
  const dressing: Dressing = { ...setup, gates, agents: createAgents() }
  return {
    sql: remembered((subscription) => sqlClient(subscription, dressing)),
    storage: remembered((subscription) => storageClient(subscription, dressing)),
    send: sender(dressing),
    close: dressing.agents.close,
  }
}

const userAgentOptions = { userAgentPrefix: 'Drawbridge' }

function remembered<T>(make: (subscription: string) => T): (subscription: string) => T {
  const made = new Map<string, T>()
  return (subscription) => {
    const found = made.get(subscription) ?? make(subscription)
    made.set(subscription, found)
    return found
  }
}

function sqlClient(subscription: string, dressing: Dressing): SqlManagementClient {
  const client = new SqlManagementClient(dressing.credential, subscription, {
    endpoint: dressing.home.base,
    credentialScopes: dressing.scopes,
    allowInsecureConnection: dressing.home.loopback,
    retryOptions: { maxRetries: 0 },
    userAgentOptions,
  })
  addAnswers(dressPipeline(client.pipeline, dressing))
  return client
}

function storageClient(subscription: string, dressing: Dressing): StorageManagementClient {
  const client = new StorageManagementClient(dressing.credential, subscription, {
    endpoint: dressing.home.base,
    credentials: { scopes: [dressing.scopes] },
    allowInsecureConnection: dressing.home.loopback,
    retryOptions: { maxRetries: 0 },
    userAgentOptions,
  })
  addAnswers(dressPipeline(client.pipeline, dressing))
  return client
}

function sender(dressing: Dressing): Clients['send'] {
  const pipeline = createPipelineFromOptions({ retryOptions: { maxRetries: 0 }, userAgentOptions })
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential: dressing.credential, scopes: dressing.scopes }))
  dressPipeline(pipeline, dressing)
  const client = createDefaultHttpClient()
  return async ({ method, url, body, gate }) => {
    const request = createPipelineRequest({ method, url, headers: headersFor(body) })
    if (body !== undefined) request.body = JSON.stringify(body)
    if (gate) dressing.gates.set(request, gate)
    return answerOf(await pipeline.sendRequest(client, request))
  }
}

function headersFor(body: unknown): ReturnType<typeof createHttpHeaders> {
  const headers = createHttpHeaders({ accept: 'application/json', 'x-ms-client-request-id': randomUUID() })
  if (body !== undefined) headers.set('content-type', 'application/json; charset=utf-8')
  return headers
}
