import * as records from '../../src/queue/lua/record-scripts.ts'
import type { Script } from '../../src/queue/lua/script.ts'
import * as work from '../../src/queue/lua/work-scripts.ts'
import { watchTeams } from './crash-teams-moments.ts'
import type { Phase, ProxiedCommand, RedisProxy } from './redis-proxy.ts'
import type { World } from './world.ts'

/** Something that a process asks of Azure, of chat or of Redis for one transfer: before the other side does it, or after it and before the answer. */
export type Moment = {
  /** All names that fit, such as `azure submitting: export`, `slack post root`, `teams create card`, `redis commit submit_intended`. */
  names: readonly string[]
  when: Phase
  key: string
  /** `performance.now()` */
  at: number
  /** What Azure did, where it did something. */
  status?: number
  /** Whose it is: known for what goes to Redis. */
  by?: string
}

/** A moment to stop at, the first of its kind unless told. */
export type Point = { name: string; when: Phase; nth?: number }

export type Stop = {
  /** Resolves when a process is there; it is held until `go`. */
  reached: Promise<Moment>
  /** `drop`: nobody hears of it (and before: it is never done). `pass`: it goes on as if nothing had been. */
  go(verdict: 'drop' | 'pass'): void
}

export type Watch = {
  /** Everything so far. */
  log: readonly Moment[]
  /** Hears of what passes a proxy; `by` names the process behind it. */
  listenTo(proxy: RedisProxy, by: string): void
  stopAt(key: string, point: Point): Stop
  /** The transfers that were ever recorded for a key. */
  idsOf(key: string): readonly string[]
}

type Verdict = 'drop' | undefined
/** Writes a moment down, and waits for as long as the world is to stop there. */
export type Tell = (moment: Omit<Moment, 'at'>) => Promise<Verdict>
/** What was heard of the transfers so far, by their ids. */
export type Known = { keys: Map<string, string>; statuses: Map<string, string>; chats: Map<string, Slots> }
export type Slots = Record<string, { state: string }>
type Input = {
  id?: string
  status?: string
  database?: string
  slot?: string
  chat?: string
  due?: unknown
  role?: string
  lease?: { role: string }
  audit?: string[][]
}

/** Hears of everything that the processes of a world do, and can stop the world there. */
export function startWatch(world: World, chats: 'slack' | 'teams' = 'slack'): Watch {
  const log: Moment[] = []
  const stops: { key: string; point: Point; left: number; arrive: (moment: Moment) => Promise<Verdict> }[] = []
  const known: Known = { keys: new Map(), statuses: new Map(), chats: new Map() }
  const tell: Tell = async (told) => {
    const moment = { ...told, at: performance.now() }
    log.push(moment)
    const fits = ({ key, point }: (typeof stops)[number]) =>
      key === told.key && point.when === told.when && told.names.includes(point.name)
    const stop = stops.find(fits)
    if (!stop) return undefined
    stop.left -= 1
    if (stop.left > 0) return undefined
    stops.splice(stops.indexOf(stop), 1)
    return stop.arrive(moment)
  }
  watchAzure(world.azure, known, tell)
  if (chats === 'teams') watchTeams(world.teams, known, tell)
  else watchSlack(world.slack, known, tell)
  return {
    log,
    listenTo: (proxy, by) => watchRedis(proxy, by, known, tell),
    stopAt: (key, point) => {
      const reached = Promise.withResolvers<Moment>()
      const gone = Promise.withResolvers<Verdict>()
      const arrive = (moment: Moment) => {
        reached.resolve(moment)
        return gone.promise
      }
      stops.push({ key, point, left: point.nth ?? 1, arrive })
      return {
        reached: reached.promise,
        go: (verdict) => gone.resolve(verdict === 'drop' ? 'drop' : undefined),
      }
    },
    idsOf: (key) => [...known.keys].flatMap(([id, each]) => (each === key ? [id] : [])),
  }
}

