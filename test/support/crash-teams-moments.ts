import type { RequestMoment, TeamsSandbox } from '../../sandbox/teams/index.ts'
import type { Known, Tell } from './moments.ts'

/** Tells of what a process asks of Teams, such as `teams create root`, `teams send reply:0`, `teams member sam`; a token is nobody's, its key is `token`. */
export function watchTeams(teams: TeamsSandbox, known: Known, tell: Tell): void {
  teams.onRequest(async (moment) => {
    const { phase, method, conversation = '' } = moment
    // People are looked up in the team, for the transfer that was asked for last.
    const newest = method === 'member' ? [...known.keys.values()].at(-1) : undefined
    const key = method === 'token' ? 'token' : (newest ?? /k\d\d(?!\d)/.exec(conversation)?.[0])
    if (key === undefined) return
    const verdict = await tell({ names: namesOf(teams, known, moment, key), when: phase, key })
    // The sandbox answers with an error to a process that is no more.
    if (verdict === 'drop') throw new Error('dropped')
  })
}

function namesOf(teams: TeamsSandbox, known: Known, moment: RequestMoment, key: string): readonly string[] {
  const { method, n, activity } = moment
  if (method === 'token') return ['teams token']
  if (method === 'member') return [`teams member ${lookedUp(teams, n)}`]
  const id = [...known.keys].findLast(([, each]) => each === key)?.[0] ?? ''
  const name = `teams ${method} ${slotOf(known, moment, id)}`
  const open = JSON.stringify(activity).includes('"refresh"')
  return [name, `${name} ${known.statuses.get(id)}`, `${name} ${open ? 'open' : 'decided'}`]
}

/** Only people who wrote to the bot are looked up by the id that Teams has for them; others by what the rules call them. */
function lookedUp({ state }: TeamsSandbox, n: number): string {
  const path = decodeURIComponent(state.calls.find((call) => call.n === n)?.path ?? '')
  return state.users.find(({ id }) => path.endsWith(`/${id}`))?.handle ?? 'by name'
}

/** Teams' messages carry no mark: the place tells what it is, and for a reply the one that is being posted. */
function slotOf({ chats }: Known, { method, conversation = '' }: RequestMoment, id: string): string {
  if (conversation.includes('cards')) return 'card'
  if (method !== 'send') return 'root'
  const slots = Object.entries(chats.get(id) ?? {})
  return slots.findLast(([slot, { state }]) => slot.startsWith('reply:') && state === 'posting')?.[0] ?? 'root'
}
