import { styleText } from 'node:util'
import { renderMessage, renderText, type SlackEphemeral, type SlackMessage, type SlackSandbox } from '../slack/index.ts'

/** A line of the narrator. */
export function tell(text: string): void {
  process.stdout.write(`\n${styleText('bold', text)}\n`)
}

/** The eyes on Slack. */
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

/** Prints every message of Slack as it appears, and the headline of the root whenever it is edited, until `stop`; `catchUp` prints what stands by now. */
export function watchSlack(slack: SlackSandbox): Watcher {
  const printed = new Map<string, number>()
  const stopped = new AbortController()
  const loop = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const next = await slack.until(() => find(slack, printed) ?? stopped.signal.aborted, 3_600_000).catch(() => true)
      if (typeof next === 'boolean') return
      print(slack, next, printed)
    }
  }
  void loop()
  const catchUp = (): void => {
    for (let next = find(slack, printed); next; next = find(slack, printed)) print(slack, next, printed)
  }
  return { stop: () => stopped.abort(), catchUp }
}

function find(slack: SlackSandbox, printed: ReadonlyMap<string, number>): SlackMessage | SlackEphemeral | undefined {
  const ours = slack.state.messages.filter((message) => message.botId !== undefined && !message.deleted)
  return ours.find((message) => (printed.get(keyOf(message)) ?? 0) < message.edits.length)
}

function print(slack: SlackSandbox, message: SlackMessage, printed: Map<string, number>): void {
  const before = printed.get(keyOf(message)) ?? 0
  printed.set(keyOf(message), message.edits.length)
  const channel = slack.state.channels.find(({ id }) => id === message.channel)
  const place = `#${channel?.name ?? message.channel}${message.threadTs ? ', in the thread' : ''}`
  if (before === 0) show(place, renderMessage(message, slack.state))
  else if (!message.threadTs)
    process.stdout.write(styleText('gray', `   ${place}, edited: ${renderText(message.text, slack.state)}\n`))
}

function keyOf({ channel, ts }: SlackMessage): string {
  return `${channel}/${ts}`
}
