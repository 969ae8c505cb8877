import { isPerson } from './ids.ts'
import type { Path, Problems } from './problems.ts'
import type { Salvaged } from './salvage.ts'
import type { File } from './schema.ts'
import { listed } from './wording.ts'

type Rule = Salvaged<File['rules'][number]>
type WhoIs = (id: string) => string
/** Without `people` a group hides who they are. */
type Stage = { people: readonly string[] | undefined; need: number }

/** Tells every stage of a rule that the people whom it names could never fill; `whoIs` tells the accounts of one person. */
export function checkStages(rule: Rule, path: Path, whoIs: WhoIs, problems: Problems): void {
  let tooFew = false
  for (const [index, stage] of (rule.stages ?? []).entries()) {
    const people = knownPeople(stage?.approvers, whoIs)
    if (!people || stage?.need === undefined || people.length === 0 || stage.need <= people.length) continue
    tooFew = true
    const merged = new Set(stage.approvers).size > people.length ? ', as all accounts of a person count as one' : ''
    const text = `is ${stage.need}, but only ${people.length} can approve in this stage${merged} — write at most ${people.length}, or add approvers`
    problems.add([...path, 'stages', index, 'need'], text)
  }
  const stages = wholeStages(rule.stages, whoIs)
  if (tooFew || !stages) return
  if (!canPass(stages, undefined)) {
    problems.add(
      [...path, 'stages'],
      'need more people than they name, as one person counts in one stage only — add approvers',
    )
    return
  }
  const requesters = knownPeople(rule.requesters, whoIs)
  if (requesters?.length && requesters.every((requester) => !canPass(stages, requester))) {
    const text = `can never be passed: too few approvers are left when the requester (${listed(requesters)}) is not counted, as nobody decides on a request of their own — add approvers`
    problems.add([...path, 'stages'], text)
  }
}

/** The distinct people of a list, or undefined when a group or an unreadable member hides who they are. */
function knownPeople(ids: readonly (string | undefined)[] | undefined, whoIs: WhoIs): readonly string[] | undefined {
  const people = ids?.flatMap((id) => (id !== undefined && isPerson(id) ? [whoIs(id)] : []))
  return people && people.length === ids?.length ? [...new Set(people)] : undefined
}

function wholeStages(stages: Rule['stages'], whoIs: WhoIs): readonly Stage[] | undefined {
  const whole = stages?.flatMap((stage) =>
    stage?.approvers?.length && stage.need !== undefined && !stage.approvers.includes(undefined)
      ? [{ people: knownPeople(stage.approvers, whoIs), need: stage.need }]
      : [],
  )
  return whole?.length === stages?.length ? whole : undefined
}

/** Whether distinct people can fill every stage of which all approvers are known, one of them left out. */
function canPass(stages: readonly Stage[], without: string | undefined): boolean {
  const seats = stages.flatMap(({ people, need }) => {
    const others = people?.filter((person) => person !== without)
    return others ? Array.from({ length: need }, () => others) : []
  })
  const taken = new Map<string, number>()
  const seat = (index: number, tried: Set<string>): boolean =>
    (seats[index] ?? []).some((person) => {
      if (tried.has(person)) return false
      tried.add(person)
      const holder = taken.get(person)
      if (holder !== undefined && !seat(holder, tried)) return false
      taken.set(person, index)
      return true
    })
  return seats.every((_, index) => seat(index, new Set()))
}
