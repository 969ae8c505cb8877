import { randomInt, randomUUID } from 'node:crypto'
import type { ChatSide } from './bot/chats.ts'
import type { Handlers } from './bot/handlers-type.ts'
import type { Metrics } from './bot/metrics.ts'
import { createShow } from './jobs/show.ts'
import { createFinder } from './queue/discovered.ts'
import { createNotes } from './queue/notes.ts'
import { createPace } from './queue/pace.ts'
import { createStore } from './queue/store.ts'
import { type Base, clock, type Side } from './side.ts'
import { cloudEndpoints } from './transfer/clouds.ts'
import type { Finder } from './transfer/discovered.ts'
import { groupsOf } from './transfer/groups.ts'
import { platformOf } from './transfer/people.ts'
import type { Directory } from './transfer/ports.ts'
import { newTransferId } from './transfer/transfer-id.ts'

/** Least time between two edits of a message that only tell progress, in milliseconds. */
const progressEvery = 5_000

/** Until approver sets that could not be read, or lacked people, are read again, in milliseconds. */
const approversAgain = 60_000

/** One chat before the handlers are there: who is who in it, and how its two directions open once they are. */
type Opening = {
  platform: string
  directory: Directory
  open(everybody: Directory, handlers: Handlers): { chat: ChatSide } & Omit<Side, 'handle'>
  onMembershipChange?(group: string): void
}

/** Inbound and `show`: chat credentials, none of Azure. */
export async function botSide(base: Base): Promise<Side> {
  const { config, log, connections, hint, work } = base
  const { policy } = config
  const [{ createApproverCheck }, { createChats }, { createDirectories }, { createHandlers }, { createMetrics }] =
    await Promise.all([
      import('./bot/check-approvers.ts'),
      import('./bot/chats.ts'),
      import('./bot/directories.ts'),
      import('./bot/handlers.ts'),
      import('./bot/metrics.ts'),
    ])
  const metrics = createMetrics(log)
  // A platform's SDK takes half a second to load: only what is configured is.
  const openings = await Promise.all([
    ...(config.slack ? [slackOpening(base, config.slack, metrics)] : []),
    ...(config.teams ? [teamsOpening(base, config.teams, metrics)] : []),
  ])
  const directory = createDirectories(byPlatform(openings, (each) => each.directory))
  const store = createStore({ redis: connections.forPeople, prefix: config.redis.prefix, log })
  await store.ready()
  const newId = (): string => newTransferId((most) => randomInt(most))
  const finder = policy.reach && policy.reach.discover.length > 0 ? finderOf(base, policy.reach) : undefined
  const desk = { store, policy, directory, clock, hint, newId, log: log.info.bind(log), ...(finder ? { finder } : {}) }
  const handlers = createHandlers(desk, (group) => {
    for (const each of openings) each.onMembershipChange?.(group)
  })
  const approvers = createApproverCheck({ policy, directory, log, again: approversAgain })
  const opened = openings.map((each) => ({ platform: each.platform, ...each.open(directory, handlers) }))
  const sides = byPlatform(opened, ({ chat }) => chat)
  const chat = createChats({ sides, directory, policy })
  const show = createShow({ chat, store: work, clock, progressEvery, token: randomUUID, log: log.warn.bind(log) }, hint)
  return {
    handle: { show },
    routes: Object.assign({ '/metrics': metrics.listener }, ...opened.map(({ routes }) => routes)),
    start: async () => {
      for (const each of opened) await each.start?.()
      approvers.start()
    },
    stop: async () => {
      approvers.stop()
      await Promise.all(opened.map((each) => each.stop?.()))
    },
    ready: () => Object.assign({}, ...opened.map((each) => each.ready?.()), approvers.ready()),
  }
}

function finderOf({ config, connections }: Base, { blobSuffix }: { blobSuffix: string }): Finder {
  return createFinder({ redis: connections.forPeople, prefix: config.redis.prefix, blobSuffix, clock })
}

