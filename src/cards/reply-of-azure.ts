import type { Connection, Milestone, Principal, Transfer } from '../transfer/model.ts'
import type { Line } from '../transfer/text.ts'
import { faultOnTheWay } from './fault-sentence.ts'
import { settleLine } from './forms.ts'
import { wordsOf } from './operation-words.ts'
import { code, concerned, people } from './phrases.ts'
import { lastOf, portalLink } from './route.ts'
import { causeWords, sideWords, statusWords } from './status-words.ts'

/** Milestones by kind. */
export type Of<K extends Milestone['kind']> = Extract<Milestone, { kind: K }>

/** What Azure did with the job. */
export function tellAzure(
  milestone: Of<'prepared' | 'submitted' | 'unclear' | 'running'>,
  { request }: Transfer,
): Line {
  switch (milestone.kind) {
    case 'prepared': {
      const name = code(`${request.database.server}/${request.database.database}`)
      return milestone.made
        ? ['The empty database ', name, ' is made.']
        : ['The empty database ', name, ' stands there already.']
    }
    case 'submitted': {
      const { adopted, operation } = milestone
      const next = request.privateLink ? ' It waits for its two private endpoint connections.' : ''
      if (adopted) return ['Azure did not confirm the job, but it is there: operation ', code(operation), `.${next}`]
      return ['Azure has taken the job: operation ', code(operation), `.${next}`]
    }
    case 'unclear': {
      const { code: name } = milestone.fault
      const next = 'Drawbridge looks for it, and sends nothing again before it knows.'
      if (name === 'ImportExportOperationInProgress') {
        return [`⚠️ Azure says that an export or import runs on this database, maybe this one. ${next}`]
      }
      return ['⚠️ Azure did not say whether it has started the job (', code(name), `). ${next}`]
    }
    case 'running':
      return [
        `${statusWords.running.icon} ${request.privateLink ? 'Both connections are approved. ' : ''}${wordsOf(request).copies}`,
      ]
  }
}

/** What happened to the connections. */
export function tellConnections(
  milestone: Of<'unnamed' | 'bypassed' | 'half_approved'>,
  transfer: Transfer,
  operators: readonly Principal[],
): readonly Line[] {
  switch (milestone.kind) {
    case 'unnamed':
      return [
        ['⚠️ Azure does not say which connections belong to this operation, so none is approved. New ones that wait:'],
        ...candidates(milestone.candidates, transfer),
        ['Compare them with the portal. The time to decide runs.'],
      ]
    case 'bypassed': {
      const { side, onBypass } = milestone
      return [
        [
          `🚨 The connection on the ${sideWords[side]} was approved outside of Drawbridge (portal, command line or automatic). ${bypassWords[onBypass]}`,
        ],
        [...people(concerned(transfer, operators)), ': find out who approved it.'],
      ]
    }
    case 'half_approved': {
      const { approved, missing, fault } = milestone
      const how = approved
        ? `The connection on the ${sideWords[approved]} is approved, the one on the ${sideWords[missing]} is not yet.`
        : `The connection on the ${sideWords[missing]} could not be approved yet.`
      return [[`⚠️ ${how} It is tried again. `, ...faultOnTheWay(fault)]]
    }
  }
}

const bypassWords = {
  stop: 'The rule says stop: what can be undone is undone.',
  follow: 'The rule says follow: the job is watched to its end.',
  closing: 'It is being closed already: what can be undone is undone.',
}

/** How the undoing goes. */
export function tellClosing(
  milestone: Of<'closing' | 'not_undone' | 'closing_slow'>,
  transfer: Transfer,
  operators: readonly Principal[],
): readonly Line[] {
  switch (milestone.kind) {
    case 'closing':
      return milestone.cause === 'unclear'
        ? tellUnclear(milestone, transfer, operators)
        : tellUndoing(milestone, transfer)
    case 'not_undone': {
      const { what, fault } = milestone
      const which = what === 'cancel' ? 'cancel the job' : `reject the connection on the ${sideWords[what]}`
      return [[`⚠️ Azure would not ${which}. Drawbridge watches the job until it is over. `, ...faultOnTheWay(fault)]]
    }
    case 'closing_slow':
      return [
        [
          '⚠️ It takes long to close: the job in Azure is not over yet. Drawbridge goes on watching. Cancel it in the portal if it must not complete.',
        ],
      ]
  }
}

function tellUnclear({ fault }: Of<'closing'>, { id }: Transfer, operators: readonly Principal[]): readonly Line[] {
  return [
    ['⚠️ Azure still does not say whether the job has started. Nothing is sent again, and the database stays reserved.'],
    ...(fault ? [faultOnTheWay(fault)] : []),
    [
      'An operator looks into the portal and says how it is: ',
      ...settleLine(id),
      ...(operators.length > 0 ? [' ', ...people(operators)] : []),
    ],
  ]
}

function tellUndoing({ outcome, cause, fault }: Of<'closing'>, { request }: Transfer): readonly Line[] {
  const { icon } = statusWords.closing
  const end = statusWords[outcome].words.toLowerCase()
  const undo = request.privateLink ? 'Its connections are rejected and the job is cancelled' : 'The job is cancelled'
  const first: Line = [
    `${icon} It is closed as ${end} because ${causeWords[cause]}. ${undo}, then watched until it is over.`,
  ]
  return [first, ...(fault ? [faultOnTheWay(fault)] : [])]
}

function candidates(all: readonly Connection[], transfer: Transfer): readonly Line[] {
  if (all.length === 0) return [['• none so far']]
  return all.slice(0, 20).map(({ side, name, id, privateEndpoint }): Line => {
    const from = lastOf(privateEndpoint)
    return [
      `• on the ${sideWords[side]}: `,
      code(name || lastOf(id)),
      ' from private endpoint ',
      code(from),
      ', ',
      portalLink(transfer, side),
    ]
  })
}
