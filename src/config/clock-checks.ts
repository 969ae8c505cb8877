import ms from 'ms'
import { isPerson } from './ids.ts'
import { type Path, type Problems, pathText } from './problems.ts'
import type { Salvaged } from './salvage.ts'
import type { File } from './schema.ts'
import { listed } from './wording.ts'

type Rule = Salvaged<File['rules'][number]>
type WhoIs = (id: string) => string

/** Tells every reminder and escalation of a rule that could never come, or that would ask nobody else. */
export function checkAskingClocks(rule: Rule, path: Path, whoIs: WhoIs, problems: Problems): void {
  const clocks = [
    { key: ['remindAfter'], at: rule.remindAfter },
    { key: ['escalate', 'after'], at: rule.escalate?.after },
    { key: ['expiry'], at: rule.expiry },
  ]
  const stated = clocks.flatMap(({ key, at }) => (at === undefined ? [] : [{ key: [...path, ...key], at }]))
  for (const [index, { key, at }] of stated.entries()) {
    const next = stated[index + 1]
    if (!next || at < next.at) continue
    const after = `is ${written(at)}, which is not before ${pathText(next.key)} (${written(next.at)})`
    problems.add(key, `${after} — write less here, or more there`)
  }
  checkEscalated(rule, path, whoIs, problems)
}

function checkEscalated(rule: Rule, path: Path, whoIs: WhoIs, problems: Problems): void {
  const to = whole(rule.escalate?.to)?.map(whoIs)
  const stages = rule.stages?.map((stage) => whole(stage?.approvers)?.map(whoIs))
  if (!to || !stages?.length) return
  const where = [...path, 'escalate', 'to']
  const names = listed(rule.escalate?.to?.flatMap((each) => each ?? []) ?? [])
  if (to.every((each) => stages.every((approvers) => approvers?.includes(each)))) {
    const text = `names only ${names}, who can approve in every stage already — name others, or take escalate out`
    problems.add(where, text)
  }
  const requesters = whole(rule.requesters)
  const [one, ...more] = new Set(requesters?.map(whoIs))
  if (one === undefined || more.length > 0 || !requesters?.every(isPerson)) return
  if (to.every((each) => each === one)) {
    const text = `names only the requester (${names}), and nobody decides on a request of their own — name others`
    problems.add(where, text)
  }
}

/** Undefined as long as one of them cannot be read: nothing can be said then. */
function whole(ids: readonly (string | undefined)[] | undefined): readonly string[] | undefined {
  const read = ids?.flatMap((id) => id ?? [])
  return read && read.length > 0 && read.length === ids?.length ? read : undefined
}

/** As people write it: the largest unit without a fraction. */
function written(time: number): string {
  const unit = (['d', 'h', 'm', 's'] as const).find((each) => time % ms(`1${each}`) === 0)
  return unit ? `${time / ms(`1${unit}`)}${unit}` : `${time}ms`
}
