import type { Connection, Fault, LeftOver, Milestone, Transfer } from '../transfer/model.ts'
import type { Line } from '../transfer/text.ts'
import { changedLine } from './after-end-lines.ts'
import { faultOnTheWay } from './fault-sentence.ts'
import { code } from './phrases.ts'
import { lastOf, portalLink } from './route.ts'
import { sideWords } from './status-words.ts'

/** The connections that stood there at the end, and what has become of each since. */
export function leftOverLines(transfer: Transfer): readonly Line[] {
  const { ending, leftOver = [], afterEnd = [] } = transfer
  return (ending?.leftOver ?? []).slice(0, 10).map((connection) => {
    const changed = afterEnd.find(({ id }) => id.toLowerCase() === connection.id.toLowerCase())
    if (changed) return changedLine(changed, transfer)
    const outcome = leftOver.find(({ id }) => id.toLowerCase() === connection.id.toLowerCase())
    return outcome ? settled(outcome, transfer) : standing(connection, transfer)
  })
}

/** What became of connections after the end, with why one is still there and how to remove it. */
export function tellLeftOver(
  { outcomes }: Extract<Milestone, { kind: 'left_over' }>,
  transfer: Transfer,
): readonly Line[] {
  return outcomes.flatMap((outcome): readonly Line[] => {
    const { state, fault } = outcome
    if (state !== 'kept') return [['🧽 ', ...settled(outcome, transfer)]]
    return [['⚠️ ', ...settled(outcome, transfer)], ...(fault ? [why(fault)] : [])]
  })
}

/** What Drawbridge found out by itself is not told as a report of Azure. */
function why(fault: Fault): Line {
  return fault.code === 'ForeignConnection' || fault.code === 'StillThere' ? [fault.message] : faultOnTheWay(fault)
}

function standing({ side, name, id, state, named }: Connection, transfer: Transfer): Line {
  const what: Line = [
    `Azure still lists its connection on the ${sideWords[side]}: `,
    code(name || lastOf(id)),
    ` (${state}). `,
  ]
  if (transfer.rule.leftOver !== 'remove') return [...what, 'If it stays, remove it: ', portalLink(transfer, side), '.']
  if (named) return [...what, 'If it stays, Drawbridge removes it.']
  const unnamed = 'Azure never named it as one of this job, so Drawbridge does not remove it. If it stays, do it here: '
  return [...what, unnamed, portalLink(transfer, side), '.']
}

function settled({ side, name, id, state }: LeftOver, transfer: Transfer): Line {
  const what: Line = ['Its connection on the ', sideWords[side], ', ', code(name || lastOf(id)), ', ']
  if (state === 'removed') return [...what, 'was left over and is removed.']
  if (state === 'gone') return [...what, 'was removed by Azure itself.']
  return [...what, 'is left over and could not be removed. Remove it: ', portalLink(transfer, side), '.']
}
