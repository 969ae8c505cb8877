import { setTimeout as delay } from 'node:timers/promises'
import { isAsking } from '../transfer/asking-clocks.ts'
import { PermanentError } from '../transfer/errors.ts'
import type { MessageRef, Millis } from '../transfer/model.ts'
import type { Wanted } from '../transfer/outline.ts'
import type { ChatSlot } from '../transfer/ports.ts'
import { type Run, save, saveSlot } from './show-run.ts'

/** Brings one message up to date: finds, posts or edits it. Answers when it is to be looked at again, if it is. */
export async function showMessage(run: Run, wanted: Wanted): Promise<Millis | undefined> {
  const slot = run.state.slots[wanted.key]
  if (slot?.state === 'closed') return undefined
  if (slot?.state === 'posted' && slot.ref !== undefined) return edit(run, wanted, slot, slot.ref)
  try {
    const ref = slot ? await find(run, wanted, slot) : undefined
    if (slot && ref !== undefined) return await edit(run, wanted, slot, ref)
    if (isStale(run, wanted)) await saveSlot(run, wanted.key, { ...closedAt(run, wanted), state: 'closed' })
    else await post(run, wanted)
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error
    await fallBack(run, wanted, error.fault.code)
  }
  return undefined
}

/** A post was under way when its sender died: history may show it. */
async function find(run: Run, wanted: Wanted, slot: ChatSlot): Promise<MessageRef | undefined> {
  const ref = await run.chat.find(wanted.to, { transfer: run.lease.id, slot: wanted.key }, slot.at)
  return ref === 'absent' || ref === 'unreadable' ? undefined : ref
}

/** A card whose question is over need not be posted any more, and neither need a reminder. */
function isStale({ stored: { transfer } }: Run, wanted: Wanted): boolean {
  if (wanted.kind === 'reminder') return !isAsking(transfer) || transfer.round?.remindedAt === undefined
  if (wanted.kind !== 'card') return false
  return transfer.status !== 'awaiting_approval' || transfer.round?.number !== wanted.round
}

async function post(run: Run, wanted: Wanted): Promise<void> {
  const { chat, clock, lease, stored } = run
  const drawing = chat.draw(stored.transfer, wanted, clock.now())
  const slot: ChatSlot = { state: 'posting', address: wanted.to.address, at: clock.now(), token: run.token() }
  await saveSlot(run, wanted.key, slot)
  lease.mayStart()
  const { ref, link } = await chat.post(wanted.to, drawing, { transfer: lease.id, slot: wanted.key })
  const { hash, quietHash } = drawing
  const drawn = { hash, quietHash, drawnAt: clock.now(), version: stored.transfer.version }
  try {
    await saveSlot(run, wanted.key, { ...slot, state: 'posted', ref, ...drawn, ...(link ? { link } : {}) })
  } catch (error) {
    await withdraw(run, wanted.key, ref)
    throw error
  }
}

/** We were paused and another one posted meanwhile: ours is the copy, if theirs stands. Theirs may still be under way. */
async function withdraw({ store, lease, chat }: Run, key: string, ref: MessageRef): Promise<void> {
  for (let look = 0; look < looksForTheirs; look += 1) {
    if (look > 0) await delay(betweenLooks)
    const theirs = (await store.read(lease.id))?.chat.slots[key]?.ref
    if (theirs !== undefined) {
      if (theirs !== ref) await chat.remove(ref)
      return
    }
  }
}

/** How often and how long it is waited for another one's post, milliseconds between two looks. */
const looksForTheirs = 10
const betweenLooks = 300

async function edit(run: Run, wanted: Wanted, slot: ChatSlot, ref: MessageRef): Promise<Millis | undefined> {
  const { chat, clock, lease, stored, progressEvery } = run
  const { version } = stored.transfer
  const drawing = chat.draw(stored.transfer, wanted, clock.now())
  const { hash, quietHash } = drawing
  if (hash === slot.hash) return undefined
  if (quietHash === slot.quietHash) {
    if (version === slot.version) return undefined
    const next = (slot.drawnAt ?? 0) + progressEvery
    if (clock.now() < next) return next
  }
  const drawn = { state: 'posted', ref, hash, quietHash, drawnAt: clock.now(), version } as const
  try {
    // Drawn from what may be long past by now: it must not cover what another one drew meanwhile.
    lease.mayStart()
    await chat.update(ref, drawing)
    await saveSlot(run, wanted.key, { ...slot, ...drawn })
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error
    run.log({ transfer: run.lease.id, slot: wanted.key, code: error.fault.code }, 'a message can no longer be edited')
    // What it said last stays; the root goes on as a direct message, the thread keeps its replies.
    await saveSlot(run, wanted.key, { ...slot, ...drawn, ...(wanted.key === 'root' ? { state: 'closed' } : {}) })
  }
  return undefined
}

/** This place cannot be used: its slot is closed with the reason, and a channel's card goes to the approvers themselves. */
async function fallBack(run: Run, wanted: Wanted, problem: string): Promise<void> {
  run.log({ transfer: run.lease.id, slot: wanted.key, code: problem }, 'chat refused a message for good')
  const slot = { ...closedAt(run, wanted), problem }
  const { cards } = run.state
  // Who is asked by an escalation alone is no place whose card the approvers could miss.
  const isTheirs = wanted.kind === 'card' && cards && !cards.escalated?.includes(wanted.address)
  const more = isTheirs ? await run.chat.approvers(run.stored.transfer) : []
  await save(run, ({ cards, ...state }) => ({
    ...state,
    slots: { ...state.slots, [wanted.key]: slot },
    ...(cards && { cards: { ...cards, addresses: [...new Set([...cards.addresses, ...more])] } }),
  }))
}

function closedAt(run: Run, wanted: Wanted): ChatSlot {
  return { state: 'closed', address: wanted.to.address, at: run.clock.now() }
}
