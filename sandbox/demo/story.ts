import type { SlackMessage } from '../slack/index.ts'
import type { Stage } from './stage.ts'
import { act, show, tell, type Watcher } from './watch.ts'

const patience = 30_000

/** Plays one export from the command to the blob, with a refused click on the way. Rejects when anything goes otherwise. */
export async function playStory({ azure, slack }: Stage, watcher: Watcher): Promise<void> {
  const foreign = azure.state.connections.filter(({ operationId }) => operationId === null)
  tell('1. Dana asks. The servers have "Allow Azure services" off, so only a private link will do.')
  const text = 'orders to backups --reason "before the 4.2 release"'
  act('Dana', `/export ${text}`)
  const { ack } = await slack.as('U0DANA').command('/export', text)
  show('only Dana sees', ack.text)

  tell('2. Azure takes the job and holds it until two private endpoint connections are approved.')
  const card = await slack.until(({ messages }) => messages.find(hasApprove), patience)

  watcher.catchUp()
  tell('3. Clicks that do not count.')
  await click(slack, 'U0DANA', 'Dana', card)
  await click(slack, 'U0RIO', 'Rio', card)

  tell('4. One click that does.')
  await click(slack, 'U0SAM', 'Sam', card)

  await slack.until(() => azure.state.blobs.find(({ name }) => name.startsWith('orders-')), patience)
  const [blob] = azure.state.blobs.filter(({ name }) => name.startsWith('orders-'))
  const ended = ({ threadTs, blocks }: SlackMessage): boolean =>
    threadTs !== undefined && JSON.stringify(blocks).includes(blob?.name ?? '?')
  await slack.until(({ messages }) => messages.find(ended), patience)

  watcher.catchUp()
  tell('5. What stands in Azure now.')
  show('blob', JSON.stringify(blob, null, 2))
  const untouched = foreign.every(({ status }) => status === 'Pending')
  show('other pending connections', `${foreign.length}, ${untouched ? 'none of them touched' : 'TOUCHED'}`)
  const posts = azure.state.requests.filter(({ name, method }) => name === 'export' && method === 'POST').length
  show('submissions to Azure', String(posts))
  if (!blob || !untouched || posts !== 1) throw new Error('The story did not end as it should')
}

function hasApprove({ blocks, deleted }: SlackMessage): boolean {
  return !deleted && JSON.stringify(blocks).includes('"action_id":"approve"')
}

async function click(slack: Stage['slack'], user: string, name: string, message: SlackMessage): Promise<void> {
  act(name, '[Approve]')
  const before = slack.state.ephemerals.length
  await slack.as(user).click({ message, actionId: 'approve' })
  const answer = await slack.until(({ ephemerals }) => ephemerals.slice(before).find(({ to }) => to === user))
  show(`only ${name} sees`, answer.text)
}
