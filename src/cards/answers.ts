import { openRulesOf, rulesOf } from '../transfer/candidates.ts'
import type { Rule, Transfer, Verdict } from '../transfer/model.ts'
import { isSamePerson } from '../transfer/people.ts'
import type { Catalogue } from '../transfer/policy.ts'
import { tally } from '../transfer/quorum.ts'
import type { Line } from '../transfer/text.ts'
import { askedWords, countedWords } from './asked-words.ts'
import { explainLines, ruleNames } from './explain-lines.ts'
import { example, formOf, forms } from './forms.ts'
import { wordsOf } from './operation-words.ts'
import { clip, code, distinct } from './phrases.ts'

/** The form of the command that was asked for, or of all of them with what may be named. */
export function helpAnswer(catalogue?: Catalogue, topic?: string): readonly Line[] {
  const wanted = topic?.toLowerCase().replace(/^[/-]+/, '') ?? ''
  const found = explained.filter(({ verb }) => verb.replace(/(?:Not|Of)$/, '') === wanted)
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

/** What the asker sees when a request is kept. */
export function recordedAnswer({ id, request, candidates }: Transfer): readonly Line[] {
  const open = candidates?.map(({ rule }) => rule)
  return [
    ['Recorded as ', code(id), ': ', ...wordsOf(request).recorded(request)],
    ...(open ? [notYet(open)] : []),
    ['The thread tells how it goes on; ', code(forms.status.replace('<id>', id)), ' shows it at any time.'],
  ]
}

/** What the asker sees when a dry run begins: what is known at once. */
export function dryRunAnswer(transfer: Transfer): readonly Line[] {
  const { id, request, rule, candidates, explained } = transfer
  const asked = (each: Rule): Line => [...askedWords(each, request), '. ', ...countedWords(transfer, each)]
  const open = openRulesOf(transfer)
  return [
    ['Dry run ', code(id), ': ', ...wordsOf(request).recorded(request), ' Nothing is sent and nobody is asked.'],
    ...(candidates
      ? [notYet(rulesOf(transfer)), ...open.map((each): Line => ['By rule ', code(each.name), ', ', ...asked(each)])]
      : [['Rule ', code(rule.name), ' matches; ', ...asked(rule)]]),
    ...(explained ? explainLines(explained) : []),
    ['What Azure says follows in the thread.'],
  ]
}

function notYet(rules: readonly Rule[]): Line {
  return ['Which rule counts is known once Azure has said how much data there is: ', ...ruleNames(rules), '.']
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
  { verb: 'status', what: 'shows how a transfer stands, and all that happened to it' },
  { verb: 'why', what: 'says which rule a transfer is under, why no other, and who may say yes' },
  { verb: 'pending', what: 'shows what waits for you, what you asked for, what runs and what has ended lately' },
  { verb: 'listOf', what: 'shows the transfers that you can see' },
  { verb: 'history', what: 'shows the last good export of a database, and its transfers' },
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
