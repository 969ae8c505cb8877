import { vi } from 'vitest'
import { startTeamsSandbox, type TeamsSandbox, type TeamsSandboxOptions } from '../../sandbox/teams/index.ts'
import { createChats, type Drawn } from '../../src/bot/chats.ts'
import { createDirectories } from '../../src/bot/directories.ts'
import type { Handlers } from '../../src/bot/handlers-type.ts'
import { createMetrics } from '../../src/bot/metrics.ts'
import { createServer } from '../../src/bot/server.ts'
import { createTeams } from '../../src/bot/teams.ts'
import type { TeamsDirectory } from '../../src/bot/teams-directory.ts'
import type { TeamsSdk } from '../../src/bot/teams-port.ts'
import { createTeamsSdk } from '../../src/bot/teams-sdk.ts'
import { noHome } from '../../src/cards/home-view.ts'
import type { View } from '../../src/cards/view.ts'
import type { Choice } from '../../src/transfer/form-choices.ts'
import type { Declared } from '../../src/transfer/policy.ts'
import type {
  Answer,
  Chat,
  Command,
  DecisionInput,
  Directory,
  Drawing,
  FormInput,
  Notes,
  Pace,
  QuestionInput,
  WithdrawalInput,
} from '../../src/transfer/ports.ts'

// The SDK tells the console of every token that it does not take.
vi.spyOn(console, 'error').mockImplementation(() => undefined)

type Seen = Parameters<Handlers['onView']>[0]

/** What the handlers were called with. */
export type Heard = {
  commands: Command[]
  forms: FormInput[]
  decisions: DecisionInput[]
  questions: QuestionInput[]
  withdrawals: WithdrawalInput[]
  views: Seen[]
}

/** What the handlers answer; a test may put its own there. */
export type Answers = {
  command: () => Promise<Answer>
  form: () => Promise<Answer>
  choices: (field: string) => readonly Choice[]
  decision: () => Promise<Answer>
  view: () => ReturnType<Handlers['onView']>
  home: () => ReturnType<Handlers['onHome']>
}

/** Drawbridge's side of Teams as it runs, before a pretended Teams and with handlers that write down what they hear. */
export type TeamsAdapter = {
  teams: TeamsSandbox
  sdk: TeamsSdk
  /** Base of the server. */
  url: string
  heard: Heard
  /** Where Teams said that somebody came or went. */
  memberships: string[]
  answers: Answers
  /** Reasons of refused requests, oldest first. */
  refused: string[]
  logged: string[]
  notes: Notes
  directory: TeamsDirectory
  everybody: Directory
  chat: Chat
  /** Waits for what is under way. */
  stop(): Promise<void>
  close(): Promise<void>
}

export type TeamsAdapterOptions = {
  /** Another process before the same Teams; it is not closed with this one. */
  teams?: TeamsSandbox
  sandbox?: TeamsSandboxOptions
  /** '' for none. */
  appId?: string
  password?: string
  people?: readonly Declared[]
  notes?: { forPeople: Notes; forWork: Notes }
  pace?: Pace
  /** The file names groups of Entra. */
  groups?: boolean
}

/** Notes in memory. */
export function memoryNotes(): Notes {
  const kept = new Map<string, string>()
  return {
    read: async (key) => kept.get(key),
    write: async (key, text) => void kept.set(key, text),
  }
}

