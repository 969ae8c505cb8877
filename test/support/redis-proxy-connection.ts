import { createConnection, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Phase, ProxiedCommand, ProxyState } from './redis-proxy.ts'
import { type Frame, readCommand, readFrame } from './resp.ts'

export type Connection = { ended: Promise<unknown>; reset(): void }

const subscribing = /^[ps]?(un)?subscribe$/i
const published = /^([ps]?(un)?subscribe|[ps]?message)$/

/** Joins one client to Redis: commands and replies pass one by one, each in the order of arrival. */
export function openConnection(state: ProxyState, client: Socket, connection: number): Connection {
  const upstream = createConnection(state.target)
  const ended = Promise.all([closed(client), closed(upstream)])
  let isOver = false
  const reset = () => {
    isOver = true
    client.destroy()
    upstream.destroy()
  }
  const waiting: ProxiedCommand[] = []
  let isSubscriber = false

  const forward = async (bytes: Buffer, words: string[], arrived: number) => {
    if (isOver) return
    const [name = '', ...args] = words
    const command = { name: name.toLowerCase(), args, connection }
    if (await isCut(state, command, 'before')) return reset()
    const early = arrived + state.latencyMs - performance.now()
    if (early > 0) await delay(early)
    await state.open
    if (subscribing.test(name)) isSubscriber = true
    else if (name) waiting.push(command)
    upstream.write(bytes)
  }
  const answer = async (bytes: Buffer, frame: Frame) => {
    if (isOver) return
    const command = isPushed(frame, isSubscriber) ? undefined : waiting.shift()
    if (command && (await isCut(state, command, 'after'))) return reset()
    await state.open
    client.write(bytes)
  }

  const commands = pieceByPiece(readCommand, (bytes, { words }, arrived) => forward(bytes, words, arrived))
  const replies = pieceByPiece(readFrame, (bytes, frame) => answer(bytes, frame))
  join(client, upstream, commands, state.report)
  join(upstream, client, replies, state.report)
  return { ended, reset }
}

type Pieces = { push(chunk: Buffer): Promise<void>; idle(): Promise<void> }

/** Cuts a stream of bytes into whole values and handles one after the other. */
function pieceByPiece<T extends { length: number }>(
  read: (bytes: Buffer, start: number) => T | undefined,
  handle: (bytes: Buffer, value: T, arrived: number) => Promise<void>,
): Pieces {
  let rest: Buffer = Buffer.alloc(0)
  let work: Promise<void> = Promise.resolve()
  const take = async (chunk: Buffer, arrived: number) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (let value = read(rest, 0); value; value = read(rest, 0)) {
      const bytes = rest.subarray(0, value.length)
      rest = rest.subarray(value.length)
      await handle(bytes, value, arrived)
    }
  }
  return {
    push: (chunk) => {
      const arrived = performance.now()
      work = work.then(() => take(chunk, arrived))
      return work
    },
    idle: () => work,
  }
}

function join(from: Socket, to: Socket, pieces: Pieces, report: (error: unknown) => void): void {
  from.on('data', (chunk) => {
    pieces.push(chunk).catch((error) => {
      report(error)
      from.destroy()
      to.destroy()
    })
  })
  from.on('error', () => undefined)
  // What was sent before the end still arrives, as it would from the buffers of the kernel.
  from.once('close', () =>
    pieces.idle().then(
      () => to.end(),
      () => to.destroy(),
    ),
  )
}

async function isCut(state: ProxyState, command: ProxiedCommand, phase: Phase): Promise<boolean> {
  for (const hook of state.hooks) {
    if ((await hook(command, phase)) === 'cut') return true
  }
  return false
}

/** Whether a frame answers no command: RESP3 says so, in RESP2 only the words of a subscriber do. */
function isPushed(frame: Frame, isSubscriber: boolean): boolean {
  if (frame.type === '>') return true
  return isSubscriber && frame.type === '*' && published.test(frame.first ?? '')
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}
