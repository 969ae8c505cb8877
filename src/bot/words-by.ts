import type { Block } from '../cards/view.ts'
import type { Inline, Line } from '../transfer/text.ts'
import type { LocalWords } from './local-words.ts'

/** Lines and views with each of their pieces changed. */
export function wordsBy(change: (inline: Inline) => Promise<Inline>): LocalWords {
  const line = (all: Line): Promise<Line> => Promise.all(all.map(change))
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
