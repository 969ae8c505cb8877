import { setTimeout as pause } from 'node:timers/promises'
import { type Posted, postOnce, signedHeaders } from './http-post.ts'
import { eventPayload } from './payloads.ts'
import type { SocketHub } from './socket-mode.ts'
import type { Delivery, Fields } from './types.ts'
import type { Delivered, DeliveryOptions } from './use-types.ts'
import type { World } from './world.ts'

const FORM = 'application/x-www-form-urlencoded'
const ENVELOPES = { command: 'slash_commands', event: 'events_api', interaction: 'interactive' } as const
const REASONS = { operation_timeout: 'http_timeout', connection_failed: 'connection_failed', http_error: 'http_error' }

/** How the app is reached, and how patient Slack is. */
export type DeliverySettings = {
  deliverTo: string | undefined
  signingSecret: string
  answerWithinMs: number
  eventRetryDelaysMs: [number, number, number]
}

/** One thing to tell the app, with what repeats it. */
type Parcel = {
  kind: Delivery['kind']
  payload: Fields
  options: DeliveryOptions
  retry?: { num: number; reason: string }
}

/** Sends commands, events and interactions to the app. */
export type Deliveries = ReturnType<typeof createDeliveries>

/** What deliveries need. */
type Parts = { world: World; settings: DeliverySettings; hub: SocketHub; stopping: AbortSignal }

/** Ways to reach the app: HTTP when there is a request URL, else Socket Mode, unless a delivery says otherwise. */
export function createDeliveries(parts: Parts) {
  return {
    /** Sends a command or interaction, once (or twice, as a replay). */
    async deliver(kind: Parcel['kind'], payload: Fields, options: DeliveryOptions = {}): Promise<Delivered> {
      return (await send(parts, { kind, payload, options })).delivered
    },
    /** Sends an event; resolves after the first attempt, and goes on repeating a failed one by itself. */
    async event(inner: Fields, options: DeliveryOptions = {}): Promise<Delivered> {
      const payload = eventPayload(parts.world, inner)
      const { delivered, again } = await send(parts, { kind: 'event', payload, options })
      if (again && delivered.error) void retry(parts, payload, options, REASONS[delivered.error])
      return delivered
    },
    reachable: (options: DeliveryOptions = {}) => route(parts, options) !== 'none',
  }
}

function route({ settings, hub }: Parts, options: DeliveryOptions): Delivery['via'] {
  const via = options.via ?? (settings.deliverTo ? 'http' : 'socket')
  if (via === 'http') return settings.deliverTo ? 'http' : 'none'
  return hub.connected() ? 'socket' : 'none'
}

async function send(parts: Parts, parcel: Parcel): Promise<{ delivered: Delivered; again: boolean }> {
  const { replay } = parcel.options
  const post = prepare(parts, parcel)
  const first = attempt(parts, parcel, post)
  if (replay === 'after') await first
  const second = replay ? await attempt(parts, parcel, post) : undefined
  const { delivery, again } = await first
  return { delivered: second ? { ...delivery, replay: second.delivery } : delivery, again }
}

async function attempt(parts: Parts, parcel: Parcel, post: () => Promise<Posted>) {
  const delivery = begin(parts.world, parcel, route(parts, parcel.options))
  const started = performance.now()
  const { status, body, error, headers } = await post()
  const ms = Math.round(performance.now() - started)
  Object.assign(delivery, { status, body, settled: true, ms, ...(error && { error }) })
  parts.world.changed()
  return { delivery, again: error !== undefined && headers['x-slack-no-retry'] !== '1' }
}

/** Fixes bytes and headers now, so that sending twice sends the same. */
function prepare(parts: Parts, parcel: Parcel): () => Promise<Posted> {
  const { settings, hub, stopping } = parts
  const { options, retry: repeated } = parcel
  const within = options.answerWithinMs ?? settings.answerWithinMs
  const via = route(parts, options)
  if (via === 'none') return async () => ({ status: 0, body: '', headers: {}, error: 'connection_failed' })
  if (via === 'socket') {
    const type = ENVELOPES[parcel.kind as keyof typeof ENVELOPES]
    return async () => ({ headers: {}, ...(await hub.send(type, parcel.payload, within, repeated)) })
  }
  const { body, type } = encode(parcel)
  const at = Math.floor(Date.now() / 1000) + (options.skewSeconds ?? 0)
  const headers = signedHeaders(options.secret ?? settings.signingSecret, body, type, at)
  if (repeated)
    Object.assign(headers, { 'x-slack-retry-num': `${repeated.num}`, 'x-slack-retry-reason': repeated.reason })
  return () => postOnce(settings.deliverTo ?? '', headers, body, within, stopping)
}

async function retry(parts: Parts, payload: Fields, options: DeliveryOptions, why: string): Promise<void> {
  let reason = why
  for (const [index, delay] of parts.settings.eventRetryDelaysMs.entries()) {
    await pause(delay, undefined, { signal: parts.stopping, ref: false }).catch(() => undefined)
    if (parts.stopping.aborted) return
    const parcel: Parcel = { kind: 'event', payload, options, retry: { num: index + 1, reason } }
    const { delivery, again } = await attempt(parts, parcel, prepare(parts, parcel))
    if (!again || !delivery.error) return
    reason = REASONS[delivery.error]
  }
}

function begin(world: World, parcel: Parcel, via: Delivery['via']): Delivery {
  const { kind, payload, retry } = parcel
  const delivery: Delivery = {
    n: world.state.deliveries.length + 1,
    at: world.now(),
    kind,
    via,
    payload,
    settled: false,
    status: 0,
    body: '',
    ms: 0,
    ...(typeof payload.event_id === 'string' && { eventId: payload.event_id }),
    ...(retry && { retryNum: retry.num, retryReason: retry.reason }),
  }
  world.state.deliveries.push(delivery)
  world.changed()
  return delivery
}

function encode({ kind, payload, options }: Parcel): { body: string; type: string } {
  const form = options.charset ? `${FORM}; charset=utf-8` : FORM
  if (kind === 'event' || kind === 'url_verification')
    return { body: JSON.stringify(payload), type: 'application/json' }
  if (kind === 'interaction')
    return { body: new URLSearchParams({ payload: JSON.stringify(payload) }).toString(), type: form }
  return { body: new URLSearchParams(payload as Record<string, string>).toString(), type: form }
}
