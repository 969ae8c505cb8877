import { cloudEndpoints } from '../transfer/clouds.ts'
import type { Rule } from '../transfer/model.ts'
import { distinctPeople } from '../transfer/people.ts'
import type { Catalogue, Clocks, Declared, Policy } from '../transfer/policy.ts'
import { fullId, type Homes } from './ids.ts'
import { declaredIn, homesOf } from './people.ts'
import type { File } from './schema.ts'

const hour = 60 * 60 * 1000

/** The policy of a valid file; ids become `slack:<team>/<id>` and `teams:<tenant>/<id>`. */
export function buildPolicy(file: File, catalogue: Catalogue): Policy {
  const homes = homesOf(file)
  const people = declaredIn(file)
  return {
    catalogue,
    reach: {
      subscriptions: [...new Set(file.azure.subscriptions)],
      discover: [...new Set(file.azure.discover)],
      blobSuffix: cloudEndpoints[file.cloud].blobSuffix,
      servers: Object.keys(file.sqlLogins),
    },
    rules: file.rules.map((rule) => buildRule(rule, homes, people)),
    operators: allFull(file.operators, homes),
    auditors: allFull(file.auditors, homes),
    people,
  }
}

/** The clocks of a valid file. */
export function buildClocks({ clocks }: File): Clocks {
  const { awaitingEndpoints, ...others } = clocks
  return {
    ...others,
    awaiting_endpoints: awaitingEndpoints,
    // From the asking, for when no card could be delivered: a delivered card expires by its rule. Below the 44 h of
    // gate endpoints, after which there is no time to undo before Azure cancels.
    awaiting_approval: 43 * hour,
  }
}

function buildRule(
  { when, stages, requesters, cards, escalate, reason, tell, remindAfter, confirm, ...more }: File['rules'][number],
  homes: Homes,
  people: readonly Declared[],
): Rule {
  const { maxOpenOfRule, destinations, clocks, ...rule } = more
  // Whoever stands there with two accounts is one of the approvers, not two.
  const once = (ids: readonly string[]) => distinctPeople(people, allFull(ids, homes)).map(({ by }) => by)
  return {
    ...rule,
    when: buildWhen(when, homes),
    requesters: allFull(requesters, homes),
    stages: stages.map(({ approvers, need }) => ({ approvers: once(approvers), need })),
    cards: allFull(cards, homes),
    ...stated({ remindAfter, confirm, maxOpenOfRule, reason: reason && stated(reason) }),
    ...(destinations ? { destinations: stated(destinations) } : {}),
    ...(clocks ? { clocks: clocksOf(clocks) } : {}),
    ...(escalate ? { escalate: { after: escalate.after, to: once(escalate.to) } } : {}),
    ...(tell ? { tell: allFull(tell, homes) } : {}),
  }
}

function buildWhen(when: File['rules'][number]['when'], homes: Homes): Rule['when'] {
  const { operation = [], database = [], storage = [], requester, size, ...others } = when
  return {
    // An empty list matches everything; the file cannot hold one, so it was left out.
    ...{ operation, database, storage },
    ...stated(others),
    ...(size ? { size: stated(size) } : {}),
    ...(requester ? { requester: allFull(requester, homes) } : {}),
  }
}

function clocksOf({ awaitingEndpoints, ...others }: NonNullable<File['rules'][number]['clocks']>) {
  return stated({ ...others, awaiting_endpoints: awaitingEndpoints })
}

type Stated<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>
}

/** Only the keys that have a value: what the file leaves out is not in the rule either. */
function stated<T extends object>(all: T): Stated<T> {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Stated<T>
}

function allFull(ids: readonly string[], homes: Homes): readonly string[] {
  return ids.map((id) => fullId(id, homes))
}
