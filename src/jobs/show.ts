import { applyAll } from '../transfer/apply.ts'
import { TransientError } from '../transfer/errors.ts'
import type { Millis } from '../transfer/model.ts'
import { outline, type Wanted } from '../transfer/outline.ts'
import { platformOf } from '../transfer/people.ts'
import type { HeldLease, Hint, Stored } from '../transfer/ports.ts'
import { showMessage } from './show-message.ts'
import { places, reminders } from './show-places.ts'
import { facts, Lost, type Run, type ShowTools } from './show-run.ts'

/**
 * Makes chat show what the record says: posts what is missing, edits what reads differently. An outage of chat parks
 * it and never holds up Azure; it goes on after the transfer's end until everything is told.
 */
export function createShow(tools: ShowTools, hint: Hint): (lease: HeldLease, tries: number) => Promise<void> {
  return async (lease, tries) => {
    try {
      while (await once(tools, hint, lease, tries)) {
        // Each turn drew one state of the record; the loop ends when that is still the newest.
      }
    } catch (error) {
      if (!(error instanceof Lost)) throw error
    }
  }
}

async function once(tools: ShowTools, hint: Hint, lease: HeldLease, tries: number): Promise<boolean> {
  const stored = await tools.store.read(lease.id)
  // A record of a newer schema belongs to newer processes.
  if (stored?.transfer.schema !== 1) return false
  if (await state(tools, hint, lease, stored)) return true
  const run: Run = {
    ...tools,
    stored,
    lease,
    state: stored.chat,
    version: stored.chatVersion,
    saving: Promise.resolve(),
  }
  const { retry, later } = await showAll(run, tries)
  const more = retry === undefined && isUnfinished(run)
  const due = more ? 0 : earliest(retry, later)
  const saved = await tools.store.commitChat(lease, run.version, run.state, stored.transfer.version, due)
  return saved && more
}

/** Writes what delivery means for the record. True: it was written, or the record moved; read again. */
async function state(tools: ShowTools, hint: Hint, lease: HeldLease, stored: Stored): Promise<boolean> {
  const events = facts(stored, tools.clock.now())
  if (events.length === 0) return false
  const next = applyAll(stored.transfer, events)
  const result = await tools.store.commit({ next, events, due: { advance: 0, show: 0 }, lease })
  if (result.kind === 'lost') throw new Lost()
  if (result.kind === 'committed') hint('advance', lease.id)
  return true
}

/**
 * All messages, those of each chat in order; a failing one does not stop the others, but no reply overtakes another.
 * A chat that hangs does not hold up the other one.
 */
async function showAll(run: Run, tries: number): Promise<{ retry?: Millis; later?: Millis }> {
  const found: { retry?: Millis; later?: Millis } = {}
  const failed = (error: unknown): true => {
    if (error instanceof Lost) throw error
    const wait = run.clock.now() + delay(error, tries)
    found.retry = Math.min(found.retry ?? wait, wait)
    run.log(
      { transfer: run.lease.id, error: label(error) },
      'chat could not be brought up to date, will be tried again',
    )
    return true
  }
  await places(run).catch(failed)
  await reminders(run).catch(failed)
  const all = outline(run.stored.transfer, run.state)
  const chats = Map.groupBy(all, ({ to }) => platformOf(to.thread ?? to.address))
  const showEach = async (messages: readonly Wanted[]): Promise<void> => {
    for (const wanted of messages) {
      const due = await showMessage(run, wanted).catch(failed)
      if (due === true && wanted.kind === 'reply') break
      if (typeof due === 'number') found.later = Math.min(found.later ?? due, due)
    }
  }
  const told = await Promise.allSettled([...chats.values()].map(showEach))
  for (const each of told) if (each.status === 'rejected') throw each.reason
  return found
}

/** True when what was just posted or refused made another message or fact possible. */
function isUnfinished({ stored: { transfer }, state, clock }: Run): boolean {
  const missing = outline(transfer, state).some(({ key }) => state.slots[key] === undefined)
  return missing || facts({ transfer, chat: state }, clock.now()).length > 0
}

function earliest(a: Millis | undefined, b: Millis | undefined): Millis | null {
  return a === undefined ? (b ?? null) : Math.min(a, b ?? a)
}

function delay(error: unknown, tries: number): Millis {
  const own = error instanceof TransientError ? (error.retryAfter ?? 0) : 0
  return Math.max(own, Math.min(1_000 * 2 ** Math.min(tries - 1, 5), 30_000))
}

function label(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : 'unknown'
}
