import { isFields } from './check-blocks.ts'
import type { Deliveries } from './deliveries.ts'
import { addEphemeral, addMessage } from './messages.ts'
import { readContent } from './methods-chat.ts'
import { noticeFor } from './notices.ts'
import { commandPayload } from './payloads.ts'
import { mintResponseUrl } from './response-url.ts'
import { APP } from './seed.ts'
import { escapedCommand } from './typed.ts'
import type { Fields, SlackChannel, SlackUser } from './types.ts'
import type { CommandResult, DeliveryOptions } from './use-types.ts'
import { parseJson } from './wire.ts'
import type { World } from './world.ts'

/** Types a slash command in a channel and shows what the app acknowledges it with. */
export async function typeCommand(
  world: World,
  deliveries: Deliveries,
  user: SlackUser,
  channel: SlackChannel,
  typed: { command: string; text: string; options: DeliveryOptions & { shouldEscape?: boolean } },
): Promise<CommandResult> {
  const { command, options } = typed
  const text = options.shouldEscape ? escapedCommand(world, typed.text) : typed.text
  const responseUrl = mintResponseUrl(world, user.id, channel.id)
  const triggerId = world.trigger(user.id, channel.id)
  const payload = commandPayload(world, user, channel, { command, text, responseUrl, triggerId })
  const delivery = await deliveries.deliver('command', payload, options)
  const shown = delivery.error ? { text: '' } : show(world, user, channel, delivery.body, `${command} ${text}`.trim())
  const about = { user: user.id, channel: channel.id, what: `${command} ${text}`.trim() }
  const notice = noticeFor(world, delivery, about, 'refused' in shown ? 'invalid_command_response' : undefined)
  world.changed()
  const { refused: _refused, ...seen } = shown as { text: string; refused?: true }
  return {
    ack: { status: delivery.status, body: delivery.body, ...seen },
    ...(notice && { notice }),
    delivery,
    triggerId,
    responseUrl,
  }
}

/** Shows the body of an acknowledgement: nothing, plain text, or a message as JSON. */
function show(world: World, user: SlackUser, channel: SlackChannel, body: string, typed: string) {
  const json = parseJson(body)
  const answer: Fields = isFields(json) ? json : { text: body }
  const inChannel = answer.response_type === 'in_channel'
  if (inChannel) addMessage(world, { channel: channel.id, user: user.id, text: typed })
  const content = readContent(answer)
  if (content.refusal?.error === 'no_text') return { text: '' }
  if (content.refusal) return { text: '', refused: true as const }
  const { text = '', blocks = [] } = content
  const draft = { channel: channel.id, user: APP.botUser, text, blocks }
  if (inChannel) return { text, message: addMessage(world, draft) }
  return { text, ephemeral: addEphemeral(world, draft, user.id, 'ack') }
}
