import { isAsking } from './asking-clocks.ts'
import type { Address, MessageRef, Transfer } from './model.ts'
import { isSamePerson } from './people.ts'
import type { ChatState, Slot } from './ports.ts'
import { tally } from './quorum.ts'

/** A message that should exist, with where it goes. */
export type Wanted = Slot & { to: { address: Address; thread?: MessageRef } }

/** The key of the root when the place where it was asked cannot be used: a direct message to the requester. */
export const rootByDirectMessage = 'root:dm'

/**
 * All messages that the record wants in chat, in the order in which they are to be sent: the root, the cards of this
 * round (and those of earlier ones that are still standing), its reminder below them, a reply for each milestone below
 * the root, and one message for each place that is told silently.
 */
export function outline(transfer: Transfer, chat: ChatState): readonly Wanted[] {
  const root = wantedRoot(transfer, chat)
  return [
    root,
    ...cards(transfer, chat),
    ...reminders(transfer, chat),
    ...replies(transfer, chat, root),
    ...silent(transfer),
  ]
}

/** The root message that stands, if one does: it carries the link that others are sent to. */
export function postedRoot(chat: ChatState): ChatState['slots'][string] | undefined {
  return [chat.slots.root, chat.slots[rootByDirectMessage]].find((slot) => slot?.state === 'posted')
}

function wantedRoot(transfer: Transfer, chat: ChatState): Wanted {
  const { origin, by } = transfer.request
  if (chat.slots.root?.state !== 'closed') return { key: 'root', kind: 'root', to: origin }
  return { key: rootByDirectMessage, kind: 'root', to: { address: by } }
}

function cards(transfer: Transfer, chat: ChatState): readonly Wanted[] {
  const card = (round: number, address: Address): Wanted => {
    return { key: `card:${round}:${address}`, kind: 'card', address, round, to: { address } }
  }
  const standing = Object.entries(chat.slots).flatMap(([key, slot]) => {
    const [kind, round] = key.split(':')
    return kind === 'card' ? [card(Number(round), slot.address)] : []
  })
  const { round, status } = transfer
  const wanted =
    round && status === 'awaiting_approval' && chat.cards?.round === round.number
      ? chat.cards.addresses.map((address) => card(round.number, address))
      : []
  return [...new Map([...standing, ...wanted].map((each) => [each.key, each])).values()]
}

function replies(transfer: Transfer, chat: ChatState, root: Wanted): readonly Wanted[] {
  const posted = chat.slots[root.key]
  const thread = root.to.thread ?? posted?.ref
  if (thread === undefined || posted?.state !== 'posted') return []
  const { address } = posted
  return transfer.story.map((_, index) => ({ key: `reply:${index}`, kind: 'reply', index, to: { address, thread } }))
}

/** Posted once and never edited: wanted until they stand, and no longer than somebody is waited for. */
function reminders(transfer: Transfer, { reminder, slots }: ChatState): readonly Wanted[] {
  if (!reminder) return []
  const isOpen = transfer.round?.number === reminder.round && isAsking(transfer)
  const { approvals } = tally(transfer)
  return reminder.places.flatMap(({ address, mention: all }): readonly Wanted[] => {
    const key = `remind:${reminder.round}:${address}`
    const state = slots[key]?.state
    const { ref, link } = slots[`card:${reminder.round}:${address}`] ?? {}
    // Who said yes since it was found out is not mentioned any more.
    const mention = all.filter((each) => !approvals.some((approval) => isSamePerson(approval, { by: each })))
    const isWanted = state === 'posting' || (state === undefined && isOpen && mention.length > 0)
    if (!isWanted || ref === undefined) return []
    return [{ key, kind: 'reminder', mention, ...(link ? { link } : {}), to: { address, thread: ref } }]
  })
}

/** Where it was asked the root stands already; before it is settled which rule counts, nobody can say who is told. */
function silent({ request, rule, candidates }: Transfer): readonly Wanted[] {
  if (request.dryRun || candidates) return []
  const places = [...new Set(rule.tell ?? [])].filter((address) => address !== request.origin.address)
  return places.map((address) => ({ key: `tell:${address}`, kind: 'tell', address, to: { address } }))
}
