import { parse, stringify } from 'yaml'
import { APP, CHANNELS, GROUPS, HOME_TENANT, PEOPLE } from '../teams/index.ts'

/** Which chats Drawbridge is in: Slack as in the example, Teams with the same people, or both. */
export type Chats = 'slack' | 'teams' | 'both'

// biome-ignore lint/suspicious/noExplicitAny: a YAML document, checked by Drawbridge when it reads it
type Config = any

/** The example's ids in Teams. */
const inTeams: Readonly<Record<string, readonly string[]>> = {
  U0DANA: [PEOPLE.dana],
  U0SAM: [PEOPLE.sam],
  U0LEE: [PEOPLE.lee],
  U0RIO: [PEOPLE.rio],
  U0OPS: [PEOPLE.ops],
  U0AUD: [PEOPLE.aud],
  S0DBA: [PEOPLE.sam, PEOPLE.lee],
  C0DATA: [CHANNELS.data],
  C0DBA: [CHANNELS.dba],
}

/** Sam, as somebody with an account in both chats. */
export const samInBoth = { name: 'Sam Okafor', slack: 'U0SAM', teams: PEOPLE.sam }

/** Puts a parsed configuration into these chats; with both, its people and places stay those of Slack. */
export function putInto(chats: Chats, config: Config): void {
  if (chats === 'slack') return
  // The address of the sandbox comes from the environment.
  config.teams = {
    tenant: HOME_TENANT,
    appId: APP.id,
    credential: { kind: 'secret' },
    sandboxUrl: 'http://127.0.0.1:1',
  }
  if (chats === 'both') return
  delete config.slack
  const translate = (ids: readonly string[]): readonly string[] => ids.flatMap((id) => inTeams[id] ?? [id])
  for (const rule of config.rules) {
    rule.requesters = translate(rule.requesters)
    rule.cards = translate(rule.cards)
    for (const stage of rule.stages) stage.approvers = translate(stage.approvers)
    if (rule.escalate) rule.escalate.to = translate(rule.escalate.to)
    if (rule.tell) rule.tell = translate(rule.tell)
  }
  config.operators = translate(config.operators)
  config.auditors = translate(config.auditors)
}

/** The example's configuration for a demonstration in these chats; in Teams an Entra group decides; across both, the cards stand in both and Sam is one person. */
export function demoConfig(example: string, chats: Chats, prefix: string): string {
  const config: Config = parse(example)
  config.redis = { ...config.redis, prefix }
  putInto(chats, config)
  const production = config.rules.filter(({ name }: { name: string }) => name === 'production')
  if (chats === 'teams') {
    for (const rule of production) for (const stage of rule.stages) stage.approvers = [`group:${GROUPS.dba}`]
  }
  if (chats === 'both') {
    config.people = [samInBoth]
    for (const rule of production) {
      rule.cards = [...rule.cards, CHANNELS.dba]
      for (const stage of rule.stages) stage.approvers = [...stage.approvers, PEOPLE.lee]
    }
  }
  return stringify(config, { aliasDuplicateObjects: false })
}
