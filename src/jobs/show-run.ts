import type { Event } from '../transfer/events.ts'
import type { Millis } from '../transfer/model.ts'
import { newlyTold } from '../transfer/newly-told.ts'
import type { Chat, ChatSlot, ChatState, Clock, HeldLease, Store, Stored } from '../transfer/ports.ts'

/** What `show` works with. `progressEvery`: the least time between two edits that only tell progress, in milliseconds. */
export type ShowTools = {
  chat: Chat
  store: Store
  clock: Clock
  progressEvery: Millis
  token(): string
  log(fields: Readonly<Record<string, unknown>>, message: string): void
}

/** One turn under the lease over one state of the record. What chat shows is saved before and after every message. */
export type Run = ShowTools & {
  stored: Stored
  lease: HeldLease
  state: ChatState
  version: number
  /** Chats are told at the same time, and save one after the other. */
  saving: Promise<unknown>
}

/** Another one has the lease or wrote what chat shows: this turn may not go on. */
export class Lost extends Error {}

/** Saves what chat shows, due at once, so that a crash right after it is picked up. Throws `Lost`. */
export async function save(run: Run, change: (state: ChatState) => ChatState): Promise<void> {
  const { store, lease, stored, saving } = run
  const saved = saving.then(async () => {
    const state = change(run.state)
    const told = newlyTold(run.state, state, stored.transfer)
    if (!(await store.commitChat(lease, run.version, state, stored.transfer.version, 0, told))) throw new Lost()
    run.state = state
    run.version += 1
  })
  run.saving = saved.catch(() => undefined)
  await saved
}

/** Saves one message's slot. Throws `Lost`. */
export async function saveSlot(run: Run, key: string, slot: ChatSlot): Promise<void> {
  await save(run, (state) => ({ ...state, slots: { ...state.slots, [key]: slot } }))
}

/**
 * What delivery means for the record and is not in it yet: the first card delivered starts the clock of the approval,
 * a place that cannot be used is told in the thread. Read off the state, so that a crash loses none of it.
 */
export function facts({ transfer, chat }: Pick<Stored, 'transfer' | 'chat'>, at: Millis): readonly Event[] {
  const { round, status, story } = transfer
  if (!round || status !== 'awaiting_approval') return []
  const slots = Object.entries(chat.slots).filter(([key]) => key.startsWith(`card:${round.number}:`))
  const delivered = round.deliveredAt === undefined && slots.some(([, slot]) => slot.state === 'posted')
  const told = new Set(story.flatMap((each) => (each.kind === 'card_undeliverable' ? [each.address] : [])))
  const unusable = slots.flatMap(([, { state, address, problem }]): readonly Event[] => {
    if (state !== 'closed' || problem === undefined || told.has(address)) return []
    return [
      { at, type: 'card_undeliverable', address, fault: { code: problem, message: 'The card could not be posted.' } },
    ]
  })
  return [...(delivered ? [{ at, type: 'card_delivered' } as const] : []), ...unusable]
}
