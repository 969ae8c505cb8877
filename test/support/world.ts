import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse, stringify } from 'yaml'
import { type AzureSandbox, type AzureSandboxOptions, startAzureSandbox } from '../../sandbox/azure/index.ts'
import {
  type SlackMessage,
  type SlackSandbox,
  type SlackSandboxOptions,
  startSlackSandbox,
} from '../../sandbox/slack/index.ts'
import { startTeamsSandbox, type TeamsSandbox, type TeamsSandboxOptions } from '../../sandbox/teams/index.ts'
import { type Chats, putInto } from './chats.ts'
import { startTestRedis, type TestRedis } from './redis.ts'
import { type RedisProxy, startRedisProxy } from './redis-proxy.ts'

const repository = resolve(import.meta.dirname, '../..')

/** One Drawbridge process; `output` grows with everything it writes. */
export type Running = {
  role: 'all' | 'bot' | 'worker'
  port: number
  output(): string
  exited(): boolean
  /** SIGKILL, and gone. */
  kill(): Promise<void>
  pause(): void
  resume(): void
  /** SIGTERM; answers the exit code. */
  term(): Promise<number | null>
}

export type WorldOptions = {
  azure?: AzureSandboxOptions
  slack?: SlackSandboxOptions
  /** Slack alone unless told; Teams' sandbox runs where it is needed. */
  chats?: Chats
  teams?: TeamsSandboxOptions
  mode?: 'http' | 'socket'
  /** Changes the parsed drawbridge.example.yaml before it is written. */
  config?: (config: Config) => void
  /** More environment for the processes. */
  environment?: Record<string, string>
}
// biome-ignore lint/suspicious/noExplicitAny: a YAML document that each test bends as it needs
export type Config = any

/** Both sandboxes, a real Redis behind an order-keeping proxy, and Drawbridge processes of which none runs yet. */
export type World = {
  azure: AzureSandbox
  slack: SlackSandbox
  /** Throws where Drawbridge is not in Teams. */
  teams: TeamsSandbox
  redis: TestRedis
  proxy: RedisProxy
  folder: string
  running: readonly Running[]
  /** Starts one and waits until it is ready; a bot becomes the address that Slack delivers to. */
  start(role: Running['role'], options?: { direct?: boolean; deliver?: boolean; redisUrl?: string }): Promise<Running>
  /** Everything that any process wrote. */
  output(): string
  close(): Promise<void>
}

/** Fast times: nothing in these tests waits for what a person would wait for. */
const quick = {
  polls: { least: '150ms', most: '1s', approval: '400ms', closing: '200ms' },
  // What becomes of connections after the end has a test of its own; elsewhere it would add replies to stories.
  clocks: { afterEnd: '1ms' },
  azure: { requestTimeout: '2s', resubmitAfter: '1s', budgetPercent: 10_000 },
}
const quickTimings = {
  firstConnectionMs: 200,
  secondConnectionMs: 500,
  startMs: 100,
  jobMs: 600,
  failMs: 100,
  rejectedMs: 200,
  approveMs: 100,
  cancelMs: 150,
  cleanupMs: 50,
}

/** Starts everything but Drawbridge itself. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { chats = 'slack' } = options
  const [azure, slack, teams, redis] = await Promise.all([
    startAzureSandbox({
      ...options.azure,
      timings: { ...quickTimings, ...options.azure?.timings },
      options: { retryAfter: 0, ...options.azure?.options },
    }),
    startSlackSandbox({ eventRetryDelaysMs: [50, 200, 500], ...options.slack }),
    chats === 'slack' ? undefined : startTeamsSandbox(options.teams),
    startTestRedis(),
  ])
  const proxy = await startRedisProxy({ target: redis.path })
  const folder = await mkdtemp(join(tmpdir(), 'world-'))
  await writeConfig(folder, options)
  const running: Running[] = []
  return {
    azure,
    slack,
    get teams() {
      if (!teams) throw new Error('This world has no Teams')
      return teams
    },
    redis,
    proxy,
    folder,
    running,
    async start(role, { direct = false, deliver = true, redisUrl = proxy.url } = {}) {
      const url = direct ? undefined : redisUrl
      const environment = { ...surroundings({ azure, slack, options }, teams), ...(url ? { REDIS_URL: url } : {}) }
      const process = await launch(role, folder, environment)
      running.push(process)
      if (options.mode === 'socket' && chats !== 'teams' && role !== 'worker')
        await slack.until((state) => state.socketConnections > 0, 10_000)
      if (role !== 'worker' && deliver) teams?.control.deliverTo(`http://127.0.0.1:${process.port}/api/messages`)
      const inbound = chats !== 'teams' && options.mode !== 'socket' && role !== 'worker' && deliver
      if (inbound) slack.control.deliverTo(`http://127.0.0.1:${process.port}/slack/events`)
      return process
    },
    output: () => running.map((each) => each.output()).join('\n'),
    async close() {
      await Promise.all(running.map((each) => each.kill()))
      await proxy.close()
      await Promise.all([azure.close(), slack.close(), teams?.close(), redis.stop()])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Changes the configuration file; processes started afterwards read it. */
