import { rulesOf } from '../transfer/candidates.ts'
import type { Millis, Request, Transfer } from '../transfer/model.ts'
import type { Line } from '../transfer/text.ts'
import { withdrawButton } from './click-buttons.ts'
import { decidedLine } from './decision-lines.ts'
import { endingLines } from './ending-lines.ts'
import { ruleNames } from './explain-lines.ts'
import { nextLines } from './next-step.ts'
import { bold, code, lowerFirst, person, quote } from './phrases.ts'
import { duration, progressBar } from './quantities.ts'
import { questionLines } from './question-lines.ts'
import { routeFacts, routeTitle } from './route.ts'
import { stallLines } from './stall-lines.ts'
import { statusOf } from './status-words.ts'
import { type Fact, linesBlock, type View } from './view.ts'

/**
 * The root of the story: how it stands now. `quiet` leaves out what only time changes, progress and elapsed time;
 * `moved` says that the story could not be told where it was asked; `silent` is for who is only told, and has no button.
 */
export function rootView(
  transfer: Transfer,
  at: Millis,
  { quiet, moved = false, silent = false }: { quiet: boolean; moved?: boolean; silent?: boolean },
): View {
  const { request, id } = transfer
  const { icon, words } = statusOf(transfer)
  const end = endingLines(transfer)
  const title = routeTitle(request)
  const [first] = end
  const withdraw = silent ? undefined : withdrawButton(transfer)
  const happened: Line = [
    `${icon} `,
    bold(words),
    '. Asked for by ',
    person(request.by),
    ', ',
    { time: request.at },
    '.',
  ]
  return {
    text: [`${title}: ${lowerFirst(words)}`, ...(first ? ['. ', ...first] : [])],
    blocks: [
      { kind: 'title', text: title },
      ...linesBlock([...(moved ? [elsewhere(request)] : []), happened, ...(quiet ? [] : progressLines(transfer))]),
      { kind: 'facts', facts: [...routeFacts(transfer), ...stateFacts(transfer, at, quiet)] },
      ...linesBlock([
        ...warnings(transfer),
        ...questionLines(transfer),
        ...stallLines(transfer),
        ...nextLines(transfer),
        ...end,
      ]),
      ...(withdraw ? [{ kind: 'actions', buttons: [withdraw] } as const] : []),
      { kind: 'note', line: ['Transfer ', code(id), ' · rule ', ...ruleNames(rulesOf(transfer))] },
    ],
  }
}

function elsewhere({ origin }: Request): Line {
  const next = ', so it tells the story here. Invite it there to have the next one there.'
  return ['Drawbridge can’t post in ', { place: origin.address }, next]
}

function progressLines({ progress, status }: Transfer): readonly Line[] {
  if (!progress || (status !== 'running' && status !== 'closing')) return []
  const { percent, text } = progress
  // A text that names the percentage itself says nothing more than the bar.
  const said: readonly Line[] = text.trim() === '' ? [] : [['Azure says: ', code(text)]]
  if (percent === undefined) return said
  return [[progressBar(percent)], ...(text.includes('%') ? [] : said)]
}

function stateFacts(transfer: Transfer, at: Millis, quiet: boolean): readonly Fact[] {
  const { request, ending } = transfer
  const decided = decidedLine(transfer)
  const elapsed = duration((ending?.at ?? at) - request.at)
  return [
    ...(request.reason === undefined ? [] : [{ label: 'Reason', value: [quote(request.reason)] }]),
    ...(request.privateLink ? [] : [{ label: 'Network', value: ['without Private Link'] }]),
    ...(decided ? [{ label: 'Decision', value: decided }] : []),
    ...(ending ? [{ label: 'Took', value: [elapsed] }] : []),
    ...(ending || quiet ? [] : [{ label: 'Elapsed', value: [elapsed] }]),
  ]
}

function warnings({ bypassed, ending }: Transfer): readonly Line[] {
  if (!bypassed || ending) return []
  return [['⚠️ A connection was approved outside of Drawbridge, ', { time: bypassed.at }, '.']]
}
