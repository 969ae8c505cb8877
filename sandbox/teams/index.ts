import { randomBytes } from 'node:crypto'
import type { ApiParts } from './api.ts'
import { createControl } from './control.ts'
import { createControlHandler } from './control-http.ts'
import { createDeliveries, type DeliverySettings } from './deliveries.ts'
import { createFaults } from './faults.ts'
import { inboundToken } from './keys.ts'
import { createLimiter } from './limiter.ts'
import { createPerson } from './person.ts'
import { APP, HOME_TENANT } from './seed.ts'
import { createListener } from './server.ts'
import type { TeamsSandbox, TeamsSandboxOptions } from './use-types.ts'
import { createWorld } from './world.ts'

export { renderCard, renderMessage, renderText } from './render.ts'
export * from './seed.ts'
export type * from './types.ts'
export type * from './use-types.ts'

/** Starts a Microsoft Teams on loopback that behaves on the wire as the real one does for what Drawbridge uses. */
export async function startTeamsSandbox(options: TeamsSandboxOptions = {}): Promise<TeamsSandbox> {
  const world = createWorld(options)
  const stop = new AbortController()
  const settings: DeliverySettings = {
    deliverTo: options.deliverTo,
    messageWithinMs: options.messageWithinMs ?? 15_000,
    invokeWithinMs: options.invokeWithinMs ?? 5000,
  }
  const tokens = {
    appPassword: options.appPassword ?? `sandbox~${randomBytes(15).toString('hex')}`,
    tokenSeconds: options.tokenSeconds ?? 3599,
  }
  const rateLimits = options.rateLimits ?? 'generous'
  const faults = createFaults()
  const limiter = createLimiter(world.now, rateLimits)
  const hooks: ApiParts['hooks'] = new Set()
  const deliveries = createDeliveries({ world, settings, stopping: stop.signal })
  const listener = createListener({ world, tokens, faults, limiter, hooks, stopping: stop.signal }, () => handler)
  const control = createControl({ world, settings, faults, limiter, deliveries, rateLimits, listening: listener })
  const as = (name: string) => createPerson(world, deliveries, name)
  const handler = createControlHandler({ world, control, as })
  await listener.listen(options.port ?? 0)
  world.baseUrl = listener.url()
  return {
    url: world.baseUrl,
    serviceUrl: world.serviceUrl(),
    appId: APP.id,
    appPassword: tokens.appPassword,
    tenantId: HOME_TENANT,
    state: world.state,
    as,
    control,
    onRequest(fn) {
      hooks.add(fn)
      return () => void hooks.delete(fn)
    },
    until: world.until,
    token: (change) => inboundToken(world.serviceUrl(), world.now(), change),
    async close() {
      stop.abort()
      await listener.close()
    },
  }
}
