import type { Millis, Transfer, Verdict } from '../transfer/model.ts'
import { isSamePerson } from '../transfer/people.ts'
import type { Catalogue } from '../transfer/policy.ts'
import { tally } from '../transfer/quorum.ts'
import type { Inline, Line } from '../transfer/text.ts'
import { askedWords } from './asked-words.ts'
import { decidedLine } from './decision-lines.ts'
import { endingLines } from './ending-lines.ts'
import { example, formOf, forms } from './forms.ts'
import { nextLines } from './next-step.ts'
import { wordsOf } from './operation-words.ts'
import { bold, clip, code, distinct, person } from './phrases.ts'
import { count, duration, progressBar } from './quantities.ts'
import { routeTitle } from './route.ts'
import { statusOf } from './status-words.ts'

/** The form of the command that was asked for, or of all of them with what may be named. */
export function helpAnswer(catalogue?: Catalogue, topic?: string): readonly Line[] {
  const wanted = topic?.toLowerCase().replace(/^[/-]+/, '') ?? ''
  const found = explained.filter(({ verb }) => verb.replace('Not', '') === wanted)
  if (found.length > 0) return found.map(explain)
  const named = (what: string, entries: readonly { alias: string }[] = []): readonly Line[] => {
    const aliases = distinct(entries.map(({ alias }) => alias))
    return aliases.length === 0 ? [] : [[`${what}: ${clip(aliases.join(', '), 600)}.`]]
  }
  return [
    [
      'Drawbridge moves Azure SQL databases to and from Azure Storage over Private Link, once the right people have said yes.',
    ],
    ...explained.map(explain),
    ['For example: ', code(example), '. In a mention or a direct message, leave out the slash.'],
    [code('/export'), ' or ', code('/import'), ' alone opens a form.'],
    ...named('Databases', catalogue?.databases),
    ...named('Storage', catalogue?.storage),
  ]
}

/** How one transfer stands, for those who may see it; `link` leads to its story. */
export function statusAnswer(transfer: Transfer, at: Millis, link?: string): readonly Line[] {
  const { id, request, progress, status } = transfer
  const decided = decidedLine(transfer)
  const percent = status === 'running' ? progress?.percent : undefined
  return [
    headline(transfer, at, link === undefined ? code(id) : { link, label: id }),
    ['Asked for by ', person(request.by), ', ', { time: request.at }, '. Blob ', code(request.storage.blob), '.'],
    ...(percent === undefined ? [] : [[progressBar(percent)]]),
    ...(decided ? [['Decision: ', ...decided]] : []),
    ...nextLines(transfer),
    ...endingLines(transfer),
  ]
}

/** Several transfers, one line each, as they are handed in; `total` says of how many. */
export function listAnswer(transfers: readonly Transfer[], at: Millis, total = transfers.length): readonly Line[] {
  if (transfers.length === 0) return [['There is no transfer that you can see. Ask for one: ', code(example), '.']]
  const more = total - transfers.length
  const rest: readonly Line[] =
    more > 0 ? [[`… and ${count(more, 'older one')}: `, code(forms.status), ' shows any of them.']] : []
  return [...transfers.map((each) => headline(each, at, code(each.id))), ...rest]
}

/** What the asker sees when a request is kept. */
export function recordedAnswer({ id, request }: Transfer): readonly Line[] {
  return [
    ['Recorded as ', code(id), ': ', ...wordsOf(request).recorded(request)],
    ['The thread tells how it goes on; ', code(forms.status.replace('<id>', id)), ' shows it at any time.'],
  ]
}

/** What the asker sees when a dry run begins: what is known at once. */
export function dryRunAnswer({ id, request, rule }: Transfer): readonly Line[] {
  return [
    ['Dry run ', code(id), ': ', ...wordsOf(request).recorded(request), ' Nothing is sent and nobody is asked.'],
    ['Rule ', code(rule.name), ' matches; ', ...askedWords(rule), '. What Azure says follows in the thread.'],
  ]
}

/** What the clicker sees when their decision is kept; the record ends with it. */
export function decisionAnswer(transfer: Transfer, verdict: Verdict): readonly Line[] {
  const mine = transfer.decisions.at(-1)
  if (verdict === 'deny') {
    const revoked = transfer.decisions
      .slice(0, -1)
      .some((each) => mine && isSamePerson(each, mine) && each.digest === mine.digest && each.verdict === 'approve')
    const next = transfer.snapshot === undefined ? 'Nothing is sent to Azure.' : 'What was started is undone.'
    return [[`${revoked ? 'Your yes is taken back, and your no' : 'Your no'} is recorded. ${next}`]]
  }
  const { have, need, reached } = tally(transfer)
  const rest = reached ? 'That is enough: it goes on now.' : 'Until enough people have said yes, Deny takes it back.'
  return [[`Your yes is recorded (${have} of ${need}). ${rest}`]]
}

const undoing = 'The job in Azure is cancelled and watched until it is over; the thread tells it.'

/** What the asker sees when a wish to cancel is kept. */
export function cancelAnswer({ id, snapshot }: Transfer): readonly Line[] {
  const next = snapshot === undefined ? 'Nothing has been sent to Azure.' : undoing
  return [['The cancellation of ', code(id), ` is recorded. ${next}`]]
}

/** What the requester sees when they have taken it back. */
export function withdrawAnswer({ id, snapshot }: Transfer): readonly Line[] {
  const next = snapshot === undefined ? 'Nothing has been sent to Azure.' : undoing
  return [['Your withdrawal of ', code(id), ` is recorded. ${next}`]]
}

/** What an approver sees whose question is on its way. */
export function questionAnswer({ round }: Transfer): readonly Line[] {
  const until = round?.expiresAt
  const limit: Line = until === undefined ? ['.'] : [': the request expires ', { time: until }, '.']
  return [
    [
      'Your question is asked in the thread of the request. It decides nothing, and the time to decide goes on',
      ...limit,
    ],
  ]
}

/** What the operator sees when they have said how it is in Azure. */
export function settleAnswer({ id, settled }: Transfer): readonly Line[] {
  const running = settled?.running
  if (running === undefined) return [['Recorded: no job of ', code(id), ' runs in Azure. The database becomes free.']]
  return [
    [
      'Recorded: ',
      code(id),
      ' runs as operation ',
      code(running),
      '. It is checked that it is ours, then followed to its end.',
    ],
  ]
}

const explained: readonly { verb: keyof typeof forms; what: string }[] = [
  { verb: 'export', what: 'asks to export a database' },
  { verb: 'import', what: 'asks to import a BACPAC into an empty database, or a new one with --create' },
  { verb: 'status', what: 'shows how a transfer stands' },
  { verb: 'list', what: 'shows your transfers' },
  { verb: 'retry', what: 'asks for the same again, with new approval' },
  { verb: 'cancel', what: 'stops a transfer and undoes what can be undone' },
  { verb: 'withdraw', what: 'takes your own request back' },
  { verb: 'settle', what: '(operators) says that an unclear job runs' },
  { verb: 'settleNot', what: '(operators) says that it does not' },
  { verb: 'help', what: 'shows this' },
]

function explain({ verb, what }: { verb: string; what: string }): Line {
  return [code(formOf(verb)), ` ${what}`]
}

function headline({ request, status, ending }: Transfer, at: Millis, name: Inline): Line {
  const { icon, words } = statusOf({ request, status, ...(ending ? { ending } : {}) })
  const took = duration((ending?.at ?? at) - request.at)
  return [`${icon} `, name, ` ${routeTitle(request)}: `, bold(words), `, ${took}`]
}
