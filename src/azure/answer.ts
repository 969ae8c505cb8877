import type { PipelineResponse } from '@azure/core-rest-pipeline'

/** An HTTP answer of Azure as it came, whatever its status. */
export type Answer = { status: number; header(name: string): string | undefined; text: string }

/** An answer that the typed SDKs did not expect; stays inside src/azure. */
export class AnswerError extends Error {
  readonly answer: Answer
  constructor(answer: Answer) {
    super(`HTTP ${answer.status}`)
    this.name = 'AnswerError'
    this.answer = answer
  }
}

/** The answer in a response of the SDKs' pipeline. */
export function answerOf(response: PipelineResponse): Answer {
  const { status, headers, bodyAsText } = response
  return { status, header: (name) => headers.get(name) || undefined, text: bodyAsText ?? '' }
}

/** The JSON object of a body; undefined when it is cut off, HTML or anything else. */
export function jsonOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return record(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** The value as an object with properties, if it is one. */
export function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isRecord ? (value as Readonly<Record<string, unknown>>) : undefined
}

/** The value as text; everything else is empty. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Azure's own id of the request, by which its support and its logs find it. */
export function requestIdOf(answer: Answer): string | undefined {
  return answer.header('x-ms-request-id') ?? answer.header('x-ms-correlation-request-id')
}

/** Milliseconds of a Retry-After header, in seconds or as an HTTP-date. */
export function retryAfterOf(answer: Answer, now: number): number | undefined {
  const value = answer.header('retry-after')?.trim()
  if (!value) return undefined
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined
}
