import { type Answer, fail, good, type Method, textOf } from './answer.ts'
import { isFields } from './check-blocks.ts'
import { checkHome, checkView } from './check-view.ts'
import { complete } from './messages.ts'
import { APP, TEAM } from './seed.ts'
import type { Block, Fields, SlackView } from './types.ts'
import type { World } from './world.ts'

const TRIGGER_LIVES_MS = 3_000

/** views.*: modals and Home tabs. */
export const viewMethods: Record<string, Method> = {
  'views.open': { token: 'bot', tier: 4, run: open },
  'views.update': { token: 'bot', tier: 4, run: update },
  'views.publish': { token: 'bot', tier: 4, run: publish },
}

/** Shows a new modal to a person, on top of `previous` if there is one. */
export function addView(
  world: World,
  user: string,
  view: Fields,
  place: { channel?: string; previous?: SlackView } = {},
): SlackView {
  const id = world.id('V')
  const shown: SlackView = {
    id,
    user,
    open: true,
    errors: {},
    loaded: {},
    view: {},
    ...(place.channel && { channel: place.channel }),
  }
  const root = place.previous ? place.previous.view.root_view_id : id
  shown.view = { ...whole(world, view), id, root_view_id: root, previous_view_id: place.previous?.id ?? null }
  world.state.views.push(shown)
  return shown
}

/** Replaces what an open modal shows. */
export function replaceView(world: World, shown: SlackView, view: Fields): void {
  const { id, root_view_id, previous_view_id } = shown.view
  shown.view = { ...whole(world, view), id, root_view_id, previous_view_id }
  shown.errors = {}
  shown.loaded = {}
}

function open(world: World, args: Fields): Answer {
  const id = textOf(args, 'trigger_id') || textOf(args, 'interactivity_pointer')
  const trigger = world.triggers.get(id)
  const problem = checkView(args.view)
  if (problem) return fail(problem.error, problem.messages)
  if (!id) return fail('invalid_arguments', ['missing required field: trigger_id'])
  if (!trigger) return fail('invalid_trigger_id')
  if (trigger.used) return fail('exchanged_trigger_id')
  if (world.now() - trigger.at > TRIGGER_LIVES_MS) return fail('expired_trigger_id')
  trigger.used = true
  const place = trigger.channel ? { channel: trigger.channel } : {}
  return good({ view: addView(world, trigger.user, args.view as Fields, place).view })
}

function update(world: World, args: Fields): Answer {
  const problem = checkView(args.view)
  if (problem) return fail(problem.error, problem.messages)
  const shown = world.state.views.find((v) => v.open && isMeant(v, args))
  if (!shown) return fail('not_found')
  if (args.hash !== undefined && args.hash !== shown.view.hash) return fail('hash_conflict')
  replaceView(world, shown, args.view as Fields)
  return good({ view: shown.view })
}

function publish(world: World, args: Fields): Answer {
  const problem = checkHome(args.view)
  if (problem) return fail(problem.error, problem.messages)
  const user = textOf(args, 'user_id')
  if (!user) return fail('invalid_arguments', ['missing required field: user_id'])
  if (!world.user(user)) return fail('user_not_found')
  if (!world.state.homeTab) return fail('not_enabled')
  const before = world.state.homes.find((home) => home.user === user)
  if (before && args.hash !== undefined && args.hash !== before.view.hash) return fail('hash_conflict')
  const home = before ?? { id: world.id('V'), user, open: true, errors: {}, loaded: {}, view: {} }
  const fields = whole(world, args.view as Fields)
  home.view = {
    ...fields,
    title: { type: 'plain_text', text: 'View Title', emoji: true },
    id: home.id,
    root_view_id: home.id,
    previous_view_id: null,
  }
  if (!before) world.state.homes.push(home)
  return good({ view: home.view })
}

function isMeant(shown: SlackView, args: Fields): boolean {
  return args.view_id
    ? shown.id === args.view_id
    : Boolean(args.external_id) && shown.view.external_id === args.external_id
}

function whole(world: World, view: Fields): Fields {
  const blocks = Array.isArray(view.blocks) ? view.blocks.filter(isFields) : []
  return {
    team_id: TEAM.id,
    app_id: APP.id,
    app_installed_team_id: TEAM.id,
    bot_id: APP.botId,
    submit: null,
    close: null,
    private_metadata: '',
    callback_id: '',
    external_id: '',
    clear_on_close: false,
    notify_on_close: false,
    ...view,
    blocks: blocks.map((block) => complete(block as Block)),
    state: { values: {} },
    hash: `${Math.floor(world.now() / 1000)}.${world.id('')}`,
  }
}
