import { CHANNELS, PEOPLE, seedState, TEAMS, type TeamsConversation } from '../../sandbox/teams/index.ts'
import { type CaseRule, casesWorld } from './cases.ts'
import type { Config, WorldOptions } from './world.ts'

/** Which chats a world's Drawbridge is in: Slack as in the example, Teams with the same people, or both. */
export type Chats = 'slack' | 'teams' | 'both'

const teamsSection = {
  tenant: '22222222-2222-2222-2222-222222222222',
  appId: '44444444-4444-4444-4444-444444444444',
  credential: { kind: 'secret' },
  // The address of the sandbox comes from the environment.
  sandboxUrl: 'http://127.0.0.1:1',
}

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

/** Puts the configuration into these chats. */
export function putInto(chats: Chats, config: Config): void {
  if (chats === 'slack') return
  config.teams = teamsSection
  if (chats === 'both') return
  delete config.slack
  const translate = (ids: readonly string[]): readonly string[] => ids.flatMap((id) => inTeams[id] ?? [id])
  for (const rule of config.rules) {
    rule.requesters = translate(rule.requesters)
    rule.cards = translate(rule.cards)
    for (const stage of rule.stages) stage.approvers = translate(stage.approvers)
  }
  config.operators = translate(config.operators)
  config.auditors = translate(config.auditors)
}

/** The channels of a case: Teams takes few messages in one conversation, and each case goes at its own pace. */
export const askedIn = (name: string): string => `19:${name}-asked@thread.tacv2`
export const cardsIn = (name: string): string => `19:${name}-cards@thread.tacv2`

/** `casesWorld` in Teams: each case has a channel in which it is asked for and one for its card, with everybody in both. */
export function teamsCases(cases: Readonly<Record<string, CaseRule>>, options: WorldOptions = {}): WorldOptions {
  const seed = seedState()
  const users = options.teams?.seed?.users ?? seed.users
  const members = users.filter(({ userRole }) => userRole !== 'anonymous').map(({ id }) => id)
  // Teams keeps one roster for a team and all of its usual channels.
  const known = seed.conversations.map((each) => (each.teamId === TEAMS.data ? { ...each, members } : each))
  const model = known.find(({ id }) => id === CHANNELS.data)
  if (!model) throw new Error('the seed has no channel')
  const channel = (id: string): TeamsConversation => ({ ...model, id, name: id, members: [...members] })
  const channels = Object.keys(cases).flatMap((name) => [channel(askedIn(name)), channel(cardsIn(name))])
  const rules = Object.entries(cases).map(([name, rule]) => [name, { cards: [cardsIn(name)], ...rule }] as const)
  return casesWorld(Object.fromEntries(rules), {
    chats: 'teams',
    ...options,
    teams: { ...options.teams, seed: { users, conversations: [...known, ...channels] } },
  })
}
