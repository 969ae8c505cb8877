import type { Fault } from '../transfer/model.ts'
import type { Line } from '../transfer/text.ts'
import { jobErrors, knownFaults } from './known-faults.ts'
import { clip, code } from './phrases.ts'

/** What an error of Azure means and what to do next; one that is not known is shown as it is, with its request id. */
export function faultSentence(fault: Fault): readonly Line[] {
  return [denied(fault, ', then ask again.') ?? refusedSignIn(fault) ?? job(fault) ?? known(fault) ?? raw(fault)]
}

/** The same for an error on the way, where nobody is to ask again: Drawbridge goes on by itself. */
export function faultOnTheWay(fault: Fault): Line {
  const said = denied(fault, '.') ?? (worthSaying.has(fault.code) ? known(fault) : undefined)
  return said ?? reported(fault)
}

/** Codes whose sentence is true while the transfer goes on. */
const worthSaying = new Set(['CannotCancelOperation', 'AlreadyApproved', 'PrivateEndpointConnectionStatusNotPending'])

function denied({ code: name, message, status }: Fault, end: string): Line | undefined {
  const needs = /Drawbridge needs ([\w.]+\/[\w/*]+)/.exec(message)?.[1]
  const lacksRight = name === 'AuthorizationFailed' || name === 'LinkedAuthorizationFailed'
  if (!lacksRight && (status !== 403 || needs === undefined || Object.hasOwn(knownFaults, name))) return undefined
  // Of a linked scope Azure names first what the identity may do, and then what it may not.
  const action = /action(?:\(s\))?:? '([^']{1,200})'/.exec(message.replace(/^.*does not have /s, ''))?.[1] ?? needs
  const scope = /over scope '([^']{1,300})'/.exec(message)?.[1]
  return [
    'Drawbridge’s identity may not do ',
    action === undefined ? 'this' : code(action),
    ...(scope === undefined ? [' in Azure'] : [' on ', code(scope)]),
    `. Give it a role with this action and wait a few minutes until Azure knows it${end}`,
  ]
}

/** Entra's own reason is what an operator needs. */
function refusedSignIn({ code: name, message }: Fault): Line | undefined {
  if (name !== 'AuthenticationFailed') return undefined
  const reason = /AADSTS\d+.*/.exec(message)?.[0].replace(/\.$/, '')
  const why = reason === undefined ? '' : ` (${clip(reason, 300)})`
  const next = 'An operator should check its client and its secret or certificate; then ask again.'
  return [`Microsoft Entra refused Drawbridge’s sign-in${why}. ${next}`]
}

function job(fault: Fault): Line | undefined {
  if (!/^(ImportExportJobError|BadRequest|OperationFailed)$/.test(fault.code)) return undefined
  const found = jobErrors.find(({ text }) => text.test(fault.message))
  return found && [found.says, ...reference(fault)]
}

function known(fault: Fault): Line | undefined {
  const says = Object.hasOwn(knownFaults, fault.code) ? knownFaults[fault.code] : undefined
  return says === undefined ? undefined : [says, ...(asksForSupport.has(fault.code) ? reference(fault) : [])]
}

const asksForSupport = new Set(['InternalServerError', 'OperationTimedOut'])

function raw(fault: Fault): Line {
  return [...reported(fault), ' Correct what it names, then ask again; if it names nothing, tell an operator.']
}

function reported(fault: Fault): Line {
  const message = fault.message.replace(/\s+/g, ' ').trim().replace(/\.$/, '')
  const said = message === '' ? [] : [`: ${clip(message, 500)}`]
  return ['Azure reports ', code(fault.code), ...said, ...reference(fault)]
}

function reference({ requestId }: Fault): Line {
  return requestId === undefined ? ['.'] : [' (request id ', code(requestId), ').']
}
