import type { IncomingMessage, ServerResponse } from 'node:http'
import { App, LogLevel, type Receiver } from '@slack/bolt'
import { withDeadline } from './deadline.ts'
import type { Handlers } from './handlers-type.ts'
import type { Log } from './log.ts'
import { createAnswers } from './slack-answers.ts'
import { createBotUser } from './slack-bot-user.ts'
import { listenToClicks } from './slack-clicks.ts'
import { clientOptions, createSlackClient, quietLogger } from './slack-client.ts'
import { listenToCommands } from './slack-commands.ts'
import { listenToForms } from './slack-forms.ts'
import { createHome, listenToHome } from './slack-home.ts'
import { acknowledging, createHttpReceiver } from './slack-receiver.ts'
import { createSocketReceiver } from './slack-socket.ts'

/** Milliseconds for one call while a person waits. */
const CALL_WITHIN = 2_500
/** Milliseconds for what is under way when we stop: a handler and its answer. */
const DRAIN_WITHIN = 6_000

/** How Slack reaches Drawbridge: `signingSecret` for mode http, `appToken` for mode socket. */
export type SlackInboundOptions = {
  slack: { team: string; mode: 'http' | 'socket'; apiUrl?: string | undefined }
  botToken: string
  signingSecret?: string | undefined
  appToken?: string | undefined
  handlers: Handlers
  /** Counts requests that are not Slack's. */
  refused?: (reason: string) => void
  log: Log
  /** Milliseconds after which Bolt answers 404 to what nobody acknowledged; 2,900 unless told. */
  unhandledTimeoutMs?: number | undefined
}

/** Slack's way in; `listener` is for POST /slack/events of our own server and is missing in mode socket. */
export type SlackInbound = {
  listener?: (request: IncomingMessage, response: ServerResponse) => void
  start(): Promise<void>
  /** Waits (bounded) for what is under way, then says goodbye. */
  stop(): Promise<void>
  /** Requests of Slack can arrive now. */
  ready(): boolean
}

/** Translates what happens in Slack into calls of the handlers, acknowledged within 3 s. Starts without Slack. Throws when a secret is missing. */
export function createSlackInbound(options: SlackInboundOptions): SlackInbound {
  const { slack, botToken, handlers, log } = options
  const { team, apiUrl } = slack
  const way = slack.mode === 'http' ? overHttp(options) : overSocket(options)
  const underway = new Set<Promise<void>>()
  const client = createSlackClient({ botToken, apiUrl, timeout: CALL_WITHIN, log })
  const botUser = createBotUser(client, team, log)
  const answers = createAnswers(client, log)
  const app = new App({
    receiver: acknowledging(way.receiver, underway, log),
    // Bolt gets no token: it would ask Slack who it is before each request, and a Slack that hangs would hold up all.
    authorize: async () => ({ ...botUser.known() }),
    tokenVerificationEnabled: false,
    convoStore: false,
    ignoreSelf: true,
    logger: quietLogger(log),
    logLevel: LogLevel.WARN,
    clientOptions: clientOptions({ apiUrl, timeout: CALL_WITHIN, log }),
  })
  // Bolt's own handler would log the error, and with it what it carries; the receiver's wrapper logs its code.
  app.error((error) => Promise.reject(error))
  const forms = { app, team, handlers, answers, client, log }
  listenToCommands({ ...forms, botUser })
  const home = createHome(forms)
  listenToClicks({ ...forms, home })
  listenToForms(forms)
  listenToHome({ ...forms, home })
  let started = false
  return {
    ...(way.listener && { listener: way.listener }),
    async start() {
      started = true
      botUser.start()
      await app.start()
    },
    async stop() {
      started = false
      botUser.stop()
      await withDeadline(DRAIN_WITHIN, Promise.allSettled([...underway]), () => [])
      await app.stop()
    },
    ready: () => started && way.connected(),
  }
}

type Way = { receiver: Receiver; listener?: SlackInbound['listener']; connected(): boolean }

function overHttp({ signingSecret = '', unhandledTimeoutMs, refused, log }: SlackInboundOptions): Way {
  return { ...createHttpReceiver({ signingSecret, unhandledTimeoutMs, refused, log }), connected: () => true }
}

function overSocket({ appToken = '', slack, log }: SlackInboundOptions): Way {
  return createSocketReceiver({ appToken, apiUrl: slack.apiUrl, log })
}
