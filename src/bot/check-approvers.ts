import { groupsOf, isGroup } from '../transfer/groups.ts'
import type { Millis, Principal } from '../transfer/model.ts'
import { distinctPeople, personBehind } from '../transfer/people.ts'
import { type Policy, peopleOf } from '../transfer/policy.ts'
import type { Directory } from '../transfer/ports.ts'
import type { Rule } from '../transfer/rule.ts'
import { type Gap, gapIn } from './approver-sets.ts'
import { approversFor } from './desk.ts'
import type { Log } from './log.ts'

/** Looks at start whether the groups of the rules hold the approvers that the rules need; it keeps nobody from starting. */
export type ApproverCheck = {
  start(): void
  stop(): void
  /** The rules that lack approvers, for whoever asks whether all is well. */
  ready(): Readonly<Record<string, { ok: true; reason: string }>>
}

type Parts = { policy: Policy; directory: Directory; log: Log }
/** What a rule lacks, whoever asks or for everybody who may. */
type Lack = Gap & { rule: string; whoever: boolean }

/** Of more people who may ask, none is asked about. */
const MOST_REQUESTERS = 50

/** Reads once, and again every `again` milliseconds as long as something could not be read or lacks people. */
export function createApproverCheck(parts: Parts & { again: Millis }): ApproverCheck {
  let lacks: readonly Lack[] = []
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const look = async (): Promise<void> => {
    const { found, unread } = await lacking(parts)
    if (stopped) return
    const told = new Set(lacks.map(keyOf))
    for (const lack of found) if (!told.has(keyOf(lack))) await tell(parts, lack)
    lacks = found
    if ((unread || found.length > 0) && !stopped) timer = setTimeout(() => void look(), parts.again).unref()
  }
  return {
    start: () => void look(),
    stop() {
      stopped = true
      clearTimeout(timer)
    },
    ready: () => {
      if (lacks.length === 0) return {}
      const rules = [...new Set(lacks.map(({ rule }) => rule))].join(', ')
      return { approvers: { ok: true, reason: `too few people could say yes, see the log: ${rules}` } }
    },
  }
}

async function lacking({ policy, directory }: Parts): Promise<{ found: readonly Lack[]; unread: boolean }> {
  const found: Lack[] = []
  let unread = false
  // One after the other: chat has limits, and people who click come first.
  for (const rule of policy.rules.filter((each) => peopleOf(each).some(isGroup))) {
    try {
      const lack = await lackOf({ policy, directory }, rule)
      if (lack) found.push(lack)
    } catch {
      unread = true
    }
  }
  // Whether they are there, and may be read, is told by whoever reads them.
  for (const group of groupsOf(policy)) await directory.name(group)
  return { found, unread }
}

async function lackOf(parts: Omit<Parts, 'log'>, rule: Rule): Promise<Lack | undefined> {
  const { policy, directory } = parts
  const all = async (approvers: readonly Principal[]) =>
    distinctPeople(policy.people, await directory.people(approvers))
  const gap = await gapIn(rule, all)
  if (gap) return { ...gap, rule: rule.name, whoever: true }
  if (rule.requesters.includes('anyone')) return undefined
  const requesters = await directory.people(rule.requesters)
  if (requesters.length > MOST_REQUESTERS) return undefined
  let last: Gap | undefined
  for (const account of requesters) {
    const request = personBehind(policy.people, account)
    last = await gapIn(rule, (approvers) => approversFor(parts, approvers, request))
    if (!last) return undefined
  }
  return last && { ...last, rule: rule.name, whoever: false }
}

async function tell({ directory, log }: Parts, { rule, where, need, found, groups, whoever }: Lack): Promise<void> {
  const named = await Promise.all(groups.map(async (group) => ({ group, name: await directory.name(group) })))
  const fields = { rule, ...(where === undefined ? {} : { where }), need, found, groups: named }
  const why = whoever
    ? 'this rule needs more approvers than there are, so that every request is refused: add people to its groups, or name more'
    : 'nobody who may ask could get a yes under this rule, as nobody decides on a request of their own: add people to its groups, or name more'
  log.warn(fields, why)
}

function keyOf(lack: Lack): string {
  return JSON.stringify(lack)
}
