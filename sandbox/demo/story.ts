import { renderMessage, type TeamsMessage } from '../teams/index.ts'
import {
  approveInSlack,
  approveInTeams,
  askInSlack,
  askInTeams,
  askQuestionInSlack,
  askQuestionInTeams,
  cardInSlack,
  cardInTeams,
  checkAudit,
  checkAzure,
  untilTold,
} from './acts.ts'
import type { Chats } from './chats.ts'
import type { Stage } from './stage.ts'
import { show, tell, type Watcher } from './watch.ts'

/** Plays one export from the command to the blob, with a refused click on the way. Rejects when anything goes otherwise. */
export async function playStory(stage: Stage, chats: Chats, watcher: Watcher): Promise<void> {
  tell('1. Dana asks. The servers have "Allow Azure services" off, so only a private link will do.')
  await (chats === 'teams' ? askInTeams(stage) : askInSlack(stage))
  tell('2. Azure takes the job and holds it until two private endpoint connections are approved.')
  await decisions[chats](stage, watcher)
  await untilTold(stage, chats)
  watcher.catchUp()
  const next = chats === 'both' ? 5 : 6
  checkAzure(stage, next)
  watcher.stop()
  await checkAudit(stage, next + 1)
}

const decisions: Readonly<Record<Chats, (stage: Stage, watcher: Watcher) => Promise<void>>> = {
  async slack(stage, watcher) {
    const card = await cardInSlack(stage)
    watcher.catchUp()
    tell('3. Clicks that do not count.')
    await approveInSlack(stage, 'Dana', card)
    await approveInSlack(stage, 'Rio', card)
    tell('4. A question, while the clock goes on. It decides nothing.')
    await askQuestionInSlack(stage, 'Lee', card, 'is there room for it?')
    watcher.catchUp()
    tell('5. One click that counts.')
    await approveInSlack(stage, 'Sam', card)
  },
  async teams(stage, watcher) {
    const card = await cardInTeams(stage)
    watcher.catchUp()
    tell('3. The buttons are there for the approvers alone. This is what Sam sees of the card.')
    show('only Sam sees', await seen(stage, 'sam', card))
    tell('4. A question, while the clock goes on. It decides nothing.')
    await askQuestionInTeams(stage, 'Lee', card, 'is there room for it?')
    watcher.catchUp()
    tell('5. One click that counts.')
    await approveInTeams(stage, 'Sam', card)
  },
  async both(stage, watcher) {
    const card = await cardInTeams(stage)
    await cardInSlack(stage)
    watcher.catchUp()
    tell(
      '3. The cards stand in both chats. Lee is an approver, but nobody declared that his two accounts are one person.',
    )
    await approveInTeams(stage, 'Lee', card)
    tell('4. Sam is declared. What was asked in Slack is approved in Teams.')
    await approveInTeams(stage, 'Sam', card)
  },
}

async function seen({ teams }: Stage, who: string, { conversation, id }: TeamsMessage): Promise<string> {
  const found = (await teams.as(who).see(conversation)).find((each) => each.id === id)
  return found ? renderMessage(found, teams.state) : ''
}
