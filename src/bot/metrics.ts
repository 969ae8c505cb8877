import { Counter, collectDefaultMetrics, Registry } from 'prom-client'
import type { Log } from './log.ts'
import type { Listener } from './server.ts'

/** What is counted, and GET /metrics for Prometheus. */
export type Metrics = {
  /** A request that was refused before anybody looked at what it says, by the chat it claims to come from and the reason. */
  refused(platform: string, reason: string): void
  listener: Listener
}

/** Counters of one process. */
export function createMetrics(log: Log): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const refused = new Counter({
    name: 'drawbridge_refused_requests_total',
    help: 'Requests of a chat that failed authentication or came from outside, by reason.',
    labelNames: ['platform', 'reason'],
    registers: [registry],
  })
  return {
    refused: (platform, reason) => refused.inc({ platform, reason }),
    listener: (request, response) => {
      if (request.method !== 'GET') {
        response.writeHead(405).end()
        return
      }
      registry.metrics().then(
        (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
        (error: unknown) => {
          log.error({ error: error instanceof Error ? error.name : 'unknown' }, 'metrics could not be told')
          response.writeHead(500).end()
        },
      )
    },
  }
}
