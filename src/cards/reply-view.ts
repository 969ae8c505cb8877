import { gateOf } from '../transfer/material.ts'
import type { Milestone, Principal, Transfer } from '../transfer/model.ts'
import type { Line } from '../transfer/text.ts'
import { tellChanged } from './after-end-lines.ts'
import { tellClock } from './asking-lines.ts'
import { endingLines } from './ending-lines.ts'
import { tellLeftOver } from './left-over-lines.ts'
import { wordsOf } from './operation-words.ts'
import { code, concerned, lowerFirst, people, person, quote } from './phrases.ts'
import { duration, size } from './quantities.ts'
import { tellQuestion } from './question-lines.ts'
import { type Of, tellAzure, tellClosing, tellConnections } from './reply-of-azure.ts'
import { routeTitle } from './route.ts'
import { refusalSentence } from './sentence.ts'
import { tellStall } from './stall-lines.ts'
import { changedWords, endWords, statusOf, verdictWords } from './status-words.ts'
import { linesBlock, type View } from './view.ts'

/** The reply of the story's n-th milestone. It stays as it was told: it reads nothing that changes later but the end. */
export function replyView(transfer: Transfer, index: number, operators: readonly Principal[]): View {
  const lines = milestoneLines(transfer, index, operators)
  const all = lines.flatMap((line, index): Line => (index === 0 ? line : [' ', ...line]))
  return { text: [`${routeTitle(transfer.request)}: `, ...all], blocks: linesBlock(lines) }
}

/** What the n-th milestone says. */
export function milestoneLines(transfer: Transfer, index: number, operators: readonly Principal[]): readonly Line[] {
  const milestone = transfer.story[index]
  return milestone ? tell(milestone, transfer, operators) : [['This part of the story is not there yet.']]
}

function tell(milestone: Milestone, transfer: Transfer, operators: readonly Principal[]): readonly Line[] {
  switch (milestone.kind) {
    case 'rule_settled':
      return [tellRule(milestone)]
    case 'prepared':
    case 'submitted':
    case 'unclear':
    case 'running':
      return [tellAzure(milestone, transfer)]
    case 'asked':
    case 'new_round':
    case 'decided':
      return [tellAsking(milestone, transfer)]
    case 'settle_refused':
      return [
        ['⚠️ ', person(milestone.by), ': it is still not clear how it is in Azure.'],
        ...refusalSentence(milestone.code, milestone.facts),
      ]
    case 'question_asked':
      return tellQuestion(milestone, transfer)
    case 'cancel_asked':
    case 'withdrawn':
    case 'settled':
    case 'card_undeliverable':
      return [tellPeople(milestone)]
    case 'unnamed':
    case 'bypassed':
    case 'half_approved':
      return tellConnections(milestone, transfer, operators)
    case 'closing':
    case 'not_undone':
    case 'closing_slow':
      return tellClosing(milestone, transfer, operators)
    case 'reminded':
    case 'escalated':
      return [tellClock(milestone)]
    case 'ended':
      return tellEnd(transfer, operators)
    case 'stalled':
      return tellStall(milestone, transfer)
    case 'left_over':
      return tellLeftOver(milestone, transfer)
    case 'connections_changed':
      return tellChanged(milestone, transfer, operators)
  }
}

function tellRule({ rule, size: bytes }: Of<'rule_settled'>): Line {
  const why = bytes === undefined ? 'Azure does not say how much data there is' : `There are ${size(bytes)} of data`
  return [`${why}, so rule `, code(rule), ' counts.']
}

function tellAsking(milestone: Of<'asked' | 'new_round' | 'decided'>, transfer: Transfer): Line {
  const first = gateOf(transfer) === 'submission'
  switch (milestone.kind) {
    case 'asked':
      return [
        `The approvers are asked. ${first ? 'Nothing is sent to Azure before their yes.' : 'Both connections wait for their yes.'}`,
      ]
    case 'new_round': {
      const { changed, round } = milestone
      return [
        `Something changed (${changedWords(changed)}), so the approvers are asked anew in round ${round}. A yes to an earlier card no longer counts.`,
      ]
    }
    case 'decided': {
      const { by, verdict, reason, have, need } = milestone
      const { icon, past } = verdictWords[verdict]
      if (verdict === 'approve') return [`${icon} `, person(by), ` ${past} this (${have} of ${need})`, because(reason)]
      return [
        `${icon} `,
        person(by),
        ` ${past} this`,
        because(reason),
        first ? ' Nothing is sent to Azure.' : ' What was started is undone.',
      ]
    }
  }
}

function tellPeople(milestone: Of<'cancel_asked' | 'withdrawn' | 'settled' | 'card_undeliverable'>): Line {
  switch (milestone.kind) {
    case 'cancel_asked':
      return ['⏹️ ', person(milestone.by), ' cancels this', because(milestone.reason)]
    case 'withdrawn':
      return ['↩️ ', person(milestone.by), ' withdraws this request', because(milestone.reason)]
    case 'settled': {
      const { by, how } = milestone
      if (how === 'not-running') return [person(by), ' looked into Azure: no job of this transfer runs there.']
      return [person(by), ' looked into Azure: the job runs as operation ', code(how), '.']
    }
    case 'card_undeliverable': {
      const { address, fault } = milestone
      return [
        '⚠️ The card could not be posted to ',
        { place: address },
        ' (',
        code(fault.code),
        '). If that is a channel, add Drawbridge to it; until then, decide on a card elsewhere.',
      ]
    }
  }
}

function tellEnd(transfer: Transfer, operators: readonly Principal[]): readonly Line[] {
  const { ending, request } = transfer
  if (!ending) return [['This has not ended yet.']]
  const { icon } = statusOf(transfer)
  const what = ending.released
    ? `, the data of this ${request.operation} ${wordsOf(request).crossed} all the same`
    : `, the ${lowerFirst(routeTitle(request))} ${ending.cause === 'withdrawn' ? 'was withdrawn' : endWords[ending.outcome]}`
  const first: Line = [`${icon} `, person(request.by), `${what}, after ${duration(ending.at - request.at)}.`]
  const alarm: Line = [...people(concerned(transfer, operators)), ': please look into it now.']
  return [first, ...endingLines(transfer), ...(ending.released ? [alarm] : [])]
}

function because(reason: string | undefined): string {
  return reason === undefined ? '.' : `: ${quote(reason)}.`
}
