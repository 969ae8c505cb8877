import type { Address, Principal, Rule } from '../transfer/model.ts'
import type { Catalogue, Clocks, Policy } from '../transfer/policy.ts'
import type { File } from './schema.ts'

const hour = 60 * 60 * 1000

/** The policy of a valid file; Slack ids become `slack:<team>/<id>`. */
export function buildPolicy(file: File, catalogue: Catalogue): Policy {
  const { team } = file.slack
  const people = (ids: readonly string[]) => ids.map((id) => principal(team, id))
  return {
    catalogue,
    rules: file.rules.map((rule) => buildRule(rule, team)),
    operators: people(file.operators),
    auditors: people(file.auditors),
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

function buildRule({ when, stages, requesters, cards, ...rule }: File['rules'][number], team: string): Rule {
  return {
    ...rule,
    // An empty list matches everything; the file cannot hold one, so it was left out.
    when: { operation: when.operation ?? [], database: when.database ?? [], storage: when.storage ?? [] },
    requesters: requesters.map((id) => principal(team, id)),
    stages: stages.map(({ approvers, need }) => ({ approvers: approvers.map((id) => principal(team, id)), need })),
    cards: cards.map((id): Address | 'approvers' => (id === 'approvers' ? id : principal(team, id))),
  }
}

function principal(team: string, id: string): Principal {
  return id === 'anyone' ? id : `slack:${team}/${id}`
}
