import { createInterface } from 'node:readline/promises'
import type { SlackMessage } from '../slack/index.ts'
import type { TeamsMessage } from '../teams/index.ts'
import type { Chats } from './chats.ts'
import type { Stage } from './stage.ts'
import { show, tell } from './watch.ts'

const help = (
  chats: Chats,
): string => `Type as anybody${chats === 'both' ? ', in Slack; in Teams with t. before the name' : ''}:
  ${chats === 'teams' ? 'dana: export orders to backups' : 'dana: /export orders to backups'}
  dana: /drawbridge help
  sam: approve          clicks Approve on the newest card
  lee: deny wrong day   clicks Deny and gives the reason
  lee: question why?    asks the requester; comment … approves with a comment
  dana: withdraw        takes the newest request back
  rio: @drawbridge export orders to backups${chats === 'both' ? '\n  t.sam: approve        clicks in Teams' : ''}
  azure                 what stands in Azure
  quit`

const people = ['dana', 'sam', 'lee', 'rio', 'ops', 'guest', 'stranger'] as const

/** Reads lines until `quit` or the end of input; each is what one person types or clicks. */
export async function playByHand(stage: Stage, chats: Chats): Promise<void> {
  tell(help(chats))
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  terminal.setPrompt('\n> ')
  terminal.prompt()
  for await (const line of terminal) {
    if (/^\s*(quit|exit)\s*$/.test(line)) break
    await obey(stage, chats, line.trim()).catch((error: unknown) => show('that did not work', String(error)))
    terminal.prompt()
  }
  terminal.close()
}

async function obey(stage: Stage, chats: Chats, line: string): Promise<void> {
  if (line === '') return
  if (line === 'azure') {
    const { blobs, connections, operations } = stage.azure.state
    return show('Azure', JSON.stringify({ blobs, connections, operations }, null, 2))
  }
  const [, teams, who = '', what = ''] = /^(t\.)?(\w+):\s*(.*)$/.exec(line) ?? []
  const name = people.find((each) => each === who.toLowerCase())
  if (!name) return show('who?', `${help(chats)}\nPeople: ${people.join(', ')}`)
  const [, verb, reason = ''] = /^(approve|comment|question|deny|withdraw)\b\s*(.*)$/.exec(what) ?? []
  if (chats === 'teams' || (teams && chats === 'both')) return inTeams(stage, name, what, verb, reason)
  return inSlack(stage, name, what, verb, reason)
}

async function inSlack({ slack }: Stage, name: string, what: string, verb?: string, reason = ''): Promise<void> {
  const user = `U0${name.toUpperCase()}`
  if (verb !== undefined) return clickInSlack(slack, user, verb, reason)
  const person = slack.as(user)
  const slash = /^(\/\w+)\s*(.*)$/.exec(what)
  if (slash) return show(`only ${name} sees`, (await person.command(slash[1] ?? '', slash[2] ?? '')).ack.text)
  const before = slack.state.ephemerals.length
  await person.mention(what.replace(/^@drawbridge\s*/i, ''))
  for (const { to, text } of slack.state.ephemerals.slice(before)) if (to === user) show(`only ${name} sees`, text)
}

async function clickInSlack(slack: Stage['slack'], user: string, verb: string, reason: string): Promise<void> {
  const card = slack.state.messages.findLast((message: SlackMessage) =>
    JSON.stringify(message.blocks).includes(`"action_id":"${verb}"`),
  )
  if (!card) return show('nothing to click', 'There is no open card.')
  const before = slack.state.ephemerals.length
  await slack.as(user).click({ message: card, actionId: verb })
  const view = slack.state.views.findLast((each) => each.user === user && each.open)
  const field = fieldOf(verb)
  if (field && view) await slack.as(user).submit(view, { [field]: reason })
  const answer = await slack
    .until(({ ephemerals }) => ephemerals.slice(before).find(({ to }) => to === user), 3_000)
    .catch(() => undefined)
  if (answer) show('only you see', answer.text)
}

async function inTeams({ teams }: Stage, name: string, what: string, verb?: string, reason = ''): Promise<void> {
  const person = teams.as(name)
  if (verb === undefined) {
    // A slash command is for the bot's eyes, everything else is said in the channel.
    await person.say(what.replace(/^@drawbridge\s*/i, ''), { targeted: what.startsWith('/') })
    return
  }
  const card = teams.state.messages.findLast(({ attachments }: TeamsMessage) =>
    (verb === 'withdraw' ? /"verb":"withdraw"/ : /"verb":"(?:refresh|approve)"/).test(JSON.stringify(attachments)),
  )
  if (!card) return show('nothing to click', 'There is no open card.')
  await person.see(card.conversation)
  const field = fieldOf(verb)
  const inputs = field ? { inputs: { [field]: reason } } : {}
  const { shown } = await person.click(card, { verb, ...inputs })
  show('only you see', shown ?? '')
}

/** The field in which a button asks for words. */
function fieldOf(verb: string): string | undefined {
  const fields = new Map([
    ['comment', 'comment'],
    ['question', 'question'],
    ['deny', 'reason'],
    ['withdraw', 'reason'],
  ])
  return fields.get(verb)
}
