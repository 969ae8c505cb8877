import { randomUUID } from 'node:crypto'
import { postOnce } from '../slack/http-post.ts'
import { fieldsOf, stringOf } from './fields.ts'
import { inboundToken } from './keys.ts'
import type { Delivery, Fields } from './types.ts'
import type { Delivered, DeliveryOptions } from './use-types.ts'
import type { World } from './world.ts'

/** How the bot is reached, and how patient Teams is. */
export type DeliverySettings = { deliverTo: string | undefined; messageWithinMs: number; invokeWithinMs: number }

/** Sends activities to the bot. */
export type Deliveries = ReturnType<typeof createDeliveries>

type Parts = { world: World; settings: DeliverySettings; stopping: AbortSignal }
type Parcel = { url: string; activity: Fields; body: string; headers: Record<string, string>; within: number }

/** The way to the bot's messaging endpoint. */
export function createDeliveries(parts: Parts) {
  return {
    /** Sends an activity, once (or twice, as a replay); Teams repeats nothing by itself. */
    async deliver(activity: Fields, options: DeliveryOptions = {}): Promise<Delivered> {
      const parcel = await prepare(parts, activity, options)
      const first = attempt(parts, parcel)
      if (options.replay === 'after') await first
      const second = options.replay ? await attempt(parts, parcel) : undefined
      const delivery = await first
      return second ? { ...delivery, replay: second } : delivery
    },
    reachable: () => parts.settings.deliverTo !== undefined,
  }
}

/** Fixes bytes and headers now, so that sending twice sends the same. */
async function prepare({ world, settings }: Parts, given: Fields, options: DeliveryOptions): Promise<Parcel> {
  // Where it goes is settled now: the next one may go to another bot.
  const { deliverTo: url = '' } = settings
  const activity = options.change ? options.change(structuredClone(given)) : given
  const token = options.token ?? (await inboundToken(stringOf(activity.serviceUrl), world.now()))
  const body = JSON.stringify(activity)
  const usual = activity.type === 'invoke' ? settings.invokeWithinMs : settings.messageWithinMs
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'Microsoft-SkypeBotApi (Microsoft-BotFramework/3.0)',
    'x-ms-conversation-id': stringOf(fieldsOf(activity.conversation).id),
    'x-ms-tenant-id': stringOf(fieldsOf(activity.conversation).tenantId),
    'ms-cv': `${randomUUID().slice(0, 22)}.0`,
    ...(token !== '' && { authorization: `Bearer ${token}` }),
    ...options.headers,
  }
  return { url, activity, body, headers, within: options.answerWithinMs ?? usual }
}

async function attempt({ world, stopping }: Parts, parcel: Parcel): Promise<Delivery> {
  const delivery = begin(world, parcel.activity)
  const started = performance.now()
  const { status, body, error } = parcel.url
    ? await postOnce(parcel.url, parcel.headers, parcel.body, parcel.within, stopping)
    : { status: 0, body: '', error: 'connection_failed' as const }
  const ms = Math.round(performance.now() - started)
  Object.assign(delivery, { status, body, settled: true, ms, ...(error && { error }) })
  world.changed()
  return delivery
}

function begin(world: World, activity: Fields): Delivery {
  const name = activity.name ?? activity.action
  const delivery: Delivery = {
    n: world.state.deliveries.length + 1,
    at: world.now(),
    kind: [activity.type, name].filter((part) => typeof part === 'string').join(' '),
    activity,
    settled: false,
    status: 0,
    body: '',
    ms: 0,
  }
  world.state.deliveries.push(delivery)
  world.changed()
  return delivery
}
