import { activityFrom, clientInfo, type Scene } from './activities.ts'
import { type Button, buttonsOf, dataOf } from './card-actions.ts'
import type { Deliveries } from './deliveries.ts'
import { fieldsOf, isFields } from './fields.ts'
import { applyAnswer, plainResult } from './invoke-answer.ts'
import { cardOf, viewFor } from './messages.ts'
import type { Fields, TeamsMessage, TeamsUser } from './types.ts'
import type { ClickOptions, DeliveryOptions, InvokeResult } from './use-types.ts'
import type { World } from './world.ts'

/** Presses a button of the card that this person sees in the message. */
export async function click(
  world: World,
  deliveries: Deliveries,
  user: TeamsUser,
  message: TeamsMessage,
  options: ClickOptions,
): Promise<InvokeResult> {
  const button = findButton(shownCard(world, user, message, options), options)
  const action = options.as === 'submit' ? oldAction(button.action) : button.action
  const data = dataOf({ ...button, action }, options.inputs ?? {})
  if (action.type === 'Action.Execute') {
    return execute(world, deliveries, { user, message, action, data, trigger: 'manual', options })
  }
  if (action.type !== 'Action.Submit') throw new Error(`${String(action.type)} sends nothing to the bot`)
  const value = isFields(data) ? withoutClientParts(data) : data
  const activity = { ...onCard(world, { user, message, options }, 'message'), value }
  const about = { user, conversation: message.conversation, what: `submit ${String(action.title)}` }
  return plainResult(world, await deliveries.deliver(activity, options), about, activity)
}

/** Sends the refresh of the message's own card, as a client does by itself. */
export async function refresh(
  world: World,
  deliveries: Deliveries,
  user: TeamsUser,
  message: TeamsMessage,
  options: DeliveryOptions,
): Promise<InvokeResult> {
  const action = refreshFor(world, user, message)
  if (!action) throw new Error(`The card of ${message.id} is not refreshed for ${user.name}`)
  world.refreshed.add(versionKey(user, message))
  const data = fieldsOf(action.data)
  return execute(world, deliveries, { user, message, action, data, trigger: 'automatic', options })
}

/** True when a client of this person would refresh this version of the card now. */
export function refreshIsDue(world: World, user: TeamsUser, message: TeamsMessage): boolean {
  return !world.refreshed.has(versionKey(user, message)) && refreshFor(world, user, message) !== undefined
}

/** The refresh action when it is one for this person: named in userIds, or in a place of at most 60 members without userIds. */
function refreshFor(world: World, user: TeamsUser, message: TeamsMessage): Fields | undefined {
  const refreshing = fieldsOf(cardOf(message)?.refresh)
  const members = world.conversation(message.conversation)?.members ?? []
  const { userIds } = refreshing
  const named = Array.isArray(userIds) ? userIds.includes(user.id) : members.length <= 60
  return named && members.includes(user.id) && isFields(refreshing.action) ? refreshing.action : undefined
}

type Doing = {
  user: TeamsUser
  message: TeamsMessage
  action: Fields
  data: unknown
  trigger: 'manual' | 'automatic'
  options: ClickOptions
}

async function execute(world: World, deliveries: Deliveries, doing: Doing): Promise<InvokeResult> {
  const { user, message, action, data, trigger, options } = doing
  const { id, verb } = action
  const sent = { type: 'Action.Execute', ...(id !== undefined && { id }), ...(verb !== undefined && { verb }), data }
  const name = 'adaptiveCard/action'
  const activity = { ...onCard(world, doing, 'invoke'), name, value: { action: sent, trigger } }
  const about = { user, conversation: message.conversation, what: `${trigger} ${String(verb ?? action.title)}` }
  const delivered = await deliveries.deliver(activity, options)
  return applyAnswer(world, delivered, about, { message, activity })
}

function onCard(world: World, { user, message, options }: Pick<Doing, 'user' | 'message' | 'options'>, type: string) {
  const conversation = world.conversation(message.conversation)
  if (!conversation) throw new Error(`There is no conversation ${message.conversation}`)
  const scene: Scene = { user, conversation, rootId: message.rootId, shared: options.shared }
  const common = activityFrom(world, scene, type)
  const source = { source: { name: 'message' }, legacy: { replyToId: `1:${message.id}` } }
  const channelData = { ...fieldsOf(common.channelData), ...source }
  return { ...common, replyToId: message.id, channelData, entities: [clientInfo()] }
}

/** What stands on this person's screen; an old client knows no cards made for one person. */
function shownCard(world: World, user: TeamsUser, message: TeamsMessage, { edit, as }: ClickOptions): Fields {
  const own = edit === undefined && as !== 'submit' ? viewFor(world, message, user.id)?.card : undefined
  const version = edit === undefined ? message : message.edits.at(edit)
  const card = own ?? (version && cardOf(version))
  if (!card) throw new Error(`There is no card in ${message.conversation} ${message.id}`)
  return card
}

function findButton(card: Fields, { title, verb, data = {} }: ClickOptions): Button {
  const buttons = buttonsOf(card)
  const found = buttons.find(
    ({ action }) =>
      (title === undefined || action.title === title) &&
      (verb === undefined || action.verb === verb) &&
      holds(action.data, data),
  )
  if (found && found.action.isEnabled !== false) return found
  const names = buttons.map(({ action }) => String(action.title ?? action.verb ?? action.type))
  throw new Error(`No ${title ?? verb ?? 'button'} to click; there are: ${names.join(', ') || 'none'}`)
}

function holds(data: unknown, wanted: Record<string, string>): boolean {
  return Object.entries(wanted).every(([key, value]) => isFields(data) && data[key] === value)
}

/** What a client that knows no Action.Execute shows in its place. */
function oldAction(action: Fields): Fields {
  if (action.type !== 'Action.Execute') return action
  if (!isFields(action.fallback))
    throw new Error(`An old client shows nothing for ${String(action.title)}: no fallback`)
  return action.fallback
}

/** What the client keeps for itself. */
function withoutClientParts(data: Fields): Fields {
  const { msteams: _client, ...value } = data
  return value
}

function versionKey(user: TeamsUser, message: TeamsMessage): string {
  return `${user.id} ${message.conversation} ${message.id} ${message.edits.length}`
}
