import type { IncomingMessage, ServerResponse } from 'node:http'
import { type App, HTTPReceiver, type Receiver, type ReceiverEvent } from '@slack/bolt'
import type { Log } from './log.ts'
import { quietLogger } from './slack-client.ts'
import { slackErrorCode } from './slack-errors.ts'

/** Slack's own bound for the past, in seconds; Bolt checks that one. */
const MOST_AHEAD = 300
const UNHANDLED_AFTER = 2_900

/** A listener for POST /slack/events, and the receiver behind it. Throws when there is no signing secret. */
export function createHttpReceiver(options: {
  signingSecret: string
  unhandledTimeoutMs?: number | undefined
  refused?: ((reason: string) => void) | undefined
  log: Log
}): { receiver: Receiver; listener: (request: IncomingMessage, response: ServerResponse) => void } {
  const { signingSecret, unhandledTimeoutMs = UNHANDLED_AFTER, refused, log } = options
  const inner = new HTTPReceiver({
    signingSecret,
    endpoints: ['/slack/events'],
    logger: quietLogger(log),
    unhandledRequestTimeoutMillis: unhandledTimeoutMs,
    unhandledRequestHandler: ({ response }) => {
      log.error({}, 'a request of Slack was not acknowledged in time')
      if (!response.headersSent) end(response, 404)
    },
  })
  // Our own server listens.
  const receiver: Receiver = {
    init: (app) => inner.init(app),
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  }
  return {
    receiver,
    listener: (request, response) => {
      response.once('finish', () => response.statusCode === 401 && refused?.('signature'))
      receive(inner, log, request, response)
    },
  }
}

/**
 * The receiver with acknowledgements of ours: an event's waits for the handler (`context.acknowledge`), nothing is
 * acknowledged twice, what no listener wants is acknowledged, what failed is not. `underway` holds what still runs.
 */
export function acknowledging(inner: Receiver, underway: Set<Promise<void>>, log: Log): Receiver {
  return {
    init(app) {
      const own = Object.create(app) as App
      own.processEvent = (event) => {
        const run = processOne(app, event, log).finally(() => underway.delete(run))
        underway.add(run)
        return run
      }
      inner.init(own)
    },
    start: () => inner.start(),
    stop: () => inner.stop(),
  }
}

async function processOne(app: App, event: ReceiverEvent, log: Log): Promise<void> {
  let done = false
  const acknowledge: ReceiverEvent['ack'] = async (answer) => {
    if (done) return
    done = true
    try {
      await event.ack(answer)
    } catch (error) {
      log.warn({ code: slackErrorCode(error) }, 'an acknowledgement did not reach Slack')
    }
  }
  // Bolt acknowledges events before anybody has heard of them; a crash would then lose what a person said.
  const ack = event.body.event === undefined ? acknowledge : async () => undefined
  try {
    await app.processEvent({ ...event, ack, customProperties: { acknowledge } })
  } catch (error) {
    log.error({ code: slackErrorCode(error) }, 'a request of Slack could not be processed')
    // Slack shows the person a failure, or sends the event again. Bolt logs what it is thrown, so it gets nothing to tell.
    if (!done) throw new Error('not processed')
  }
  await acknowledge()
}

/** What Bolt's receiver lacks: a bound for the future, and media types with a parameter. */
function receive(inner: HTTPReceiver, log: Log, request: IncomingMessage, response: ServerResponse): void {
  if (isAhead(request.headers['x-slack-request-timestamp'])) {
    log.warn({}, 'a request with a timestamp from the future was refused')
    request.resume()
    end(response, 401)
    return
  }
  const type = request.headers['content-type']
  if (type !== undefined) request.headers['content-type'] = type.split(';', 1)[0]?.trim().toLowerCase()
  try {
    inner.requestListener(request, response)
  } catch {
    // Bolt throws for what is not a POST to its path.
    end(response, 404)
  }
}

function isAhead(timestamp: string | string[] | undefined): boolean {
  return Number(timestamp) > Math.floor(Date.now() / 1_000) + MOST_AHEAD
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status)
  response.end()
}
