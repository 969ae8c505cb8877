import { isAsking } from '../transfer/asking-clocks.ts'
import type { Address, Transfer } from '../transfer/model.ts'
import { escalatedTo } from '../transfer/stages-now.ts'
import { type Run, save } from './show-run.ts'

/** Finds out who gets a card: once a round, and once more when it is escalated. */
export async function places(run: Run): Promise<void> {
  const { transfer } = run.stored
  const { round, status, escalated } = transfer
  if (!round || status !== 'awaiting_approval') return
  const before = run.state.cards?.round === round.number ? run.state.cards : undefined
  const isMissing = escalated !== undefined && before?.escalated === undefined && isAsking(transfer)
  if (before && !isMissing) return
  const usual = before?.addresses ?? (await usualPlaces(run, transfer))
  const asked = isMissing ? await run.chat.approvers(transfer, escalatedTo(transfer)) : []
  const more = asked.filter((address) => !usual.includes(address))
  const cards = { round: round.number, addresses: [...usual, ...more], ...(isMissing ? { escalated: more } : {}) }
  await save(run, (state) => ({ ...state, cards }))
}

/** Finds out once a round whom its reminder mentions, at each place where a card stands by then. */
export async function reminders(run: Run): Promise<void> {
  const { transfer } = run.stored
  const { round } = transfer
  if (round?.remindedAt === undefined || !isAsking(transfer) || run.state.reminder?.round === round.number) return
  const cards = Object.entries(run.state.slots).filter(([key]) => key.startsWith(`card:${round.number}:`))
  const standing = cards.flatMap(([, { state, address }]) => (state === 'posted' ? [address] : []))
  const reminder = { round: round.number, places: await run.chat.waiting(transfer, standing) }
  await save(run, (state) => ({ ...state, reminder }))
}

async function usualPlaces(run: Run, transfer: Transfer): Promise<readonly Address[]> {
  const { rule } = transfer
  const direct = rule.cards.includes('approvers') ? await run.chat.approvers(transfer) : []
  const fixed = rule.cards.filter((address) => address !== 'approvers')
  return [...new Set([...fixed, ...direct])]
}
