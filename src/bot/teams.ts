import type { Address } from '../transfer/model.ts'
import type { Declared } from '../transfer/policy.ts'
import type { Directory, Notes, Pace } from '../transfer/ports.ts'
import type { ChatSide } from './chats.ts'
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
  teams: { tenants: readonly string[]; sandboxUrl?: string | undefined }
  government: boolean
  people: readonly Declared[]
  /** The channels of Teams that rules send cards to. */
  channels?: readonly Address[]
  /** The same notes over two connections: one that fails fast for people who wait, one for work. */
  notes: { forPeople: Notes; forWork: Notes }
  pace: Pace
  refused(reason: string): void
  log: Log
}

/** All of Teams: who is who in it, then its two directions, once it is known who is who in the other chats. */
export function createTeams(options: TeamsOptions): {
  directory: TeamsDirectory
  open(everybody: Directory, handlers: Handlers): { inbound: TeamsInbound; chat: ChatSide }
} {
  const { sdk, teams, government, people, channels = [], pace, refused, log } = options
  const usual = usualService({ government, sandboxUrl: teams.sandboxUrl })
  const forPeople = createTeamsNotes(options.notes.forPeople, usual)
  const forWork = createTeamsNotes(options.notes.forWork, usual)
  const directory = createTeamsDirectory({ sdk, notes: forPeople, tenants: teams.tenants, channels, log })
  return {
    directory,
    open(everybody, handlers) {
      const words = createLocalWords('teams', people, everybody, 'patient')
      const render = createTeamsRender({ words, people, everybody, directory })
      const answers = createTeamsAnswers({ sdk, notes: forPeople, render, log })
      const inbound = createTeamsInbound({
        ...{ sdk, access: teams, notes: forPeople, render, answers, handlers, refused, log },
      })
      return { inbound, chat: createTeamsChat({ sdk, notes: forWork, render, paced: createTeamsPace(pace) }) }
    },
  }
}
