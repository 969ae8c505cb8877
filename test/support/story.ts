import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Connection, Operation, Side } from '../../sandbox/azure/types.ts'
import type { SlackMessage } from '../../sandbox/slack/index.ts'
import { parseStored } from '../../src/queue/store-format.ts'
import type { Stored } from '../../src/transfer/ports.ts'
import { idIn, messagesOf, textOf, type World } from './world.ts'

const patience = 45_000

/** First truthy answer of `look`; it is asked again every 20 ms. */
export async function eventually<T>(
  look: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  patienceMs = patience,
): Promise<T> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const found = await look()
    if (found) return found
    if (performance.now() > deadline) throw new Error(`Waited ${patienceMs} ms in vain for: ${look}`)
    await delay(40)
  }
}

/** Someone asks for the export of the case `name`; answers the transfer's id. */
export async function ask(world: World, name: string, { by = 'U0DANA', channel = 'C0DATA' } = {}): Promise<string> {
  const { ack } = await world.slack.as(by).command('/export', `${name} to ${name}`, { channel })
  return idIn(ack.text)
}

/** What the private answer to a command says. */
export async function told(world: World, by: string, text: string, command = '/drawbridge'): Promise<string> {
  const { ack, delivery } = await world.slack.as(by).command(command, text)
  if (delivery.ms >= 3_000) throw new Error(`answered only after ${delivery.ms} ms`)
  return ack.text
}

/** A standing card with buttons, once it is there. */
export function cardOf(world: World, id: string, channel?: string): Promise<SlackMessage> {
  return eventually(() =>
    messagesOf(world.slack, id, 'card').find((each) => hasButtons(each) && (!channel || each.channel === channel)),
  )
}

/** True while there is something to click. */
export function hasButtons(message: Pick<SlackMessage, 'blocks'> | undefined): boolean {
  return JSON.stringify(message?.blocks ?? []).includes('"action_id":"approve"')
}

/** Clicks Approve on the card; answers what the clicker reads. */
export async function approve(
  world: World,
  card: SlackMessage,
  by = 'U0SAM',
  edit = newestWithButtons(card),
): Promise<string> {
  const clicked = await world.slack.as(by).click({ message: card, actionId: 'approve', edit })
  return answerTo(world, clicked.responseUrl)
}

/** Clicks Deny and gives the reason in the form. */
export async function deny(world: World, card: SlackMessage, reason: string, by = 'U0SAM'): Promise<void> {
  const { slack } = world
  const clicked = await slack.as(by).click({ message: card, actionId: 'deny', edit: newestWithButtons(card) })
  if (clicked.error) throw new Error(`the click got ${clicked.error}`)
  const ours = buttonOf(card)
  const view = await eventually(() =>
    slack.state.views.find(({ open, user, view }) => open && user === by && says(view.private_metadata, ours)),
  )
  const sent = await slack.as(by).submit(view, { reason })
  if (sent.notice || view.open) throw new Error(`the form was not taken: ${sent.body}`)
}

/** What the person still has on screen when the card was redrawn meanwhile. */
function newestWithButtons({ edits }: SlackMessage): number {
  return edits.findLastIndex(hasButtons)
}

/** What was written to a response_url. */
export async function answerTo(world: World, url: string | undefined): Promise<string> {
  return eventually(() => {
    const use = world.slack.state.responses.find((each) => each.url === url)?.uses[0]
    return use && String(use.body.text)
  })
}

/** The first reply of the thread that says so. */
export function reply(world: World, id: string, says: string | RegExp, patienceMs = patience): Promise<SlackMessage> {
  return eventually(() => replies(world, id).find((each) => matches(textOf(each), says)), patienceMs)
}

/** The replies of the thread in the order in which they stand. */
export function replies(world: World, id: string): readonly SlackMessage[] {
  return [...messagesOf(world.slack, id, 'reply')].sort((a, b) => Number(a.ts) - Number(b.ts))
}

/** What the thread says, in order, one line each. */
export function thread(world: World, id: string): readonly string[] {
  return replies(world, id).map(({ text }) => text)
}

/** The job in Azure that exports the case's database. */
export function jobOf(world: World, name: string): Promise<Operation> {
  return eventually(() => world.azure.state.operations.find(({ database }) => database === name))
}

/** The connections of a job, by side. */
export function connectionsOf(world: World, { id }: Operation): Partial<Record<Side, Connection>> {
  const mine = world.azure.state.connections.filter(({ operationId }) => operationId === id)
  return Object.fromEntries(mine.map((each) => [each.side, each]))
}

/** The states of a job's connections, SQL first. */
export function statesOf(world: World, job: Operation): readonly (string | undefined)[] {
  const { sql, storage } = connectionsOf(world, job)
  return [sql?.status, storage?.status]
}

/** The record as Redis has it; undefined when there is none. */
export async function recordOf(world: World, id: string): Promise<Stored | undefined> {
  return withRedis(world, (redis) => read(redis, id))
}

/** Waits until the record is in this status. */
export function inStatus(world: World, id: string, status: string): Promise<Stored> {
  return withRedis(world, (redis) =>
    eventually(async () => {
      const stored = await read(redis, id)
      return stored?.transfer.status === status && stored
    }),
  )
}

/** Work on a connection straight to the server of this world. */
export async function withRedis<T>(world: World, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({ path: world.redis.path })
  // It may be killed under us, and comes back.
  redis.on('error', () => undefined)
  try {
    return await work(redis)
  } finally {
    redis.disconnect()
  }
}

async function read(redis: Redis, id: string): Promise<Stored | undefined> {
  return parseStored(await redis.hgetall(`{drawbridge}:transfer:${id}`))
}

/** The transfer that the card's buttons are about. */
function buttonOf(card: SlackMessage): string {
  return idIn((card.metadata?.event_payload as { transfer?: string } | undefined)?.transfer ?? '')
}

function says(text: unknown, part: string): boolean {
  return typeof text === 'string' && text.includes(part)
}

function matches(text: string, says: string | RegExp): boolean {
  return typeof says === 'string' ? text.includes(says) : says.test(text)
}
