import { isFields } from './check-blocks.ts'
import type { Deliveries } from './deliveries.ts'
import { noticeFor } from './notices.ts'
import { homeActionsPayload, homeOpenedEvent } from './payloads.ts'
import type { Fields, SlackUser, SlackView } from './types.ts'
import type { Delivered, DeliveryOptions, InteractionResult } from './use-types.ts'
import type { World } from './world.ts'

/** A person opens the app; the app hears of it, with the Home tab that they see until it publishes another one. */
export async function openHome(
  world: World,
  deliveries: Deliveries,
  user: SlackUser,
  { tab = 'home', ...options }: { tab?: 'home' | 'messages' } & DeliveryOptions = {},
): Promise<Delivered> {
  return deliveries.event(homeOpenedEvent(world, user, tab, homeOf(world, user)), options)
}

/** What the person's Home tab shows; undefined before the app has published one. */
export function homeOf(world: World, user: SlackUser): SlackView | undefined {
  return world.state.homes.find((home) => home.user === user.id)
}

/** Clicks a button of the Home tab: the first of that id, or the one with this value. `shown` is what is still on screen. */
export async function clickHome(
  world: World,
  deliveries: Deliveries,
  user: SlackUser,
  { actionId, value, shown, ...options }: { actionId: string; value?: string; shown?: Fields } & DeliveryOptions,
): Promise<InteractionResult> {
  const home = homeOf(world, user)
  if (!home) throw new Error(`${user.id} sees no Home tab`)
  const seen = { ...home, view: shown ?? home.view }
  const action = buttonIn(seen.view, actionId, value)
  if (!action) throw new Error(`There is no ${actionId} to click`)
  const triggerId = world.trigger(user.id)
  const payload = homeActionsPayload(world, user, seen, { action, triggerId })
  const delivery = await deliveries.deliver('interaction', payload, options)
  const notice = noticeFor(world, delivery, { user: user.id, what: `block_actions ${actionId}` })
  return { ...delivery, triggerId, ...(notice && { notice }) }
}

function buttonIn({ blocks }: Fields, actionId: string, value: string | undefined): Fields | undefined {
  for (const block of (Array.isArray(blocks) ? blocks : []).filter(isFields)) {
    const elements = [...(Array.isArray(block.elements) ? block.elements : []), block.accessory].filter(isFields)
    const found = elements.find((one) => one.action_id === actionId && (value === undefined || one.value === value))
    const { confirm: _confirm, ...fields } = found ?? {}
    if (found) return { ...fields, block_id: block.block_id }
  }
  return undefined
}
