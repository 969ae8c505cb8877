import { setTimeout as pause } from 'node:timers/promises'
import { isFields } from '../slack/check-blocks.ts'
import type { Fields } from '../slack/types.ts'
import { parseJson, readBody, send } from '../slack/wire.ts'
import type { ControlHandler } from './listener.ts'

/** Answers /__control: GET what `look` tells, POST one of the acts with a JSON object. */
export function createControlEndpoint<Acts>(options: {
  acts: Acts
  posts: Readonly<Record<string, (acts: Acts, body: Fields) => unknown>>
  gets: readonly string[]
  look(acts: Acts, name: string, query: URLSearchParams, help: object): unknown
}): ControlHandler {
  const { acts, posts, gets, look } = options
  const help = { get: gets, post: Object.keys(posts) }
  return async (request, response, url) => {
    const name = url.pathname.replace(/^\/__control\/?/, '')
    const body = request.method === 'GET' ? {} : parseJson((await readBody(request)) || '{}')
    const act = Object.hasOwn(posts, name) ? posts[name] : undefined
    try {
      if (request.method === 'GET') send(response, 200, await look(acts, name, url.searchParams, help))
      else if (!act || !isFields(body)) send(response, 404, { error: `no ${name} with a JSON object`, ...help })
      else send(response, 200, (await act(acts, body)) ?? { ok: true })
    } catch (error) {
      send(response, 400, { error: error instanceof Error ? error.message : String(error) })
    }
  }
}

/** Refuses all connections for a while, once the answer to this wish is out. */
export async function refuseFor(control: { down(): Promise<void>; up(): Promise<void> }, ms: number): Promise<void> {
  await pause(50)
  await control.down()
  await pause(ms)
  await control.up()
}
