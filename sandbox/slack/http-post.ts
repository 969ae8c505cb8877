import { createHmac } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import type { DeliveryError } from './types.ts'

/** What an app answered to one request, or why it did not. */
export type Posted = { status: number; body: string; headers: http.IncomingHttpHeaders; error?: DeliveryError }

/** Headers of a request that Slack signs (v0, HMAC-SHA256 of `v0:<timestamp>:<body>`); `at` is epoch seconds. */
export function signedHeaders(secret: string, body: string, contentType: string, at: number): Record<string, string> {
  return {
    'content-type': contentType,
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
    accept: 'application/json,*/*',
    'x-slack-request-timestamp': String(at),
    'x-slack-signature': `v0=${createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('hex')}`,
  }
}

/** POSTs on a connection of its own and gives up after `ms`; never throws. */
export function postOnce(
  url: string,
  headers: Record<string, string>,
  body: string,
  ms: number,
  stopping: AbortSignal,
): Promise<Posted> {
  return new Promise((resolve) => {
    const send = url.startsWith('https:') ? https.request : http.request
    const request = send(url, { method: 'POST', headers, agent: false })
    const end = (posted: Posted) => {
      clearTimeout(timer)
      stopping.removeEventListener('abort', stop)
      resolve(posted)
      request.destroy()
    }
    const lost = (error: DeliveryError) => end({ status: 0, body: '', headers: {}, error })
    const stop = () => lost('connection_failed')
    const timer = setTimeout(() => lost('operation_timeout'), ms)
    stopping.addEventListener('abort', stop)
    request.on('error', () => lost('connection_failed'))
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', () => lost('connection_failed'))
      response.on('end', () => {
        const status = response.statusCode ?? 0
        const answer = { status, body: Buffer.concat(chunks).toString(), headers: response.headers }
        end(status >= 200 && status < 300 ? answer : { ...answer, error: 'http_error' })
      })
    })
    request.end(body)
  })
}
