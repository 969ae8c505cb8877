import type { Address } from '../transfer/model.ts'
import type { Declared } from '../transfer/policy.ts'
import type { Directory, Notes, Pace } from '../transfer/ports.ts'
import type { ChatSide } from './chats.ts'
import { unheardIn, withEntraGroups } from './entra-directory.ts'
import { createEntraGroups, type EntraGroups } from './entra-groups.ts'
import { createGraphClient } from './graph-client.ts'
import type { Handlers } from './handlers-type.ts'
import { createLocalWords } from './local-words.ts'
import type { Log } from './log.ts'
import { usualService } from './teams-access.ts'
import { createTeamsAnswers } from './teams-answers.ts'
import { createTeamsChat } from './teams-chat.ts'
import { createTeamsDirectory, type TeamsDirectory } from './teams-directory.ts'
import { createTeamsInbound, type TeamsInbound } from './teams-inbound.ts'
import { createTeamsNotes } from './teams-notes.ts'
import { createTeamsPace } from './teams-pace.ts'
import type { TeamsSdk } from './teams-port.ts'
import { createTeamsRender } from './teams-render.ts'

export type TeamsOptions = {
  sdk: TeamsSdk
  teams: { tenant: string; tenants: readonly string[]; sandboxUrl?: string | undefined }
  government: boolean
  people: readonly Declared[]
  /** The channels of Teams that rules send cards to. */
  channels?: readonly Address[]
  /** Microsoft Graph (no trailing slash). `named`: the file names groups of Entra, so that there is leave to ask about people too. */
  graph: { url: string; named: boolean }
  /** The same notes over two connections: one that fails fast for people who wait, one for work. */
  notes: { forPeople: Notes; forWork: Notes }
  pace: Pace
  refused(reason: string): void
  log: Log
}

/** All of Teams: who is who in it, then its two directions, once it is known who is who in the other chats. */
export function createTeams(options: TeamsOptions): {
  directory: TeamsDirectory
  /** What keeps groups of Entra from being read until somebody mends it. */
  trouble(): string | undefined
  open(everybody: Directory, handlers: Handlers): { inbound: TeamsInbound; chat: ChatSide }
} {
  const { sdk, teams, government, people, channels = [], pace, refused, log } = options
  const usual = usualService({ government, sandboxUrl: teams.sandboxUrl })
  const forPeople = createTeamsNotes(options.notes.forPeople, usual)
  const forWork = createTeamsNotes(options.notes.forWork, usual)
  const groups = groupsOf(options)
  const unheard = options.graph.named ? unheardIn(groups) : undefined
  const inTeams = createTeamsDirectory({ sdk, notes: forPeople, tenants: teams.tenants, channels, unheard, log })
  const directory = withEntraGroups(inTeams, groups)
  return {
    directory,
    trouble: groups.trouble,
    open(everybody, handlers) {
      const words = createLocalWords('teams', people, everybody, 'patient')
      const render = createTeamsRender({ words, people, everybody, directory })
      const answers = createTeamsAnswers({ sdk, notes: forPeople, render, log })
      const forms = { sdk, notes: forPeople, render, answers, directory, log }
      const inbound = createTeamsInbound({
        ...{ sdk, access: teams, notes: forPeople, render, answers, forms, handlers, refused, log },
      })
      return { inbound, chat: createTeamsChat({ sdk, notes: forWork, render, paced: createTeamsPace(pace) }) }
    },
  }
}

function groupsOf({ sdk, teams, graph, log }: TeamsOptions): EntraGroups {
  const now = (): number => performance.now()
  const base = teams.sandboxUrl ?? graph.url
  const token = (fresh: boolean): Promise<string> => sdk.token(graph.url, fresh)
  return createEntraGroups({
    client: createGraphClient({ url: `${base}/v1.0`, token, now }),
    ...{ tenant: teams.tenant, log, now },
  })
}
