import type { List, Lister, ListKind, Names, SharedLists } from '../transfer/discovered.ts'
import { PermanentError, TransientError } from '../transfer/errors.ts'
import type { Millis } from '../transfer/model.ts'
import type { Budget, Clock, Spend } from '../transfer/ports.ts'

/** How old a list may become before it is read again; containers are listed where Azure's limit is the tightest. */
export const freshFor: Readonly<Record<ListKind, Millis>> = {
  servers: 300_000,
  databases: 300_000,
  accounts: 300_000,
  containers: 1_800_000,
}

/** The most lists of a kind that one round reads, so that transfers never wait for the budget because of discovery. */
const mostRead: Readonly<Record<ListKind, number>> = { servers: 10, databases: 100, accounts: 2, containers: 5 }

/** The most names that are kept altogether. */
const mostKept = 20_000

/** After a failure that says nothing of its own. */
const againAfter = { passing: 60_000, lasting: 900_000 }

export type DiscoveryTools = {
  lister: Lister
  shared: SharedLists
  budget: Budget
  clock: Clock
  subscriptions: readonly string[]
  /** Whether something below this server or account could be of use. */
  wanted(kind: 'databases' | 'containers', parent: string): boolean
  /** Names this process in the turns. */
  holder: string
  log(fields: Readonly<Record<string, unknown>>, message: string): void
}

/** Rounds at the start and every `every` milliseconds; never two at a time, and of all processes one at a time. */
export function startDiscovery(tools: DiscoveryTools, every: Millis): { stop(): Promise<void> } {
  let running: Promise<void> | undefined
  let stopped = false
  const begin = (): void => {
    running ??= discoverOnce(tools, every, () => stopped)
      .catch((error: unknown) => {
        tools.log({ error: error instanceof Error ? error.message : 'unknown' }, 'Azure could not be listed')
      })
      .finally(() => {
        running = undefined
      })
  }
  begin()
  const timer = setInterval(begin, every)
  timer.unref()
  return {
    stop: async () => {
      stopped = true
      clearInterval(timer)
      await running
    },
  }
}

/**
 * One round: reads the lists that are due, oldest first, and shares all of them. A list that cannot be read stays as it
 * was, marked as failed, and is left alone for as long as Azure asks. Does nothing while another process has the turn.
 */
export async function discoverOnce(tools: DiscoveryTools, turn: Millis, stopped = (): boolean => false): Promise<void> {
  const { shared, holder, clock, log } = tools
  if (!(await shared.turn(holder, turn))) return
  let lists = (await shared.read()) ?? []
  // What is above first: it says what there is below.
  for (const kinds of [
    ['servers', 'accounts'],
    ['databases', 'containers'],
  ] as const) {
    const before = lists
    lists = reconcile(tools, lists)
    for (const due of dueOf(lists, kinds, clock.now())) {
      if (stopped() || !(await shared.turn(holder, turn))) return
      const next = await readOne(tools, due, keptIn(lists))
      if (next?.failed && !due.failed) tell(log, next, next.failed.code)
      if (next) lists = lists.map((each) => (each === due ? next : each))
    }
    // Also what is below and not read yet: an answer then knows that it does not know everything.
    lists = reconcile(tools, lists)
    const isSame = lists.length === before.length && lists.every((each, index) => each === before[index])
    if (!isSame) await shared.write(lists)
  }
}

function tell(log: DiscoveryTools['log'], { kind, of }: List, code: string): void {
  log({ list: kind, of, code }, 'a list of Azure could not be read')
}

/** The lists that there should be; what is below a server or account that is gone goes too. */
function reconcile({ subscriptions, wanted }: DiscoveryTools, lists: readonly List[]): readonly List[] {
  const known = new Map(lists.map((each) => [keyOf(each), each]))
  const list = (kind: ListKind, of: string): List => known.get(keyOf({ kind, of })) ?? { kind, of, names: [] }
  const above = subscriptions.flatMap((of) => [list('servers', of), list('accounts', of)])
  const below = above.flatMap(({ kind, names }) => {
    const child = kind === 'servers' ? 'databases' : 'containers'
    return names.filter((id) => wanted(child, nameIn(id))).map((id) => list(child, id))
  })
  return [...above, ...below]
}

function dueOf(lists: readonly List[], kinds: readonly ListKind[], now: Millis): readonly List[] {
  return kinds.flatMap((kind) =>
    lists
      .filter(
        (each) =>
          each.kind === kind &&
          (each.failed ? each.failed.again <= now : (each.at ?? -Infinity) + freshFor[kind] <= now),
      )
      .sort((a, b) => triedAt(a) - triedAt(b))
      .slice(0, mostRead[kind]),
  )
}

/** Undefined when the budget has no room: it is due in the next round too. */
async function readOne({ lister, budget, clock }: DiscoveryTools, list: List, kept: number): Promise<List | undefined> {
  const { kind, of } = list
  const at = clock.now()
  if ((await budget.take(subscriptionOf(of), spends[kind], 1)) > 0) return undefined
  try {
    return { kind, of, at, ...bounded(await lister.read(kind, of), mostKept - kept + list.names.length) }
  } catch (error) {
    const code = error instanceof PermanentError || error instanceof TransientError ? error.fault.code : 'unknown'
    const wait = error instanceof TransientError ? (error.retryAfter ?? againAfter.passing) : againAfter.lasting
    return { ...list, failed: { code, at, again: at + wait } }
  }
}

const spends: Readonly<Record<ListKind, Spend>> = {
  servers: 'read',
  databases: 'read',
  accounts: 'storage_list',
  containers: 'storage_list',
}

function bounded({ names, cut }: Names, room: number): Names {
  const fits = names.slice(0, Math.max(0, room))
  return { names: fits, ...(cut || fits.length < names.length ? { cut: true } : {}) }
}

function keptIn(lists: readonly List[]): number {
  return lists.reduce((sum, { names }) => sum + names.length, 0)
}

function triedAt({ at, failed }: List): Millis {
  return failed?.at ?? at ?? -Infinity
}

function keyOf({ kind, of }: Pick<List, 'kind' | 'of'>): string {
  return `${kind} ${of.toLowerCase()}`
}

function nameIn(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1)
}

function subscriptionOf(of: string): string {
  return /^\/subscriptions\/([^/]+)/i.exec(of)?.[1] ?? of
}
