import { parseArgs } from 'node:util'
import { playByHand } from './demo/interactive.ts'
import { openStage } from './demo/stage.ts'
import { playStory } from './demo/story.ts'
import { tell, watchSlack } from './demo/watch.ts'

const { values } = parseArgs({ options: { interactive: { type: 'boolean', short: 'i', default: false } } })

const began = performance.now()
tell('Starting a pretended Azure, a pretended Slack, a real Redis, the bot and the worker …')
const stage = await openStage()
const watcher = watchSlack(stage.slack)
try {
  await (values.interactive ? playByHand(stage) : playStory(stage, watcher))
  if (!values.interactive) tell(`Done in ${((performance.now() - began) / 1_000).toFixed(1)} s.`)
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
} finally {
  watcher.stop()
  await stage.close()
}
