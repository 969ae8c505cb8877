import { type Logger, LogLevel, webApi } from '@slack/bolt'
import { type Log, redact } from './log.ts'
import { slackErrorCode } from './slack-errors.ts'

const SLACK_API = 'https://slack.com/api/'

/** How Slack is reached; `timeout` in milliseconds for one call, answer included. */
export type SlackAccess = { botToken: string; apiUrl?: string | undefined; timeout: number; log: Log }

/** A Web API client that says at once what went wrong: no waiting, and no repeats of its own. */
export function createSlackClient({ botToken, ...access }: SlackAccess): webApi.WebClient {
  return new webApi.WebClient(botToken, clientOptions(access))
}

/** Options of every client here. A repeated chat.postMessage could post twice, so who calls decides about trying again. */
export function clientOptions({ apiUrl, timeout, log }: Omit<SlackAccess, 'botToken'>): webApi.WebClientOptions {
  return {
    slackApiUrl: (apiUrl ?? SLACK_API).replace(/\/*$/, '/'),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout,
    maxRequestConcurrency: 1_000,
    logger: quietLogger(log),
    // Bolt's respond() has no time limit of its own.
    fetch: (url, init) => fetch(url, { ...init, signal: init?.signal ?? AbortSignal.timeout(timeout) } as RequestInit),
  }
}

/** A logger for Slack's libraries: warnings and errors only, in one redacted line each. */
export function quietLogger(log: Log): Logger {
  const line = (parts: unknown[]) => redact(parts.map(plain).filter(Boolean).join(' '))
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: (...parts: unknown[]) => log.warn({ from: 'slack' }, line(parts)),
    error: (...parts: unknown[]) => log.error({ from: 'slack' }, line(parts)),
    setLevel: () => undefined,
    setName: () => undefined,
    getLevel: () => LogLevel.WARN,
  }
}

/** Objects are left out: they may hold bodies. */
function plain(part: unknown): string {
  if (part instanceof Error) return `${part.name} ${slackErrorCode(part)}`
  return typeof part === 'object' ? '' : String(part)
}
