import { isFinal } from '../transfer/lifecycle.ts'
import type { Millis, Principal, Side, Transfer } from '../transfer/model.ts'
import { sides } from '../transfer/model.ts'
import { postedRoot } from '../transfer/outline.ts'
import type { ChatState, Stored } from '../transfer/ports.ts'
import type { Line } from '../transfer/text.ts'
import { decidedLine } from './decision-lines.ts'
import { endingLines } from './ending-lines.ts'
import { headline } from './headline.ts'
import { answerLimit, toMrkdwn } from './mrkdwn.ts'
import { nextLines } from './next-step.ts'
import { bold, code, person, quote } from './phrases.ts'
import { progressBar } from './quantities.ts'
import { milestoneLines } from './reply-view.ts'
import { portalLink } from './route.ts'
import { sideWords, statusOf } from './status-words.ts'

/**
 * How one transfer stands and all that happened to it, for those who may see it. A story that does not fit into one
 * message is cut in its middle, with the number of what is left out.
 */
export function statusAnswer(
  { transfer, chat }: Pick<Stored, 'transfer' | 'chat'>,
  at: Millis,
  operators: readonly Principal[] = [],
): readonly Line[] {
  const { id, request, progress, status } = transfer
  const link = postedRoot(chat)?.link
  const decided = decidedLine(transfer)
  const percent = status === 'running' ? progress?.percent : undefined
  const before: readonly Line[] = [
    headline(transfer, at, link === undefined ? code(id) : { link, label: id }),
    ['Asked for by ', person(request.by), ', ', { time: request.at }, '. Blob ', code(request.storage.blob), '.'],
    ...(percent === undefined ? [] : [[progressBar(percent)]]),
    ...(decided ? [['Decision: ', ...decided]] : []),
    ...nextLines(transfer),
    ...sinceLines(transfer),
    ...endingLines(transfer),
  ]
  const after = [...azureLines(transfer), ...cardLines(transfer, chat)]
  const room = answerLimit - toMrkdwn([...before, ...after], Number.POSITIVE_INFINITY).length
  return [...before, ...storyWithin(storyLines(transfer, operators), room), ...after]
}

/** How long it has stood as it stands, and may go on so where its rule says it. */
function sinceLines({ status, since, rule }: Transfer): readonly Line[] {
  if (isFinal(status)) return []
  const most = Object.entries(rule.clocks ?? {}).find(([each]) => each === status)?.[1]
  const until: Line = most === undefined ? [] : [', until ', { time: since + most }, ' at the latest']
  return [['As it stands since ', { time: since }, ...until, '.']]
}

/** Everything that happened, in order, with its time; the last words of all are said before. */
function storyLines(transfer: Transfer, operators: readonly Principal[]): readonly Line[] {
  const { request, story } = transfer
  const why = request.reason === undefined ? '.' : `: ${quote(request.reason)}`
  const asked: Line = [{ time: request.at }, ' ', person(request.by), ' asks for this', why]
  return [
    asked,
    ...story.map(({ at, kind }, index): Line => {
      const { icon, words } = statusOf(transfer)
      if (kind === 'ended') return [{ time: at }, ` ${icon} ${words}.`]
      const told = milestoneLines(transfer, index, operators)
      return [{ time: at }, ' ', ...told.flatMap((line, nth): Line => (nth === 0 ? line : [' ', ...line]))]
    }),
  ]
}

/** The story within so many characters: both ends, as the beginning says what it is and the end how it stands. */
function storyWithin(story: readonly Line[], room: number): readonly Line[] {
  const title: Line = [bold('Story')]
  const left = (lines: number): string => `… ${lines} more, left out here; the thread tells them all …`
  for (let kept = story.length; kept > 2; kept -= 1) {
    const first = Math.floor(kept / 3)
    const out = story.length - kept
    const cut: readonly Line[] = out === 0 ? [] : [[left(out)]]
    const lines = [title, ...story.slice(0, first), ...cut, ...story.slice(first + out)]
    if (toMrkdwn(lines, Number.POSITIVE_INFINITY).length < room) return lines
  }
  return [title, [left(story.length)]]
}

/** What Azure knows it by. */
function azureLines(transfer: Transfer): readonly Line[] {
  const { operation, connections, rule } = transfer
  const found = sides.flatMap((side): readonly Line[] => connectionLine(transfer, side))
  return [
    ['Rule ', code(rule.name), ...(operation ? [', operation in Azure ', code(operation.id)] : []), '.'],
    ...(Object.keys(connections).length === 0 ? [] : found),
  ]
}

function connectionLine(transfer: Transfer, side: Side): readonly Line[] {
  const known = transfer.connections[side]
  if (!known) return []
  return [
    [`Connection on the ${sideWords[side]}: `, code(known.name), `, ${known.state}, `, portalLink(transfer, side)],
  ]
}

/** Where the cards of the newest round stand. */
function cardLines({ round }: Transfer, { slots }: ChatState): readonly Line[] {
  if (!round) return []
  const posted = Object.entries(slots).filter(
    ([key, { state }]) => key.startsWith(`card:${round.number}:`) && state === 'posted',
  )
  const shown = posted.slice(0, 5).flatMap(([, { address, link }], index): Line => {
    const where: Line =
      link === undefined ? [{ place: address }] : [{ place: address }, ' (', { link, label: 'card' }, ')']
    return index === 0 ? where : [', ', ...where]
  })
  const more = posted.length > 5 ? ` and ${posted.length - 5} more` : ''
  return posted.length === 0 ? [] : [[`Cards of round ${round.number}: `, ...shown, `${more}.`]]
}
