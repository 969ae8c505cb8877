import { isFields } from './check-blocks.ts'
import type { Deliveries } from './deliveries.ts'
import { addMessage } from './messages.ts'
import { noticeFor } from './notices.ts'
import { blockActionsPayload, saidEvent, shortcutPayload } from './payloads.ts'
import { typeCommand } from './person-command.ts'
import { clickHome, homeOf, openHome } from './person-home.ts'
import { lookFor, submitView } from './person-view.ts'
import { mintResponseUrl } from './response-url.ts'
import { APP } from './seed.ts'
import { typedMessage } from './typed.ts'
import type { Fields, SlackChannel, SlackEphemeral, SlackMessage, SlackUser, SlackView } from './types.ts'
import type { DeliveryOptions, InteractionResult, Person, SaidResult } from './use-types.ts'
import type { World } from './world.ts'

const HOME = 'C0DATA'

/** This person at their Slack, acting through deliveries to the app. */
export function createPerson(world: World, deliveries: Deliveries, userId: string): Person {
  const user = userCalled(world, userId)
  const say = async (text: string, { channel = HOME, thread, ...options }: Parameters<Person['say']>[1] = {}) =>
    speak(world, deliveries, { user, channel: placeFor(world, user, channel), thread, text, options })
  return {
    user,
    async command(command, text, { channel = HOME, ...options } = {}) {
      return typeCommand(world, deliveries, user, placeFor(world, user, channel), { command, text, options })
    },
    say,
    mention: (text, options) => say(`<@${APP.botUser}> ${text}`, options),
    dm: async (text, { thread, ...options } = {}) =>
      speak(world, deliveries, { user, channel: world.dm(user.id), thread, text, options }),
    click: async ({ message, actionId, blockId, edit, ...options }) =>
      click(world, deliveries, user, { target: messageCalled(world, message), actionId, blockId, edit, options }),
    submit: async (view, values = {}, options = {}) =>
      submitView(world, deliveries, user, viewCalled(world, view), { values, options }),
    shortcut: async (callbackId, { channel = HOME, ...options } = {}) =>
      startShortcut(world, deliveries, user, { callbackId, channel: placeFor(world, user, channel), options }),
    lookFor: async (view, blockId, value = '', { values = {}, ...options } = {}) =>
      lookFor(world, deliveries, user, viewCalled(world, view), { blockId, value, values, options }),
    openHome: (options) => openHome(world, deliveries, user, options),
    home: () => homeOf(world, user),
    clickHome: (target) => clickHome(world, deliveries, user, target),
    see: (channel = HOME) => see(world, user, placeFor(world, user, channel)),
  }
}

async function speak(
  world: World,
  deliveries: Deliveries,
  said: { user: SlackUser; channel: SlackChannel; thread: string | undefined; text: string; options: DeliveryOptions },
): Promise<SaidResult> {
  const { user, channel, thread, options } = said
  const message = addMessage(world, {
    channel: channel.id,
    user: user.id,
    text: typedMessage(said.text),
    threadTs: thread,
  })
  world.changed()
  const type = channel.kind === 'im' ? 'message' : 'app_mention'
  const heard = type === 'message' || (channel.botIsMember && message.text.includes(`<@${APP.botUser}>`))
  const scope = type === 'message' ? 'im:history' : 'app_mentions:read'
  if (!heard || !world.state.scopes.includes(scope)) return { message }
  return { message, delivery: await deliveries.event(saidEvent(world, message, type), options) }
}

async function click(
  world: World,
  deliveries: Deliveries,
  user: SlackUser,
  on: {
    target: SlackMessage
    actionId: string
    blockId: string | undefined
    edit: number | undefined
    options: DeliveryOptions
  },
): Promise<InteractionResult> {
  const channel = placeFor(world, user, on.target.channel)
  const version = on.edit === undefined ? {} : on.target.edits.at(on.edit)
  const message: SlackMessage = { ...on.target, ...version }
  const element = findElement(message, on.actionId, on.blockId)
  if (!element)
    throw new Error(`No ${on.actionId} to click in ${channel.id} ${message.ts}: ${JSON.stringify(message.blocks)}`)
  const responseUrl = mintResponseUrl(world, user.id, channel.id, on.target)
  const triggerId = world.trigger(user.id, channel.id)
  const payload = blockActionsPayload(world, user, channel, { message, action: element, responseUrl, triggerId })
  const delivery = await deliveries.deliver('interaction', payload, on.options)
  const notice = noticeFor(world, delivery, { user: user.id, channel: channel.id, what: `click ${on.actionId}` })
  return { ...delivery, triggerId, responseUrl, ...(notice && { notice }) }
}

async function startShortcut(
  world: World,
  deliveries: Deliveries,
  user: SlackUser,
  started: { callbackId: string; channel: SlackChannel; options: DeliveryOptions },
): Promise<InteractionResult> {
  const triggerId = world.trigger(user.id, started.channel.id)
  const payload = shortcutPayload(world, user, started.callbackId, triggerId)
  const delivery = await deliveries.deliver('interaction', payload, started.options)
  const notice = noticeFor(world, delivery, { user: user.id, what: `shortcut ${started.callbackId}` })
  return { ...delivery, triggerId, ...(notice && { notice }) }
}

/** The element as an action carries it: its own fields and the block it is in. */
function findElement(message: SlackMessage, actionId: string, blockId: string | undefined): Fields | undefined {
  for (const block of message.blocks) {
    if (blockId !== undefined && block.block_id !== blockId) continue
    const elements = [...(Array.isArray(block.elements) ? block.elements : []), block.accessory].filter(isFields)
    const element = elements.find((one) => one.action_id === actionId)
    const { confirm: _confirm, ...fields } = element ?? {}
    if (element) return { ...fields, block_id: block.block_id }
  }
  return undefined
}

function see(world: World, user: SlackUser, channel: SlackChannel): (SlackMessage | SlackEphemeral)[] {
  const own = world.state.ephemerals.filter((e) => e.to === user.id)
  const all = [...world.state.messages, ...own].filter((m) => m.channel === channel.id && !m.deleted)
  return all.sort((a, b) => Number(a.ts) - Number(b.ts))
}

function userCalled(world: World, id: string): SlackUser {
  const user = world.user(id)
  if (!user) throw new Error(`There is no user ${id}`)
  return user
}

function placeFor(world: World, user: SlackUser, id: string): SlackChannel {
  const channel = world.channel(id) ?? (id === user.id ? world.dm(user.id) : undefined)
  if (!channel) throw new Error(`There is no channel ${id}`)
  if (channel.kind !== 'public' && !channel.members.includes(user.id)) throw new Error(`${user.id} is not in ${id}`)
  return channel
}

function viewCalled(world: World, view: SlackView | string): SlackView {
  const shown = typeof view === 'string' ? world.state.views.find((v) => v.id === view) : view
  if (!shown) throw new Error(`There is no modal ${String(view)}`)
  return shown
}

function messageCalled(world: World, message: SlackMessage | string): SlackMessage {
  if (typeof message !== 'string') return message
  const found = [...world.state.messages, ...world.state.ephemerals].find((m) => m.ts === message)
  if (!found) throw new Error(`There is no message ${message}`)
  return found
}
