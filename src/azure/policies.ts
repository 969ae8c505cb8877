import http from 'node:http'
import https from 'node:https'
import {
  bearerTokenAuthenticationPolicyName,
  isRestError,
  logPolicyName,
  type Pipeline,
  type PipelinePolicy,
  type PipelineRequest,
  redirectPolicyName,
} from '@azure/core-rest-pipeline'
import type { TokenCredential } from '@azure/identity'
import { PermanentError } from '../transfer/errors.ts'
import { AnswerError, answerOf, jsonOf } from './answer.ts'
import type { Home } from './operation-url.ts'
import type { Scrubber } from './scrub.ts'

/** Stands right before the wire: asks whether the request may leave, and knows whether it did. */
export type Gate = { mayStart: () => void; left: boolean; veto?: { error: unknown } }

/** What every pipeline to Azure is dressed with. */
export type Dressing = {
  home: Home
  credential: TokenCredential
  scopes: string
  scrub: Scrubber
  requestTimeout: number
  gates: WeakMap<PipelineRequest, Gate>
  agents: Agents
}

/** Sockets to Azure; `fresh` ones are used once, so that a request without proof never meets a socket that Azure just closed. */
export type Agents = { pick(request: PipelineRequest, fresh: boolean): void; close(): void }

/** Takes retries, redirects and logging out of a pipeline; adds time limits, the host check, the gate and the token. */
export function dressPipeline(pipeline: Pipeline, dressing: Dressing): Pipeline {
  pipeline.removePolicy({ phase: 'Retry' })
  pipeline.removePolicy({ name: redirectPolicyName })
  pipeline.removePolicy({ name: logPolicyName })
  if (dressing.home.loopback) {
    // The SDK's policy refuses to send a token without TLS.
    pipeline.removePolicy({ name: bearerTokenAuthenticationPolicyName })
    pipeline.addPolicy(plainToken(dressing))
  }
  pipeline.addPolicy(manners(dressing), { beforePolicies: [bearerTokenAuthenticationPolicyName, plainTokenName] })
  pipeline.addPolicy(gatekeeper(dressing), { phase: 'Sign' })
  return pipeline
}

/** Makes every unexpected or unreadable answer of a typed call an `AnswerError`, before an SDK words an error of its own. */
export function addAnswers(pipeline: Pipeline): void {
  const beforePolicies = [bearerTokenAuthenticationPolicyName, plainTokenName, mannersName]
  pipeline.addPolicy(answersPolicy(), { beforePolicies })
}

/** The policy that `addAnswers` adds. */
export function answersPolicy(): PipelinePolicy {
  return {
    name: 'drawbridgeAnswers',
    sendRequest: async (request, next) => {
      const response = await next(request).catch((error: unknown) => {
        throw isRestError(error) && error.response ? new AnswerError(answerOf(error.response)) : error
      })
      const answer = answerOf(response)
      if (answer.status < 200 || answer.status > 299) throw new AnswerError(answer)
      // The SDKs read a page for people, or half an answer, as an empty list: a look would then see nothing and send twice.
      if (request.method === 'GET' && !isResource(answer.text)) throw new AnswerError(answer)
      return response
    },
  }
}

/** Sockets that are closed together. */
export function createAgents(): Agents {
  const kept = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) }
  const once = { http: new http.Agent({ keepAlive: false }), https: new https.Agent({ keepAlive: false }) }
  return {
    pick: (request, fresh) => {
      const agents = fresh ? once : kept
      // An agent that is there already belongs to a proxy.
      request.agent ??= request.url.startsWith('https:') ? agents.https : agents.http
    },
    close: () => {
      for (const agent of [kept.http, kept.https, once.http, once.https]) agent.destroy()
    },
  }
}

const plainTokenName = 'drawbridgePlainToken'
const mannersName = 'drawbridgeManners'

/** Everything that ARM gives has an id, or is a list. */
function isResource(text: string): boolean {
  const body = jsonOf(text)
  return Array.isArray(body?.value) || typeof body?.id === 'string'
}

function manners({ home, requestTimeout, gates, agents }: Dressing): PipelinePolicy {
  return {
    name: mannersName,
    sendRequest: (request, next) => {
      // Also page links are followed at home only: the token goes with them.
      if (!URL.canParse(request.url) || !home.accepts(new URL(request.url))) {
        const message = 'Azure named an address outside its own hosts; it was not followed.'
        return Promise.reject(new PermanentError({ code: 'ForeignAddress', message }))
      }
      request.timeout ||= requestTimeout
      request.allowInsecureConnection = home.loopback
      agents.pick(request, gates.has(request))
      return next(request)
    },
  }
}

function plainToken({ credential, scopes }: Dressing): PipelinePolicy {
  return {
    name: plainTokenName,
    sendRequest: async (request, next) => {
      const token = await credential.getToken(scopes)
      request.headers.set('Authorization', `Bearer ${token?.token ?? ''}`)
      return next(request)
    },
  }
}

function gatekeeper({ gates }: Dressing): PipelinePolicy {
  return {
    name: 'drawbridgeGate',
    sendRequest: async (request, next) => {
      const gate = gates.get(request)
      if (!gate) return next(request)
      try {
        gate.mayStart()
      } catch (error) {
        gate.veto = { error }
        throw error
      }
      gate.left = true
      const response = await next(request)
      // A challenge would make the token policy send the request a second time.
      response.headers.delete('WWW-Authenticate')
      return response
    },
  }
}
