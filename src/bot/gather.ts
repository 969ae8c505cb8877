import type { Millis } from '../transfer/model.ts'
import type { ListedBy, Store, Stored } from '../transfer/ports.ts'
import { stored } from './desk.ts'

/** What was found, newest first. `more`: there are older ones that fit; `unread`: older ones were not even looked at. */
export type Gathered = { found: readonly Stored[]; more: boolean; unread: boolean }

/** The most records that one question reads, however few of them its asker may see. */
export const mostRead = 1_000
const page = { one: 100, many: 25 }

type Index = { by: ListedBy; skip: number; last: Millis; done: boolean }

/**
 * The newest `most` records of some indexes that fit, page by page until there are enough, none is left, or `mostRead` were
 * read. The indexes are all of statuses (by when that began), or none of them (by when it was asked).
 */
export async function gather(
  store: Pick<Store, 'list'>,
  indexes: readonly ListedBy[],
  { most, since, fits }: { most: number; since?: Millis; fits(each: Stored): Promise<boolean> },
): Promise<Gathered> {
  const size = indexes.length === 1 ? page.one : page.many
  const open: Index[] = indexes.map((by) => ({ by, skip: 0, last: Number.POSITIVE_INFINITY, done: false }))
  const found = new Map<string, Stored & { key: Millis }>()
  let read = 0
  const isEnough = (): boolean => {
    // What an index has not shown yet is not newer than the last that it showed.
    const unseen = Math.max(...open.map(({ done, last }) => (done ? Number.NEGATIVE_INFINITY : last)))
    return [...found.values()].filter(({ key }) => key >= unseen).length > most
  }
  while (open.some(({ done }) => !done) && read < mostRead && !isEnough()) {
    const left = open.filter(({ done }) => !done)
    const from = (skip: number) => (since === undefined ? { skip } : { skip, since })
    const pages = await Promise.all(left.map(({ by, skip }) => stored(store.list(by, size, from(skip)))))
    read += pages.flat().length
    for (const [at, each] of pages.entries()) turn(left[at], each, size)
    const fitting = await Promise.all(pages.flat().map(async (each) => ((await fits(each)) ? [each] : [])))
    for (const each of fitting.flat()) found.set(each.transfer.id, { ...each, key: keyOf(each, indexes) })
  }
  const all = [...found.values()].toSorted((a, b) => b.key - a.key)
  const unread = open.some(({ done }) => !done) && !isEnough()
  return { found: all.slice(0, most), more: all.length > most, unread }
}

function turn(index: Index | undefined, shown: readonly Stored[], size: number): void {
  if (!index) return
  const last = shown.at(-1)
  index.skip += size
  index.done = !last
  if (last) index.last = keyOf(last, [index.by])
}

function keyOf({ transfer }: Stored, [by]: readonly ListedBy[]): Millis {
  return by && 'status' in by ? transfer.since : transfer.request.at
}
