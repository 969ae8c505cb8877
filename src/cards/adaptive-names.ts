import type { Address, Principal } from '../transfer/model.ts'
import type { Line } from '../transfer/text.ts'
import { literal } from './adaptive-text.ts'
import { clip, distinct } from './phrases.ts'
import type { View } from './view.ts'

/** How people and places are called in Teams; everything that a card mentions is asked for here. */
export type Names = {
  /** A person or group as this platform shows it: `id` (Entra object id or MRI) makes a real mention, without it only the text stands there. */
  mention(principal: Principal): { name: string; id?: string }
  place(address: Address): string
}

/** What Teams needs beside the text for each mention that stands in it. */
export type MentionEntity = { type: 'mention'; text: string; mentioned: { id: string; name: string } }

/** Who and what a view names, each once: what has to be known before it is rendered. */
export type Mentioned = { principals: readonly Principal[]; places: readonly Address[] }

/** Everybody and every place that a view names, in the order of their appearance. */
export function mentionedIn({ text, blocks }: View): Mentioned {
  const lines = blocks.flatMap((block): readonly Line[] => {
    if (block.kind === 'lines') return block.lines
    if (block.kind === 'facts') return block.facts.map(({ value }) => value)
    return block.kind === 'note' ? [block.line] : []
  })
  return mentionedInLines([text, ...lines])
}

/** The same for the lines of a private answer. */
export function mentionedInLines(lines: readonly Line[]): Mentioned {
  const pieces = lines.flat().filter((piece) => typeof piece !== 'string')
  return {
    principals: distinct(pieces.flatMap((piece) => ('mention' in piece ? [piece.mention] : []))),
    places: distinct(pieces.flatMap((piece) => ('place' in piece ? [piece.place] : []))),
  }
}

/** The mentions of one card: the markup of each, and the entities; two people of the same name get different markup. */
export function mentionBook(names: Names): {
  markupOf(principal: Principal): { text: string; whole: boolean }
  /** Those that stand in a text, which is JSON. */
  entitiesIn(json: string): readonly MentionEntity[]
} {
  const byId = new Map<string, MentionEntity>()
  const taken = new Set<string>()
  const enter = (id: string, shown: string): MentionEntity => {
    let name = shown
    for (let count = 2; taken.has(name); count += 1) name = `${shown} (${count})`
    const entity: MentionEntity = { type: 'mention', text: `<at>${name}</at>`, mentioned: { id, name } }
    taken.add(name)
    byId.set(id, entity)
    return entity
  }
  return {
    markupOf(principal) {
      const { name, id } = names.mention(principal)
      const shown = literal(clip(name.trim(), longestName)).trim() || 'someone'
      if (id === undefined) return { text: shown, whole: false }
      return { text: (byId.get(id) ?? enter(id, shown)).text, whole: true }
    },
    entitiesIn: (json) => [...byId.values()].filter(({ text }) => json.includes(JSON.stringify(text).slice(1, -1))),
  }
}

const longestName = 64