async function slackOpening(
  { config, log }: Base,
  slack: NonNullable<Base['config']['slack']>,
  metrics: Metrics,
): Promise<Opening> {
  const [{ createSlackInbound }, { createSlackChat }, { createSlackDirectory }, { createLocalWords }] =
    await Promise.all([
      import('./bot/slack-inbound.ts'),
      import('./bot/slack-chat.ts'),
      import('./bot/slack-directory.ts'),
      import('./bot/local-words.ts'),
    ])
  const { policy, secrets } = config
  const botToken = secrets.slackBotToken()
  const directory = createSlackDirectory({ slack, botToken, log })
  const secret =
    slack.mode === 'http' ? { signingSecret: secrets.slackSigningSecret() } : { appToken: secrets.slackAppToken() }
  return {
    platform: 'slack',
    directory,
    onMembershipChange: directory.onMembershipChange,
    open(everybody, handlers) {
      const refused = (reason: string): void => metrics.refused('slack', reason)
      const inbound = createSlackInbound({ slack, botToken, ...secret, handlers, refused, log })
      const words = createLocalWords('slack', policy.people, everybody, 'patient')
      return {
        chat: createSlackChat({ slack, botToken, words, log }),
        routes: { '/slack/events': inbound.listener },
        start: inbound.start,
        stop: inbound.stop,
        ready: () => ({ slack: inbound.ready() ? { ok: true } : { ok: false, reason: 'Slack is not connected' } }),
      }
    },
  }
}

async function teamsOpening(
  { config, log, connections }: Base,
  teams: NonNullable<Base['config']['teams']>,
  metrics: Metrics,
): Promise<Opening> {
  const [{ createTeamsSdk }, { createTeams }] = await Promise.all([
    import('./bot/teams-sdk.ts'),
    import('./bot/teams.ts'),
  ])
  const { redis, cloud, secrets, policy } = config
  const government = cloud === 'usgovernment'
  const { kind } = teams.credential
  const credential =
    kind === 'secret'
      ? { kind, password: secrets.teamsAppPassword }
      : kind === 'certificate'
        ? { kind, thumbprint: teams.credential.thumbprint, privateKey: secrets.teamsCertificateKey }
        : { kind }
  const sdk = createTeamsSdk({ ...teams, government, credential })
  const notes = (on: typeof connections.forWork) => createNotes({ redis: on, prefix: redis.prefix, name: 'teams' })
  const channels = policy.rules.flatMap(({ cards }) =>
    cards.filter((each) => /^teams:.*@thread\.(?:tacv2|skype)$/.test(each)),
  )
  const pace = createPace({ redis: connections.forWork, prefix: redis.prefix })
  const parts = createTeams({
    ...{ sdk, teams, government, people: policy.people, channels, pace, log },
    graph: { url: cloudEndpoints[cloud].graph, named: groupsOf(policy).some((each) => platformOf(each) === 'teams') },
    notes: { forPeople: notes(connections.forPeople), forWork: notes(connections.forWork) },
    refused: (reason) => metrics.refused('teams', reason),
  })
  return {
    platform: 'teams',
    directory: parts.directory,
    onMembershipChange: (id) => {
      if (platformOf(id) === 'teams') parts.directory.onMembershipChange()
    },
    open(everybody, handlers) {
      const { inbound, chat } = parts.open(everybody, handlers)
      return {
        chat,
        routes: { '/api/messages': inbound.listener },
        stop: inbound.stop,
        ready: () => ({ teams: { ok: true, ...because(parts.trouble()) } }),
      }
    },
  }
}

function because(reason: string | undefined): { reason?: string } {
  return reason === undefined ? {} : { reason }
}

function byPlatform<Each extends { platform: string }, Value>(
  all: readonly Each[],
  value: (each: Each) => Value,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(all.map((each) => [each.platform, value(each)]))
}
