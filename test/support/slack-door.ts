import type { SlackSandbox } from '../../sandbox/slack/index.ts'
import type { Handlers } from '../../src/bot/handlers-type.ts'
import type { Log } from '../../src/bot/log.ts'
import { createServer } from '../../src/bot/server.ts'
import { createSlackInbound } from '../../src/bot/slack-inbound.ts'
import { until } from './until.ts'

/** How Slack reaches the bot. */
export type Way = 'http' | 'socket'

/** Lets Slack in to these handlers, one way or the other; answers what closes it again, to be called in this order. */
export async function openSlackDoor(
  way: Way,
  { slack, handlers, log }: { slack: SlackSandbox; handlers: Handlers; log: Log },
): Promise<readonly (() => Promise<void>)[]> {
  const inbound = createSlackInbound({
    slack: { team: slack.teamId, mode: way, apiUrl: slack.apiUrl },
    botToken: slack.botToken,
    ...(way === 'http' ? { signingSecret: slack.signingSecret } : { appToken: slack.appToken }),
    handlers,
    log,
  })
  if (way === 'socket') {
    await inbound.start()
    await until(inbound.ready)
    return [inbound.stop]
  }
  const ready = async () => ({ ok: true, parts: {} })
  const routes = { '/slack/events': inbound.listener }
  const server = createServer({ host: '127.0.0.1', port: 0, routes, ready, alive: () => true, log })
  slack.control.deliverTo(`http://127.0.0.1:${(await server.start()).port}/slack/events`)
  await inbound.start()
  return [inbound.stop, () => server.stop(0)]
}
