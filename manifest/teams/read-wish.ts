import { parseArgs } from 'node:util'
import { schemas, type Wish } from './fill-manifest.ts'

/** How the command is written. */
export const usage =
  'npm run teams-package -- --app-id <guid> [--bot-id <guid>] --host <public host name> ' +
  `[--schema ${schemas.join('|')}] [--out <file>]`

/** Where the package goes unless told otherwise: in the current folder, where git ignores `.drawbridge`. */
export const defaultOut = '.drawbridge/drawbridge-teams.zip'

/** What was asked for on the command line, or every mistake in it with what to write instead. */
export function readWish(args: readonly string[]): { wish: Wish; out: string } | { problems: readonly string[] } {
  const given = readOptions(args)
  if (typeof given === 'string') return { problems: [given] }
  const { 'app-id': appId, 'bot-id': botId = appId, host, schema: typed = schemas[0], out = defaultOut } = given
  const schema = schemas.find((each) => each === typed)
  const problems = [
    ...idProblems('--app-id', appId, 'the id of the Teams app (the Microsoft App ID of its bot will do)'),
    ...(botId === appId ? [] : idProblems('--bot-id', botId, 'the Microsoft App ID of the bot')),
    ...hostProblems(host),
    ...(schema ? [] : [`--schema ${typed} is not known. Write ${schemas.join(' or ')}.`]),
    ...(out === '' ? ['--out is empty. Write the file to make, or leave it out.'] : []),
  ]
  if (problems.length > 0 || !appId || !botId || !host || !schema) return { problems }
  return { wish: { appId: appId.toLowerCase(), botId: botId.toLowerCase(), host: host.toLowerCase(), schema }, out }
}

const text = { type: 'string' } as const
const options = { 'app-id': text, 'bot-id': text, host: text, schema: text, out: text }

function readOptions(args: readonly string[]): { [name in keyof typeof options]?: string } | string {
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function idProblems(option: string, value: string | undefined, what: string): readonly string[] {
  if (!value) return [`${option} is missing. Write ${what}: ${option} <guid>.`]
  return guid.test(value) ? [] : [`${option} ${value} is no GUID. Write ${what}: ${option} <guid>.`]
}

const hostName = /^(?=.{1,253}$)(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z](?:[a-z\d-]{0,61}[a-z\d])$/i

function hostProblems(host: string | undefined): readonly string[] {
  const instead = 'the public host name alone, such as drawbridge.example.com'
  if (!host) return [`--host is missing. Write ${instead}: --host <name>.`]
  return hostName.test(host) ? [] : [`--host ${host} is no public host name. Write ${instead}.`]
}