function watchAzure(azure: World['azure'], known: Known, tell: Tell): void {
  azure.onRequest(async ({ when, name, path, status }) => {
    const key = /k\d\d(?!\d)/.exec(path)?.[0]
    if (key === undefined) return undefined
    const id = [...known.keys].findLast(([, each]) => each === key)?.[0] ?? ''
    const names = [`azure ${known.statuses.get(id)}: ${name}`, `azure ${name}`]
    return tell({ names, when, key, ...(status ? { status } : {}) })
  })
}

function watchSlack(slack: World['slack'], known: Known, tell: Tell): void {
  const verbs: Readonly<Record<string, string>> = {
    'chat.postMessage': 'post',
    'chat.update': 'update',
    'chat.getPermalink': 'link',
  }
  slack.onRequest(async ({ phase, method, args }) => {
    const verb = verbs[method]
    if (verb === undefined) return
    const ts = args.ts ?? args.message_ts
    const metadata = verb === 'post' ? args.metadata : slack.state.messages.find((each) => each.ts === ts)?.metadata
    const mark = (metadata as { event_payload?: { transfer: string; slot: string } } | undefined)?.event_payload
    const key = known.keys.get(mark?.transfer ?? '')
    if (!mark || key === undefined) return
    const name = `slack ${verb} ${short(mark.slot)}`
    const clickable = JSON.stringify(args.blocks ?? []).includes('"action_id":"approve"')
    const inStatus = `${name} ${known.statuses.get(mark.transfer)}`
    const names = [name, inStatus, `${name} ${clickable ? 'open' : 'decided'}`]
    const verdict = await tell({ names, when: phase, key })
    // The sandbox answers with an error to a process that is no more.
    if (verdict === 'drop') throw new Error('dropped')
  })
}

function watchRedis(proxy: RedisProxy, by: string, known: Known, tell: Tell): void {
  const scripts = new Map(
    Object.entries({ ...records, ...work } as Record<string, Script>).flatMap(([name, { lua, sha }]) => [
      [sha, name] as const,
      [lua, name] as const,
    ]),
  )
  proxy.onCommand(async (command, phase) => {
    const script = command.name.startsWith('eval') ? scripts.get(command.args[0] ?? '') : undefined
    if (script === undefined) return undefined
    const input = inputOf(command)
    const { id = '', database = '', status } = input
    if (script === 'create' && phase === 'before') known.keys.set(id, database.split('/').at(-1) ?? '')
    const details = detailsOf(script, input, known)
    if ((script === 'create' || script === 'commit') && phase === 'after') known.statuses.set(id, status ?? '')
    if (script === 'commitChat' && phase === 'after') known.chats.set(id, slotsOf(input))
    const names = details.map((detail) => `redis ${script} ${detail}`.trim())
    const verdict = await tell({ names, when: phase, key: known.keys.get(id) ?? '', by })
    return verdict === 'drop' ? 'cut' : undefined
  })
}

function detailsOf(script: string, input: Input, known: Known): readonly string[] {
  switch (script) {
    case 'create':
      return ['']
    case 'commit':
      return (input.audit ?? []).map((line) => line[line.indexOf('kind') + 1] ?? '')
    case 'result':
      return [input.slot ?? '']
    case 'park':
      return [known.statuses.get(input.id ?? '') ?? '', 'any']
    case 'commitChat':
      return chatDetails(input, known)
    default:
      return [input.role ?? input.lease?.role ?? '']
  }
}

function chatDetails(input: Input, known: Known): readonly string[] {
  const before = known.chats.get(input.id ?? '') ?? {}
  const status = known.statuses.get(input.id ?? '')
  const changed = Object.entries(slotsOf(input)).filter(
    ([slot, now]) => JSON.stringify(before[slot]) !== JSON.stringify(now),
  )
  return [
    ...changed.flatMap(([slot, { state }]) => [`${short(slot)} ${state}`, `${short(slot)} ${state} ${status}`]),
    ...(input.due === false ? ['all drawn'] : []),
    'any',
  ]
}

function slotsOf({ chat = '{}' }: Input): Slots {
  return (JSON.parse(chat) as { slots?: Slots }).slots ?? {}
}

function inputOf({ args }: ProxiedCommand): Input {
  return JSON.parse(args.at(-1) ?? '{}') as Input
}

function short(slot: string): string {
  return slot.startsWith('card:') ? 'card' : slot
}
