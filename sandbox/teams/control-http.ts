import { createControlEndpoint, refuseFor } from '../chat/control-endpoint.ts'
import type { ControlHandler } from '../chat/listener.ts'
import { textOf } from '../slack/answer.ts'
import { renderMessage } from './render.ts'
import type { Fields, TeamsState } from './types.ts'
import type { DeliveryOptions, Fault, TeamsControl, TeamsPerson } from './use-types.ts'
import type { World } from './world.ts'

type Acts = { world: World; control: TeamsControl; as: (name: string) => TeamsPerson }
type Act = (acts: Acts, body: Fields) => unknown

/** POST endpoints below /__control, each taking a JSON object. */
const ACTS: Record<string, Act> = {
  say: ({ as }, b) => as(textOf(b, 'user')).say(textOf(b, 'text'), b as DeliveryOptions),
  chat: ({ as }, b) => as(textOf(b, 'user')).chat(textOf(b, 'text'), b as DeliveryOptions),
  click: ({ as }, b) => as(textOf(b, 'user')).click(textOf(b, 'message'), b as DeliveryOptions),
  refresh: ({ as }, b) => as(textOf(b, 'user')).refresh(textOf(b, 'message'), b as DeliveryOptions),
  invoke: ({ as }, b) => as(textOf(b, 'user')).invoke(textOf(b, 'name'), b.value, b as DeliveryOptions),
  activity: ({ control }, b) => control.activity(b.activity as Fields, b as DeliveryOptions),
  install: ({ control }, b) => control.install(textOf(b, 'where')),
  uninstall: ({ control }, b) => control.uninstall(textOf(b, 'where')),
  installed: ({ control }, b) => control.installed(textOf(b, 'where'), b.action as 'add'),
  block: ({ control }, b) => control.block(textOf(b, 'user'), b.blocked !== false),
  'add-member': ({ control }, b) => control.addMember(textOf(b, 'conversation'), textOf(b, 'user')),
  'remove-member': ({ control }, b) => control.removeMember(textOf(b, 'conversation'), textOf(b, 'user')),
  user: ({ control }, { id, ...change }) => control.user(String(id), change),
  conversation: ({ control }, { id, ...change }) => control.conversation(String(id), change),
  group: ({ control }, { id, ...change }) => control.group(String(id), change.deleted === true ? undefined : change),
  graph: ({ control }, b) => control.graph(b),
  fault: ({ control }, b) => void control.fault(b as Fault),
  'clear-faults': ({ control }) => control.clearFaults(),
  'deliver-to': ({ control }, b) => control.deliverTo(textOf(b, 'url') || undefined),
  'rate-limits': ({ control }, b) => control.rateLimits(b.limits as 'off'),
  'expire-tokens': ({ control }) => control.expireTokens(),
  reset: ({ control }) => control.reset(),
  down: ({ control }, b) => void refuseFor(control, Number(b.ms ?? 1000)),
}

/** Answers /__control: GET state, see and help, POST the acts. */
export function createControlHandler(acts: Acts): ControlHandler {
  return createControlEndpoint({ acts, posts: ACTS, gets: ['state', 'state?key=', 'see?user=&in='], look })
}

async function look({ world, as }: Acts, name: string, query: URLSearchParams, help: object): Promise<unknown> {
  if (name === 'state') {
    const key = query.get('key') as keyof TeamsState | null
    return key ? { [key]: world.state[key] } : world.state
  }
  if (name !== 'see') return help
  const seen = await as(query.get('user') ?? '').see(query.get('in') ?? undefined)
  if (query.has('json')) return seen
  return `${seen.map((message) => `${message.id} ${renderMessage(message, world.state)}`).join('\n\n')}\n`
}
