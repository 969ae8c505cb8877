import { activityFrom, clientInfo, type Scene } from './activities.ts'
import type { Deliveries } from './deliveries.ts'
import { addMessage, findMessage } from './messages.ts'
import { APP } from './seed.ts'
import { typedMessage } from './typed.ts'
import type { Fields, TeamsConversation, TeamsMessage, TeamsUser } from './types.ts'
import type { SaidResult, SayOptions } from './use-types.ts'
import { botIsIn, type World } from './world.ts'

/** Types a message into a conversation, and tells the bot when it is one that the bot hears. */
export async function say(
  world: World,
  deliveries: Deliveries,
  user: TeamsUser,
  place: TeamsConversation,
  { text, options }: { text: string; options: Omit<SayOptions, 'in'> },
): Promise<SaidResult> {
  const { thread, mention = place.kind !== 'personal', targeted = false, format = 'plain' } = options
  if (targeted && place.kind === 'personal') throw new Error('There are no targeted messages in a personal chat')
  if (targeted && thread) throw new Error('A targeted message can not be part of a thread')
  const root = thread === undefined ? undefined : rootOf(world, place, thread)
  const words = targeted && !text.startsWith('/') ? `/${text}` : text
  const typed = typedMessage(words, world.state.users, mention && !targeted, format === 'html-attachment')
  const attachments = [{ contentType: 'text/html', content: typed.html }]
  const message = addMessage(world, {
    conversation: place.id,
    from: user.id,
    text: typed.text,
    entities: typed.entities,
    attachments,
    rootId: root,
    targetedTo: targeted ? user.id : undefined,
  })
  world.changed()
  const scene: Scene = { user, conversation: place, rootId: message.rootId, shared: options.shared }
  const textFormat = format === 'xml' ? 'xml' : 'plain'
  const activity = { ...activityFrom(world, scene, 'message', message.id), ...saidFields(message, textFormat) }
  if (targeted) Object.assign(activity, { recipient: { id: APP.bot, name: APP.name, isTargeted: true } })
  if (!isHeard(world, place, message)) return { message, activity }
  return { message, activity, delivery: await deliveries.deliver(activity, options) }
}

function saidFields({ text, attachments, entities }: TeamsMessage, textFormat: string): Fields {
  return { text, textFormat, attachments, entities: [...entities, clientInfo()] }
}

/** Where several people write, the bot hears what mentions it and what is for it alone. */
function isHeard(world: World, place: TeamsConversation, message: TeamsMessage): boolean {
  if (!botIsIn(world, place)) return false
  if (place.kind === 'personal' || message.targetedTo) return true
  return message.entities.some(({ mentioned }) => (mentioned as Fields | undefined)?.id === APP.bot)
}

function rootOf(world: World, place: TeamsConversation, thread: string): string {
  if (place.kind !== 'channel') throw new Error(`There are no threads in a ${place.kind}`)
  const root = findMessage(world, place.id, thread)?.rootId
  if (!root) throw new Error(`There is no message ${thread} in ${place.id}`)
  return root
}
