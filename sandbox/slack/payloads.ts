import { randomUUID } from 'node:crypto'
import { botProfile, wireMessage } from './messages.ts'
import { APP, TEAM } from './seed.ts'
import type { Fields, SlackChannel, SlackMessage, SlackUser, SlackView } from './types.ts'
import type { World } from './world.ts'

/** The form fields of a slash command. */
export function commandPayload(
  world: World,
  user: SlackUser,
  channel: SlackChannel,
  said: { command: string; text: string; responseUrl: string; triggerId: string },
): Record<string, string> {
  return {
    token: world.verificationToken,
    team_id: user.team_id,
    team_domain: user.team_id === TEAM.id ? TEAM.domain : 'other',
    channel_id: channel.id,
    channel_name: channel.kind === 'private' ? 'privategroup' : channel.name,
    user_id: user.id,
    user_name: user.name,
    command: said.command,
    text: said.text,
    api_app_id: APP.id,
    is_enterprise_install: 'false',
    response_url: said.responseUrl,
    trigger_id: said.triggerId,
  }
}

/** An event in its event_callback. */
export function eventPayload(world: World, event: Fields, eventId = world.id('Ev')): Fields {
  return {
    token: world.verificationToken,
    team_id: TEAM.id,
    context_team_id: TEAM.id,
    context_enterprise_id: null,
    api_app_id: APP.id,
    event,
    type: 'event_callback',
    event_id: eventId,
    event_time: Math.floor(world.now() / 1000),
    authorizations: [
      { enterprise_id: null, team_id: TEAM.id, user_id: APP.botUser, is_bot: true, is_enterprise_install: false },
    ],
    is_ext_shared_channel: false,
    event_context: `4-${world.id('')}`,
  }
}

/** What a person said, as an app_mention or message.im event. */
export function saidEvent(world: World, message: SlackMessage, type: 'app_mention' | 'message'): Fields {
  const user = world.user(message.user)
  const away = user?.is_stranger ? { user_team: user.team_id, source_team: user.team_id } : {}
  return {
    ...wireMessage(world, message),
    ...away,
    type,
    ...(message.botId ? { bot_profile: botProfile() } : { client_msg_id: randomUUID() }),
    channel: message.channel,
    event_ts: message.ts,
    ...(type === 'message' && { channel_type: 'im' }),
  }
}

/** The app's own message in a DM was edited or deleted. */
export function changedEvent(world: World, message: SlackMessage, before?: Fields): Fields {
  const subtype = message.deleted ? 'message_deleted' : 'message_changed'
  const ts = world.ts()
  return {
    type: 'message',
    subtype,
    channel: message.channel,
    channel_type: 'im',
    hidden: true,
    ...(message.deleted ? { deleted_ts: message.ts } : { message: wireMessage(world, message) }),
    previous_message: before ?? wireMessage(world, message),
    ts,
    event_ts: ts,
  }
}

/** A click on an element of a message; ephemeral ones come without the message, as Slack does it. */
export function blockActionsPayload(
  world: World,
  user: SlackUser,
  channel: SlackChannel,
  clicked: { message: SlackMessage; action: Fields; responseUrl: string; triggerId: string },
): Fields {
  const { message } = clicked
  const ephemeral = 'to' in message
  return {
    type: 'block_actions',
    ...common(world, user),
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: channel.id,
      is_ephemeral: ephemeral,
      ...(message.threadTs && { thread_ts: message.threadTs }),
    },
    trigger_id: clicked.triggerId,
    channel: { id: channel.id, name: channel.kind === 'private' ? 'privategroup' : channel.name },
    ...(!ephemeral && { message: wireMessage(world, message) }),
    state: { values: {} },
    response_url: clicked.responseUrl,
    actions: [{ ...clicked.action, action_ts: world.ts() }],
  }
}

/** A click in the person's Home tab: no message, no channel and no address to answer to. */
export function homeActionsPayload(
  world: World,
  user: SlackUser,
  home: SlackView,
  clicked: { action: Fields; triggerId: string },
): Fields {
  return {
    type: 'block_actions',
    ...common(world, user),
    container: { type: 'view', view_id: home.id },
    trigger_id: clicked.triggerId,
    view: home.view,
    actions: [{ ...clicked.action, action_ts: world.ts() }],
  }
}

/** A person opens a tab of the app; a Home tab that was published before comes along. */
export function homeOpenedEvent(world: World, user: SlackUser, tab: 'home' | 'messages', home?: SlackView): Fields {
  return {
    type: 'app_home_opened',
    user: user.id,
    channel: world.dm(user.id).id,
    event_ts: world.ts(),
    tab,
    ...(tab === 'home' && home && { view: home.view }),
  }
}

/** A modal that was submitted. */
export function viewSubmissionPayload(
  world: World,
  user: SlackUser,
  shown: SlackView,
  values: Fields,
  triggerId: string,
): Fields {
  return {
    type: 'view_submission',
    ...common(world, user),
    trigger_id: triggerId,
    view: { ...shown.view, state: { values } },
    response_urls: [],
  }
}

/** A global shortcut: Slack does not say where the person is. */
export function shortcutPayload(world: World, user: SlackUser, callbackId: string, triggerId: string): Fields {
  return {
    type: 'shortcut',
    ...common(world, user),
    callback_id: callbackId,
    trigger_id: triggerId,
    action_ts: world.ts(),
  }
}

/** A person looks for an option in a select of a modal. */
export function blockSuggestionPayload(
  world: World,
  user: SlackUser,
  shown: SlackView,
  at: { blockId: string; actionId: string; value: string; values: Fields },
): Fields {
  return {
    type: 'block_suggestion',
    ...common(world, user),
    container: { type: 'view', view_id: shown.id },
    action_id: at.actionId,
    block_id: at.blockId,
    value: at.value,
    view: { ...shown.view, state: { values: at.values } },
  }
}

function common(world: World, user: SlackUser): Fields {
  return {
    user: { id: user.id, username: user.name, name: user.name, team_id: user.team_id },
    api_app_id: APP.id,
    token: world.verificationToken,
    team: { id: TEAM.id, domain: TEAM.domain },
    enterprise: null,
    is_enterprise_install: false,
  }
}
