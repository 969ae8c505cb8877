import { randomBytes } from 'node:crypto'
import type { Deliveries, DeliverySettings } from './deliveries.ts'
import type { Faults } from './faults.ts'
import type { createLimiter } from './limiter.ts'
import { TEAM } from './seed.ts'
import type { SocketHub } from './socket-mode.ts'
import type { Control, Delivered, DeliveryOptions } from './use-types.ts'
import type { World } from './world.ts'

/** What control reaches into. */
export type ControlParts = {
  world: World
  settings: DeliverySettings
  faults: Faults
  limiter: ReturnType<typeof createLimiter>
  hub: SocketHub
  deliveries: Deliveries
  rateLimits: Parameters<Control['rateLimits']>[0]
  listening: { down(): Promise<void>; up(): Promise<void> }
}

/** The levers of the sandbox. */
export function createControl(parts: ControlParts): Control {
  const { world, faults, limiter, hub, deliveries, listening } = parts
  return {
    down: listening.down,
    up: listening.up,
    ...knobs(parts),
    fault(fault) {
      const armed = faults.add(fault)
      if (fault.action === 'down') hub.cut()
      return armed
    },
    clearFaults: () => faults.clear(),
    event: (event, options) => deliveries.event(event, options),
    group: (id, users, options) => changeGroup(parts, id, users, options),
    async urlVerification(options) {
      const challenge = randomBytes(20).toString('hex')
      const payload = { token: world.verificationToken, challenge, type: 'url_verification' }
      return { ...(await deliveries.deliver('url_verification', payload, options)), challenge }
    },
    sslCheck: (options) => deliveries.deliver('ssl_check', { ssl_check: '1', token: world.verificationToken }, options),
    disconnect: (reason = 'refresh_requested') => hub.disconnect(reason),
    cut: () => hub.cut(),
    reset() {
      faults.clear()
      limiter.set(parts.rateLimits)
      world.reset()
      world.changed()
    },
  }
}

/** Settings that take effect at once. */
function knobs({ world, settings, limiter }: ControlParts) {
  const { state } = world
  return {
    deliverTo(url: string | undefined) {
      settings.deliverTo = url
    },
    rateLimits: (limits: Parameters<Control['rateLimits']>[0]) => limiter.set(limits),
    scopes(granted: string[]) {
      state.scopes = [...granted]
    },
    freePlan(on: boolean) {
      state.freePlan = on
    },
    user: ((id, change) => Object.assign(found(state.users, id), change)) as Control['user'],
    channel: ((id, change) => Object.assign(found(state.channels, id), change)) as Control['channel'],
  }
}

async function changeGroup(
  parts: ControlParts,
  id: string,
  users: string[],
  options?: DeliveryOptions,
): Promise<Delivered> {
  const { world, deliveries } = parts
  const group = found(world.state.groups, id)
  const added = users.filter((user) => !group.users.includes(user))
  const removed = group.users.filter((user) => !users.includes(user))
  group.users = [...users]
  world.changed()
  const at = Math.floor(world.now() / 1000)
  const event = {
    type: 'subteam_members_changed',
    subteam_id: id,
    team_id: TEAM.id,
    date_previous_update: at,
    date_update: at,
    added_users: added,
    added_users_count: added.length,
    removed_users: removed,
    removed_users_count: removed.length,
    event_ts: world.ts(),
  }
  return deliveries.event(event, options)
}

function found<T extends { id: string }>(all: T[], id: string): T {
  const one = all.find((item) => item.id === id)
  if (!one) throw new Error(`There is no ${id}`)
  return one
}
