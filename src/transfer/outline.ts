import type { Address, MessageRef, Transfer } from './model.ts'
import type { ChatState, Slot } from './ports.ts'

/** A message that should exist, with where it goes. */
export type Wanted = Slot & { to: { address: Address; thread?: MessageRef } }

/** The key of the root when the place where it was asked cannot be used: a direct message to the requester. */
export const rootByDirectMessage = 'root:dm'

/**
 * All messages that the record wants in chat, in the order in which they are to be sent: the root, the cards of this
 * round (and those of earlier ones that are still standing), a reply for each milestone below the root.
 */
export function outline(transfer: Transfer, chat: ChatState): readonly Wanted[] {
  const root = wantedRoot(transfer, chat)
  return [root, ...cards(transfer, chat), ...replies(transfer, chat, root)]
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
