import { renderText, type SlackMessage } from '../slack/index.ts'
import type { TeamsMessage } from '../teams/index.ts'
import type { Chats } from './chats.ts'
import type { Stage } from './stage.ts'
import { act, show, tell } from './watch.ts'

/** The longest that anything on stage may take, in milliseconds. */
export const patience = 30_000

/** Dana asks in Slack, with the words of the story. */
export async function askInSlack({ slack }: Stage): Promise<void> {
  const text = 'orders to backups --reason "before the 4.2 release"'
  act('Dana', `/export ${text}`)
  const { ack } = await slack.as('U0DANA').command('/export', text)
  show('only Dana sees', ack.text)
}

/** Dana asks in a channel of Teams. */
export async function askInTeams({ teams }: Stage): Promise<void> {
  const text = 'export orders to backups --reason "before the 4.2 release"'
  act('Dana', `@Drawbridge ${text}`)
  await teams.as('dana').say(text)
}

/** The card of Slack, once it can be clicked. */
export function cardInSlack({ slack }: Stage): Promise<SlackMessage> {
  const open = ({ blocks, deleted }: SlackMessage): boolean =>
    !deleted && JSON.stringify(blocks).includes('"action_id":"approve"')
  return slack.until(({ messages }) => messages.find(open), patience)
}

/** The card of Teams, once it stands in the approvers' channel. */
export function cardInTeams({ teams }: Stage): Promise<TeamsMessage> {
  const open = ({ attachments }: TeamsMessage): boolean => JSON.stringify(attachments).includes('"verb":"refresh"')
  return teams.until(({ messages }) => messages.find(open), patience)
}

/** Somebody clicks Approve in Slack, and reads the answer. */
export async function approveInSlack({ slack }: Stage, name: string, message: SlackMessage): Promise<void> {
  const user = `U0${name.toUpperCase()}`
  act(name, '[Approve]')
  const before = slack.state.ephemerals.length
  await slack.as(user).click({ message, actionId: 'approve' })
  const answer = await slack.until(({ ephemerals }) => ephemerals.slice(before).find(({ to }) => to === user))
  show(`only ${name} sees`, answer.text)
}

/** Somebody clicks Approve in Teams, on the card as they see it, and reads the answer. */
export async function approveInTeams({ teams }: Stage, name: string, message: TeamsMessage): Promise<void> {
  const person = teams.as(name.toLowerCase())
  await person.see(message.conversation)
  act(name, '[Approve]')
  const { shown } = await person.click(message, { title: 'Approve' })
  show(`only ${name} sees`, shown ?? '')
}

/** Somebody asks a question in Slack, in the form that the button opens. */
export async function askQuestionInSlack(
  { slack }: Stage,
  name: string,
  message: SlackMessage,
  question: string,
): Promise<void> {
  const user = `U0${name.toUpperCase()}`
  act(name, `[Ask a question…] ${question}`)
  await slack.as(user).click({ message, actionId: 'question' })
  const form = await slack.until(({ views }) => views.find((each) => each.open && each.user === user), patience)
  const before = slack.state.ephemerals.length
  await slack.as(user).submit(form, { question })
  const answer = await slack.until(({ ephemerals }) => ephemerals.slice(before).find(({ to }) => to === user))
  show(`only ${name} sees`, renderText(answer.text, slack.state))
  await slack.until(({ messages }) => messages.find(({ text }) => text.includes('asks before deciding')), patience)
}

/** Somebody asks a question in Teams, in the card itself. */
export async function askQuestionInTeams(
  { teams }: Stage,
  name: string,
  message: TeamsMessage,
  question: string,
): Promise<void> {
  const person = teams.as(name.toLowerCase())
  await person.see(message.conversation)
  act(name, `[Ask a question…] ${question}`)
  const { shown } = await person.click(message, { verb: 'question', inputs: { question } })
  show(`only ${name} sees`, shown ?? '')
  await teams.until(
    ({ messages }) => messages.find(({ summary }) => summary?.includes('asks before deciding')),
    patience,
  )
}

/** Resolves once the thread of the request names the finished blob. */
export async function untilTold({ azure, slack, teams }: Stage, chats: Chats): Promise<void> {
  const blob = (): string => azure.state.blobs.find(({ name }) => name.startsWith('orders-'))?.name ?? 'none yet'
  const names = (shown: readonly unknown[]): boolean => {
    const text = JSON.stringify(shown)
    return text.includes('has finished') && text.includes(blob())
  }
  if (chats === 'teams') await teams.until(({ messages }) => messages.find((each) => names(each.attachments)), patience)
  else await slack.until(({ messages }) => messages.find((each) => names(each.blocks)), patience)
}

/** What stands in Azure at the end. Rejects when it is not what it should be. */
export function checkAzure({ azure }: Stage, number: number): void {
  tell(`${number}. What stands in Azure now.`)
  const blob = azure.state.blobs.find(({ name }) => name.startsWith('orders-'))
  show('blob', JSON.stringify(blob, null, 2))
  const foreign = azure.state.connections.filter(({ operationId }) => operationId === null)
  const untouched = foreign.every(({ status }) => status === 'Pending')
  show('other pending connections', `${foreign.length}, ${untouched ? 'none of them touched' : 'TOUCHED'}`)
  const posts = azure.state.requests.filter(({ name, method }) => name === 'export' && method === 'POST').length
  show('submissions to Azure', String(posts))
  if (!blob || !untouched || posts !== 1) throw new Error('The story did not end as it should')
}

/** Has the audit checked once bot and worker have stopped; rejects with what it found. */
export async function checkAudit(stage: Stage, number: number): Promise<void> {
  tell(
    `${number}. Every step of this is an entry of the audit, chained and signed. Bot and worker stop, and it is checked.`,
  )
  show('npm run drawbridge -- audit verify', await stage.auditVerify())
}
