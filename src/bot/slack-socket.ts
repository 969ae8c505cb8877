import { setTimeout as pause } from 'node:timers/promises'
import { type Receiver, SocketModeReceiver } from '@slack/bolt'
import { withDeadline } from './deadline.ts'
import type { Log } from './log.ts'
import { clientOptions, quietLogger } from './slack-client.ts'
import { slackErrorCode } from './slack-errors.ts'

const HELLO_WITHIN = 15_000
const CALL_WITHIN = 10_000
const GOODBYE_WITHIN = 1_000
const STABLE_AFTER = 10_000
const FIRST_WAIT = 250
const LONGEST_WAIT = 15_000

/**
 * Socket Mode that comes back whatever happened. Bolt's own reconnection waits 5 s before each try, gives up when Slack
 * cannot be reached, and then ends the process with an unhandled rejection; so it is off, and the loop is here.
 */
export function createSocketReceiver(options: { appToken: string; apiUrl?: string | undefined; log: Log }): {
  receiver: Receiver
  connected(): boolean
} {
  const { appToken, apiUrl, log } = options
  const inner = new SocketModeReceiver({
    appToken,
    logger: quietLogger(log),
    autoReconnectEnabled: false,
    installerOptions: { clientOptions: clientOptions({ apiUrl, timeout: CALL_WITHIN, log }) },
  })
  const stopping = new AbortController()
  let connected = false
  let running: Promise<void> = Promise.resolve()
  const receiver: Receiver = {
    init: (app) => inner.init(app),
    async start() {
      running = stayConnected(inner.client, stopping.signal, log, (now) => {
        connected = now
      })
    },
    async stop() {
      stopping.abort()
      await disconnect(inner.client)
      await withDeadline(GOODBYE_WITHIN, running, () => undefined)
    },
  }
  return { receiver, connected: () => connected }
}

type Client = SocketModeReceiver['client']

async function stayConnected(
  client: Client,
  stopping: AbortSignal,
  log: Log,
  tell: (connected: boolean) => void,
): Promise<void> {
  let failures = 0
  while (!stopping.aborted) {
    const since = performance.now()
    const lost = Promise.withResolvers<void>()
    client.once('disconnected', lost.resolve)
    try {
      await connect(client)
      tell(!stopping.aborted)
      if (stopping.aborted) await disconnect(client)
      await lost.promise
    } catch (error) {
      log.warn({ code: slackErrorCode(error) }, 'Socket Mode could not connect, will try again')
    } finally {
      client.off('disconnected', lost.resolve)
    }
    tell(false)
    failures = performance.now() - since > STABLE_AFTER ? 0 : failures + 1
    if (failures > 0) await rest(failures, stopping)
  }
}

async function connect(client: Client): Promise<void> {
  const hello = client.start().then(() => true)
  if (await withDeadline(HELLO_WITHIN, hello, () => false)) return
  await disconnect(client)
  throw new Error('no hello')
}

/** Asks twice where it must: the second time does not wait for the other side's goodbye. */
async function disconnect(client: Client): Promise<void> {
  const gone = client.disconnect().then(
    () => true,
    () => true,
  )
  if (!(await withDeadline(GOODBYE_WITHIN, gone, () => false))) void client.disconnect()
}

async function rest(failures: number, stopping: AbortSignal): Promise<void> {
  const wait = Math.min(FIRST_WAIT * 2 ** (failures - 1), LONGEST_WAIT)
  await pause(wait, undefined, { signal: stopping, ref: false }).catch(() => undefined)
}
