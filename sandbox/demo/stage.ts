import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { type AzureSandbox, startAzureSandbox } from '../azure/index.ts'
import { type SlackSandbox, startSlackSandbox } from '../slack/index.ts'
import { startTeamsSandbox, type TeamsSandbox } from '../teams/index.ts'
import { type Chats, demoConfig } from './chats.ts'

const repository = resolve(import.meta.dirname, '../..')
const startWithin = 45_000

/** Azure, the chats, a bot and a worker; `close` ends them all. */
export type Stage = {
  azure: AzureSandbox
  slack: SlackSandbox
  teams: TeamsSandbox
  /** Stops bot and worker, which seals the audit, and has it checked; what the check says. */
  auditVerify(): Promise<string>
  close(): Promise<void>
}

/** Starts the sandboxes and Drawbridge as two processes that share the embedded Redis. Rejects with their output when they do not start. */
export async function openStage(chats: Chats): Promise<Stage> {
  const azure = await startAzureSandbox({ options: { retryAfter: 0 }, timings: { jobMs: 6_000 } })
  const [slack, teams] = await Promise.all([startSlackSandbox(), startTeamsSandbox()])
  const file = await writeConfig(chats)
  const environment = environmentFor(azure, slack, teams)
  const children = [start('bot', file, environment), start('worker', file, environment)]
  const stopAll = async (): Promise<void> => {
    await Promise.all(children.map(({ process }) => stop(process)))
  }
  const auditVerify = async (): Promise<string> => {
    await stopAll()
    const args = [join(repository, 'src/cli.ts'), 'audit', 'verify', '--config', file]
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: repository, env: environment })
    return stdout
  }
  const close = async (): Promise<void> => {
    await stopAll()
    await Promise.all([azure.close(), slack.close(), teams.close(), rm(file, { force: true })])
  }
  try {
    const [bot] = await Promise.all(children.map(({ ready }) => ready))
    slack.control.deliverTo(`http://127.0.0.1:${bot}/slack/events`)
    teams.control.deliverTo(`http://127.0.0.1:${bot}/api/messages`)
    return { azure, slack, teams, auditVerify, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The example's configuration under keys of its own, so that demonstrations never meet each other or real transfers. */
async function writeConfig(chats: Chats): Promise<string> {
  const folder = join(repository, '.drawbridge')
  await mkdir(folder, { recursive: true })
  const example = await readFile(join(repository, 'drawbridge.example.yaml'), 'utf8')
  const file = join(folder, `demo-${process.pid}.yaml`)
  await writeFile(file, demoConfig(example, chats, `demo-${Date.now()}`))
  return file
}

function environmentFor(azure: AzureSandbox, slack: SlackSandbox, teams: TeamsSandbox): Record<string, string> {
  const password = azure.state.servers[0]?.administratorPassword ?? ''
  return {
    PATH: process.env.PATH ?? '',
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    TEAMS_APP_PASSWORD: teams.appPassword,
    SQL_PROD_PASSWORD: password,
    SQL_TEST_PASSWORD: password,
    DRAWBRIDGE_SLACK_MODE: 'http',
    DRAWBRIDGE_SLACK_API_URL: slack.apiUrl,
    DRAWBRIDGE_TEAMS_SANDBOX_URL: teams.url,
    DRAWBRIDGE_RESOURCE_MANAGER_URL: azure.url,
    DRAWBRIDGE_KEY_VAULT_URL: `${azure.url}/vaults`,
    DRAWBRIDGE_OPERATION_HOSTS: new URL(azure.regionalUrl).host,
    DRAWBRIDGE_AZURE_TOKEN: azure.token,
    DRAWBRIDGE_PORT: '0',
    DRAWBRIDGE_POLL_LEAST: '500ms',
    DRAWBRIDGE_POLL_MOST: '2s',
    DRAWBRIDGE_POLL_CLOSING: '1s',
  }
}

function start(
  role: string,
  file: string,
  env: Record<string, string>,
): { process: ChildProcess; ready: Promise<number> } {
  const args = [join(repository, 'src/main.ts'), '--role', role, '--config', file]
  const child = spawn(process.execPath, args, { cwd: repository, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const { promise, resolve: found, reject } = Promise.withResolvers<number>()
  const hear = (chunk: Buffer): void => {
    output += chunk.toString()
    const port = /"port":(\d+)[^\n]*"msg":"ready"/.exec(output)?.[1]
    if (port !== undefined) found(Number(port))
  }
  child.stdout?.on('data', hear)
  child.stderr?.on('data', hear)
  child.once('exit', () => reject(new Error(`The ${role} did not start:\n${output}`)))
  setTimeout(() => reject(new Error(`The ${role} did not start in time:\n${output}`)), startWithin).unref()
  return { process: child, ready: promise }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}
