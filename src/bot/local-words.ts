import { chatWords } from '../cards/status-words.ts'
import type { Block, View } from '../cards/view.ts'
import { accountsOf, personBehind, platformOf } from '../transfer/people.ts'
import type { Declared } from '../transfer/policy.ts'
import type { Directory } from '../transfer/ports.ts'
import type { Inline, Line } from '../transfer/text.ts'
import { withDeadline } from './deadline.ts'

/** Milliseconds for the names of people whom this chat does not know, while somebody waits or not; without them their ids stand there. */
const within = { quick: 200, patient: 1_500 }

/** Words for the readers of one chat: who is mentioned from another chat is named by their account here, or by name. */
export type LocalWords = {
  lines(lines: readonly Line[]): Promise<readonly Line[]>
  view(view: View): Promise<View>
}

/** Words for one platform. */
export function createLocalWords(
  platform: string,
  people: readonly Declared[],
  directory: Directory,
  how: keyof typeof within,
): LocalWords {
  const local = async (inline: Inline): Promise<Inline> => {
    if (typeof inline === 'string') return inline
    const id = 'mention' in inline ? inline.mention : 'place' in inline ? inline.place : undefined
    if (id === undefined || id === 'anyone' || platformOf(id) === platform) return inline
    const here = accountsOf(personBehind(people, id)).find((account) => platformOf(account) === platform)
    if (here !== undefined) return { mention: here }
    const name = await withDeadline(within[how], directory.name(id), () => undefined)
    return `${name ?? id.slice(id.lastIndexOf('/') + 1)} (${chatWords(platformOf(id))})`
  }
  const line = (all: Line): Promise<Line> => Promise.all(all.map(local))
  const lines = (all: readonly Line[]): Promise<readonly Line[]> => Promise.all(all.map(line))
  const block = async (of: Block): Promise<Block> => {
    switch (of.kind) {
      case 'lines':
        return { ...of, lines: await lines(of.lines) }
      case 'facts': {
        const facts = of.facts.map(async ({ label, value }) => ({ label, value: await line(value) }))
        return { ...of, facts: await Promise.all(facts) }
      }
      case 'note':
        return { ...of, line: await line(of.line) }
      default:
        return of
    }
  }
  return {
    lines,
    view: async ({ text, blocks }) => ({ text: await line(text), blocks: await Promise.all(blocks.map(block)) }),
  }
}
