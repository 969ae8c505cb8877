import { parseArgs } from 'node:util'
import type { Chats } from './demo/chats.ts'
import { playByHand } from './demo/interactive.ts'
import { openStage } from './demo/stage.ts'
import { playStory } from './demo/story.ts'
import { tell, type Watcher, watchSlack, watchTeams } from './demo/watch.ts'

const known: Readonly<Record<string, string>> = { slack: 'Slack', teams: 'Teams', both: 'Slack, a pretended Teams' }

const { values } = parseArgs({
  options: {
    chat: { type: 'string', default: 'slack' },
    interactive: { type: 'boolean', short: 'i', default: false },
  },
})
const pretended = known[values.chat]
if (pretended === undefined) {
  process.stderr.write(`--chat is ${values.chat}: write slack, teams or both\n`)
  process.exit(2)
}
const chats = values.chat as Chats

const began = performance.now()
tell(`Starting a pretended Azure, a pretended ${pretended}, a real Redis, the bot and the worker …`)
const stage = await openStage(chats)
const watchers: Watcher[] = [
  ...(chats === 'teams' ? [] : [watchSlack(stage.slack)]),
  ...(chats === 'slack' ? [] : [watchTeams(stage.teams)]),
]
const catchUp = (): void => {
  for (const each of watchers) each.catchUp()
}
const stop = (): void => {
  for (const each of watchers) each.stop()
}
try {
  await (values.interactive ? playByHand(stage, chats) : playStory(stage, chats, { catchUp, stop }))
  if (!values.interactive) tell(`Done in ${((performance.now() - began) / 1_000).toFixed(1)} s.`)
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
} finally {
  stop()
  await stage.close()
}
