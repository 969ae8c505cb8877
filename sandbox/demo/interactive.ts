import { createInterface } from 'node:readline/promises'
import type { SlackMessage } from '../slack/index.ts'
import type { Stage } from './stage.ts'
import { show, tell } from './watch.ts'

const help = `Type as anybody:
  dana: /export orders to backups
  dana: /drawbridge help
  sam: approve          clicks Approve on the newest card
  lee: deny wrong day   clicks Deny and gives the reason
  rio: @drawbridge export orders to backups
  azure                 what stands in Azure
  quit`

const people = ['dana', 'sam', 'lee', 'rio', 'ops', 'guest', 'stranger'] as const

/** Reads lines until `quit` or the end of input; each is what one person types or clicks. */
export async function playByHand(stage: Stage): Promise<void> {
  tell(help)
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  terminal.setPrompt('\n> ')
  terminal.prompt()
  for await (const line of terminal) {
    if (/^\s*(quit|exit)\s*$/.test(line)) break
    await obey(stage, line.trim()).catch((error: unknown) => show('that did not work', String(error)))
    terminal.prompt()
  }
  terminal.close()
}

async function obey(stage: Stage, line: string): Promise<void> {
  const { azure, slack } = stage
  if (line === '') return
  if (line === 'azure') {
    const { blobs, connections, operations } = azure.state
    return show('Azure', JSON.stringify({ blobs, connections, operations }, null, 2))
  }
  const [, who = '', what = ''] = /^(\w+):\s*(.*)$/.exec(line) ?? []
  const name = people.find((each) => each === who.toLowerCase())
  if (!name) return show('who?', `${help}\nPeople: ${people.join(', ')}`)
  const user = `U0${name.toUpperCase()}`
  const person = slack.as(user)
  const verb = /^(approve|deny)\b\s*(.*)$/.exec(what)
  if (verb) return click(stage, user, verb[1] ?? '', verb[2] ?? '')
  const slash = /^(\/\w+)\s*(.*)$/.exec(what)
  if (slash) return show(`only ${name} sees`, (await person.command(slash[1] ?? '', slash[2] ?? '')).ack.text)
  const before = slack.state.ephemerals.length
  await person.mention(what.replace(/^@drawbridge\s*/i, ''))
  for (const { to, text } of slack.state.ephemerals.slice(before)) if (to === user) show(`only ${name} sees`, text)
}

async function click({ slack }: Stage, user: string, verb: string, reason: string): Promise<void> {
  const card = slack.state.messages.findLast((message: SlackMessage) =>
    JSON.stringify(message.blocks).includes(`"action_id":"${verb}"`),
  )
  if (!card) return show('nothing to click', 'There is no open card.')
  const before = slack.state.ephemerals.length
  await slack.as(user).click({ message: card, actionId: verb })
  const view = slack.state.views.findLast((each) => each.user === user && each.open)
  if (verb === 'deny' && view) await slack.as(user).submit(view, { reason })
  const answer = await slack
    .until(({ ephemerals }) => ephemerals.slice(before).find(({ to }) => to === user), 3_000)
    .catch(() => undefined)
  if (answer) show('only you see', answer.text)
}
