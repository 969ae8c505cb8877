import { historyAnswer } from '../cards/history-answer.ts'
import { listAnswer } from '../cards/list-answer.ts'
import { statusAnswer } from '../cards/status-answer.ts'
import { beyondOf } from '../transfer/beyond.ts'
import { databaseNamed } from '../transfer/database-named.ts'
import { Refusal } from '../transfer/errors.ts'
import { type ListIntent, type ListKind, listKinds, type Since } from '../transfer/finding.ts'
import { isFinal } from '../transfer/lifecycle.ts'
import { type DatabaseTarget, finalStatuses, type Millis, type Status, workingStatuses } from '../transfer/model.ts'
import { didYouMean } from '../transfer/near.ts'
import { postedRoot } from '../transfer/outline.ts'
import { accountsOf, personBehind } from '../transfer/people.ts'
import type { Answer, Command, ListedBy, Stored } from '../transfer/ports.ts'
import { isVisible } from './decide.ts'
import { type Desk, readTransfer } from './desk.ts'
import { type Gathered, gather, mostRead } from './gather.ts'
import { createSight, type Sight } from './sight.ts'

const mostListed = 15

/** The statuses that a word for a list means. */
export const statusesOf: Readonly<Record<Exclude<ListKind, 'mine' | 'all'>, readonly Status[]>> = {
  pending: ['awaiting_approval'],
  running: workingStatuses.filter((each) => each !== 'awaiting_approval'),
  failed: ['failed', 'refused'],
  ended: finalStatuses,
}

/** One transfer with its whole story, for those who may see it. */
export async function status(desk: Desk, { by, origin }: Command, id: string): Promise<Answer> {
  const found = await readTransfer(desk, id)
  const root = postedRoot(found.chat)
  const inItsThread = origin.thread !== undefined && origin.thread === root?.ref
  if (!inItsThread && !(await isVisible(desk, found.transfer, by, origin)))
    throw new Refusal('unknown_transfer', { id })
  return { ok: true, lines: statusAnswer(found, desk.clock.now(), desk.policy.operators) }
}

/** The transfers that are asked for and that the person may see, newest first; without any wish, open ones come first. */
export async function list(desk: Desk, { by }: Command, intent: ListIntent): Promise<Answer> {
  const at = desk.clock.now()
  const database = await databaseOf(desk, intent)
  const sight = createSight(desk, by)
  const since = intent.since && sinceOf(intent.since, at)
  const look = async (which: ListKind | undefined, most: number): Promise<Gathered> => {
    const fits = async ({ transfer }: Stored): Promise<boolean> =>
      transfer.request.at >= (since ?? 0) &&
      isOfKind(which, transfer.status, sight.isOwn(transfer)) &&
      sight.maySee(transfer)
    const indexes = indexesOf(desk, by, which, database)
    return gather(desk.store, indexes, { most, fits, ...(since === undefined ? {} : { since }) })
  }
  const whole = intent.which === undefined && !database
  const gathered = whole ? await openFirst(look) : await look(intent.which, mostListed)
  const waiting = await waitingAmong(sight, gathered.found)
  return { ok: true, lines: listAnswer(gathered, { at, waiting, asked: intent, read: mostRead }) }
}

/** What became of the transfers of one database, as far as the person may see them. */
export async function history(desk: Desk, { by }: Command, name: string): Promise<Answer> {
  const database = await databaseCalled(desk, name)
  const sight = createSight(desk, by)
  const fits = ({ transfer }: Stored): Promise<boolean> => sight.maySee(transfer)
  const gathered = await gather(desk.store, [{ database: database.id }], { most: mostRead, fits })
  return { ok: true, lines: historyAnswer(database, gathered, { at: desk.clock.now(), read: mostRead }) }
}

async function openFirst(look: (which: ListKind, most: number) => Promise<Gathered>): Promise<Gathered> {
  const [pending, running] = await Promise.all([look('pending', mostListed), look('running', mostListed)])
  const open = [...pending.found, ...running.found].toSorted((a, b) => b.transfer.request.at - a.transfer.request.at)
  const ended = await look('ended', Math.max(1, mostListed - open.length))
  const found = [...open, ...ended.found]
  const all = [pending, running, ended]
  return {
    found: found.slice(0, mostListed),
    more: found.length > mostListed || all.some(({ more }) => more),
    unread: all.some(({ unread }) => unread),
  }
}

/** Of those that are shown, the ones in which a yes of this person would count. */
async function waitingAmong(sight: Sight, found: readonly Stored[]): Promise<readonly string[]> {
  const waits = await Promise.all(found.map(({ transfer }) => sight.waitsForMe(transfer)))
  return found.flatMap(({ transfer }, index) => (waits[index] ? [transfer.id] : []))
}

function isOfKind(which: ListKind | undefined, status: Status, own: boolean): boolean {
  if (which === undefined || which === 'all') return true
  return which === 'mine' ? own : which === 'ended' ? isFinal(status) : statusesOf[which].includes(status)
}

function indexesOf(
  { policy }: Desk,
  by: string,
  which: ListKind | undefined,
  database: DatabaseTarget | undefined,
): readonly ListedBy[] {
  if (database) return [{ database: database.id }]
  // A request is kept under one account of its requester, as they were declared then.
  if (which === 'mine') return accountsOf(personBehind(policy.people, by)).map((requester) => ({ requester }))
  if (which === undefined || which === 'all') return [{ all: true }]
  return statusesOf[which].map((status) => ({ status }))
}

async function databaseOf(desk: Desk, { database, bare }: ListIntent): Promise<DatabaseTarget | undefined> {
  if (database === undefined) return undefined
  try {
    return await databaseCalled(desk, database)
  } catch (error) {
    const meant = bare ? didYouMean(database, listKinds) : undefined
    if (!meant || !(error instanceof Refusal)) throw error
    throw new Refusal('unknown_list_word', { word: database.slice(0, 80), suggestion: meant })
  }
}

async function databaseCalled({ policy, finder }: Desk, name: string): Promise<DatabaseTarget> {
  return databaseNamed(name, policy.catalogue.databases, beyondOf(policy, await finder?.known()))
}

function sinceOf(since: Since, now: Millis): Millis {
  return 'at' in since ? since.at : now - since.ago
}
