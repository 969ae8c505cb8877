export { type Chats, putInto, samInBoth } from '../../sandbox/demo/chats.ts'

import { CHANNELS, seedState, TEAMS, type TeamsConversation } from '../../sandbox/teams/index.ts'
import { type CaseRule, casesWorld } from './cases.ts'
import type { WorldOptions } from './world.ts'

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
