import type { Changed, Milestone, Principal, Transfer } from '../transfer/model.ts'
import type { Line } from '../transfer/text.ts'
import { code, distinct, people } from './phrases.ts'
import { lastOf, portalLink } from './route.ts'
import { sideWords } from './status-words.ts'

/** How a connection stands that changed after the end, in place of what the end had told of it. */
export function changedLine({ side, name, id, now }: Changed, transfer: Transfer): Line {
  const what: Line = [`Its connection on the ${sideWords[side]}, `, code(name || lastOf(id)), ', ']
  if (now === 'Gone') return [...what, 'was still listed at the end and is gone since.']
  return [...what, `is ${now} since the end. If it stays, remove it: `, portalLink(transfer, side), '.']
}

/** What the thread says about connections that changed after the end: an approval is an alarm, everything else is only noted. */
export function tellChanged(
  { changed }: Extract<Milestone, { kind: 'connections_changed' }>,
  transfer: Transfer,
  operators: readonly Principal[],
): readonly Line[] {
  const alarms = changed.filter(({ now }) => now === 'Approved')
  const whom = distinct([transfer.request.by, ...operators])
  return [
    ...alarms.map((each) => alarm(each, transfer)),
    ...(alarms.length > 0
      ? [[...people(whom), ': find out who approved it, and remove it if nobody should have.']]
      : []),
    ...changed.filter(({ now }) => now !== 'Approved').map(calm),
  ]
}

function alarm({ side, name, id, was }: Changed, transfer: Transfer): Line {
  return [
    `🚨 Somebody approved its connection on the ${sideWords[side]}, `,
    code(name || lastOf(id)),
    `, after the end (it was ${was}), and not through Drawbridge. The job is over and moves nothing through it, but the way stands open: `,
    portalLink(transfer, side),
    '.',
  ]
}

function calm({ side, name, id, was, now }: Changed): Line {
  const what: Line = [`🧽 Its connection on the ${sideWords[side]}, `, code(name || lastOf(id)), ', ']
  if (now === 'Gone') return [...what, 'which was still listed at the end, is gone. Nothing is to be done.']
  return [...what, `was ${was} at the end and is ${now} now. Nothing is to be done.`]
}
