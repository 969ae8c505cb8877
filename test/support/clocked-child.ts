import { randomUUID } from 'node:crypto'
import { createChats } from '../../src/bot/chats.ts'
import { createDirectories } from '../../src/bot/directories.ts'
import { createLocalWords } from '../../src/bot/local-words.ts'
import { createSlackChat } from '../../src/bot/slack-chat.ts'
import { createSlackDirectory } from '../../src/bot/slack-directory.ts'
import { createAdvance } from '../../src/jobs/advance.ts'
import { createShow } from '../../src/jobs/show.ts'
import { createConnections } from '../../src/queue/connection.ts'
import { createHints } from '../../src/queue/hints.ts'
import { createStore } from '../../src/queue/store.ts'
import { startWorkers } from '../../src/queue/workers.ts'
import { TransientError } from '../../src/transfer/errors.ts'
import type { Azure, Role } from '../../src/transfer/ports.ts'
import { quietLog as log } from './quiet-log.ts'

/** What a child is told when it starts: where everything is, what it does, and how far its clock is ahead. */
export type ClockedChild = {
  redis: string
  slack: { team: string; apiUrl: string; botToken: string }
  roles: readonly Role[]
  skip: number
}

/**
 * A process that takes steps and shows them, by a clock that is ahead of this machine's as far as its parent says:
 * `clocked-child.ts <ClockedChild as JSON>`, then `{ skip }` by message. Of Azure nothing may be asked.
 */
const given = JSON.parse(process.argv[2] ?? '{}') as ClockedChild
let { skip } = given
process.on('message', (message: { skip: number }) => {
  skip = message.skip
  process.send?.({ skip })
})
process.once('disconnect', () => process.exit())

const clock = { now: () => Date.now() + skip }
const prefix = 'drawbridge'
const connections = createConnections({ target: { path: given.redis }, log })
await connections.ready()
const store = createStore({ redis: connections.forWork, prefix, log })
await store.ready()
const { hint } = createHints({ connections, prefix, log })
const hour = 3_600_000
const clocks = Object.fromEntries(
  [
    'requested',
    'preparing',
    'submitting',
    'awaiting_endpoints',
    'awaiting_approval',
    'approving',
    'running',
    'closing',
  ].map((each) => [each, 43 * hour]),
) as never
const azure = new Proxy({} as Azure, {
  get: () => async () => {
    throw new TransientError({ code: 'away', message: 'Azure does not answer.' })
  },
})
const tools = { store, clock, token: randomUUID, log: () => undefined }
const advance = createAdvance(
  {
    ...{ ...tools, azure, clocks, random: Math.random, matchConnections: () => ({}), resubmitAfter: 0 },
    polls: { least: hour, most: hour, approval: 100 * hour, closing: hour },
  },
  hint,
)
const access = { slack: given.slack, botToken: given.slack.botToken, log }
const directory = createDirectories({ slack: createSlackDirectory(access) })
const words = createLocalWords('slack', [], directory, 'patient')
const policy = { catalogue: { databases: [], storage: [] }, rules: [], operators: [], auditors: [], people: [] }
const chat = createChats({ sides: { slack: createSlackChat({ ...access, words }) }, directory, policy })
const show = createShow({ ...tools, chat, progressEvery: hour }, hint)

startWorkers({ roles: given.roles, connections, prefix, store, clock, log, handle: { advance, show } })
process.send?.({ started: true })
