import { styleText } from 'node:util'
import { renderMessage, renderText, type SlackEphemeral, type SlackMessage, type SlackSandbox } from '../slack/index.ts'
import { renderMessage as renderTeams, type TeamsMessage, type TeamsSandbox } from '../teams/index.ts'

/** A line of the narrator. */
export function tell(text: string): void {
  process.stdout.write(`\n${styleText('bold', text)}\n`)
}

/** The eyes on a chat; `catchUp` prints what stands by now. */
export type Watcher = { stop(): void; catchUp(): void }

/** What a person types or clicks. */
export function act(who: string, text: string): void {
  process.stdout.write(`\n${styleText('cyan', `${who} ▸`)} ${text}\n`)
}

/** Text of a message or answer, indented below where it stands. */
export function show(where: string, text: string): void {
  const body = text.trimEnd().replace(/^/gm, '   │ ')
  process.stdout.write(`${styleText('gray', `   ${where}`)}\n${body}\n`)
}

/** Prints every message of Slack as it appears, and the headline of the root whenever it is edited. */
export function watchSlack(slack: SlackSandbox): Watcher {
  const printed = new Map<string, number>()
  const keyOf = ({ channel, ts }: SlackMessage): string => `${channel}/${ts}`
  const next = (): SlackMessage | SlackEphemeral | undefined => {
    const ours = slack.state.messages.filter(({ botId, deleted }) => botId !== undefined && !deleted)
    return ours.find((message) => (printed.get(keyOf(message)) ?? 0) < message.edits.length)
  }
  const print = (message: SlackMessage): void => {
    const before = printed.get(keyOf(message)) ?? 0
    printed.set(keyOf(message), message.edits.length)
    const channel = slack.state.channels.find(({ id }) => id === message.channel)
    const place = `Slack, #${channel?.name ?? message.channel}${message.threadTs ? ', in the thread' : ''}`
    if (before === 0) show(place, renderMessage(message, slack.state))
    else if (!message.threadTs) edited(place, renderText(message.text, slack.state))
  }
  return watch(slack.until, next, print)
}

/** Prints every message of Teams as it appears, and the headline of the root whenever it is edited. */
export function watchTeams(teams: TeamsSandbox): Watcher {
  const printed = new Map<string, number>()
  const keyOf = ({ conversation, id }: TeamsMessage): string => `${conversation}/${id}`
  const next = (): TeamsMessage | undefined => {
    const ours = teams.state.messages.filter(({ from, deleted }) => from.startsWith('28:') && !deleted)
    return ours.find((message) => (printed.get(keyOf(message)) ?? 0) < message.edits.length)
  }
  const print = (message: TeamsMessage): void => {
    const before = printed.get(keyOf(message)) ?? 0
    printed.set(keyOf(message), message.edits.length)
    const place = placeOf(teams, message)
    if (before === 0) show(place, renderTeams(message, teams.state))
    else if (message.summary) edited(place, message.summary)
  }
  return watch(teams.until, next, print)
}

function placeOf(teams: TeamsSandbox, { conversation, id, rootId }: TeamsMessage): string {
  const found = teams.state.conversations.find((each) => each.id === conversation)
  const person = teams.state.users.find((each) => each.id === found?.person)
  if (person) return `Teams, the chat of ${person.name} with the bot`
  return `Teams, ${found?.name ?? conversation}${rootId === undefined || rootId === id ? '' : ', in the thread'}`
}

function edited(place: string, text: string): void {
  process.stdout.write(styleText('gray', `   ${place}, edited: ${text}\n`))
}

/** Looks whenever the chat changes, and once a second, so that it ends soon after `stop`. */
function watch<Message>(
  until: (look: () => Message | undefined, ms: number) => Promise<Message>,
  next: () => Message | undefined,
  print: (message: Message) => void,
): Watcher {
  let stopped = false
  const loop = async (): Promise<void> => {
    while (!stopped) {
      const found = await until(() => (stopped ? undefined : next()), 1_000).catch(() => undefined)
      if (found !== undefined) print(found)
    }
  }
  void loop()
  return {
    stop: () => {
      stopped = true
    },
    catchUp() {
      for (let message = next(); message; message = next()) print(message)
    },
  }
}
