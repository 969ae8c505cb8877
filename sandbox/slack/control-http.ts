import { createControlEndpoint, refuseFor } from '../chat/control-endpoint.ts'
import type { ControlHandler } from '../chat/listener.ts'
import { textOf } from './answer.ts'
import { renderMessage } from './render.ts'
import type { Fields, SlackState } from './types.ts'
import type { Control, DeliveryOptions, Fault, Person } from './use-types.ts'
import type { World } from './world.ts'

type Acts = { world: World; control: Control; as: (userId: string) => Person }
type Act = (acts: Acts, body: Fields) => unknown

/** POST endpoints below /__control/, each taking a JSON object. */
const ACTS: Record<string, Act> = {
  command: ({ as }, b) => as(textOf(b, 'user')).command(textOf(b, 'command'), textOf(b, 'text'), b as DeliveryOptions),
  say: ({ as }, b) => as(textOf(b, 'user')).say(textOf(b, 'text'), b as DeliveryOptions),
  mention: ({ as }, b) => as(textOf(b, 'user')).mention(textOf(b, 'text'), b as DeliveryOptions),
  dm: ({ as }, b) => as(textOf(b, 'user')).dm(textOf(b, 'text'), b as DeliveryOptions),
  click: ({ as }, b) => as(textOf(b, 'user')).click(b as Parameters<Person['click']>[0]),
  submit: ({ as }, b) =>
    as(textOf(b, 'user')).submit(textOf(b, 'view'), b.values as Record<string, string>, b as DeliveryOptions),
  shortcut: ({ as }, b) => as(textOf(b, 'user')).shortcut(textOf(b, 'callbackId'), b as DeliveryOptions),
  'look-for': ({ as }, b) =>
    as(textOf(b, 'user')).lookFor(textOf(b, 'view'), textOf(b, 'block'), textOf(b, 'value'), b as DeliveryOptions),
  'open-home': ({ as }, b) => as(textOf(b, 'user')).openHome(b as DeliveryOptions),
  'click-home': ({ as }, b) => as(textOf(b, 'user')).clickHome(b as Parameters<Person['clickHome']>[0]),
  event: ({ control }, b) => control.event(b.event as Fields, b as DeliveryOptions),
  group: ({ control }, b) => control.group(textOf(b, 'id'), b.users as string[], b as DeliveryOptions),
  user: ({ control }, { id, ...change }) => control.user(String(id), change),
  channel: ({ control }, { id, ...change }) => control.channel(String(id), change),
  fault: ({ control }, b) => void control.fault(b as Fault),
  'clear-faults': ({ control }) => control.clearFaults(),
  'deliver-to': ({ control }, b) => control.deliverTo(textOf(b, 'url') || undefined),
  'rate-limits': ({ control }, b) => control.rateLimits(b.limits as 'off'),
  scopes: ({ control }, b) => control.scopes(b.scopes as string[]),
  'free-plan': ({ control }, b) => control.freePlan(b.on === true),
  disconnect: ({ control }, b) => control.disconnect((b.reason as 'warning' | undefined) ?? 'refresh_requested'),
  cut: ({ control }) => control.cut(),
  reset: ({ control }) => control.reset(),
  'url-verification': ({ control }, b) => control.urlVerification(b as DeliveryOptions),
  'ssl-check': ({ control }, b) => control.sslCheck(b as DeliveryOptions),
  down: ({ control }, b) => void refuseFor(control, Number(b.ms ?? 1000)),
}

/** Answers /__control: GET state, see and help, POST the acts. */
export function createControlHandler(acts: Acts): ControlHandler {
  return createControlEndpoint({ acts, posts: ACTS, gets: ['state', 'state?key=', 'see?user=&channel='], look })
}

function look({ world, as }: Acts, name: string, query: URLSearchParams, help: object): unknown {
  if (name === 'state') {
    const key = query.get('key') as keyof SlackState | null
    return key ? { [key]: world.state[key] } : world.state
  }
  if (name !== 'see') return help
  const seen = as(query.get('user') ?? '').see(query.get('channel') ?? undefined)
  if (query.has('json')) return seen
  return `${seen.map((message) => `${message.ts} ${renderMessage(message, world.state)}`).join('\n\n')}\n`
}
