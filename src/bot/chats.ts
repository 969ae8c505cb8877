import { draw } from '../cards/draw.ts'
import type { View } from '../cards/view.ts'
import { PermanentError } from '../transfer/errors.ts'
import type { Address, Principal } from '../transfer/model.ts'
import { platformOf } from '../transfer/people.ts'
import { approversOf, type Policy } from '../transfer/policy.ts'
import type { Chat, Directory, Drawing } from '../transfer/ports.ts'
import { approversNow } from '../transfer/stages-now.ts'
import { approversFor } from './desk.ts'
import { createSilentWords } from './silent-words.ts'
import { waitingAt } from './waiting.ts'

/** A message before a chat has given it a form; `asks` is there while its buttons can be clicked, `silent` where it notifies nobody. */
export type Drawn = {
  view: View
  asks?: { transfer: string; round: number; approvers: readonly Principal[] }
  silent?: true
}

/** Outbound side of one chat: what `Chat` says of these, for bodies that are `Drawn`. */
export type ChatSide = Pick<Chat, 'post' | 'update' | 'find' | 'remove'>

/** All chats as one: each message goes where its address is, and looks the same everywhere. */
export function createChats(options: {
  sides: Readonly<Record<string, ChatSide>>
  directory: Directory
  policy: Policy
}): Chat {
  const { sides, directory, policy } = options
  const side = (id: Address): ChatSide => {
    const found = sides[platformOf(id)]
    if (found) return found
    throw new PermanentError({ code: 'chat_not_configured', message: `${id} is in a chat that is not configured.` })
  }
  const worded = async (where: Address, drawing: Drawing): Promise<Drawing> => {
    const body = drawing.body as Drawn
    if (!body.silent) return drawing
    const words = createSilentWords(platformOf(where), policy.people, directory)
    return { ...drawing, body: { ...body, view: await words.view(body.view) } }
  }
  return {
    draw(transfer, slot, at) {
      const { view, hash, quietHash } = draw(transfer, slot, at, { operators: policy.operators })
      const open = slot.kind === 'card' && view.blocks.some(({ kind }) => kind === 'actions')
      const body: Drawn = open
        ? { view, asks: { transfer: transfer.id, round: slot.round, approvers: approversNow(transfer) } }
        : { view, ...(slot.kind === 'tell' ? { silent: true } : {}) }
      return { hash, quietHash, body }
    },
    post: async (to, drawing, mark) => {
      const where = to.thread ?? to.address
      return side(where).post(to, await worded(where, drawing), mark)
    },
    update: async (ref, drawing) => side(ref).update(ref, await worded(ref, drawing)),
    find: async (to, mark, since) => side(to.thread ?? to.address).find(to, mark, since),
    remove: async (ref) => side(ref).remove(ref),
    async approvers({ request, rule }, among = approversOf(rule)) {
      const people = await approversFor({ directory, policy }, among, request)
      return people.map(({ by }) => by)
    },
    waiting: (transfer, places) => waitingAt({ directory, policy }, transfer, places),
  }
}
