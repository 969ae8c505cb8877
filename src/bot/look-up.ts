import { listAnswer, statusAnswer } from '../cards/answers.ts'
import { Refusal } from '../transfer/errors.ts'
import { isFinal } from '../transfer/lifecycle.ts'
import { postedRoot } from '../transfer/outline.ts'
import type { Answer, Command, Stored } from '../transfer/ports.ts'
import { isVisible } from './decide.ts'
import { type Desk, maySee, readTransfer, stored } from './desk.ts'

const mostListed = 10
const mostRead = 100

/** One transfer, for those who may see it. */
export async function status(desk: Desk, { by, origin }: Command, id: string): Promise<Answer> {
  const { transfer, chat } = await readTransfer(desk, id)
  const root = postedRoot(chat)
  const inItsThread = origin.thread !== undefined && origin.thread === root?.ref
  if (!inItsThread && !(await isVisible(desk, transfer, by, origin))) throw new Refusal('unknown_transfer', { id })
  return { ok: true, lines: statusAnswer(transfer, desk.clock.now(), root?.link) }
}

/** The newest transfers that the person may see: open ones first. */
export async function list(desk: Desk, { by }: Command): Promise<Answer> {
  const newest = await stored(desk.store.list({ all: true }, mostRead))
  const visible: Stored[] = []
  for (const each of newest) {
    if (await maySee(desk, each.transfer, by)) visible.push(each)
  }
  const open = visible.filter(({ transfer }) => !isFinal(transfer.status))
  const ended = visible.filter(({ transfer }) => isFinal(transfer.status))
  const shown = [...open, ...ended].slice(0, mostListed)
  return {
    ok: true,
    lines: listAnswer(
      shown.map(({ transfer }) => transfer),
      desk.clock.now(),
      visible.length,
    ),
  }
}