/** Starts it, and lets Teams deliver to it. */
export async function startTeamsAdapter(options: TeamsAdapterOptions = {}): Promise<TeamsAdapter> {
  const teams = options.teams ?? (await startTeamsSandbox(options.sandbox))
  const logged: string[] = []
  const refused: string[] = []
  const note = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`)
  const log = { info: note, warn: note, error: note }
  const { heard, memberships, answers, handlers } = recorder()
  const metrics = createMetrics(log)
  const { appId = teams.appId, password = teams.appPassword, people = [] } = options
  const { tenantId: tenant, url: sandboxUrl } = teams
  const government = false
  const sdk = createTeamsSdk({
    ...{ tenant, government, sandboxUrl },
    ...(appId && { appId }),
    credential: { kind: 'secret', password: () => password },
  })
  const memory = memoryNotes()
  const notes = options.notes ?? { forPeople: memory, forWork: memory }
  const { directory, open } = createTeams({
    ...{ sdk, government, people, notes, log },
    teams: { tenant, tenants: [tenant], sandboxUrl },
    graph: { url: 'https://graph.microsoft.com', named: options.groups ?? false },
    pace: options.pace ?? { take: async () => 0 },
    refused(reason) {
      refused.push(reason)
      metrics.refused('teams', reason)
    },
  })
  const everybody = createDirectories({ teams: directory })
  const { inbound, chat } = open(everybody, handlers)
  const server = createServer({
    ...{ host: '127.0.0.1', port: 0, alive: () => true, log },
    routes: { '/api/messages': inbound.listener, '/metrics': metrics.listener },
    ready: async () => ({ ok: true, parts: {} }),
  })
  const { port } = await server.start()
  const url = `http://127.0.0.1:${port}`
  teams.control.deliverTo(`${url}/api/messages`)
  const policy = { catalogue: { databases: [], storage: [] }, rules: [], operators: [], auditors: [], people }
  return {
    ...{ teams, sdk, url, heard, memberships, answers, refused, logged, directory, everybody },
    notes: notes.forPeople,
    chat: createChats({ sides: { teams: chat }, directory: everybody, policy }),
    stop: inbound.stop,
    async close() {
      await server.stop(0)
      if (!options.teams) await teams.close()
      await inbound.stop()
    },
  }
}

/** The id of somebody or something in the home tenant. */
export function inTeams(id: string, message?: string): string {
  const own = `teams:22222222-2222-2222-2222-222222222222/${id}`
  return message === undefined ? own : `${own}/${message}`
}

/** A message that says this and has the buttons of a card. */
export function cardView(text: string, transfer = 'k3v9x2mq', digest = 'd1935e00'): View {
  const value = `${transfer}:${digest}`
  const buttons = [
    { id: 'approve', label: 'Approve', style: 'primary', value },
    { id: 'deny', label: 'Deny', style: 'danger', value },
  ] as const
  return {
    text: [text],
    blocks: [
      { kind: 'lines', lines: [[text]] },
      { kind: 'actions', buttons },
    ],
  }
}

/** A message ready to be sent. */
export function drawingOf(view: View, asks?: Drawn['asks']): Drawing {
  const body: Drawn = { view, ...(asks && { asks }) }
  return { hash: '', quietHash: '', body }
}

/** A message of one line. */
export function textDrawing(text: string): Drawing {
  return drawingOf({ text: [text], blocks: [{ kind: 'lines', lines: [[text]] }] })
}

function recorder(): { heard: Heard; memberships: string[]; answers: Answers; handlers: Handlers } {
  const memberships: string[] = []
  const heard: Heard = { commands: [], forms: [], decisions: [], questions: [], withdrawals: [], views: [] }
  const answers: Answers = {
    command: async () => ({ ok: true, lines: [['Recorded as ', { code: 'k3v9' }, '.']] }),
    form: async () => ({ ok: true, lines: [['Recorded as ', { code: 'k3v9' }, '.']] }),
    choices: (field) => [{ value: field, label: `The ${field}` }],
    decision: async () => ({ ok: true, lines: [['Your answer counts.']] }),
    view: async () => undefined,
    home: async () => noHome([['Nothing waits for you.']]),
  }
  const handlers: Handlers = {
    onCommand(command) {
      heard.commands.push(command)
      return answers.command()
    },
    onForm(input) {
      heard.forms.push(input)
      return answers.form()
    },
    choices: async ({ field }) => answers.choices(field),
    onDecision(input) {
      heard.decisions.push(input)
      return answers.decision()
    },
    onQuestion(input) {
      heard.questions.push(input)
      return answers.decision()
    },
    onWithdrawal(input) {
      heard.withdrawals.push(input)
      return answers.decision()
    },
    beforeAct: async () => undefined,
    onView(input) {
      heard.views.push(input)
      return answers.view()
    },
    onMembershipChange: (where) => void memberships.push(where),
    onHome: () => answers.home(),
  }
  return { heard, memberships, answers, handlers }
}