export async function writeConfig(
  folder: string,
  options: Pick<WorldOptions, 'config' | 'mode' | 'chats'>,
): Promise<void> {
  const config: Config = parse(await readFile(join(repository, 'drawbridge.example.yaml'), 'utf8'))
  config.polls = quick.polls
  config.azure = { ...config.azure, ...quick.azure }
  config.clocks = { ...config.clocks, ...quick.clocks }
  config.slack = { ...config.slack, mode: options.mode ?? 'http' }
  putInto(options.chats ?? 'slack', config)
  options.config?.(config)
  await writeFile(join(folder, 'drawbridge.yaml'), stringify(config))
}

type Surroundings = Pick<World, 'azure' | 'slack'> & { options: WorldOptions }

function surroundings(
  { azure, slack, options }: Surroundings,
  teams: TeamsSandbox | undefined,
): Record<string, string> {
  const password = azure.state.servers[0]?.administratorPassword ?? ''
  return {
    PATH: process.env.PATH ?? '',
    // Dozens of processes start in a run: each saves a third of a second.
    NODE_COMPILE_CACHE: join(repository, '.drawbridge/compile-cache'),
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_APP_TOKEN: slack.appToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SQL_PROD_PASSWORD: password,
    SQL_TEST_PASSWORD: password,
    DRAWBRIDGE_SLACK_API_URL: slack.apiUrl,
    DRAWBRIDGE_RESOURCE_MANAGER_URL: azure.url,
    DRAWBRIDGE_KEY_VAULT_URL: `${azure.url}/vaults`,
    DRAWBRIDGE_OPERATION_HOSTS: new URL(azure.regionalUrl).host,
    DRAWBRIDGE_AZURE_TOKEN: azure.token,
    DRAWBRIDGE_PORT: '0',
    ...(teams ? { DRAWBRIDGE_TEAMS_SANDBOX_URL: teams.url, TEAMS_APP_PASSWORD: teams.appPassword } : {}),
    ...options.environment,
  }
}

async function launch(role: Running['role'], folder: string, environment: Record<string, string>): Promise<Running> {
  const main = join(repository, 'src/main.ts')
  const args = role === 'all' ? [main] : [main, '--role', role]
  const child = spawn(process.execPath, args, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const port = await new Promise<number>((resolved, rejected) => {
    let isReady = false
    const hear = (chunk: Buffer) => {
      output += chunk.toString()
      const ready = isReady ? null : /"port":(\d+)[^\n]*"msg":"ready"/.exec(output)
      if (!ready) return
      isReady = true
      resolved(Number(ready[1]))
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('exit', (code, signal) => rejected(new Error(`Drawbridge ended (${code ?? signal}):\n${output}`)))
  })
  return handleOf(role, port, child, () => output)
}

function handleOf(role: Running['role'], port: number, child: ChildProcess, output: () => string): Running {
  const exited = () => child.exitCode !== null || child.signalCode !== null
  const end = async (signal: NodeJS.Signals) => {
    if (exited()) return child.exitCode
    const gone = once(child, 'exit')
    child.kill(signal)
    if (signal === 'SIGKILL') child.kill('SIGCONT')
    await gone
    return child.exitCode
  }
  return {
    role,
    port,
    output,
    exited,
    kill: async () => void (await end('SIGKILL')),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    term: () => end('SIGTERM'),
  }
}

/* ---- what the tests ask of the story ---- */

/** The transfer id in a message or answer of the bot. */
export function idIn(text: string): string {
  const id = /\b[2-9a-hjkmnp-tv-z]{8}\b/.exec(text.replace(/[a-z]+-[a-z]+/g, ' '))?.[0]
  if (id === undefined) throw new Error(`No transfer id in: ${text}`)
  return id
}

/** All standing messages that belong to a transfer, in order; `slot` narrows to those whose mark begins so. */
export function messagesOf(slack: SlackSandbox, id: string, slot = ''): readonly SlackMessage[] {
  return slack.state.messages.filter(({ metadata, deleted }) => {
    const mark = metadata?.event_payload as { transfer?: string; slot?: string } | undefined
    return !deleted && mark?.transfer === id && (mark.slot ?? '').startsWith(slot)
  })
}

/** Everything that a message shows, as one string. */
export function textOf(message: SlackMessage | undefined): string {
  return message ? `${message.text}\n${JSON.stringify(message.blocks)}` : ''
}
