import type { ApiParts } from './api.ts'
import { createControl } from './control.ts'
import { createControlHandler } from './control-http.ts'
import { createDeliveries, type Deliveries, type DeliverySettings } from './deliveries.ts'
import { createFaults } from './faults.ts'
import { createLimiter } from './limiter.ts'
import { changedEvent, saidEvent } from './payloads.ts'
import { createPerson } from './person.ts'
import { APP, TEAM } from './seed.ts'
import { createListener } from './server.ts'
import { createSocketHub } from './socket-mode.ts'
import type { Fields, SlackMessage } from './types.ts'
import type { SlackSandbox, SlackSandboxOptions } from './use-types.ts'
import { createWorld, type World } from './world.ts'

export { renderHome, renderMessage, renderText, renderView } from './render.ts'
export { APP, person, SCOPES, seedState, TEAM } from './seed.ts'
export type * from './types.ts'
export type * from './use-types.ts'

/** Starts a Slack on loopback that behaves on the wire as the real one does for what Drawbridge uses. */
export async function startSlackSandbox(options: SlackSandboxOptions = {}): Promise<SlackSandbox> {
  const world = createWorld(options)
  const stop = new AbortController()
  const settings: DeliverySettings = {
    deliverTo: options.deliverTo,
    signingSecret: options.signingSecret ?? '8f742231b10e8888abcd99yyyzzz85a5',
    answerWithinMs: options.answerWithinMs ?? 3000,
    eventRetryDelaysMs: options.eventRetryDelaysMs ?? [0, 60_000, 300_000],
  }
  const rateLimits = options.rateLimits ?? 'generous'
  const faults = createFaults()
  const limiter = createLimiter(world.now, rateLimits)
  const hub = createSocketHub(world)
  const deliveries = createDeliveries({ world, settings, hub, stopping: stop.signal })
  const told = options.echoOwnDms === false ? () => undefined : echo(world, deliveries)
  const hooks: ApiParts['hooks'] = new Set()
  const parts: ApiParts = { world, faults, limiter, hooks, stopping: stop.signal, told, socketUrl: () => hub.url() }
  const listener = createListener(parts, hub, () => handler)
  const control = createControl({ world, settings, faults, limiter, hub, deliveries, rateLimits, listening: listener })
  const as = (userId: string) => createPerson(world, deliveries, userId)
  const handler = createControlHandler({ world, control, as })
  await listener.listen(options.port ?? 0)
  world.baseUrl = listener.url()
  return {
    ...identity(world, settings),
    as,
    control,
    onRequest(fn) {
      hooks.add(fn)
      return () => void hooks.delete(fn)
    },
    until: world.until,
    async close() {
      stop.abort()
      hub.close()
      await listener.close()
    },
  }
}

function identity(world: World, { signingSecret }: DeliverySettings) {
  return {
    url: world.baseUrl,
    apiUrl: `${world.baseUrl}/api/`,
    botToken: world.botToken,
    appToken: world.appToken,
    signingSecret,
    teamId: TEAM.id,
    botUserId: APP.botUser,
    botId: APP.botId,
    appId: APP.id,
    state: world.state,
  }
}

/** Sends the app its own messages in DMs, as message.im does. */
function echo(world: World, deliveries: Deliveries): ApiParts['told'] {
  return (what: string, message: SlackMessage, before?: Fields) => {
    const im = world.channel(message.channel)?.kind === 'im' && world.state.scopes.includes('im:history')
    if (!im || !deliveries.reachable()) return
    void deliveries.event(
      what === 'posted' ? saidEvent(world, message, 'message') : changedEvent(world, message, before),
    )
  }
}
