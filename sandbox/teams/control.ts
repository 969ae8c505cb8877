import { activityFrom } from './activities.ts'
import type { Deliveries, DeliverySettings } from './deliveries.ts'
import type { Faults } from './faults.ts'
import type { createLimiter } from './limiter.ts'
import { userCalled } from './person.ts'
import { tellInstalled, tellMember } from './roster-events.ts'
import { CHANNELS, PEOPLE } from './seed.ts'
import type { TeamsConversation } from './types.ts'
import type { Delivered, DeliveryOptions, RateLimitSetting, TeamsControl } from './use-types.ts'
import { baseId, type World } from './world.ts'

/** What control reaches into. */
export type ControlParts = {
  world: World
  settings: DeliverySettings
  faults: Faults
  limiter: ReturnType<typeof createLimiter>
  deliveries: Deliveries
  rateLimits: RateLimitSetting
  listening: { down(): Promise<void>; up(): Promise<void> }
}

/** The levers of the sandbox. */
export function createControl(parts: ControlParts): TeamsControl {
  const { world, settings, faults, limiter, deliveries, listening } = parts
  return {
    ...roster(parts),
    deliverTo(url) {
      settings.deliverTo = url
    },
    fault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    down: listening.down,
    up: listening.up,
    rateLimits: (limits) => limiter.set(limits),
    user: (person, change) => Object.assign(userCalled(world, person), change),
    conversation: (id, change) => Object.assign(conversationCalled(world, id), change),
    group(id, change) {
      const others = world.state.groups.filter((each) => each.id !== id)
      const known = world.state.groups.find((each) => each.id === id) ?? { id, displayName: id, members: [] }
      world.state.groups = change ? [...others, { ...known, ...change }] : others
      world.changed()
    },
    graph: (change) => void Object.assign(world.graph, change),
    activity(activity, options) {
      const user = userCalled(world, PEOPLE.dana)
      const scene = { user, conversation: conversationCalled(world, CHANNELS.data) }
      return deliveries.deliver({ ...activityFrom(world, scene, 'message'), ...activity }, options)
    },
    expireTokens() {
      for (const issued of world.state.tokens) issued.expiresAt = world.now()
    },
    reset() {
      faults.clear()
      limiter.set(parts.rateLimits)
      world.reset()
      world.changed()
    },
  }
}

/** Who is where: the state changes before the promise is made, so that a test need not wait for the deliveries. */
function roster({ world, deliveries }: ControlParts) {
  const put = (where: string, installed: boolean, options?: DeliveryOptions): Promise<Delivered[]> => {
    const place = placeCalled(world, where)
    setInstalled(world, place, installed)
    world.changed()
    return tellInstalled(world, deliveries, place, installed ? 'add' : 'remove', options)
  }
  const move = (id: string, person: string, added: boolean, options?: DeliveryOptions): Promise<Delivered[]> => {
    const user = userCalled(world, person)
    const place = conversationCalled(world, id)
    const others = place.members.filter((member) => member !== user.id)
    place.members = added ? [...others, user.id] : others
    world.changed()
    return tellMember(world, deliveries, place, { user, added }, options)
  }
  return {
    install: (where: string, options?: DeliveryOptions) => put(where, true, options),
    uninstall: (where: string, options?: DeliveryOptions) => put(where, false, options),
    installed: (where: string, action: 'add' | 'add-upgrade' | 'remove' = 'add', options?: DeliveryOptions) =>
      tellInstalled(world, deliveries, placeCalled(world, where), action, options),
    block(person: string, blocked = true) {
      userCalled(world, person).blocked = blocked
    },
    addMember: (id: string, person: string, options?: DeliveryOptions) => move(id, person, true, options),
    removeMember: (id: string, person: string, options?: DeliveryOptions) => move(id, person, false, options),
  }
}

function setInstalled(world: World, place: TeamsConversation, installed: boolean): void {
  place.installed = installed
  const person = world.user(place.person ?? '')
  if (person) person.installed = installed
  const team = world.team(place.teamId)
  if (!team) return
  team.installed = installed
  for (const channel of world.state.conversations) if (channel.teamId === team.id) channel.installed = installed
}

/** A conversation by its id, or the personal chat of a person. */
function placeCalled(world: World, where: string): TeamsConversation {
  const user = world.user(where)
  return user ? world.personal(user) : conversationCalled(world, where)
}

function conversationCalled(world: World, id: string): TeamsConversation {
  const conversation = world.conversation(id)
  if (!conversation) throw new Error(`There is no conversation ${baseId(id)}`)
  return conversation
}
